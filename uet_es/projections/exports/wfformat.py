"""A run in WfFormat 1.5, as WfCommons and its simulators read it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import IO

import msgspec

from uet_es import __version__
from uet_es.projections.database import Connection
from uet_es.projections.exports.subject import (
    Counts,
    Rows,
    Subject,
    in_seconds,
    iso,
    stream,
    subject,
)
from uet_es.projections.warehouse import Warehouse
from uet_es.projections.writing import whole_file
from uet_es.values import RunId

VERSION = "1.5"
#: All workers share one machine; it has a core for each attempt that may run at once.
_MACHINE = "uet"
_UNFIT = re.compile(r"[^0-9a-zA-Z._-]")

#: Every task after its parents' names; children are found the other way round.
_SPECIFIED = """
SELECT w.workstream, w.depends_on, coalesce(c.children, []), w.reads, w.writes
FROM workstreams AS w LEFT JOIN (
    SELECT needed, list(workstream ORDER BY workstream) AS children
    FROM (
        SELECT workstream, unnest(depends_on) AS needed FROM workstreams WHERE run = $run
    )
    GROUP BY needed
) AS c ON c.needed = w.workstream
WHERE w.run = $run
ORDER BY w.workstream
"""
#: All tries at a workstream together are one task: WfFormat knows none.
_EXECUTED = """
SELECT a.workstream, sum(a.ran_us)::BIGINT,
    CASE WHEN count(*) = count(a.cpu_us) THEN sum(a.cpu_us)::BIGINT END,
    min(a.dispatched_us), any_value(w.tool)
FROM (
    SELECT *, coalesce(took_us, greatest(0, coalesce(ended_us, $last_us) - started_us), 0) AS ran_us
    FROM attempts
    WHERE run = $run AND dispatched_us IS NOT NULL
) AS a JOIN workstreams AS w ON w.run = $run AND w.workstream = a.workstream
GROUP BY a.workstream
ORDER BY a.workstream
"""
_CLAIMS = """
SELECT DISTINCT unnest(reads || writes) AS claim FROM workstreams WHERE run = $run ORDER BY claim
"""


def export(warehouse: Warehouse, run: RunId, path: Path) -> Counts:
    """Write ``run`` as the new file ``path``.

    Raises:
        UsageError: there is something at ``path``, or no such run.
    """
    about = subject(warehouse, run)
    with (
        whole_file(path) as draft,
        warehouse.connection.cursor() as connection,
        draft.open("wb", buffering=1 << 20) as file,
    ):
        return _write(connection, about, file)


def _write(connection: Connection, about: Subject, file: IO[bytes]) -> Counts:
    values = {"run": about.run}
    ids = _names(_column(connection, "SELECT workstream FROM workstreams WHERE run = $run", values))
    claims = _names(_column(connection, _CLAIMS, values))
    file.write(_head(about) + b',"workflow":{"specification":{"tasks":[\n')
    specified = _items(file, _specified(stream(connection, _SPECIFIED, values), ids, claims))
    file.write(b'\n],"files":[\n')
    files = _items(file, ({"id": claims[name], "sizeInBytes": 0} for name in sorted(claims)))
    file.write(b"\n]}")
    found = stream(connection, _EXECUTED, values | {"last_us": about.last_us})
    executed = 0
    if (first := next(found, None)) is not None:
        file.write(b',"execution":' + _execution(about) + b',"tasks":[\n')
        executed = _items(file, _executed(chain([first], found), ids))
        file.write(b"\n]}")
    file.write(b"}}\n")
    return {"task": specified, "executed task": executed, "file": files}


def _head(about: Subject) -> bytes:
    head = {
        "name": f"{about.source or 'uet'}-{about.run}",
        "description": f"{about.run} of a plan, as uet {about.uet or __version__} recorded it",
        "createdAt": iso(about.accepted_us),
        "schemaVersion": VERSION,
        "runtimeSystem": {"name": "uet", "version": about.uet or __version__},
    }
    return msgspec.json.encode(head)[:-1]


def _execution(about: Subject) -> bytes:
    execution = {
        "makespanInSeconds": in_seconds(about.last_us - about.accepted_us),
        "executedAt": iso(about.accepted_us),
        "machines": [{"nodeName": _MACHINE, "cpu": {"coreCount": max(1, about.max_workers)}}],
    }
    return msgspec.json.encode(execution)[:-1]


def _specified(
    rows: Rows, ids: Mapping[str, str], claims: Mapping[str, str]
) -> Iterator[Mapping[str, object]]:
    for id, needs, children, reads, writes in rows:
        yield {
            "name": id,
            "id": ids[id],
            "parents": [ids[each] for each in needs],
            "children": [ids[each] for each in children],
            "inputFiles": [claims[each] for each in reads],
            "outputFiles": [claims[each] for each in writes],
        }


def _executed(rows: Rows, ids: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
    for id, ran_us, cpu_us, begun_us, tool in rows:
        task: dict[str, object] = {
            "id": ids[id],
            "runtimeInSeconds": in_seconds(ran_us),
            "executedAt": iso(begun_us),
            "command": {"program": tool},
            "coreCount": 1,
            # One name by the letter of the format, a list as WfCommons itself writes it.
            "machine": _MACHINE,
            "machines": [_MACHINE],
        }
        if cpu_us is not None and ran_us > 0:
            task["avgCPU"] = round(100 * cpu_us / ran_us, 3)
        yield task


def _items(file: IO[bytes], items: Iterable[Mapping[str, object]]) -> int:
    number = 0
    for number, item in enumerate(items, 1):
        file.write((b"" if number == 1 else b",\n") + msgspec.json.encode(item))
    return number


def _column(connection: Connection, statement: str, values: Mapping[str, object]) -> list[str]:
    return [str(row[0]) for row in connection.execute(statement, values).fetchall()]


def _names(names: Iterable[str]) -> dict[str, str]:
    """Names of the letters that the format allows; one that has no others is kept."""
    fit: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names, key=lambda name: (_UNFIT.search(name) is not None, name)):
        stem = given = _UNFIT.sub("_", name) or "_"
        number = 1
        while given in taken:
            number += 1
            given = f"{stem}.{number}"
        taken.add(given)
        fit[name] = given
    return fit
