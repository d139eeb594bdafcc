"""`uet run` and `uet resume`: outcomes, exit statuses, documents, warnings, signals."""

import os
import signal
import sqlite3
import subprocess

import pytest

from tests.cli.ground import COMMAND, await_file, git, make_repository, shell, start, write_plan
from uet_es.cli.account import status_of
from uet_es.drivers.loop import admit
from uet_es.events.observations import (
    AttemptExited,
    AttemptStarted,
    MergeConflicted,
    PlanAccepted,
    WorkerStarted,
)
from uet_es.kernel import Ledger
from uet_es.plan import Plan, WorkstreamSpec
from uet_es.values import RunId, WorkerId, WorkstreamId

DOCUMENT = {"schema_version", "run", "outcome", "workstreams", "makespan_s", "head"}


def worktree(id: str, run: str, **fields: object) -> dict[str, object]:
    return shell(id, run, **fields) | {"isolation": "worktree"}


def test_a_plan_that_succeeds_ends_with_0(uet, folder):
    write_plan(folder / "plan", shell("a"), shell("b", depends_on=["a"]))
    said = uet("run", "plan")
    assert said.status == 0
    assert "run-1 succeeded: 2 of 2 succeeded" in said.out
    assert "uet events run-1" in said.out
    assert "attempt.started       a.1" in said.err


def test_a_plan_that_fails_ends_with_1_and_says_why(uet, finished):
    said = uet("run", "plan")
    assert said.status == 1
    assert "b: E_TOOL_FAILURE (exit)" in said.out
    assert "uet logs run-2 b --stderr" in said.out
    assert "retry.scheduled       b" in said.err


def test_the_end_is_told_to_scripts(uet, finished):
    said = uet("run", "plan", "--json", "-q")
    assert said.status == 1
    document = said.document
    assert document.keys() >= DOCUMENT
    assert (document["run"], document["outcome"]) == ("run-2", "failed")
    assert document["workstreams"] == {"a": "SUCCEEDED", "b": "FAILED", "c": "CANCELLED"}
    assert document["head"] == (finished / ".uet" / "heads" / "run-2").read_text().strip()


def test_quiet_shows_no_progress(uet, folder):
    write_plan(folder / "plan", shell("a"))
    assert uet("run", "plan", "-q").err == ""


def test_an_invalid_plan_ends_with_1_and_leaves_nothing(uet, folder):
    write_plan(folder / "plan", shell("a", depends_on=["x"]), {"id": "b", "tool": "wizard"})
    said = uet("run", "plan")
    assert said.status == 1
    assert "a: depends_on" in said.err
    assert "[tools.wizard]" in said.err
    assert not (folder / ".uet").exists()


def test_a_command_that_does_not_exist_fails_its_workstream(uet, folder):
    write_plan(folder / "plan", shell("a", "no-such-command-anywhere"))
    assert uet("run", "plan").status == 1
    assert "no-such-command-anywhere" in uet("logs", "a", "--stderr").out


def test_the_first_failure_stops_a_run_that_fails_fast(uet, folder):
    write_plan(folder / "plan", shell("a", "false"), shell("b"))
    document = uet("run", "plan", "-j", "1", "--fail-fast", "--json").document
    assert document["workstreams"] == {"a": "FAILED", "b": "CANCELLED"}


@pytest.mark.slow
def test_worktrees_are_merged_and_the_checkout_stays(uet, repository):
    write_plan(repository / "plan", worktree("a", "echo x > a.txt"))
    said = uet("run", "plan")
    assert said.status == 0
    assert "1 merge on branch uet/run-1" in said.out
    assert git(repository, "show", "uet/run-1:a.txt") == "x"
    assert git(repository, "branch", "--show-current") == "main"
    assert not (repository / "a.txt").exists()


def test_a_merge_conflict_ends_with_6():
    ledger = Ledger(RunId("run-1"))
    spec = WorkstreamSpec(id=WorkstreamId("a"), isolation="worktree")
    about = {"workstream": spec.id, "attempt": 1}
    for seen in (
        PlanAccepted(plan=Plan(workstreams=(spec,), base="b0")),
        WorkerStarted(worker=WorkerId(1)),
        AttemptStarted(**about),
        AttemptExited(**about, status=0, commit="c1", changed=1),
        MergeConflicted(**about, files=("x",), ours="b1", theirs="c1"),
    ):
        admit(ledger, [(1, seen)])
    assert ledger.run.outcome == "failed"
    assert status_of(ledger) == 6


@pytest.mark.slow
def test_what_is_not_committed_is_named(uet, repository):
    (repository / "README.md").write_text("changed\n")
    write_plan(repository / "plan", worktree("a", "true"))
    said = uet("run", "plan")
    assert said.status == 0
    base = git(repository, "rev-parse", "HEAD")[:10]
    assert f"worktrees start from commit {base}" in said.err
    assert "README.md" in said.err


def test_uncommitted_changes_are_refused_on_request(uet, repository):
    write_plan(repository / "plan", worktree("a", "true"))
    said = uet("run", "plan", "--require-clean")
    assert said.status == 2
    assert "plan/a.json" in said.err
    assert not (repository / ".uet").exists()


