"""The warehouse: every run of a log as tables, kept up with it. Delete it, and it is made anew."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from uet_es import __version__
from uet_es.errors import LogError
from uet_es.projections import models
from uet_es.projections.catching_up import catch_up
from uet_es.projections.database import Connection, CorruptError, connect, transaction
from uet_es.projections.disposal import forget
from uet_es.projections.feed import BATCH_ROWS, Source
from uet_es.values import RunId

FORMAT = 1  #: of the bookkeeping below; a warehouse with a higher one was made by a newer uet

_BOOKKEEPING = """
CREATE SCHEMA books;
CREATE TABLE books.loaded (
    format INTEGER NOT NULL, uet VARCHAR NOT NULL, models VARCHAR NOT NULL, store VARCHAR NOT NULL,
    position BIGINT NOT NULL, head VARCHAR NOT NULL
);
CREATE TABLE books.folds (run VARCHAR NOT NULL, state BLOB NOT NULL, digest VARCHAR NOT NULL);
"""


class Warehouse:
    """An open warehouse; for use by one thread."""

    def __init__(self, connection: Connection, source: Source, path: Path | None) -> None:
        self.path = path
        self.unreadable: dict[RunId, str] = {}  #: runs whose waits cannot be told, and why
        self.made_anew = ""  #: why, if what was there was of no use; "" if it was
        self._connection = connection
        self._source = source

    @classmethod
    def open(cls, path: Path, source: Source, *, wait_s: float = 5.0) -> Self:
        """The warehouse at ``path``, made anew if it is not there or not that of ``source``.

        Raises:
            TryLaterError: another process has it open.
            LogError: a newer uet made it.
        """
        why = ""
        try:
            connection = connect(path, wait_s=wait_s)
            why = _why_useless(connection, source)
        except CorruptError as error:
            connection, why = None, str(error)
        if why:
            if connection is not None:
                connection.close()
            forget(path)
            connection = connect(path, wait_s=wait_s)
        assert connection is not None
        warehouse = cls(connection, source, path)
        warehouse.made_anew = why
        warehouse._make()
        return warehouse

    @classmethod
    def in_memory(cls, source: Source) -> Self:
        """One that is forgotten, with everything that ``source`` has."""
        warehouse = cls(connect(None), source, None)
        warehouse._make()
        warehouse.catch_up()
        return warehouse

    def catch_up(
        self, told: Callable[[int], None] | None = None, *, batch_rows: int = BATCH_ROWS
    ) -> int:
        """Let everything in that was stored since, and return how many rows that were.

        ``told`` hears after each batch which position it reached.
        """
        before = self.position
        self.unreadable = catch_up(
            self._connection, self._source, before, batch_rows, told or (lambda position: None)
        )
        return self.position - before

    @property
    def store_id(self) -> str:
        """Of the log that it follows."""
        return self._source.store_id

    @property
    def position(self) -> int:
        """Of the last row that is in."""
        ((position,),) = self.rows("SELECT position FROM books.loaded")
        assert isinstance(position, int)
        return position

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """What one of our own statements finds."""
        return self._connection.execute(statement, list(values)).fetchall()

    def documents(self, statement: str, values: Sequence[object] = ()) -> list[dict[str, object]]:
        """The same, each row as a document by column."""
        found = self._connection.execute(statement, list(values))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that cannot write, for what people ask; this one is closed meanwhile."""
        assert self.path is not None
        self._connection.close()
        reader = connect(self.path, read_only=True)
        try:
            yield reader
        finally:
            reader.close()

    @property
    def connection(self) -> Connection:
        """For who must stream or write files."""
        return self._connection

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make(self) -> None:
        if _has_books(self._connection):
            return
        with transaction(self._connection):
            self._connection.execute(_BOOKKEEPING)
            self._connection.execute(models.MACROS)
            for model in models.models():
                self._connection.execute(model.definition)
                for comment in models.comments(model):
                    self._connection.execute(comment)
            self._connection.execute(
                "INSERT INTO books.loaded VALUES (?, ?, ?, ?, 0, '')",
                [FORMAT, __version__, models.digest(), self._source.store_id],
            )


def _has_books(connection: Connection) -> bool:
    found = connection.execute("SELECT 1 FROM duckdb_tables() WHERE schema_name = 'books'")
    return found.fetchone() is not None


def _why_useless(connection: Connection, source: Source) -> str:
    """Why what is there cannot be kept up with ``source``; "" if it can, or there is nothing."""
    if not _has_books(connection):
        others = connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
        return "it is no warehouse of uet" if others and others[0] else ""
    found = connection.execute(
        "SELECT format, uet, models, store, position, head FROM books.loaded"
    )
    books = found.fetchone()
    if books is None:
        return "its books are empty"
    made_by, uet, made_of, store, position, head = books
    if made_by > FORMAT:
        raise LogError(
            f"the warehouse was made by a newer uet ({uet}); it holds nothing that the log does "
            "not: remove it, and it is made anew"
        )
    if (made_by, uet, made_of) != (FORMAT, __version__, models.digest()):
        return "another uet made it"
    if store != source.store_id:
        return "it is of another store"
    if position > source.newest_position() or (position and source.digest_at(position) != head):
        return "the log is not the one it was made from"
    return ""
