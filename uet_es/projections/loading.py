"""Letting a stretch of the log into the models, in one transaction with its position."""

from pathlib import Path

import duckdb

from uet_es.errors import LogError
from uet_es.log.rows import PREDICTIONS
from uet_es.projections.database import Connection, quoted, transaction
from uet_es.projections.feed import Batch, Source
from uet_es.projections.folds import TABLES, Saved
from uet_es.projections.models import models
from uet_es.values import RunId

#: What a line of the log's text holds, with the type of each column.
ROW = {
    "position": "BIGINT",
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
#: What a fork of this batch inherits, which was stored before.
_INHERITED = """
UNION ALL
SELECT * EXCLUDE (owner, inherited), inherited
FROM run_entries
WHERE inherited AND ignored = ''
    AND run IN (SELECT run FROM fresh WHERE type = 'run.forked' AND ignored = '')
"""
#: Longest line that a reader expects; its buffers grow with it.
_USUAL_LINE = 1 << 24


def load(
    connection: Connection,
    source: Source,
    batch: Batch,
    longest: int,
    saved: list[Saved],
    unreadable: dict[RunId, str],
) -> None:
    """Let ``batch`` in, all of it or nothing.

    No line of its entries has more than ``longest`` bytes; ``saved`` is where the folds of its
    runs stand, ``unreadable`` says which go no further, and why.

    Raises:
        LogError: what lies in the log is no JSON.
    """
    try:
        with transaction(connection):
            _stage(connection, batch, longest)
            for model in models():
                for part in model.on_batch:
                    if not part.types or batch.types & part.types or batch.has_fork:
                        connection.execute(part.statements)
            _keep(connection, saved, unreadable)
            connection.execute(
                "UPDATE books.loaded SET position = ?, head = ?",
                [batch.until, source.arrivals.digest_at(batch.until)],
            )
    except duckdb.InvalidInputException as error:
        raise LogError(
            f"an entry cannot be read: {str(error).partition(chr(10))[0]}; `uet log verify` says "
            "more"
        ) from error


def _stage(connection: Connection, batch: Batch, longest: int) -> None:
    """Name what is new, as the models know it."""
    _view(connection, "arrived", f"SELECT * FROM {reader(batch.path('entries'), ROW, longest)}")
    _view(connection, "fresh", f"SELECT * FROM entries WHERE position > {batch.after}")
    for name, is_one in (("requests", "<>"), ("predictions", "=")):
        asides = reader(batch.path("asides"), ROW)
        _view(
            connection,
            f"fresh_{name}",
            f"SELECT * RENAME (event AS payload) FROM {asides} WHERE run {is_one} '{PREDICTIONS}'",
        )
    for name, columns in TABLES.items():
        _view(connection, name, f"SELECT * FROM {reader(batch.path(name), columns)}")
    history = "SELECT *, false AS inherited FROM fresh WHERE ignored = ''"
    _view(connection, "fresh_history", history + (_INHERITED if batch.has_fork else ""))


def _view(connection: Connection, name: str, query: str) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")


def _keep(connection: Connection, saved: list[Saved], unreadable: dict[RunId, str]) -> None:
    for each in saved:
        connection.execute("DELETE FROM books.folds WHERE run = ?", [each.run])
        connection.execute("INSERT INTO books.folds VALUES (?, ?, ?)", list(each))
    for run, why in unreadable.items():
        connection.execute("INSERT OR IGNORE INTO books.unreadable VALUES (?, ?)", [run, why])


def reader(path: Path, columns: dict[str, str], longest: int = 0) -> str:
    """The expression that reads an NDJSON file with these columns."""
    types = ", ".join(f"{name}: '{type}'" for name, type in columns.items())
    return (
        f"read_json({quoted(path)}, format = 'newline_delimited', columns = {{{types}}}, "
        f"maximum_object_size = {max(_USUAL_LINE, longest + 1)})"
    )
