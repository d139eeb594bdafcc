"""The warehouse: every run of a log as tables, kept up with it. Delete it, and it is made anew."""

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from uet_es import __version__
from uet_es.errors import LogError
from uet_es.log.rows import PREDICTIONS, is_entry, ndjson
from uet_es.log.upcast import tag_of_topic
from uet_es.projections import models
from uet_es.projections.database import Connection, CorruptError, connect, transaction
from uet_es.projections.disposal import forget
from uet_es.projections.feed import BATCH_ROWS, FORKED, Batch, Lines, Source
from uet_es.projections.folds import IDLE_TAGS, Folds, Saved
from uet_es.projections.loading import load
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

        ``told`` hears after each batch which position it reached. Loading and reading overlap:
        while one batch goes in, the next is read and folded.
        """
        before = self.position
        with (
            _no_collections(),
            TemporaryDirectory(prefix="uet-warehouse-") as folder,
            ThreadPoolExecutor(1, "uet-warehouse") as loader,
        ):
            pending: Future[None] | None = None

            def landed() -> None:
                nonlocal pending
                if pending is not None:
                    pending.result()
                    pending = None

            def saved(run: RunId) -> Saved | None:
                landed()
                return self._saved(run)

            folds = Folds(self._source, saved)
            for batch, states in self._batches(folds, Path(folder), batch_rows):
                landed()
                pending = loader.submit(_load, self._connection, self._source, batch, states)
                if told is not None:
                    told(batch.until)
            landed()
            self.unreadable = folds.unreadable
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

    def _batches(
        self, folds: Folds, folder: Path, batch_rows: int
    ) -> Iterator[tuple[Batch, list[Saved]]]:
        """What was stored since, in stretches, with the folds of each.

        A fork inherits what is in by then, so a stretch has only one, and as its first row: the
        next may be forked from it.
        """
        after, newest = self.position, self._source.newest_position()
        while after < newest:
            batch = Batch(folder / str(after), after, min(after + batch_rows, newest))
            asides = Lines(batch.path("asides"))
            for row in self._source.between(after, batch.until, without=IDLE_TAGS):
                if not is_entry(row):
                    asides.write(ndjson(row))
                    batch.types.add("predictions" if row.run == PREDICTIONS else "requests")
                    continue
                batch.types.add(tag_of_topic(row.topic))
                if row.topic == FORKED:
                    if row.position > after + 1:
                        batch.until = row.position - 1
                        break
                    batch.has_fork = True
                folds.note(row)
            asides.close()
            yield batch, folds.end(batch)
            after = batch.until

    def _saved(self, run: RunId) -> Saved | None:
        found = self.rows("SELECT state, digest FROM books.folds WHERE run = ?", [run])
        if not found:
            return None
        ((state, digest),) = found
        assert isinstance(state, bytes)
        return Saved(run, state, str(digest))

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


@contextmanager
def _no_collections() -> Iterator[None]:
    """Entries hold no cycles, and millions of them keep the collector looking for some."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _load(connection: Connection, source: Source, batch: Batch, states: list[Saved]) -> None:
    load(connection, source, batch, states)
    batch.remove()


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
