"""Everything that runs for one attempt: found by session, lock or mark, and stopped."""

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

_PROC = "/proc"
_CAN_SEE = os.path.exists(f"{_PROC}/self/stat") and hasattr(os, "pidfd_open")  # noqa: PTH110
_ROUNDS_MAX = 50  #: of killing what was found; each round finds what the one before had forked
_DEAD_WITHIN_S = 1.0  #: what was killed is gone by then, and the shim has written its last line
_POLL_S = 0.02


class Tree(NamedTuple):
    """How processes of one attempt are recognised."""

    session: int  #: pid of the shim; 0 if it is not known or gone
    folder: str  #: of the attempt: named by the shim, and by what its environment is marked with

    @property
    def lock(self) -> str:
        return f"{self.folder}/lock"

    @property
    def mark(self) -> bytes:
        return os.fsencode(f"\0UET_SIGNALS={self.folder}/signals.jsonl\0")


class Process(NamedTuple):
    """One of them."""

    pid: int
    group: int
    session: int


def members(tree: Tree) -> list[Process]:
    """What runs of ``tree`` just now, in order of pid."""
    return list(_members(tree)) if _CAN_SEE else []


def shim_of(tree: Tree) -> int:
    """The pid of the shim of an attempt that another driver started; 0 if it is gone."""
    return next((p.pid for p in members(tree) if p.pid == p.session and _is_shim(p, tree)), 0)


def is_left(session: int) -> bool:
    """Whether something of the group of a shim that was reaped still runs."""
    if not session:
        return False
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def stop(tree: Tree, grace_s: float) -> None:
    """Ask everything to end, then end it; the shim last, so that a status is still written."""
    if not _CAN_SEE:
        if tree.session:
            _stop_group(tree.session, grace_s)
        return
    _ask(tree)
    deadline = time.monotonic() + grace_s
    while (left := _but_shim(tree)) and time.monotonic() < deadline:
        _await_end(left, min(_POLL_S, grace_s))
    for _ in range(_ROUNDS_MAX):
        if not (left := _but_shim(tree)):
            break
        for process in left:
            _send(process.pid, signal.SIGKILL)
        _await_end(left, _DEAD_WITHIN_S)
    shims = members(tree)
    _await_end(shims, _DEAD_WITHIN_S)
    for process in members(tree):
        _send(process.pid, signal.SIGKILL)


def _ask(tree: Tree) -> None:
    grouped = False
    for process in members(tree):
        if process.group == process.session == tree.session:
            grouped = True
        else:
            _send(process.pid, signal.SIGTERM)
            _send(process.pid, signal.SIGCONT)
    if grouped:
        # One call reaches what is forked meanwhile, too.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(tree.session, signal.SIGTERM)
            os.killpg(tree.session, signal.SIGCONT)


def _but_shim(tree: Tree) -> list[Process]:
    return [process for process in members(tree) if process.pid != tree.session]


def _members(tree: Tree) -> Iterator[Process]:
    us = os.getpid()
    shim = 0 if _is_reused(tree) else tree.session
    for pid in sorted(int(name) for name in os.listdir(_PROC) if name.isdecimal()):  # noqa: PTH208
        try:
            with open(f"{_PROC}/{pid}/stat", "rb") as file:  # noqa: PTH123
                state, parent, group, session = file.read().rpartition(b")")[2].split()[:4]
        except OSError:
            continue
        if state in b"ZX":
            continue
        process = Process(pid, int(group), int(session))
        # A child of ours that is about to become git may for a moment hold copies of everything.
        if (shim and process.session == shim) or (
            us not in (int(parent), pid) and (_is_marked(pid, tree.mark) or _holds(pid, tree.lock))
        ):
            yield process


def _is_shim(process: Process, tree: Tree) -> bool:
    try:
        with open(f"{_PROC}/{process.pid}/cmdline", "rb") as file:  # noqa: PTH123
            return os.fsencode(f"\0uet\0{tree.folder}\0") in file.read()
    except OSError:
        return False


def _is_reused(tree: Tree) -> bool:
    """Whether the number of a shim that is gone now belongs to somebody else."""
    return os.path.exists(f"{_PROC}/{tree.session}/environ") and not (  # noqa: PTH110
        _is_marked(tree.session, tree.mark)
    )


def _is_marked(pid: int, mark: bytes) -> bool:
    try:
        with open(f"{_PROC}/{pid}/environ", "rb") as file:  # noqa: PTH123
            return mark in b"\0" + file.read()
    except OSError:
        return False


def _holds(pid: int, lock: str) -> bool:
    folder = f"{_PROC}/{pid}/fd"
    try:
        for name in os.listdir(folder):  # noqa: PTH208
            with suppress(OSError):
                if os.readlink(f"{folder}/{name}") == lock:  # noqa: PTH115
                    return True
    except OSError:
        pass
    return False


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _await_end(processes: list[Process], longest_s: float) -> None:
    """Wait until all of ``processes`` have ended, or for ``longest_s``."""
    deadline = time.monotonic() + longest_s
    for process in processes:
        try:
            fd = os.pidfd_open(process.pid)
        except ProcessLookupError:
            continue
        try:
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            poll.poll(max(0, (deadline - time.monotonic()) * 1000))
        finally:
            os.close(fd)


def _stop_group(group: int, grace_s: float) -> None:
    """Stop the process group where the system does not show processes of other sessions."""
    deadline = time.monotonic() + grace_s
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            select.select((), (), (), _POLL_S)
        os.killpg(group, signal.SIGKILL)
