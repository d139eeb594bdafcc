"""One driver a run: a lock that the operating system frees when its holder dies."""

import fcntl
import os
import re
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from uet_es.errors import TryLaterError
from uet_es.values import RunId

#: A child that a dead driver was just starting holds its lock until it has become another program.
DYING_S = 2.0


class DriverLock:
    """The right to drive one run, held until closed."""

    def __init__(self, state: Path, run: RunId) -> None:
        """Take the lock.

        Raises:
            TryLaterError: another driver holds it; the message names it.
        """
        folder = state / "runs" / run
        folder.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(folder / "driver.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        patience_until = time.monotonic() + DYING_S
        while not _taken(self._fd):
            holder = os.pread(self._fd, 300, 0).decode(errors="replace").strip()
            if time.monotonic() > patience_until or _is_alive(holder):
                os.close(self._fd)
                raise TryLaterError(
                    f"{run} is being driven by {holder or 'another process'}: "
                    "wait for it, or stop it and resume"
                )
            time.sleep(0.005)
        os.ftruncate(self._fd, 0)
        os.write(self._fd, f"pid {os.getpid()} on {socket.gethostname()}\n".encode())

    def close(self) -> None:
        """Let the next driver in; harmless when repeated."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _taken(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(holder: str) -> bool:
    """Whether the process that ``holder`` names lives; one on another host counts as living."""
    named = re.fullmatch(r"pid (\d+) on (\S+)", holder)
    if named is None or named[2] != socket.gethostname():
        return named is not None
    try:
        os.kill(int(named[1]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def driver_of(state: Path, run: RunId) -> str:
    """Who drives the run just now, or "" if nobody does; takes nothing."""
    path = state / "runs" / run / "driver.lock"
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.read(fd, 300).decode(errors="replace").strip() or "another process"
    else:
        return ""
    finally:
        os.close(fd)
