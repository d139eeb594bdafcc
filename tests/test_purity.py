"""Does the kernel see the world? Does it decide the same everywhere?"""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import uet_es

PACKAGE = Path(uet_es.__file__).parent
ROOT = Path(__file__).parent.parent
BLOCK = ["values.py", "errors.py", "plan.py", "effects.py", "kernel.py"]
FOLDERS = ["events", "aggregates", "policies"]
#: What the kernel block may import beside itself: nothing here knows a clock, a disk or a die.
ALLOWED = {
    "collections",
    "collections.abc",
    "hashlib",
    "heapq",
    "itertools",
    "msgspec",
    "msgspec.structs",
    "typing",
}

WARM_TURNS = """
import sys
from tests.simulation.story import tell
from uet_es.events import Observation
from uet_es.kernel import Ledger, effects_of, in_doubt, turn, wake_at

stories = [[e for e in tell(seed).entries if isinstance(e.event, Observation)]
           for seed in (3, 5, 8)]
seen = []
watching = False

def hook(event, args):
    if watching:
        seen.append(event)

def tell():
    for story in stories:
        ledger = Ledger("run-1")
        for entry in story:
            for made in turn(ledger, entry.at_us, entry.event, followed=entry.followed):
                effects_of(ledger, made)
            in_doubt(ledger), wake_at(ledger)

sys.addaudithook(hook)
tell()
watching = True
open("/dev/null").close()
assert seen == ["open"], seen
seen.clear()
tell()
watching = False
print(sum(map(len, stories)), sorted(set(seen)))
"""

DIGESTS = """
import hashlib
import msgspec
from tests.builders import random_plan
from tests.simulation.story import tell
from uet_es.drivers.simulation.simulate import simulate

digest = hashlib.sha256()
for seed in range(12):
    for entry in tell(seed).entries:
        digest.update(msgspec.json.encode(entry))
    note = lambda entries: [digest.update(msgspec.json.encode(entry)) for entry in entries]
    simulate(random_plan(seed), lambda workstream, attempt: (attempt * 1_000_000, 0), note)
print(digest.hexdigest())
"""


def run(program, **environment):
    """What ``program`` prints in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_a_warm_turn_opens_imports_and_executes_nothing():
    count, _, events = run(WARM_TURNS).partition(" ")
    assert int(count) > 100
    assert events == "[]"


def files_of_the_kernel():
    return [PACKAGE / name for name in BLOCK] + sorted(
        path for folder in FOLDERS for path in (PACKAGE / folder).glob("*.py")
    )


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, path
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", files_of_the_kernel(), ids=lambda path: path.name)
def test_the_kernel_block_imports_nothing_that_sees_the_world(path):
    block = {f"uet_es.{Path(name).stem}" for name in BLOCK} | {f"uet_es.{name}" for name in FOLDERS}
    for module in imports_of(path):
        above = {".".join(module.split(".")[:depth]) for depth in (1, 2)}
        assert module in ALLOWED or above & block, f"{path.name} imports {module}"


@pytest.mark.parametrize("path", files_of_the_kernel(), ids=lambda path: path.name)
def test_the_kernel_block_knows_no_floats_no_hashes_and_no_globals(path):
    tree = ast.parse(path.read_text())
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = {function.id for function in calls if isinstance(function, ast.Name)}
    assert not called & {"float", "hash", "id", "open", "eval", "exec", "__import__", "print"}
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert not [value for value in values if isinstance(value, float)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal)]


@pytest.mark.slow
def test_the_same_story_has_the_same_bytes_whatever_the_hash_seed_and_locale():
    surroundings = [
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Asia/Tokyo"},
        {"PYTHONHASHSEED": "4711", "LC_ALL": "C.UTF-8", "PYTHONOPTIMIZE": "1"},
    ]
    digests = {run(DIGESTS, **variables) for variables in surroundings}
    assert len(digests) == 1
    assert len(digests.pop()) == 64
