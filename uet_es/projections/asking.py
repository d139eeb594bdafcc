"""What a person asks in SQL: only reading, one statement after another, streamed."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from uet_es.errors import UsageError
from uet_es.projections.database import Connection, asked, quoted

_READING = frozenset({"SELECT", "EXPLAIN", "MULTI"})  # MULTI is how PIVOT is read
_ROWS = 1000


class Answer(NamedTuple):
    """What one statement found; read ``rows`` before the next statement is asked."""

    columns: list[str]
    types: list[str]
    rows: Iterator[tuple[object, ...]]


def statements(text: str) -> list[str]:
    """The statements in ``text``, each of which only reads.

    Raises:
        UsageError: one is no SQL, with its place, or would write; or there is none.
    """
    with asked():
        found = duckdb.extract_statements(text)
    if not found:
        raise UsageError("there is no statement")
    for number, statement in enumerate(found, start=1):
        kind = statement.type.name
        if kind not in _READING:
            of = f"statement {number} of {len(found)} is " if len(found) > 1 else "this is "
            raise UsageError(
                f"{of}{_article(kind)}, and the warehouse is only read: it follows the log, which "
                "nobody changes. --format csv, json or parquet writes an answer to a file"
            )
    return [statement.query for statement in found]


def answer(connection: Connection, statement: str) -> Answer:
    """Ask ``statement``.

    Raises:
        UsageError: it cannot be answered; with the place in it.
    """
    with asked():
        found = connection.execute(statement)
        described = found.description or []
        return Answer(
            [str(column[0]) for column in described],
            [str(column[1]) for column in described],
            _rows(found),
        )


def _rows(found: Connection) -> Iterator[tuple[object, ...]]:
    with asked():
        while rows := found.fetchmany(_ROWS):
            yield from rows


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind.replace('_', ' ')}"


def write_parquet(connection: Connection, statement: str, path: Path) -> None:
    """Write what ``statement`` finds to a Parquet file, whole or not at all.

    Raises:
        UsageError: it cannot be answered, or the file cannot be written.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        with asked():
            connection.execute(
                f"COPY ({statement.rstrip().rstrip(';')}) TO {quoted(draft)} "
                "(FORMAT parquet, COMPRESSION zstd)"
            )
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
