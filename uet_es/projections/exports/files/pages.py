"""What each file of the plain view says."""

from collections.abc import Iterator
from typing import Any, get_args

import msgspec

from uet_es.projections.database import Connection
from uet_es.projections.exports.subject import Subject, iso, stream
from uet_es.values import State

SCHEMA_VERSION = 1


def _struct(*names: str) -> str:
    """Columns as one value with these names."""
    return f"struct_pack({', '.join(f'{name} := {name}' for name in names)})"


_TRY = _struct(
    *("attempt", "worker", "dispatched_us", "started_us", "ended_us"),
    *("status", "outcome", "code", "reason", "message"),
)
_STINT = _struct("workstream", "attempt", "dispatched_us", "ended_us", "outcome")
_CHANGE = _struct("seq", "at_us", "from_state", "to_state")
_WAIT = _struct("cause", "waits_for")

_TRANSITIONS = """
SELECT seq, at_us, workstream, from_state, to_state FROM transitions WHERE run = ? ORDER BY seq
"""
#: What a workstream waits for at the last entry; nothing once it has ended.
_WAITING = f"""
SELECT workstream, any_value({_WAIT}) AS waits_for
FROM waits WHERE run = $run AND is_open AND cause <> 'work'
GROUP BY workstream
"""
_WORKSTREAMS = f"""
SELECT w.workstream, w.state, w.attempts, a.worker, q.waits_for, w.code, w.reason, w.message,
    w.because, w.depends_on, d.dependents, w.kind, w.priority, w.tool, w.phase, w.section,
    w.project, w.writes, w.reads, w.commit, w.last_seq, a.tries, t.story
FROM workstreams AS w
LEFT JOIN (
    SELECT workstream, arg_max(worker, attempt) AS worker, list({_TRY} ORDER BY attempt) AS tries
    FROM attempts WHERE run = $run GROUP BY workstream
) AS a ON a.workstream = w.workstream
LEFT JOIN (
    SELECT workstream, list({_CHANGE} ORDER BY seq) AS story
    FROM transitions WHERE run = $run GROUP BY workstream
) AS t ON t.workstream = w.workstream
LEFT JOIN (
    SELECT needed, list(workstream ORDER BY workstream) AS dependents
    FROM (SELECT workstream, unnest(depends_on) AS needed FROM workstreams WHERE run = $run)
    GROUP BY needed
) AS d ON d.needed = w.workstream
LEFT JOIN ({_WAITING}) AS q ON q.workstream = w.workstream
WHERE w.run = $run
ORDER BY w.workstream
"""
_WORKERS = f"""
SELECT w.worker, w.state, t.workstream, t.attempt, w.ended, a.tries
FROM workers AS w
LEFT JOIN worker_timeline AS t ON t.run = w.run AND t.worker = w.worker AND t.to_us IS NULL
LEFT JOIN (
    SELECT worker, list({_STINT}
        ORDER BY dispatched_us, workstream, attempt) AS tries
    FROM attempts WHERE run = $run GROUP BY worker
) AS a ON a.worker = w.worker
WHERE w.run = $run
ORDER BY w.worker
"""
#: Of a workstream and of a worker, what the one page about everything says.
_BRIEF = ("state", "attempts", "worker", "waits_for", "code", "reason", "because")
_BRIEF_WORKER = ("state", "workstream", "attempt")

Page = dict[str, Any]


def transitions(connection: Connection, about: Subject) -> Iterator[bytes]:
    """A line for each change of a workstream's state, oldest first."""
    for seq, at_us, id, before, after in stream(connection, _TRANSITIONS, [about.run]):
        line = {"seq": seq, "at": iso(at_us), "at_us": at_us, "workstream": id}
        yield msgspec.json.encode(line | {"from": before, "to": after}) + b"\n"


def pages(connection: Connection, about: Subject) -> Iterator[tuple[str, bytes]]:
    """All other files with their places, `current.json` at the end."""
    states: dict[str, list[str]] = {state: [] for state in get_args(State)}
    workstreams: dict[str, Page] = {}
    for page in _rows(connection, _WORKSTREAMS, about):
        id = page["workstream"]
        states[page["state"]].append(id)
        workstreams[id] = {name: page[name] for name in _BRIEF if name in page}
        yield f"by_workstream/{id}.json", _written(about, page)
    workers: dict[str, Page] = {}
    for page in _rows(connection, _WORKERS, about):
        workers[str(page["worker"])] = {name: page[name] for name in _BRIEF_WORKER if name in page}
        yield f"by_worker/{page['worker']}.json", _written(about, page)
    for state, ids in states.items():
        yield f"by_status/{state}.json", _written(about, {"status": state, "workstreams": ids})
    current = {
        "seq": about.last_seq,
        "at": iso(about.last_us),
        "at_us": about.last_us,
        "source": about.source,
        "outcome": about.outcome,
        "max_workers": about.max_workers,
        "counts": {state: len(ids) for state, ids in states.items()},
        "workers": workers,
        "workstreams": workstreams,
    }
    yield "current.json", _written(about, current)


def _rows(connection: Connection, statement: str, about: Subject) -> Iterator[Page]:
    """Each row as a document by column; what is not known is left out."""
    found = stream(connection, statement, {"run": about.run})
    names: list[str] = []
    for row in found:
        names = names or [column[0] for column in connection.description or ()]
        yield {name: value for name, value in zip(names, row, strict=True) if value is not None}


def _written(about: Subject, page: Page) -> bytes:
    document = {"schema_version": SCHEMA_VERSION, "run": about.run, **page}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
