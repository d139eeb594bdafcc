"""What a person asks in SQL: only reading, one statement after another, streamed."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple, TypeVar

import duckdb

from uet_es.errors import UsageError
from uet_es.projections.database import Connection, asked
from uet_es.projections.writing import whole_file

#: What a statement that only reads begins with. The parser's own kinds do not say it: it takes
#: ``COPY (PIVOT …) TO`` for a PIVOT, and EXPLAIN ANALYZE does what it explains.
_READING = frozenset(
    {
        "DESC",
        "DESCRIBE",
        "FROM",
        "PIVOT",
        "SELECT",
        "SHOW",
        "SUMMARIZE",
        "TABLE",
        "UNPIVOT",
        "VALUES",
        "WITH",
    }
)
_WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE_INTO"})  # behind a WITH
_EXPLAINING = frozenset({"EXPLAIN", "ANALYZE"})
_ROWS = 1000
T = TypeVar("T")


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
        verb = _verb(statement.query)
        if verb not in _READING or statement.type.name in _WRITING:
            of = f"statement {number} of {len(found)} is " if len(found) > 1 else "this is "
            raise UsageError(
                f"{of}{_article(verb)}, and the warehouse is only read: it is made from the log. "
                "Ask with SELECT, FROM, WITH, DESCRIBE, SUMMARIZE and the like"
            )
    return [statement.query for statement in found]


def is_complete(text: str) -> bool:
    """Whether ``text`` ends in a ``;`` that stands in no literal and no comment."""
    places = _places(text)
    return bool(places) and text[places[-1]] == ";"


def answer(connection: Connection, statement: str) -> Answer:
    """Ask ``statement``.

    Raises:
        UsageError: it cannot be answered; with the place in it.
    """
    found = _interruptible(connection, lambda: connection.execute(statement))
    described = found.description or []
    return Answer(
        [str(column[0]) for column in described],
        [str(column[1]) for column in described],
        _rows(connection, found),
    )


def _rows(connection: Connection, found: Connection) -> Iterator[tuple[object, ...]]:
    while rows := _interruptible(connection, lambda: found.fetchmany(_ROWS)):
        yield from rows


def _interruptible(connection: Connection, ask: Callable[[], T]) -> T:
    """Ask in another thread: this one hears Ctrl-C, which DuckDB itself may not for minutes.

    Raises:
        KeyboardInterrupt: a person had enough; the statement has ended.
    """
    with ThreadPoolExecutor(1, "uet-sql") as asking:
        future = asking.submit(ask)
        try:
            wait([future])
        except KeyboardInterrupt:
            connection.interrupt()
            raise
        with asked():
            return future.result()


def _places(text: str) -> list[int]:
    """Where the tokens of ``text`` begin; comments are none."""
    tokens = duckdb.tokenize(text)
    return [place for place, kind in tokens if kind != duckdb.token_type.comment]


def _bare(statement: str) -> str:
    """``statement`` without its ``;`` and what stands behind that."""
    end = len(statement)
    for place in reversed(_places(statement)):
        if statement[place] != ";":
            break
        end = place
    return statement[:end]


def _verb(statement: str) -> str:
    """The word that says what a statement does, or what it would explain."""
    words = (
        re.split(r"\W", statement[place:], maxsplit=1)[0].upper()
        for place, kind in duckdb.tokenize(statement)
        if kind in (duckdb.token_type.keyword, duckdb.token_type.identifier)
    )
    return next((word for word in words if word not in _EXPLAINING), "EXPLAIN")


def _article(verb: str) -> str:
    return f"{'an' if verb[0] in 'AEIO' else 'a'} {verb}"


def write_parquet(connection: Connection, statement: str, path: Path) -> None:
    """Write what ``statement`` finds to a Parquet file, whole or not at all.

    Raises:
        UsageError: it cannot be answered, or the file cannot be written.
    """
    with whole_file(path) as draft, asked():
        relation = connection.sql(_bare(statement))
        if relation is None:
            raise UsageError("this has no rows to write")
        relation.write_parquet(str(draft), compression="zstd")
