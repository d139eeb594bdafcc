"""The one place where DuckDB is opened, and where its errors become ours."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from uet_es.errors import LogError, TryLaterError, UsageError

Connection = duckdb.DuckDBPyConnection
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_NEWER = re.compile(r"can only read|newer version|storage version", re.IGNORECASE)
_DAMAGE = re.compile(r"corrupt|checksum|INTERNAL Error|FATAL Error|deserializ", re.IGNORECASE)
_PAUSE_S = 0.05
#: Folding the write-ahead log into the file costs as much as a small batch: not at every end.
_LATER = "PRAGMA disable_checkpoint_on_shutdown; SET checkpoint_threshold = '4MB'"


class CorruptError(LogError):
    """The file is no database, or a damaged one."""


def connect(path: Path | None, *, read_only: bool = False, wait_s: float = 5.0) -> Connection:
    """Open the database at ``path``, or one in memory.

    While another process has it open, try again for ``wait_s`` seconds: catching up is short.

    Raises:
        TryLaterError: somebody has it open all that time; names them.
        CorruptError: it is no database, or a damaged one.
        LogError: a newer DuckDB wrote it.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            connection = duckdb.connect(str(path or ":memory:"), read_only=read_only)
            connection.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
            if path is not None and not read_only:
                connection.execute(_LATER)
            return connection
        except duckdb.Error as error:
            text = str(error)
            if "Could not set lock" not in text:
                raise _unreadable(path, text) from error
            if time.monotonic() >= deadline:
                raise TryLaterError(_held(path, text)) from error
        time.sleep(_PAUSE_S)


def _held(path: Path | None, text: str) -> str:
    found = _HOLDER.search(text)
    who = f"process {found['pid']} ({found['program']})" if found else "another process"
    return f"{path} is in use by {who}; try again when it is done, or publish a copy for readers"


def _unreadable(path: Path | None, text: str) -> LogError:
    first = text.partition("\n")[0]
    if _NEWER.search(text):
        return LogError(
            f"{path} was written by a newer DuckDB ({first}); it holds nothing that the log does "
            "not: remove it, and it is made anew"
        )
    return CorruptError(f"{path} cannot be read: {first}")


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All of it, or nothing."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextmanager
def asked() -> Iterator[None]:
    """What a person wrote in SQL: its errors are theirs, with the place.

    Raises:
        UsageError: what DuckDB says of the statement.
        CorruptError: the file is damaged where it had to be read.
    """
    try:
        yield
    except duckdb.Error as error:
        if _DAMAGE.search(str(error)):
            raise _damaged(error) from error
        raise UsageError(str(error).strip()) from error


@contextmanager
def own() -> Iterator[None]:
    """Our own statements are right: what goes wrong is the file's fault, or the disk's.

    Raises:
        CorruptError: it is damaged, or not what we made.
        TryLaterError: there is no room.
    """
    try:
        yield
    except duckdb.Error as error:
        if isinstance(error, duckdb.OutOfMemoryException) or "No space left" in str(error):
            raise TryLaterError(f"the warehouse has no room: {_first(error)}") from error
        raise _damaged(error) from error


def _damaged(error: duckdb.Error) -> CorruptError:
    return CorruptError(
        f"the warehouse is damaged: {_first(error)}; `uet warehouse rebuild` makes it anew"
    )


def _first(error: duckdb.Error) -> str:
    return str(error).strip().partition("\n")[0]


def quoted(path: Path) -> str:
    """``path`` as a literal in SQL."""
    return "'" + str(path).replace("'", "''") + "'"
