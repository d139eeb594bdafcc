"""Who notices when a rule of the kernel is broken? Three questions, asked of broken copies.

``docs/testing.md`` shows the table and says what it teaches.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
COPIED = ("uet_es", "tests", "replay_fixtures", "pyproject.toml")

#: Does it agree with itself, with its past, with us?
QUESTIONS = {
    "simulation": ["tests/simulation/test_seeds.py", "-k", "every_seed"],
    "fixtures": ["tests/test_fixtures.py"],
    "sentences": ["tests/policies", "tests/aggregates"],
}

#: Runs in the copy; prints which of the questions were answered with no.
PROGRAM = """
import contextlib, io, json, sys
import pytest

PLAIN = ["-x", "-q", "--tb=line", "-p", "no:cacheprovider"]
PLAIN += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # all three share one process
found = {}
for question, arguments in json.loads(sys.argv[1]).items():
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = pytest.main([*PLAIN, *arguments])
    assert status in (0, 1), said.getvalue()
    found[question] = int(status)
import uet_es
print(json.dumps({"package": uet_es.__file__, **found}))
"""


class Change(NamedTuple):
    """Text that stands exactly once in a file, and other text in its place."""

    file: str
    old: str
    new: str


class Mutation(NamedTuple):
    """A rule broken on purpose, and who objects."""

    changes: tuple[Change, ...]
    caught_by: tuple[str, ...]


MUTATIONS = {
    "dispatch ignores scopes": Mutation(
        (
            Change(
                "aggregates/claims.py",
                "        if self.writers or self.readers:\n",
                "        if False:\n",
            ),
        ),
        ("simulation", "fixtures", "sentences"),
    ),
    "a scope is free at exit, not at merge": Mutation(
        (
            Change(
                "aggregates/progress.py",
                "            ledger.enqueue(id)\n",
                "            ledger.enqueue(id)\n            _end_scope(ledger, id)\n",
            ),
            Change(
                "aggregates/claims.py",
                "    counts[pattern] -= 1\n    if not counts[pattern]:\n",
                "    if counts.get(pattern) and counts.pop(pattern) < 0:\n",
            ),
        ),
        ("simulation", "fixtures", "sentences"),
    ),
    "a lost attempt counts as a try": Mutation(
        (
            Change(
                "events/observations.py",
                'frozenset({"lost", "forked", "interrupted"})',
                'frozenset({"forked", "interrupted"})',
            ),
        ),
        ("simulation", "sentences"),
    ),
    "the backoff doubles twice": Mutation(
        (
            Change(
                "policies/retry.py",
                "    for _ in range(before):\n",
                "    for _ in range(2 * before):\n",
            ),
        ),
        ("sentences",),
    ),
    "merges happen in reverse order": Mutation(
        (
            Change(
                "aggregates/ledger.py",
                "Candidate(-self.tail[id], -followers, self.seq, background, id)",
                "Candidate(self.tail[id], followers, -self.seq, background, id)",
            ),
        ),
        ("sentences",),
    ),
    "silence at the limit is too long": Mutation(
        (
            Change(
                "aggregates/observed.py",
                "ledger.now_us + limit_us + 1)",
                "ledger.now_us + limit_us)",
            ),
        ),
        ("simulation", "sentences"),
    ),
    "the exit of an earlier attempt counts": Mutation(
        (
            Change(
                "aggregates/admission.py",
                'if workstream.step != "attempting" or attempt != workstream.attempt:',
                'if workstream.step != "attempting":',
            ),
        ),
        ("simulation", "sentences"),
    ),
    "one worker too many": Mutation(
        (
            Change(
                "policies/staffing.py",
                "if ledger.run.interrupts or ledger.pool >= limits.max_workers:",
                "if ledger.run.interrupts or ledger.pool > limits.max_workers:",
            ),
        ),
        ("simulation", "sentences"),
    ),
    "the shortest path goes first": Mutation(
        (
            Change(
                "aggregates/order.py",
                "w.order, -weight_us, -len(followers[w.id]), w.id)",
                "w.order, weight_us, len(followers[w.id]), w.id)",
            ),
        ),
        ("fixtures", "sentences"),
    ),
    "a merge in doubt is forgotten": Mutation(
        (Change("kernel.py", "    if run.merging is not None:\n", "    if False:\n"),),
        ("simulation",),
    ),
    "a busy store is taken for a written entry": Mutation(
        (
            Change(
                "drivers/live.py",
                "                ledger = fold(self._id, self._log.entries(self._id))\n",
                "                return ledger, entries\n",
            ),
        ),
        ("simulation",),
    ),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The whole project as it is now, to be broken."""
    folder = tmp_path_factory.mktemp("broken")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


def asked(folder):
    """The questions that the copy in ``folder`` answers with no."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(QUESTIONS)],
        cwd=folder,
        env={**os.environ, "UET_SEEDS": "25", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert Path(found.pop("package")).is_relative_to(folder), "another package was asked"
    return tuple(question for question, status in found.items() if status)


@pytest.mark.slow
def test_nobody_objects_to_the_rules_as_they_are(copy):
    assert asked(copy) == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_rule_is_noticed_by_exactly_these(copy, name):
    mutation = MUTATIONS[name]
    whole = {}
    for file, old, new in mutation.changes:
        path = copy / "uet_es" / file
        whole[path] = path.read_text()
        assert whole[path].count(old) == 1
        path.write_text(whole[path].replace(old, new))
    try:
        assert asked(copy) == mutation.caught_by
    finally:
        for path, text in whole.items():
            path.write_text(text)


def test_the_page_about_testing_shows_this_table():
    page = (ROOT / "docs/testing.md").read_text()
    shown = [line for line in page.splitlines() if line.startswith("| ")]
    rows = [line for line in shown if line.split("|")[1].strip() in MUTATIONS]
    assert rows == [_row(name, mutation) for name, mutation in MUTATIONS.items()]


def _row(name, mutation):
    cells = ["yes" if question in mutation.caught_by else "" for question in QUESTIONS]
    return f"| {name} |" + "".join(f" {cell} |" if cell else " |" for cell in cells)
