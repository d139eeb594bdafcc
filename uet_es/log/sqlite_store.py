"""The store file: made whole or not at all, opened with care, read as plain tuples."""

import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from uet_es.errors import LogError, StoreBusyError, UetError, UsageError
from uet_es.log.examine import examine
from uet_es.log.failures import translated
from uet_es.log.rows import Row
from uet_es.log.tables import CREATION, DROP_REFUSE_UPDATE, FORMAT, REFUSE_UPDATE
from uet_es.values import RunId, StreamId

#: Who changes rows by hand may leave text where bytes were; that must not stop a verification.
_COLUMNS = """SELECT rowid, substr(originator_id, 1, instr(originator_id || '/', '/') - 1),
originator_id, originator_version, topic, ifnull(CAST(state AS BLOB), x'') FROM stored_events"""
#: Every stream of one run but its inbox. The character after ``/`` is ``0``: ``run-1/…`` ends
#: before ``run-10``. Only the index is read for it; payloads are then fetched in order of
#: arrival, so nothing large is ever sorted.
_OF_RUN = """SELECT rowid FROM stored_events
WHERE originator_id >= :run AND originator_id < :run || '0'
  AND (originator_id = :run OR originator_id >= :run || '/')
  AND originator_id <> :run || '/inbox'"""
_NO_INBOX = """NOT (originator_id GLOB '*/inbox' AND originator_id NOT GLOB '*/*/inbox')
AND NOT originator_id GLOB 'predictions/*'"""
#: SQLite itself puts the lines together, many at a time: a row never becomes a Python object.
_TEXT = """SELECT CAST(group_concat(line, '') AS BLOB) FROM (
SELECT '{"position":' || rowid
    || ',"run":"' || substr(originator_id, 1, instr(originator_id || '/', '/') - 1)
    || '","stream":"' || originator_id || '","version":' || originator_version
    || ',"type":"' || topic || '",' || substr(CAST(state AS TEXT), 2) || char(10) AS line
FROM stored_events WHERE rowid > :after AND rowid <= :until"""
_PIECE = 20_000


def _literals(words: Sequence[str]) -> str:
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words)


