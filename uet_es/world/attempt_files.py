"""The files of one attempt: what it printed, how it ended, and the lock that says it runs."""

import fcntl
import hashlib
import os
import shutil
from typing import NamedTuple

from uet_es.values import SECOND_US, DurationUs, Instant

_CHUNK = 1 << 20


class Ending(NamedTuple):
    """What the shim wrote when the command had ended."""

    status: int
    cpu_us: DurationUs | None
    ended_us: Instant


class AttemptFiles:
    """The folder of one attempt, an absolute path without links, and what lies in it.

    The lock is held by everything that was started for the attempt, through a descriptor that
    processes inherit: free means that nothing of it runs and nothing will.
    """

    __slots__ = ("folder",)

    def __init__(self, folder: str) -> None:
        self.folder = folder

    @property
    def lock(self) -> str:
        """Locked before the start; its mtime is the start."""
        return f"{self.folder}/lock"

    @property
    def stdout(self) -> str:
        return f"{self.folder}/stdout"

    @property
    def stderr(self) -> str:
        return f"{self.folder}/stderr"

    @property
    def status(self) -> str:
        """Written by the shim at the end; no newline means unfinished."""
        return f"{self.folder}/status"

    @property
    def signals(self) -> str:
        return f"{self.folder}/signals.jsonl"

    @property
    def prompt(self) -> str:
        return f"{self.folder}/prompt.md"

    @property
    def worktree(self) -> str:
        """Which worktree was made for it, and from what."""
        return f"{self.folder}/worktree"

    @property
    def index(self) -> str:
        """The index of git while what it left is committed."""
        return f"{self.folder}/index"

    def make(self) -> None:
        """Make the folder, empty: leftovers of another run of this name are removed.

        Raises:
            FileExistsError: something that was started from this folder still runs.
        """
        # Plain calls: pathlib would cost every attempt twice as much.
        try:
            if self.folder.endswith("/1"):  # the first attempt: its workstream has no folder yet
                os.makedirs(os.path.dirname(self.folder), exist_ok=True)  # noqa: PTH103, PTH120
            os.mkdir(self.folder)  # noqa: PTH102
        except FileNotFoundError:
            os.makedirs(self.folder)  # noqa: PTH103
        except FileExistsError:
            if self.is_held():
                raise FileExistsError(f"{self.folder}: an older attempt still runs there") from None
            shutil.rmtree(self.folder)
            os.mkdir(self.folder)  # noqa: PTH102

    def take_lock(self) -> int:
        """The descriptor of the lock, taken; to be inherited by the attempt and closed by us."""
        fd = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return fd

    def is_held(self) -> bool:
        """Whether something of the attempt still runs."""
        try:
            fd = os.open(self.lock, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(fd)

    def began_us(self) -> Instant:
        """When the lock was made: the start as a later driver knows it; 0 if it is gone."""
        try:
            return os.stat(self.lock).st_mtime_ns // 1000  # noqa: PTH116
        except FileNotFoundError:
            return 0

    def ending(self) -> Ending | None:
        """How the command ended; None if it has not, or was cut off while saying so."""
        try:
            with open(self.status, "rb") as file:  # noqa: PTH123
                line = file.read(200)
                ended_us = os.fstat(file.fileno()).st_mtime_ns // 1000
        except FileNotFoundError:
            return None
        status, *times = line.decode(errors="replace").split() or ("",)
        if not (line.endswith(b"\n") and status.isdecimal()):
            return None
        return Ending(int(status), _total_us(times), ended_us)


def size_and_digest(path: str, digest_up_to: int | None = None) -> tuple[int, str]:
    """Bytes of an output and its SHA-256; "" if it is empty or longer than ``digest_up_to``.

    An output that the attempt removed, or hid from us, counts as empty.
    """
    try:
        size = os.stat(path).st_size  # noqa: PTH116
        if not size or (digest_up_to is not None and size > digest_up_to):
            return size, ""
        digest = hashlib.sha256()
        with open(path, "rb") as file:  # noqa: PTH123
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return 0, ""
    return size, digest.hexdigest()


def _total_us(times: list[str]) -> DurationUs | None:
    """The sum of times such as ``0m1.25s``; None if the shell could not tell."""
    total = 0
    for time in times:
        minutes, _, seconds = time.removesuffix("s").partition("m")
        try:
            total += round((int(minutes) * 60 + float(seconds)) * SECOND_US)
        except ValueError:
            return None
    return total if times else None
