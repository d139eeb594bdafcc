"""What a warehouse knows of itself: who made it from what, and how far it has come."""

import duckdb

from uet_es import __version__
from uet_es.errors import LogError
from uet_es.projections import models
from uet_es.projections.database import Connection, own, transaction
from uet_es.projections.feed import Source

FORMAT = 1  #: of the books; a warehouse with a higher one was made by a newer uet

_BOOKS = """
CREATE SCHEMA books;
CREATE TABLE books.loaded (
    format INTEGER NOT NULL, uet VARCHAR NOT NULL, models VARCHAR NOT NULL, store VARCHAR NOT NULL,
    position BIGINT NOT NULL, head VARCHAR NOT NULL
);
CREATE TABLE books.unreadable (run VARCHAR PRIMARY KEY, why VARCHAR NOT NULL);
CREATE TABLE books.folds (run VARCHAR NOT NULL, state BLOB NOT NULL, digest VARCHAR NOT NULL);
"""


def begin(connection: Connection, source: Source) -> None:
    """Make all models, empty, and the books that say of what."""
    with own(), transaction(connection):
        connection.execute(_BOOKS)
        connection.execute(models.MACROS)
        for model in models.models():
            connection.execute(model.definition)
            for comment in models.comments(model):
                connection.execute(comment)
        connection.execute(
            "INSERT INTO books.loaded VALUES (?, ?, ?, ?, 0, '')",
            [FORMAT, __version__, models.digest(), source.store_id],
        )


def is_blank(connection: Connection) -> bool:
    """Whether nothing was ever made there."""
    with own():
        found = connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
    return found is None or not found[0]


def why_useless(connection: Connection, source: Source) -> str:
    """Why what is there cannot be kept up with ``source``; "" if it can.

    Raises:
        LogError: a newer uet made it.
        CorruptError: it is damaged.
    """
    try:
        with own():
            books = connection.execute("FROM books.loaded").fetchone()
            columns = [column[0] for column in connection.description or ()]
    except LogError as error:
        if isinstance(error.__cause__, duckdb.CatalogException):
            return "it is no warehouse of uet"
        raise
    if books is None:
        return "its books are empty"
    loaded = dict(zip(columns, books, strict=True))
    if loaded["format"] > FORMAT:
        raise LogError(
            f"the warehouse was made by a newer uet ({loaded.get('uet')}); it holds nothing that "
            "the log does not: `uet warehouse rebuild` makes it anew"
        )
    ours = {"format": FORMAT, "uet": __version__, "models": models.digest()}
    if any(loaded.get(name) != value for name, value in ours.items()):
        return "another uet made it"
    if loaded["store"] != source.store_id:
        return "it is of another store"
    position = loaded["position"]
    if position > source.arrivals.newest_position():
        return "the log is not the one it was made from"
    if position and source.arrivals.digest_at(position) != loaded["head"]:
        return "the log is not the one it was made from"
    return ""