class SqliteStore:
    """Rows in one SQLite file, for reading; a ``Store``."""

    def __init__(self, path: Path, *, lock_timeout_s: float) -> None:
        self.path = path
        self._lock_timeout_s = lock_timeout_s
        self._idle: list[sqlite3.Connection] = []
        try:
            self.id = self._identity()
        except UetError:
            self.close()
            raise

    def newest_position(self) -> int:
        with self._connection() as connection:
            found = connection.execute("SELECT max(rowid) FROM stored_events").fetchone()
        return found[0] or 0

    def at(self, position: int) -> Row | None:
        return next(self._rows(f"{_COLUMNS} WHERE rowid = :at", {"at": position}), None)

    def between(
        self, after: int, until: int, *, only: Sequence[str] = (), without: Sequence[str] = ()
    ) -> Iterator[Row]:
        wanted = f"topic IN ({_literals(only)})" if only else f"topic NOT IN ({_literals(without)})"
        return self._rows(
            f"""{_COLUMNS} WHERE rowid > :after AND rowid <= :until
            AND ({wanted} OR NOT ({_NO_INBOX})) ORDER BY rowid""",
            {"after": after, "until": until},
        )

    def text(self, after: int, until: int, without: Sequence[str]) -> Iterator[bytes]:
        statement = f"{_TEXT} AND topic NOT IN ({_literals(without)}) AND {_NO_INBOX})"
        with self._connection() as connection:
            for start in range(after, until, _PIECE):
                yield from _pieces(connection, statement, start, min(start + _PIECE, until))

    def scan(
        self, run: RunId | None, *, after_position: int = 0, newest: int | None = None
    ) -> Iterator[Row]:
        wanted = _NO_INBOX if run is None else f"rowid IN ({_OF_RUN})"
        wanted = f"rowid > :after AND {wanted}"
        if newest is not None:
            last = (
                f"SELECT rowid FROM stored_events WHERE {wanted} ORDER BY rowid DESC LIMIT :newest"
            )
            wanted = f"rowid IN ({last})"
        return self._rows(
            f"{_COLUMNS} WHERE {wanted} ORDER BY rowid",
            {"run": run, "after": after_position, "newest": newest},
        )

    def entry(self, run: RunId, number: int) -> Row | None:
        if number < 1:
            return None
        place = f"{_OF_RUN} ORDER BY rowid LIMIT 1 OFFSET :before"
        found = self._rows(
            f"{_COLUMNS} WHERE rowid = ({place})", {"run": run, "before": number - 1}
        )
        return next(found, None)

    def stream(self, stream: StreamId, *, after_version: int = 0) -> list[Row]:
        wanted = "originator_id = :stream AND originator_version > :after"
        statement = f"{_COLUMNS} WHERE {wanted} ORDER BY originator_version"
        return list(self._rows(statement, {"stream": stream, "after": after_version}))

    def last(self, stream: StreamId) -> Row | None:
        statement = (
            f"{_COLUMNS} WHERE originator_id = :stream ORDER BY originator_version DESC LIMIT 1"
        )
        return next(self._rows(statement, {"stream": stream}), None)

    def names(self) -> list[str]:
        names: list[str] = []
        first = "SELECT min(originator_id) FROM stored_events WHERE originator_id >= ?"
        with self._connection() as connection:
            found = connection.execute(first, ("",)).fetchone()[0]
            while found is not None:
                names.append(found.partition("/")[0])
                found = connection.execute(first, (names[-1] + "0",)).fetchone()[0]
        return names

    def streams(self, name: str) -> list[StreamId]:
        statement = """SELECT DISTINCT originator_id FROM stored_events
            WHERE originator_id >= ? AND originator_id < ? ORDER BY originator_id"""
        with self._connection() as connection:
            found = connection.execute(statement, (f"{name}/", f"{name}0")).fetchall()
        return [StreamId(stream) for (stream,) in found]

    def overwrite(self, rows: Sequence[Row]) -> None:
        with self._connection() as connection:
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("PRAGMA query_only=OFF")
            try:
                self._replace(connection, rows)
                blocked = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                if connection.in_transaction:
                    connection.rollback()
                connection.execute("PRAGMA query_only=ON")
        if blocked:
            raise StoreBusyError(
                f"the text is redacted, but {self.path}-wal still holds it because another process "
                "is reading; redact the same entry again to wipe it"
            )

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _replace(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(DROP_REFUSE_UPDATE)
        connection.executemany(
            "UPDATE stored_events SET topic = ?, state = ? "
            "WHERE originator_id = ? AND originator_version = ?",
            [(row.topic, row.state, row.stream, row.version) for row in rows],
        )
        connection.execute(REFUSE_UPDATE)
        connection.commit()

    def _rows(self, statement: str, values: dict[str, object]) -> Iterator[Row]:
        with self._connection() as connection:
            cursor = connection.execute(statement, values)
            with closing(cursor):
                yield from map(Row._make, cursor)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own: a half-read scan must not hold back what others see."""
        try:
            connection = self._idle.pop() if self._idle else self._connect()
            try:
                yield connection
            finally:
                self._idle.append(connection)
        except sqlite3.Error as error:
            raise translated(error, self.path) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=self._lock_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA query_only=ON")
        return connection

    def _identity(self) -> str:
        if not self.path.is_file():
            raise UsageError(f"no store at {self.path}: nothing has run here yet")
        try:
            with self._connection() as connection:
                found = connection.execute("SELECT id, format FROM store").fetchone()
                connection.execute("SELECT rowid FROM stored_events LIMIT 1").fetchone()
        except LogError as error:
            raise LogError(str(examine(self.path))) from error
        if found is None or found[1] not in range(1, FORMAT + 1):
            raise LogError(str(examine(self.path)))
        return str(found[0])


def _pieces(
    connection: sqlite3.Connection, statement: str, after: int, until: int
) -> Iterator[bytes]:
    """The rows of a stretch as one text; as several where that is more than SQLite can hold."""
    try:
        piece = connection.execute(statement, {"after": after, "until": until}).fetchone()[0]
    except sqlite3.DataError:
        if until - after < 2:
            raise
        middle = (after + until) // 2
        yield from _pieces(connection, statement, after, middle)
        yield from _pieces(connection, statement, middle, until)
        return
    if piece:
        yield piece


def create_store(path: Path) -> None:
    """Make an empty store at ``path``; whole or, if the power fails, not at all.

    Somebody else's store that appears there in the meantime is left alone.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"no store can be made at {path}: {error}") from error
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("BEGIN")
            for statement in CREATION:
                connection.execute(statement)
            connection.execute(
                "INSERT INTO store VALUES (?, ?, ?)",
                (secrets.token_hex(8), FORMAT, time.time_ns() // 1000),
            )
            connection.commit()
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    except sqlite3.Error as error:
        raise translated(error, path) from error
    except OSError as error:
        raise UsageError(f"no store can be made at {path}: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
