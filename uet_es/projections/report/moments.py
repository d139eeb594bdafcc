"""The log for the slider: every entry, and what each changed, small enough to embed."""

import json
from collections.abc import Iterator, Sequence

from uet_es.projections.report.failures import TOLD
from uet_es.projections.report.graph import STATES
from uet_es.projections.report.reading import Reading

#: How the page goes on after "waits".
_CAUSES = {
    "mode": "while the run is",
    "dependency": "for",
    "order": "to come after",
    "backoff": "before the next attempt",
    "conflict": "in conflict with",
    "resource": "for the resource",
    "worker": "for a worker that can do",
    "merging": "to be merged after",
}
_FETCHED = 5_000
_TYPES = "SELECT DISTINCT type FROM run_entries WHERE run = ? ORDER BY type"
_IDS = "SELECT workstream FROM workstreams WHERE run = ? ORDER BY workstream"
#: Microseconds since the start, type, and what it says.
_ENTRIES = f"""
SELECT began.at_us - $2, types.at, told FROM (
    SELECT *, {TOLD} FROM run_entries AS began WHERE run = $1
) AS began
JOIN (
    SELECT type, row_number() OVER (ORDER BY type) - 1 AS at
    FROM (SELECT DISTINCT type FROM run_entries WHERE run = $1)
) AS types ON types.type = began.type
ORDER BY seq
"""
_WORKSTREAMS = """
(SELECT workstream, row_number() OVER (ORDER BY workstream) - 1 AS at
 FROM workstreams WHERE run = $1)
"""
#: seq, workstream, state from then on.
_CHANGES = f"""
SELECT seq, ids.at, to_state
FROM transitions JOIN {_WORKSTREAMS} AS ids USING (workstream)
WHERE run = $1 ORDER BY seq, ids.at
"""
#: seq, worker, state from then on, workstream (-1: none), attempt.
_WORKERS = f"""
SELECT seq, e.worker, coalesce(t.state, 'TERMINATED'), coalesce(ids.at, -1), coalesce(t.attempt, 0)
FROM run_entries AS e
LEFT JOIN worker_timeline AS t ON t.run = e.run AND t.worker = e.worker AND t.version = e.version
LEFT JOIN {_WORKSTREAMS} AS ids ON ids.workstream = t.workstream
WHERE e.run = $1 AND split_part(e.stream, '/', 2) = 'worker'
ORDER BY seq
"""
#: Workstream, cause, on what, from and to in microseconds since the start; none of its own work.
_WAITS = f"""
SELECT ids.at, cause, waits_for, from_us - $2, to_us - $2
FROM waits JOIN {_WORKSTREAMS} AS ids USING (workstream)
WHERE run = $1 AND cause <> 'work' ORDER BY from_us, ids.at, cause
"""


def moments(reading: Reading) -> Iterator[str]:
    """The pieces of one JSON document that may stand inside a script element."""
    facts = {
        "states": STATES,
        "causes": _CAUSES,
        "unit_us": reading.unit_us,
        "types": [each["type"] for each in reading.documents(_TYPES)],
        "workstreams": [each["workstream"] for each in reading.documents(_IDS)],
    }
    yield f"{{{_text(facts)[1:-1]}"
    run, begun_us = reading.run, reading.begun_us
    for name, statement, values in (
        ("entries", _ENTRIES, [run, begun_us]),
        ("changes", _CHANGES, [run]),
        ("workers", _WORKERS, [run]),
        ("waits", _WAITS, [run, begun_us]),
    ):
        yield f',"{name}":['
        yield from _rows(reading, statement, values)
        yield "]"
    yield "}"


def harmless(text: str) -> str:
    """JSON in which no text of a log can end the element that it stands in."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _rows(reading: Reading, statement: str, values: Sequence[object]) -> Iterator[str]:
    cursor = reading.warehouse.connection.cursor()
    found = cursor.execute(statement, list(values))
    comma = ""
    while rows := found.fetchmany(_FETCHED):
        yield comma + ",".join(_text(row) for row in rows)
        comma = ","


def _text(value: object) -> str:
    return harmless(json.dumps(value, separators=(",", ":")))
