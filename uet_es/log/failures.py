"""What SQLite's errors mean to somebody who runs uet."""

import sqlite3
from pathlib import Path

from uet_es.errors import LogError, StoreBusyError, TryLaterError, UetError

#: Nothing is wrong with the record; the place it lies in refuses for now.
_LATER = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_NOMEM")


def translated(error: sqlite3.Error, path: Path) -> UetError:
    """The error to raise instead of ``error``, in SQLite's own words and ours."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusyError(f"{path}: {error}: another process is writing; try again")
    if name.startswith(_LATER):
        return TryLaterError(f"{path}: {error}; nothing of it was written, try again later")
    return LogError(f"{path}: {error}; `uet log verify` says what is intact")
