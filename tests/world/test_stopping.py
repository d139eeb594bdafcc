"""The whole tree of an attempt dies: when it is stopped, and when it has ended."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.world.conftest import Make, Watched, spec, start
from uet_es.effects import StopAttempt
from uet_es.events.observations import AttemptExited, AttemptStarted, AttemptUnstarted
from uet_es.world import process_tree

_STUBBORN = "trap '' TERM HUP INT;"
#: Run what follows with every inherited descriptor closed, as daemons do.
_CLOSED = (
    f"{sys.executable} -S -c "
    "'import os, sys; os.closerange(3, 200); os.execvp(sys.argv[1], sys.argv[1:])'"
)


def _until_file(watched: Watched, name: str, count: int = 1) -> list[int]:
    """The numbers in a file that an attempt writes, once they are there."""
    path = watched.state.parent / name
    deadline = time.monotonic() + 10
    while not path.exists() or len(path.read_text().split()) < count:
        assert time.monotonic() < deadline, f"nobody wrote {name}"
        watched.listen(10_000)
    return [int(word) for word in path.read_text().split()]


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def _stop(watched: Watched, id: str) -> None:
    watched.world.perform(StopAttempt(workstream=id, attempt=1))


def test_a_stopped_attempt_says_how_it_ended(make: Make):
    watched = make(spec("a", "echo $$ > up; exec sleep 1000"))
    watched.world.perform(start("a"))
    _until_file(watched, "up")
    _stop(watched, "a")
    exited = watched.until(AttemptExited)
    assert exited.status == 143
    assert (watched.folder("a") / "status").read_text().startswith("143 ")


def test_a_command_may_end_in_its_own_way_when_it_is_stopped(make: Make):
    watched = make(
        spec("a", "trap 'echo bye; exit 9' TERM; echo 1 > up; while :; do sleep 0.01; done"),
        grace_s=10,
    )
    watched.world.perform(start("a"))
    _until_file(watched, "up")
    _stop(watched, "a")
    assert watched.until(AttemptExited).status == 9
    assert (watched.folder("a") / "stdout").read_text() == "bye\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        f"{_STUBBORN} echo $$ >> pids; sleep 1000; sleep 1000",
        f"{_STUBBORN} sh -c 'echo $$ >> pids; sleep 1000; sleep 1000'; sleep 1000",
        f"{_STUBBORN} setsid sh -c 'echo $$ >> pids; sleep 1000; :'; sleep 1000",
        f"{_STUBBORN} (setsid sh -c 'echo $$ >> pids; exec sleep 1000' &) ; sleep 1000",
        f"{_STUBBORN} ({_CLOSED} setsid sh -c 'echo $$ >> pids; exec sleep 1000' &) ; sleep 1000",
    ],
    ids=["ignores", "child ignores", "own session", "daemon", "daemon without the lock"],
)
def test_a_tree_that_ignores_the_request_is_killed(make: Make, command):
    watched = make(spec("a", command), grace_s=0.1)
    watched.world.perform(start("a"))
    (pid,) = _until_file(watched, "pids")
    assert _is_alive(pid)
    _stop(watched, "a")
    assert watched.until(AttemptExited).status == 137
    assert not _is_alive(pid)
    assert process_tree.members(process_tree.Tree(0, str(watched.folder("a")))) == []
    # The shim outlived the killing and said so.
    assert (watched.folder("a") / "status").read_text().startswith("137 ")


def test_a_shim_that_was_suspended_still_says_how_it_ended(make: Make):
    watched = make(spec("a", "echo 1 > up; kill -STOP $$; sleep 1000"))
    watched.world.perform(start("a"))
    _until_file(watched, "up")
    _stop(watched, "a")
    assert watched.until(AttemptExited).status == 143


@pytest.mark.parametrize(
    "command",
    [
        "sleep 1000 & echo $! > pids",
        "(setsid sh -c 'echo $$ > pids; exec sleep 1000' &); until test -s pids; do :; done",
        f"{_CLOSED} sleep 1000 & echo $! > pids; until test ! -e /proc/$!/fd/99; do :; done",
    ],
    ids=["in the background", "double fork", "without the lock"],
)
def test_what_a_successful_attempt_leaves_running_is_stopped(make: Make, command):
    watched = make(spec("a", command))
    watched.world.perform(start("a"))
    assert watched.until(AttemptExited).status == 0
    (pid,) = _until_file(watched, "pids")
    assert not _is_alive(pid)


def test_a_neighbour_is_left_alone(make: Make):
    watched = make(spec("a", "echo $$ > a; exec sleep 1000"), spec("b", "echo 1 > b; sleep 1000"))
    watched.world.perform(start("a"))
    watched.world.perform(start("b"))
    _until_file(watched, "a")
    _until_file(watched, "b")
    watched.until(AttemptStarted, 2)
    (pid,) = [seen.pid for seen in watched.of(AttemptStarted) if seen.workstream == "a"]
    _stop(watched, "b")
    assert watched.until(AttemptExited).workstream == "b"
    assert _is_alive(pid)


def test_stopping_what_does_not_run_or_twice_is_harmless(make: Make):
    watched = make(spec("a", "echo 1 > up; exec sleep 1000"))
    _stop(watched, "a")
    watched.world.perform(start("a"))
    _until_file(watched, "up")
    _stop(watched, "a")
    _stop(watched, "a")
    watched.until(AttemptExited)
    _stop(watched, "a")
    watched.listen(1)
    assert len(watched.of(AttemptExited)) == 1
    assert watched.of(AttemptUnstarted) == []


def test_closing_stops_what_runs(make: Make):
    watched = make(spec("a", "echo $$ > up; exec sleep 1000"))
    watched.world.perform(start("a"))
    watched.until(AttemptStarted)
    _until_file(watched, "up")
    pid = watched.of(AttemptStarted)[0].pid
    watched.world.close(leave_running=False)
    assert not _is_alive(pid)
    os.waitpid(pid, 0)
    assert (watched.folder("a") / "status").read_text().startswith("143 ")


@pytest.mark.slow
def test_a_number_that_now_belongs_to_somebody_else_is_not_touched(tmp_path: Path):
    stranger = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    try:
        process_tree.stop(process_tree.Tree(stranger.pid, str(tmp_path)), 0.05)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
