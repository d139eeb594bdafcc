"""What a new driver finds out about what a dead one had asked for."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.world.conftest import RUN, Make, Watched, git, spec, start
from uet_es.effects import (
    OpenIntegration,
    RemoveWorktree,
    StartWorker,
    StopAttempt,
    StopWorker,
)
from uet_es.events.observations import (
    AttemptExited,
    AttemptLost,
    AttemptStarted,
    HeartbeatReported,
    TextReported,
    WorkerStarted,
    WorktreePrepared,
)
from uet_es.world.attempt_files import AttemptFiles

pytestmark = pytest.mark.slow

#: A driver that starts attempt 1 of ``a`` and is killed where ``sys.argv`` says.
_DRIVER = """
import os, signal, sys
from pathlib import Path
from uet_es.effects import OpenIntegration, StartAttempt
from uet_es.plan import Plan, WorkstreamSpec
from uet_es.world import shim, worktrees
from uet_es.world.live import LiveWorld

root, where, isolation, base, command = sys.argv[1:]
die = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
spec = WorkstreamSpec(id="a", command=command, isolation=isolation, writes=("**",))
world = LiveWorld(
    run="run-1", plan=Plan(workstreams=(spec,)), root=Path(root), state=Path(root, ".uet"),
    repository=Path(root) if base else None, store_id="store", inbox=tuple,
)
if base:
    world.perform(OpenIntegration(base=base))
if where == "before spawn":
    shim.spawn = die
if where == "before worktree is remembered":
    worktrees.remember = die
world.perform(StartAttempt(workstream="a", attempt=1, worker=1))
if where == "after spawn":
    if isolation == "none":
        die()
    world._news.saw = lambda seen: die() if type(seen).__name__ == "AttemptStarted" else None
while True:
    for _, seen in world.wait(None):
        if type(seen).__name__ == where:
            die()
