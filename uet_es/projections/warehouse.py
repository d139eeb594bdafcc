"""The warehouse: every run of a log as tables, kept up with it. Delete it, and it is made anew."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from uet_es import __version__
from uet_es.errors import LogError
from uet_es.log.chain import split
from uet_es.log.rows import Row
from uet_es.projections import models
from uet_es.projections.database import Connection, CorruptError, connect, transaction
from uet_es.projections.feed import Batch, Source, is_entry
from uet_es.projections.folds import Folds, Saved
from uet_es.projections.loading import load
from uet_es.values import RunId

FORMAT = 1  #: of the bookkeeping below; a warehouse with a higher one was made by a newer uet

_BOOKKEEPING = """
CREATE TABLE loaded (
    format INTEGER NOT NULL, uet VARCHAR NOT NULL, models VARCHAR NOT NULL, store VARCHAR NOT NULL,
    position BIGINT NOT NULL, head VARCHAR NOT NULL
);
CREATE TABLE folds (
    run VARCHAR NOT NULL, seq BIGINT NOT NULL, state BLOB NOT NULL, digest VARCHAR NOT NULL
);
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

    def catch_up(self, told: Callable[[int], None] | None = None) -> int:
        """Let everything in that was stored since, and return how many rows that were.

        ``told`` hears how many there are after each batch. Loading and reading overlap: while one
        batch goes in, the next is read and folded.
        """
        done = 0
        with (
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
            for batch, states in _batches(self._arrivals(), folds, Path(folder)):
                landed()
                pending = loader.submit(_load, self._connection, batch, states)
                done += batch.rows
                if told is not None:
                    told(done)
            landed()
            self.unreadable = folds.unreadable
        return done

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """What one of our own statements finds."""
        return self._connection.execute(statement, list(values)).fetchall()

    def documents(self, statement: str, values: Sequence[object] = ()) -> list[dict[str, object]]:
        """The same, each row as a document by column."""
        found = self._connection.execute(statement, list(values))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

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

    def _arrivals(self) -> Iterable[Row]:
        ((position,),) = self.rows("SELECT position FROM loaded")
        assert isinstance(position, int)
        return self._source.arrivals(after_position=position)

    def _saved(self, run: RunId) -> Saved | None:
        found = self.rows("SELECT seq, state, digest FROM folds WHERE run = ?", [run])
        if not found:
            return None
        ((seq, state, digest),) = found
        assert isinstance(seq, int)
        assert isinstance(state, bytes)
        return Saved(run, seq, state, str(digest))

    def _make(self) -> None:
        if _has_books(self._connection):
            return
        with transaction(self._connection):
            self._connection.execute(_BOOKKEEPING)
            for model in models.models():
                self._connection.execute(model.definition)
                for comment in models.comments(model):
                    self._connection.execute(comment)
            self._connection.execute(
                "INSERT INTO loaded VALUES (?, ?, ?, ?, 0, '')",
                [FORMAT, __version__, models.digest(), self._source.store_id],
            )


def forget(path: Path) -> None:
    """Remove the warehouse at ``path``; nothing is lost."""
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)


def _batches(
    rows: Iterable[Row], folds: Folds, folder: Path
) -> Iterable[tuple[Batch, list[Saved]]]:
    number = 0
    batch: Batch | None = None
    for row in rows:
        if batch is not None and not batch.has_room_for(row):
            states = folds.end()
            batch.close()
            yield batch, states
            batch = None
        if batch is None:
            number += 1
            batch = Batch(folder / str(number))
            folds.begin(batch)
        batch.add(row)
        if is_entry(row):
            folds.note(row)
    if batch is not None:
        states = folds.end()
        batch.close()
        yield batch, states


def _load(connection: Connection, batch: Batch, states: list[Saved]) -> None:
    load(connection, batch, states)
    batch.remove()


def _has_books(connection: Connection) -> bool:
    found = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'loaded'")
    return found.fetchone() is not None


def _why_useless(connection: Connection, source: Source) -> str:
    """Why what is there cannot be kept up with ``source``; "" if it can, or there is nothing."""
    if not _has_books(connection):
        others = connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
        return "it is no warehouse of uet" if others and others[0] else ""
    found = connection.execute("SELECT format, uet, models, store, position, head FROM loaded")
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
    if position:
        row = next(iter(source.arrivals(after_position=position - 1)), None)
        if row is None or row.position != position or split(row.state)[1] != head:
            return "the log is not the one it was made from"
    return ""
