"""Live dispatch beside ninja: the same no-op commands, two at a time."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import at_most, paired, timed
from bench.plans import layered
from uet_es.drivers import live
from uet_es.drivers.place import find_place


def rows(count=2000):
    """Independent workstreams, a DAG of 45 layers, and how the cost of one changes with number."""
    for name, layers in (("independent", 1), ("45 layers", 45)):
        plan = layered(count, layers)
        ours, peer, ratio = paired(lambda p=plan: _uet(p), lambda p=plan: _ninja(p), rounds=3)
        yield at_most(f"dispatch {count}, {name} / ninja -j2", 4.0, ours, peer, ratio)
    small, large = layered(100, 1), layered(10_000, 1)
    ours, peer, ratio = paired(lambda: _uet(large) / 10_000, lambda: _uet(small) / 100, rounds=1)
    yield at_most("dispatch one of 10,000 / one of 100", 2.0, ours, peer, ratio)


def _uet(plan):
    place = find_place(_folder())
    return timed(lambda: live.run(place, plan))


def _folder():
    """A new folder that stays until the process ends.

    ext4 is slow to create files for a minute after many were removed, and what earlier rounds left
    to write must not be paid for in this one.
    """
    folder = tempfile.mkdtemp(prefix="uet-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.sync()
    return Path(folder)


def _ninja(plan):
    folder = _folder()
    lines = ["rule sh", "  command = true"]
    for w in plan.workstreams:
        lines.append(f"build {w.id}: sh {' '.join(w.depends_on)}".rstrip())
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")
    words = [Path(sys.executable).with_name("ninja"), "-C", folder, "-j2", "--quiet"]
    return timed(lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL))
