"""The loop's side of the world: waiting, requests, interruptions, closing."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.world.conftest import Make, spec, start
from uet_es.effects import StartWorker
from uet_es.events.observations import (
    AttemptExited,
    AttemptStarted,
    DriverInterrupted,
    PauseAsked,
    TimePassed,
    WorkerStarted,
)


def test_time_passes_when_the_instant_has_come_and_not_before(make: Make):
    watched = make()
    until_us = watched.world.now_us() + 20_000
    ((at_us, seen),) = watched.world.wait(until_us)
    assert isinstance(seen, TimePassed)
    assert at_us >= until_us


def test_an_instant_that_has_gone_by_is_reported_at_once(make: Make):
    ((_, seen),) = make().world.wait(0)
    assert isinstance(seen, TimePassed)


def test_what_is_there_is_returned_together_and_in_order(make: Make):
    watched = make()
    for worker in (3, 1, 2):
        watched.world.perform(StartWorker(worker=worker))
    seen = watched.world.wait(None)
    assert [type(s) for _, s in seen] == [WorkerStarted] * 3
    assert [s.worker for _, s in seen] == [3, 1, 2]
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)


@pytest.mark.slow
def test_a_request_is_noticed_while_nothing_else_happens(make: Make):
    asked = []
    watched = make(inbox=lambda: [asked.pop()] if asked else [])
    threading.Timer(0.05, lambda: asked.append(PauseAsked(inbox_version=1))).start()
    ((_, seen),) = watched.world.wait(None)
    assert seen == PauseAsked(inbox_version=1)


def test_an_interruption_cuts_the_wait_short(make: Make):
    watched = make()
    before = signal.signal(signal.SIGUSR1, lambda number, _: watched.world.interrupt(number))
    try:
        began = time.monotonic()
        threading.Timer(0.03, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        ((_, seen),) = watched.world.wait(watched.world.now_us() + 10_000_000)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == DriverInterrupted(signal=signal.SIGUSR1)
    assert time.monotonic() - began < 5


def test_an_interruption_after_the_end_is_harmless(make: Make):
    watched = make()
    watched.world.close(leave_running=True)
    watched.world.interrupt(2)
    watched.world.close(leave_running=True)


def test_attempts_run_side_by_side(make: Make):
    meet = "touch {0}; until test -e {1}; do :; done"
    watched = make(spec("a", meet.format("a", "b")), spec("b", meet.format("b", "a")))
    watched.world.perform(start("a"))
    watched.world.perform(start("b"))
    watched.until(AttemptExited, 2)
    assert [seen.status for seen in watched.of(AttemptExited)] == [0, 0]


def test_what_runs_goes_on_when_it_is_left_running(make: Make):
    watched = make(spec("a", "until test -e go; do sleep 0.01; done; exit 6"))
    watched.world.perform(start("a"))
    pid = watched.until(AttemptStarted).pid
    watched.world.close(leave_running=True)
    (watched.state.parent / "go").touch()
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 6
    assert (watched.folder("a") / "status").read_text().startswith("6 ")


@pytest.mark.slow
def test_nothing_stays_open_after_many_attempts(make: Make):
    ids = [f"w{n}" for n in range(100)]
    watched = make(*(spec(id) for id in ids))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for id in ids:
        watched.world.perform(start(id))
    watched.until(AttemptExited, 100)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