def test_a_repository_without_commits_ends_with_2(uet, folder):
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    write_plan(folder / "plan", worktree("a", "true"))
    said = uet("run", "plan")
    assert said.status == 2
    assert "no commit yet" in said.err
    assert not (folder / ".uet").exists()


def test_worktrees_without_a_repository_end_with_2(uet, folder):
    write_plan(folder / "plan", worktree("a", "true"))
    said = uet("run", "plan")
    assert said.status == 2
    assert "git init" in said.err


@pytest.mark.slow
def test_hooks_and_signing_of_the_user_do_not_take_part(uet, folder):
    make_repository(folder)
    git(folder, "config", "commit.gpgsign", "true")
    hook = folder / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    write_plan(folder / "plan", worktree("a", "echo x > a.txt"))
    assert uet("run", "plan").status == 0


@pytest.mark.slow
def test_branches_of_a_lost_store_are_not_taken_over(uet, repository):
    write_plan(repository / "plan", worktree("a", "echo x > a.txt"))
    assert uet("run", "plan").status == 0
    subprocess.run(["rm", "-rf", str(repository / ".uet")], check=True)
    assert uet("run", "plan", "--json").document["run"] == "run-2"


def test_a_finished_run_is_resumed_to_the_same_end(uet, finished):
    before = uet("events", "--json").out
    document = uet("resume", "run-1", "--json").document
    assert (document["run"], document["outcome"]) == ("run-1", "failed")
    assert uet("resume", "--run-id", "run-1").status == 1
    assert uet("events", "--json").out == before


def test_a_run_that_does_not_exist_is_not_resumed(uet, finished):
    said = uet("resume", "run-7")
    assert said.status == 2
    assert "there is no run run-7: known are run-1" in said.err


@pytest.mark.slow
def test_the_first_signal_drains_and_the_run_goes_on_when_resumed(uet, folder):
    go = folder / "go"
    wait = f"touch {folder}/began; while [ ! -e {go} ]; do sleep 0.02; done"
    write_plan(folder / "plan", shell("a", wait), shell("b", depends_on=["a"]))
    driver = start(folder, "run", "plan")
    await_file(folder / "began")
    driver.send_signal(signal.SIGINT)
    for line in driver.stderr:
        if "nothing new starts; 1 attempt may end" in line:
            break
    go.touch()
    out, _ = driver.communicate(timeout=30)
    assert driver.returncode == 130
    assert "run-1 interrupted: 1 of 2 succeeded" in out
    assert "uet resume run-1" in out
    said = uet("run", "plan", "-q")
    assert "run-1 of the same plan is unfinished: uet resume run-1" in said.err
    document = uet("resume", "run-1", "--json").document
    assert document["workstreams"] == {"a": "SUCCEEDED", "b": "SUCCEEDED"}


@pytest.mark.slow
def test_the_second_signal_stops_what_runs(uet, folder):
    write_plan(folder / "plan", shell("a", f"touch {folder}/began; exec sleep 60"))
    driver = start(folder, "run", "plan")
    await_file(folder / "began")
    for _ in range(2):
        driver.send_signal(signal.SIGTERM)
        for line in driver.stderr:
            if "nothing new starts" in line or "stopping 1 attempt" in line:
                break
    driver.communicate(timeout=30)
    assert driver.returncode == 130
    assert uet("status", "--json").document["outcome"] is None


@pytest.mark.slow
def test_a_second_driver_is_refused_with_75(uet, folder):
    write_plan(folder / "plan", shell("a", f"touch {folder}/began; exec sleep 60"))
    driver = start(folder, "run", "plan")
    try:
        await_file(folder / "began")
        said = uet("resume", "run-1")
        assert said.status == 75
        assert f"pid {driver.pid}" in said.err
        assert f"driven by pid {driver.pid}" in uet("status", "run-1").out
        assert uet("log", "redact", "run-1", "1", "--reason", "x").status == 75
    finally:
        driver.send_signal(signal.SIGTERM)
        driver.send_signal(signal.SIGINT)
        driver.communicate(timeout=30)


@pytest.mark.slow
def test_on_a_terminal_progress_is_a_table(folder):
    import pty

    write_plan(folder / "plan", shell("a"), shell("b", "exit 1", depends_on=["a"]))
    ours, theirs = pty.openpty()
    driver = subprocess.Popen(
        [*COMMAND, "run", "plan"],
        env={**os.environ, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    driver.communicate(timeout=30)
    os.close(ours)
    assert driver.returncode == 1
    assert b"1 succeeded, 1 failed" in shown
    assert b"b: FAILED: E_TOOL_FAILURE" in shown


def test_a_store_of_a_newer_uet_is_refused_with_5(uet, finished):
    with sqlite3.connect(finished / ".uet" / "log.db") as db:
        db.execute("UPDATE store SET format = 99")
    db.close()
    for words in (("run", "plan"), ("resume",), ("status",), ("events",), ("log", "verify")):
        said = uet(*words)
        assert said.status == 5, words
        assert "newer uet" in said.err


def test_a_torn_store_is_refused_with_5_and_left_alone(uet, finished):
    store = finished / ".uet" / "log.db"
    torn = store.read_bytes()[:5000]
    store.write_bytes(torn)
    for words in (("status",), ("list",), ("log", "verify")):
        said = uet(*words)
        assert said.status == 5, words
        assert "log.db" in said.err
    assert store.read_bytes() == torn
