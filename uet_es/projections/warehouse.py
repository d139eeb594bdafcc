"""The warehouse: every run of a log as tables, kept up with it. Delete it, and it is made anew."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from uet_es.projections import books
from uet_es.projections.catching_up import catch_up
from uet_es.projections.database import Connection, CorruptError, connect, own
from uet_es.projections.disposal import forget
from uet_es.projections.feed import BATCH_ROWS, Source
from uet_es.values import RunId


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
        connection, why = None, ""
        try:
            connection = connect(path, wait_s=wait_s)
            if not books.is_blank(connection):
                why = books.why_useless(connection, source)
        except CorruptError as error:
            why = str(error)
        if connection is None or why:
            connection = _afresh(connection, path)
        if books.is_blank(connection):
            books.begin(connection, source)
        warehouse = cls(connection, source, path)
        warehouse.made_anew = why
        return warehouse

    @classmethod
    def in_memory(cls, source: Source) -> Self:
        """One that is forgotten, with everything that ``source`` has."""
        warehouse = cls(connect(None), source, None)
        books.begin(warehouse._connection, source)
        warehouse.catch_up()
        return warehouse

    def catch_up(
        self, told: Callable[[int], None] | None = None, *, batch_rows: int = BATCH_ROWS
    ) -> int:
        """Let everything in that was stored since, and return how many rows that were.

        ``told`` hears after each batch which position it reached. A file that turns out to be
        damaged is made anew.
        """
        try:
            before = self.position
            self._let_in(before, batch_rows, told)
        except CorruptError as error:
            if self.path is None or self.made_anew:
                raise
            self.made_anew, before = str(error), 0
            self._connection = _afresh(self._connection, self.path)
            books.begin(self._connection, self._source)
            self._let_in(before, batch_rows, told)
        return self.position - before

    def _let_in(self, after: int, batch_rows: int, told: Callable[[int], None] | None) -> None:
        with own():
            self.unreadable = catch_up(
                self._connection, self._source, after, batch_rows, told or (lambda position: None)
            )

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
        with own():
            return self._connection.execute(statement, list(values)).fetchall()

    def documents(self, statement: str, values: Sequence[object] = ()) -> list[dict[str, object]]:
        """The same, each row as a document by column."""
        with own():
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


def _afresh(connection: Connection | None, path: Path) -> Connection:
    """An empty database in the place of what is there."""
    if connection is not None:
        connection.close()
    forget(path)
    return connect(path, wait_s=0)
