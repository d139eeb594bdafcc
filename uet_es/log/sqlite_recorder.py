"""The library's SQLite recorder with the durability that a log needs; named in its environment."""

import sqlite3
from collections.abc import Sequence

from eventsourcing.persistence import InterfaceError, StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteFactory,
)
from eventsourcing.utils import Environment


class DurableConnection(SQLiteConnection):
    """A connection that is not left inside a transaction when a commit fails."""

    def commit(self) -> None:
        try:
            super().commit()
        except sqlite3.Error:
            self.rollback()
            raise


class DurablePool(SQLiteConnectionPool):
    """Connections to an existing file, in WAL mode, synced at every commit."""

    def __init__(self, *, db_name: str, lock_timeout_s: float, max_page_count: int) -> None:
        super().__init__(db_name=db_name)
        self._lock_timeout_s = lock_timeout_s
        self._max_page_count = max_page_count

    def _create_connection(self) -> SQLiteConnection:
        try:
            connection = sqlite3.connect(
                self.db_name,
                uri=True,
                timeout=self._lock_timeout_s,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            if self._max_page_count:
                connection.execute(f"PRAGMA max_page_count={self._max_page_count}")
        except sqlite3.Error as error:
            raise InterfaceError(error) from error
        connection.row_factory = sqlite3.Row
        return DurableConnection(connection, max_age=self.max_age)


class BatchRecorder(SQLiteApplicationRecorder):
    """Writes a batch with one statement; nobody asks for the positions it got."""

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **_: object
    ) -> Sequence[int] | None:
        rows = [(s.originator_id, s.originator_version, s.topic, s.state) for s in stored_events]
        c.executemany(self.insert_events_statement, rows)
        return None


class DurableFactory(SQLiteFactory):
    """What ``PERSISTENCE_MODULE`` names for a log in a file."""

    LOCK_TIMEOUT_S = "UET_LOCK_TIMEOUT_S"
    MAX_PAGE_COUNT = "UET_MAX_PAGE_COUNT"
    application_recorder_class = BatchRecorder

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.datastore.pool.close()
        self.datastore.pool = DurablePool(
            db_name=self.env[self.SQLITE_DBNAME],
            lock_timeout_s=float(self.env[self.LOCK_TIMEOUT_S]),
            max_page_count=int(self.env[self.MAX_PAGE_COUNT]),
        )
