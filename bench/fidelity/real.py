"""Real runs of a plan, each in a folder of its own that stays until the process ends."""

import atexit
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from uet_es.drivers import live
from uet_es.drivers.place import find_place

IDENTITY = {
    "GIT_AUTHOR_NAME": "fidelity",
    "GIT_AUTHOR_EMAIL": "fidelity@example.invalid",
    "GIT_COMMITTER_NAME": "fidelity",
    "GIT_COMMITTER_EMAIL": "fidelity@example.invalid",
}


class Measured(NamedTuple):
    """One real run."""

    makespan_us: int  #: from the first entry to the last
    entries: list


class Watched(live.Unwatched):
    """Keeps what was written."""

    def __init__(self):
        self.entries = []

    def written(self, ledger, entries):
        self.entries += entries


def measure(plan, workers, folder):
    """Run ``plan`` for real with so many workers."""
    place = find_place(_prepared(folder, any(w.isolation == "worktree" for w in plan.workstreams)))
    limited = replace(plan, limits=replace(plan.limits, max_workers=workers))
    watched = Watched()
    live.run(place, limited, watched)
    entries = watched.entries
    return Measured(entries[-1].at_us - entries[0].at_us, entries)


def folder_for_runs():
    """Where runs are made; ext4 is slow for a minute after many files were removed, so it stays."""
    folder = tempfile.mkdtemp(prefix="uet-fidelity-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _prepared(folder, with_repository):
    folder.mkdir(parents=True)
    if with_repository:
        _git(folder, "init", "-q", "-b", "main")
        for n in range(40):
            (folder / f"part{n:02d}").mkdir()
            (folder / f"part{n:02d}" / "text").write_text(f"{n}\n" * 50)
        _git(folder, "add", "-A")
        _git(folder, "commit", "-q", "-m", "first")
    return folder


def _git(folder, *words):
    subprocess.run(["git", "-C", folder, *words], check=True, env={**os.environ, **IDENTITY})
