"""Letting batches of new rows into the models, each in one transaction with its position."""

from pathlib import Path

from uet_es.projections.database import Connection, transaction
from uet_es.projections.feed import Batch
from uet_es.projections.folds import TABLES, Saved
from uet_es.projections.models import models

_ENTRY = {
    "run": "VARCHAR",
    "stream": "VARCHAR",
    "version": "BIGINT",
    "type": "VARCHAR",
    "seq": "BIGINT",
    "turn": "BIGINT",
    "at_us": "BIGINT",
    "cause": "BIGINT",
    "followed": "BOOLEAN",
    "ignored": "VARCHAR",
    "event": "JSON",
}
_FRESH = """
SELECT run, seq, stream, version, turn, at_us, type, event->>'workstream' AS workstream,
    (event->>'attempt')::BIGINT AS attempt, (event->>'worker')::BIGINT AS worker, cause,
    coalesce(followed, false) AS followed, coalesce(ignored, '') AS ignored, event AS payload
FROM {source}
"""
_ASIDE = """
SELECT run, stream, version, type, at_us, event AS payload FROM {source}
"""
_HISTORY = """
CREATE OR REPLACE TEMP VIEW fresh_history AS
SELECT *, false AS inherited FROM fresh WHERE ignored = ''
"""
#: What a fork of this batch inherits, which was stored before.
_INHERITED = """
UNION ALL
SELECT run, seq, stream, version, turn, at_us, type, workstream, attempt, worker, cause, followed,
    ignored, payload, inherited
FROM run_entries
WHERE inherited AND ignored = ''
    AND run IN (SELECT run FROM fresh WHERE type = 'run.forked' AND ignored = '')
"""
#: Longest line that a reader expects; buffers grow with it.
_USUAL_LINE = 1 << 24


def load(connection: Connection, batch: Batch, saved: list[Saved]) -> None:
    """Let ``batch`` in, all of it or nothing; ``saved`` is where its runs' folds stand."""
    with transaction(connection):
        _stage(connection, batch)
        for model in models():
            if model.on_batch:
                connection.execute(model.on_batch)
        _keep(connection, saved)
        connection.execute("UPDATE loaded SET position = ?, head = ?", [batch.position, batch.head])


def _stage(connection: Connection, batch: Batch) -> None:
    entries = reader(batch.entries.path, _ENTRY, batch.entries.longest)
    asides = reader(batch.asides.path, _ENTRY, batch.asides.longest)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE fresh AS {_FRESH.format(source=entries)}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE asides AS {_ASIDE.format(source=asides)}")
    for name, wanted in (("requests", "run <> 'predictions'"), ("predictions", "run = 'predictions'")):
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW fresh_{name} AS SELECT * FROM asides WHERE {wanted}"
        )
    connection.execute(_HISTORY + (_INHERITED if batch.forks else ""))
    for name, columns in TABLES.items():
        source = reader(batch.folder / f"{name}.ndjson", columns)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM {source}")


def _keep(connection: Connection, saved: list[Saved]) -> None:
    for each in saved:
        connection.execute("DELETE FROM folds WHERE run = ?", [each.run])
        connection.execute("INSERT INTO folds VALUES (?, ?, ?, ?)", list(each))


def reader(path: Path, columns: dict[str, str], longest: int = 0) -> str:
    """The expression that reads an NDJSON file with these columns."""
    types = ", ".join(f"{name}: '{type}'" for name, type in columns.items())
    named = str(path).replace("'", "''")
    return (
        f"read_json('{named}', format = 'newline_delimited', columns = {{{types}}}, "
        f"maximum_object_size = {max(_USUAL_LINE, longest + 1)})"
    )
