"""A small plan with everything that crash safety must survive, and a repository for it."""

import os
import subprocess

from tests.builders import spec
from uet_es.drivers.place import find_place
from uet_es.plan import Limits, Plan

IDENTITY = {
    "GIT_AUTHOR_NAME": "t",
    "GIT_AUTHOR_EMAIL": "t@example.invalid",
    "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.invalid",
    "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z",
}


def git(folder, *words):
    """What git says, without the last newline."""
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **IDENTITY},
    )
    return done.stdout.strip()


def make_repository(folder):
    """A repository with one commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "README").write_text("sample\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return find_place(folder)


def reference_plan(ledger_file, *, merge_order="strict", workers=2):
    """Worktrees and none, a merge that depends on another, a retry, a failure and what it cancels.

    Each command notes in ``ledger_file`` that it came to its end.
    """

    def work(id, after=(), command="", **fields):
        note = f"echo {id} >> '{ledger_file}'"
        lines = (command, note) if command else (note,)
        return spec(id, after, command=lines, **fields)

    workstreams = (
        work("api", (), "echo api > api.txt", writes=("api.txt",), isolation="worktree"),
        work("base", (), "echo base > base.txt", writes=("base.txt",), isolation="worktree"),
        work(
            "docs",
            ("api", "base"),
            "cat api.txt base.txt > docs.txt",
            writes=("docs.txt",),
            isolation="worktree",
        ),
        work(
            "flaky",
            (),
            'test "$UET_ATTEMPT" -ge 2',
            max_attempts=3,
            writes=("flaky.txt",),
            isolation="worktree",
        ),
        work("broken", ("base",), "exit 3"),
        work("never", ("broken",)),
        work("plain", ("flaky",)),
    )
    return Plan(
        workstreams=tuple(sorted(workstreams, key=lambda w: w.id)),
        limits=Limits(max_workers=workers, merge_order=merge_order, backoff_us=1000),
    )


def outcome(place, ledger):
    """What must not depend on crashes: final states, and the tree that was integrated."""
    states = {id: w.state for id, w in ledger.workstreams.items()}
    tree = git(place.root, "rev-parse", f"uet/{ledger.id}^{{tree}}")
    return states, tree


def log_is_sound(place, run):
    """Raise if the stored log is not whole."""
    from uet_es.log.store import Log

    with Log.open(place.store) as log:
        findings = log.verify(run)
        assert not findings.findings, findings
        return list(log.entries(run))
