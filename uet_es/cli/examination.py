"""The checks of `uet doctor`."""

import os
import platform
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Literal, NamedTuple

from uet_es.cli.printing import count
from uet_es.cli.whereabouts import open_log
from uet_es.drivers.place import Place
from uet_es.errors import UetError
from uet_es.values import RunId
from uet_es.world import git, repository
from uet_es.world.driver_lock import driver_of

#: Extras, and what of each is asked for.
_EXTRAS = {"optimize": "ortools", "otel": "opentelemetry", "report": "bokeh"}
_SYNCS = 20
_SLOW_SYNC_MS = 50
_LITTLE_BYTES = 1 << 30


class Check(NamedTuple):
    """One thing looked at."""

    name: str
    verdict: Literal["ok", "note", "lacks"]
    found: str
    advice: str = ""


def examined(place: Place) -> list[Check]:
    """Every check, in a fixed order."""
    return [
        Check("python", "ok", f"{platform.python_version()} on {platform.system()}"),
        Check("processors", "ok", str(os.cpu_count() or 1)),
        Check("sqlite", "ok", sqlite3.sqlite_version),
        _prices(),
        _extras(),
        _git(),
        *_repository(place),
        _worktrees(place),
        _disk(place),
        _sync(place),
        *_store(place),
    ]


def _prices() -> Check:
    try:
        return Check("prices", "ok", f"genai-prices {version('genai-prices')}")
    except PackageNotFoundError:
        return Check("prices", "lacks", "no table", "install genai-prices to price model usage")


def _extras() -> Check:
    """Which optional parts are there."""
    there = {extra: find_spec(library) is not None for extra, library in _EXTRAS.items()}
    missing = [extra for extra, is_there in there.items() if not is_there]
    found = ", ".join(extra for extra, is_there in there.items() if is_there) or "none"
    if not missing:
        return Check("extras", "ok", found)
    advice = f"pip install 'uet[{','.join(missing)}]' for the rest"
    return Check("extras", "note", found, advice)


def _git() -> Check:
    found = repository.git_version()
    needed = ".".join(map(str, repository.GIT_OLDEST))
    if found is None:
        return Check("git", "lacks", "not there", f"install git {needed} or newer to use worktrees")
    text = ".".join(map(str, found))
    if found < repository.GIT_OLDEST:
        return Check("git", "lacks", text, f"worktrees are merged with git {needed} or newer")
    return Check("git", "ok", text)


def _repository(place: Place) -> Iterator[Check]:
    if place.repository is None:
        advice = "plans of isolation none run; for worktrees: git init, add and commit"
        yield Check("repository", "note", f"none at {place.root}", advice)
        return
    try:
        head = repository.head_commit(place.repository)
    except UetError as error:
        yield Check("repository", "lacks", "no commit yet", str(error))
        return
    left_out = len(repository.uncommitted(place.repository))
    found = f"{place.repository} at {head[:10]}"
    if left_out:
        advice = "worktrees start from the commit and do not see them"
        yield Check(
            "repository", "note", f"{found}, {count(left_out, 'file')} not committed", advice
        )
    else:
        yield Check("repository", "ok", found)


def _worktrees(place: Place) -> Check:
    """Worktrees that no living driver uses."""
    folder = place.state / "worktrees"
    left = sorted(
        f"{run.name}/{each.name}"
        for run in (folder.iterdir() if folder.is_dir() else ())
        if run.is_dir() and not driver_of(place.state, RunId(run.name))
        for each in run.iterdir()
    )
    if place.repository is not None:
        try:
            git.git(str(place.repository), "worktree", "list")
        except UetError as error:
            return Check("worktrees", "lacks", "not supported", str(error))
    if not left:
        return Check("worktrees", "ok", "none left behind")
    named = ", ".join(left[:3]) + (" …" if len(left) > 3 else "")
    advice = "uet resume of their run needs them; else: git worktree remove --force PATH"
    return Check("worktrees", "note", f"{len(left)} without a driver: {named}", advice)


def _disk(place: Place) -> Check:
    free = shutil.disk_usage(place.root).free
    found = f"{free / (1 << 30):.1f} GiB free"
    if free < _LITTLE_BYTES:
        return Check("disk", "note", found, "outputs and worktrees may fill it")
    return Check("disk", "ok", found)


def _sync(place: Place) -> Check:
    """How long one durable write takes: it bounds how fast short attempts can follow."""
    folder = place.state if place.state.is_dir() else place.root
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            began = time.perf_counter()
            for _ in range(_SYNCS):
                file.write(b"x" * 4096)
                file.flush()
                os.fsync(file.fileno())
            each_ms = (time.perf_counter() - began) * 1000 / _SYNCS
    except OSError as error:
        return Check("durable write", "lacks", f"{folder}: {error.strerror}", "make it writable")
    slow = each_ms > _SLOW_SYNC_MS
    advice = "a disk this slow holds up plans of many short workstreams" if slow else ""
    return Check("durable write", "note" if slow else "ok", f"{each_ms:.2f} ms", advice)


def _store(place: Place) -> Iterator[Check]:
    if not place.store.exists():
        yield Check("store", "ok", f"none yet at {place.store}")
        return
    try:
        with open_log(place) as log:
            runs = log.runs()
            broken = [found for found in map(log.verify, runs) if not found.intact]
            size_mib = place.store.stat().st_size / (1 << 20)
    except UetError as error:
        yield Check("store", "lacks", "cannot be read", str(error))
        return
    if broken:
        advice = "\n".join(str(found) for found in broken)
        yield Check("store", "lacks", f"{count(len(broken), 'run')} not intact", advice)
    else:
        yield Check("store", "ok", f"{count(len(runs), 'run')} intact, {size_mib:.1f} MiB")
    driven = [f"{run} ({driver})" for run in runs if (driver := driver_of(place.state, run))]
    if driven:
        yield Check("drivers", "ok", ", ".join(driven))
