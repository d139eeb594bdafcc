"""A run as lanes of bars: what a terminal can show of its time."""

from typing import Literal, NamedTuple

from uet_es.projections.report.reading import Document, Reading
from uet_es.projections.report.words import count
from uet_es.values import Instant

Kind = Literal[
    "dependency", "waiting", "merging", "set-up", "cancelled", "running", "succeeded", "failed"
]

_BARS = """
SELECT * FROM (
    SELECT workstream, NULL AS worker, from_us, to_us,
        CASE WHEN cause IN ('dependency', 'merging') THEN cause ELSE 'waiting' END AS kind
    FROM waits WHERE run = $1 AND cause <> 'work'
    UNION ALL
    SELECT workstream, worker, dispatched_us, coalesce(started_us, ended_us, $2), 'set-up'
    FROM attempts WHERE run = $1
    UNION ALL
    SELECT workstream, worker, started_us, coalesce(ended_us, $2), coalesce(outcome, 'running')
    FROM attempts WHERE run = $1 AND started_us IS NOT NULL
)
ORDER BY from_us, to_us, workstream, kind
"""
_WORKSTREAMS = """
SELECT w.workstream, state, code,
    EXISTS (FROM critical_path AS c WHERE c.run = w.run AND c.workstream = w.workstream) AS on_path
FROM workstreams AS w WHERE run = ?
ORDER BY coalesce(dispatched_us, ended_us) NULLS LAST, dispatched_us IS NULL, workstream
"""
_WORKERS = "SELECT worker, attempts FROM workers WHERE run = ? ORDER BY worker"


class Bar(NamedTuple):
    """A stretch of time, and what it was."""

    kind: Kind
    from_us: Instant
    to_us: Instant


class Lane(NamedTuple):
    """A name, its bars in the order of time, and what is said behind them."""

    name: str
    bars: list[Bar]
    told: str
    is_on_path: bool = False
    is_bad: bool = False


def workstream_lanes(reading: Reading) -> list[Lane]:
    """One for each workstream, in the order they began."""
    bars = _bars(reading, "workstream")
    return [
        Lane(
            each["workstream"],
            bars.get(each["workstream"], []),
            _standing(each),
            is_on_path=each["on_path"],
            is_bad=each["state"] == "FAILED",
        )
        for each in reading.documents(_WORKSTREAMS)
    ]


def worker_lanes(reading: Reading) -> list[Lane]:
    """One for each worker."""
    bars = _bars(reading, "worker")
    return [
        Lane(
            f"worker {each['worker']}",
            bars.get(each["worker"], []),
            count(each["attempts"], "attempt"),
        )
        for each in reading.documents(_WORKERS)
    ]


def _bars(reading: Reading, by: str) -> dict[object, list[Bar]]:
    found: dict[object, list[Bar]] = {}
    for each in reading.documents(_BARS, [reading.last_us]):
        found.setdefault(each[by], []).append(Bar(each["kind"], each["from_us"], each["to_us"]))
    return found


def _standing(workstream: Document) -> str:
    state = str(workstream["state"])
    if state == "SUCCEEDED":
        return ""
    return f"{state} {workstream['code']}" if workstream["code"] else state
