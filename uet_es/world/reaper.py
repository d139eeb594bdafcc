"""Word of the ends of processes that this driver started, without polling."""

import os
import selectors
import threading
from collections import deque
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from uet_es.values import DurationUs

T = TypeVar("T")
_HAS_PIDFD = hasattr(os, "pidfd_open")


class Ended(NamedTuple, Generic[T]):
    """A process that is no more."""

    of: T
    status: int  #: exit status, or minus the signal number
    cpu_us: DurationUs  #: of it and of all its descendants that were waited for


class Reaper(Generic[T]):
    """Children by what they run for; ``wait`` may be cut short from any thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._read_fd, self._write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        os.set_blocking(self._write_fd, False)
        self._selector.register(self._read_fd, selectors.EVENT_READ)
        self._reaped: deque[Ended[T]] = deque()

    def watch(self, pid: int, of: T) -> None:
        """Report the end of the child ``pid`` as the end of ``of``."""
        if _HAS_PIDFD:
            self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, of))
        else:
            threading.Thread(target=self._reap_blocking, args=(pid, of), daemon=True).start()

    def wait(self, longest_s: float | None) -> list[Ended[T]]:
        """Block until a child ended, ``wake`` was called or ``longest_s`` is over."""
        if self._reaped:
            longest_s = 0
        for key, _ in self._selector.select(longest_s):
            if key.data is None:
                with suppress(BlockingIOError):
                    os.read(self._read_fd, 4096)
                continue
            pid, of = key.data
            self._selector.unregister(key.fd)
            os.close(key.fd)
            self._reaped.append(_reap(pid, of))
        ended = list(self._reaped)
        for _ in ended:
            self._reaped.popleft()
        return ended

    def wake(self) -> None:
        """Make ``wait`` return; safe in threads and in handlers of signals."""
        # A full pipe wakes just as well, and after the end there is nobody to wake.
        with suppress(OSError):
            os.write(self._write_fd, b"!")

    def close(self) -> None:
        """Forget all children; they go on. Harmless when repeated."""
        if self._write_fd < 0:
            return
        for key in list(self._selector.get_map().values()):
            os.close(key.fd)
        self._selector.close()
        os.close(self._write_fd)
        self._write_fd = -1

    def _reap_blocking(self, pid: int, of: T) -> None:
        self._reaped.append(_reap(pid, of))
        self.wake()


def _reap(pid: int, of: T) -> Ended[T]:
    _, status, usage = os.wait4(pid, 0)
    cpu_us = round((usage.ru_utime + usage.ru_stime) * 1_000_000)
    return Ended(of, os.waitstatus_to_exitcode(status), cpu_us)