"""


def _killed_driver(root: Path, where: str, command: str, base: str = "") -> None:
    isolation = "worktree" if base else "none"
    ended = subprocess.run(
        (sys.executable, "-c", _DRIVER, str(root), where, isolation, base, command),
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
        timeout=30,
    )
    assert ended.returncode == -signal.SIGKILL


def _await_free(watched: Watched) -> None:
    files = AttemptFiles(str(watched.folder("a")))
    deadline = time.monotonic() + 10
    while files.is_held():
        assert time.monotonic() < deadline


def _told(watched: Watched, *effects, started=frozenset()):
    watched.told += [seen for _, seen in watched.world.reconcile(effects, started)]
    return [type(seen) for seen in watched.told]


def test_killed_before_the_spawn_nothing_runs_and_nothing_ever_will(make: Make):
    watched = make(spec("a"))
    _killed_driver(watched.state.parent, "before spawn", "touch ran")
    assert (watched.folder("a") / "lock").exists()
    assert _told(watched, start("a")) == [AttemptLost]
    assert watched.told[0].code == "E_ORCHESTRATOR_CRASH"
    assert not (watched.state.parent / "ran").exists()


def test_an_attempt_of_which_there_is_no_trace_is_lost(make: Make):
    watched = make(spec("a"))
    assert _told(watched, start("a")) == [AttemptLost]


@pytest.mark.parametrize("known", [True, False])
def test_what_ran_on_is_adopted_and_seen_ending(make: Make, known):
    watched = make(spec("a"))
    _killed_driver(
        watched.state.parent, "after spawn", "until test -e go; do sleep 0.01; done; exit 4"
    )
    told = _told(watched, start("a"), started={("a", 1)} if known else frozenset())
    assert told == ([] if known else [AttemptStarted])
    if not known:
        assert Path(f"/proc/{watched.told[0].pid}/cmdline").read_bytes().startswith(b"sh\0-c\0")
    (watched.state.parent / "go").touch()
    exited = watched.until(AttemptExited)
    assert exited.status == 4
    assert exited.took_us > 0
    assert exited.cpu_us is not None


@pytest.mark.parametrize("where", ["after spawn", "AttemptStarted"])
def test_what_ended_without_a_driver_is_never_executed_again(make: Make, where):
    watched = make(spec("a"))
    command = "echo once >> times; until test -e go; do sleep 0.01; done; exit 3"
    _killed_driver(watched.state.parent, where, command)
    (watched.state.parent / "go").touch()
    _await_free(watched)
    assert _told(watched, start("a"), started={("a", 1)}) == [AttemptExited]
    assert watched.told[0].status == 3
    assert (watched.state.parent / "times").read_text() == "once\n"


def test_asking_twice_gives_the_same_answer(make: Make):
    watched = make(spec("a"))
    _killed_driver(watched.state.parent, "AttemptExited", "echo x; exit 3")
    first = watched.world.reconcile([start("a")], started={("a", 1)})
    second = watched.world.reconcile([start("a")], started={("a", 1)})
    assert [seen for _, seen in first] == [seen for _, seen in second]
    assert first[0][1].stdout_bytes == 2


def test_a_shim_that_died_with_its_driver_is_an_attempt_that_is_lost(make: Make):
    watched = make(spec("a"))
    _killed_driver(watched.state.parent, "AttemptStarted", "kill -9 $$; sleep 1000")
    (watched.state.parent / "x").touch()
    assert _told(watched, start("a"), started={("a", 1)}) == []
    watched.world.perform(StopAttempt(workstream="a", attempt=1))
    assert watched.until(AttemptLost).message


def test_a_status_that_was_cut_off_does_not_count(make: Make):
    watched = make(spec("a"))
    _killed_driver(watched.state.parent, "before spawn", "true")
    (watched.folder("a") / "status").write_text("0 0m0.0")
    assert _told(watched, start("a")) == [AttemptLost]


def test_what_an_ended_attempt_left_running_is_stopped(make: Make):
    watched = make(spec("a"))
    command = "sleep 1000 & echo $! > pid; exit 0"
    _killed_driver(watched.state.parent, "after spawn", command)
    deadline = time.monotonic() + 10
    while AttemptFiles(str(watched.folder("a"))).ending() is None:
        assert time.monotonic() < deadline
    assert _told(watched, start("a"), started={("a", 1)}) == [AttemptExited]
    pid = int((watched.state.parent / "pid").read_text())
    assert not AttemptFiles(str(watched.folder("a"))).is_held()
    assert not Path(f"/proc/{pid}/fd/99").exists()


def test_a_stop_that_was_asked_for_is_asked_for_again(make: Make):
    watched = make(spec("a"))
    _killed_driver(watched.state.parent, "after spawn", "echo $$ > up; sleep 1000")
    stop = StopAttempt(workstream="a", attempt=1)
    assert _told(watched, start("a"), stop, started={("a", 1)}) == []
    assert watched.until(AttemptExited).status == 143


def test_signals_are_read_on_from_where_they_were_read_to(make: Make):
    watched = make(spec("a"))
    lines = '{"type":"heartbeat"}\n{"type":"log","text":"second"}\n{"type":"log","text":"last"}'
    command = f"printf '%s' '{lines}' >> $UET_SIGNALS"
    _killed_driver(watched.state.parent, "AttemptExited", command)
    watched.world.track("a", 1, 21)
    assert _told(watched, start("a"), started={("a", 1)}) == [
        TextReported,
        TextReported,
        AttemptExited,
    ]
    assert [seen.offset for seen in watched.of(TextReported)] == [52, 80]
    assert watched.of(HeartbeatReported) == []


@pytest.mark.parametrize("where", ["after spawn", "AttemptExited"])
def test_the_work_in_a_worktree_is_committed_as_if_nothing_had_happened(
    make: Make, repository, where
):
    base = git(repository, "rev-parse", "HEAD")
    watched = make(
        spec("a", isolation="worktree", writes=("src",)), root=repository, repository=repository
    )
    _killed_driver(repository, where, "echo x > src/new.py; echo y > other", base)
    told = _told(watched, OpenIntegration(base=base), start("a"))
    exited = watched.until(AttemptExited)
    assert told[:2] == [WorktreePrepared, AttemptStarted]
    assert watched.told[0].base == base
    assert (exited.changed, exited.outside) == (2, ("other",))
    assert git(repository, "rev-parse", f"uet-attempts/{RUN}/a.1") == exited.commit


def test_a_worktree_without_an_attempt_in_it_is_lost_and_can_be_removed(make: Make, repository):
    base = git(repository, "rev-parse", "HEAD")
    watched = make(spec("a", isolation="worktree"), root=repository, repository=repository)
    _killed_driver(repository, "before worktree is remembered", "touch ran", base)
    assert _told(watched, start("a")) == [AttemptLost]
    watched.world.perform(RemoveWorktree(workstream="a", attempt=1, merged=False))
    watched.world.close(leave_running=True)
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_partial_work_of_a_lost_attempt_is_kept_on_its_branch(make: Make, repository):
    base = git(repository, "rev-parse", "HEAD")
    watched = make(spec("a", isolation="worktree"), root=repository, repository=repository)
    _killed_driver(repository, "AttemptStarted", "echo half > half; kill -9 $$ 0", base)
    _await_free(watched)
    assert _told(watched, start("a"), started={("a", 1)}) == [AttemptLost]
    assert git(repository, "show", f"uet-attempts/{RUN}/a.1:half") == "half"


def test_everything_else_is_just_asked_for_again(make: Make):
    watched = make()
    effects = StartWorker(worker=1), StopWorker(worker=2), StartWorker(worker=3)
    assert _told(watched, *effects) == [WorkerStarted, WorkerStarted]
    assert [seen.worker for seen in watched.told] == [1, 3]
