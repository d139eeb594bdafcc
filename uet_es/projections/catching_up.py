"""Everything that was stored since, on its way into the warehouse: read, folded, let in.

Three things overlap, because each would otherwise wait for the others: while one stretch goes in,
the next is folded, and its text is fetched.
"""

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from uet_es.log.rows import PREDICTIONS, is_entry, ndjson
from uet_es.log.upcast import tag_of_topic
from uet_es.projections.database import Connection
from uet_es.projections.feed import FORKED, Batch, Lines, Source
from uet_es.projections.folds import IDLE_TAGS, Folds, Saved
from uet_es.projections.loading import load
from uet_es.values import RunId


def catch_up(
    connection: Connection,
    source: Source,
    after: int,
    batch_rows: int,
    told: Callable[[int], None],
) -> dict[RunId, str]:
    """Let in what arrived behind ``after``: stretches of ``batch_rows``, each whole or not at all.

    ``told`` hears how far it is.

    Returns:
        Runs whose time cannot be told, and why.
    """
    with (
        _no_collections(),
        TemporaryDirectory(prefix="uet-warehouse-") as folder,
        ThreadPoolExecutor(1, "uet-warehouse-text") as writer,
        ThreadPoolExecutor(1, "uet-warehouse-load") as loader,
    ):
        pending: Future[None] | None = None

        def landed() -> None:
            nonlocal pending
            if pending is not None:
                landing, pending = pending, None
                landing.result()

        def saved(run: RunId) -> Saved | None:
            landed()
            return saved_fold(connection, run)

        folds = Folds(source, saved, unreadable(connection))
        for batch, text, states in _stretches(source, after, batch_rows, folds, writer, folder):
            landed()
            why = dict(folds.unreadable)
            pending = loader.submit(_land, connection, source, batch, text, states, why)
            told(batch.until)
        landed()
        return folds.unreadable


def saved_fold(connection: Connection, run: RunId) -> Saved | None:
    """Where the fold of ``run`` stands; None if it was never written down."""
    found = connection.execute("SELECT state, digest FROM books.folds WHERE run = ?", [run])
    row = found.fetchone()
    return None if row is None else Saved(run, *row)


def unreadable(connection: Connection) -> dict[RunId, str]:
    """Runs that hold an entry which this uet cannot read, and why."""
    return dict(connection.execute("SELECT run, why FROM books.unreadable ORDER BY run").fetchall())


def _stretches(
    source: Source,
    after: int,
    batch_rows: int,
    folds: Folds,
    writer: ThreadPoolExecutor,
    folder: str,
) -> Iterator[tuple[Batch, Future[int], list[Saved]]]:
    """Each with its text, which is being fetched, and its folds.

    A fork inherits what is in by then, so a stretch has only one, and as its first row: the next
    may be forked from it.
    """
    newest = source.arrivals.newest_position()
    while after < newest:
        end = min(after + batch_rows, newest)
        batch = Batch(Path(folder) / str(after), after, end)
        text = writer.submit(batch.write_entries, source)
        _fold(source, batch, folds)
        if batch.until < end:
            text.result()
            text = writer.submit(batch.write_entries, source)
        yield batch, text, folds.end(batch)
        after = batch.until


def _fold(source: Source, batch: Batch, folds: Folds) -> None:
    asides = Lines(batch.path("asides"))
    for row in source.arrivals.between(batch.after, batch.until, without=IDLE_TAGS):
        if not is_entry(row):
            asides.write(ndjson(row))
            batch.types.add("predictions" if row.run == PREDICTIONS else "requests")
            continue
        if row.topic == FORKED:
            if row.position > batch.after + 1:
                batch.until = row.position - 1
                break
            batch.has_fork = True
        batch.types.add(tag_of_topic(row.topic))
        folds.note(row)
    asides.close()


def _land(
    connection: Connection,
    source: Source,
    batch: Batch,
    text: Future[int],
    states: list[Saved],
    why: dict[RunId, str],
) -> None:
    load(connection, source, batch, text.result(), states, why)
    batch.remove()


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
