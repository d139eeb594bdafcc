"""A run as OCEL 2.0 in an SQLite database."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from uet_es.projections.exports.ocel.as_json import ALWAYS_US
from uet_es.projections.exports.ocel.log import ObjectCentricLog
from uet_es.projections.exports.ocel.words import Attributes, Event, Object
from uet_es.projections.exports.subject import Counts, iso, subject
from uet_es.projections.warehouse import Warehouse
from uet_es.projections.writing import whole_file
from uet_es.values import RunId

Rows = dict[str, list[Sequence[object]]]  #: by the statement that takes them in

_TYPES = {"string": "TEXT", "integer": "INTEGER", "boolean": "BOOLEAN"}
_CHUNK = 5_000
#: The draft is thrown away if anything goes wrong, so nothing has to be undone.
_PREPARE = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
_TABLES = """
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE event (
    ocel_id TEXT PRIMARY KEY, ocel_type TEXT,
    FOREIGN KEY (ocel_type) REFERENCES event_map_type (ocel_type)
);
CREATE TABLE object (
    ocel_id TEXT PRIMARY KEY, ocel_type TEXT,
    FOREIGN KEY (ocel_type) REFERENCES object_map_type (ocel_type)
);
CREATE TABLE event_object (
    ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT,
    PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier),
    FOREIGN KEY (ocel_event_id) REFERENCES event (ocel_id),
    FOREIGN KEY (ocel_object_id) REFERENCES object (ocel_id)
);
CREATE TABLE object_object (
    ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT,
    PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier),
    FOREIGN KEY (ocel_source_id) REFERENCES object (ocel_id),
    FOREIGN KEY (ocel_target_id) REFERENCES object (ocel_id)
);
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
        closing(sqlite3.connect(draft)) as database,
    ):
        log = ObjectCentricLog(connection, about)
        database.executescript(_PREPARE + _TABLES)
        for name, attributes in log.object_types().items():
            _make(database, "object", name, attributes)
        for name, attributes in log.event_types().items():
            _make(database, "event", name, attributes)
        objects = _fill(database, map(_object, log.objects()))
        events = _fill(database, map(_event, log.events()))
        database.commit()
    return {"event": events, "object": objects}


def _make(database: sqlite3.Connection, kind: str, name: str, attributes: Attributes) -> None:
    key = "PRIMARY KEY" if kind == "event" else ""
    columns = [f"ocel_id TEXT {key}".rstrip(), "ocel_time TIMESTAMP"]
    if kind == "object":
        columns.append("ocel_changed_field TEXT")
    columns += [f'"{each}" {_TYPES[type]}' for each, type in attributes.items()]
    columns.append(f"FOREIGN KEY (ocel_id) REFERENCES {kind} (ocel_id)")
    database.execute(f'CREATE TABLE "{kind}_{_mapped(name)}" ({", ".join(columns)})')
    database.execute(f"INSERT INTO {kind}_map_type VALUES (?, ?)", [name, _mapped(name)])


def _fill(database: sqlite3.Connection, items: Iterator[Rows]) -> int:
    """Let rows in, many of a sort at a time; the number of items."""
    number = 0
    while chunk := list(islice(items, _CHUNK)):
        number += len(chunk)
        gathered: Rows = {}
        for rows in chunk:
            for statement, values in rows.items():
                gathered.setdefault(statement, []).extend(values)
        for statement, values in gathered.items():
            database.executemany(statement, values)
    return number


def _object(each: Object) -> Rows:
    table = f"object_{_mapped(each.type)}"
    rows: Rows = {
        "INSERT INTO object VALUES (?, ?)": [(each.id, each.type)],
        "INSERT INTO object_object VALUES (?, ?, ?)": [(each.id, *link) for link in each.related],
    }
    _add(rows, table, [{"ocel_id": each.id, "ocel_time": iso(ALWAYS_US), **each.values}])
    _add(
        rows,
        table,
        (
            {
                "ocel_id": each.id,
                "ocel_time": iso(change.at_us),
                "ocel_changed_field": "state",
                "state": change.state,
            }
            for change in each.changes
        ),
    )
    return rows


def _event(each: Event) -> Rows:
    rows: Rows = {
        "INSERT INTO event VALUES (?, ?)": [(each.id, each.type)],
        "INSERT INTO event_object VALUES (?, ?, ?)": [(each.id, *link) for link in each.related],
    }
    told = {"ocel_id": each.id, "ocel_time": iso(each.at_us), **each.values}
    _add(rows, f"event_{_mapped(each.type)}", [told])
    return rows


def _add(rows: Rows, table: str, told: Iterable[Mapping[str, object]]) -> None:
    for values in told:
        columns = ", ".join(f'"{name}"' for name in values)
        places = ", ".join("?" * len(values))
        statement = f'INSERT INTO "{table}" ({columns}) VALUES ({places})'
        rows.setdefault(statement, []).append(tuple(values.values()))


def _mapped(name: str) -> str:
    """The name of a type as part of the name of its table: `plan.accepted` is PlanAccepted."""
    return "".join(part.capitalize() for part in name.replace("-", ".").split("."))
