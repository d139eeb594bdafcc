"""SIGKILL at every instant that matters; then resume, and nothing is lost or done twice."""

import os
import signal
from collections import Counter

import pytest

from tests.drivers.reference import log_is_sound, make_repository, outcome, reference_plan
from uet_es.drivers import live
from uet_es.effects import StartAttempt
from uet_es.events.observations import AttemptExited, AttemptStarted
from uet_es.kernel import fold
from uet_es.world.live import LiveWorld

pytestmark = pytest.mark.slow


class DiesAfterAppend(live.Unwatched):
    """Dies when entry ``seq`` is durable and nothing it calls for was done."""

    def __init__(self, seq):
        self.seq = seq

    def written(self, ledger, entries):
        if entries[-1].seq >= self.seq:
            os.kill(os.getpid(), signal.SIGKILL)


def dying_world(nth):
    """A world that dies right after spawning its ``nth`` attempt, before its sign of life."""

    class DyingWorld(LiveWorld):
        spawned = 0

        def perform(self, effect):
            super().perform(effect)
            if isinstance(effect, StartAttempt):
                DyingWorld.spawned += 1
                if DyingWorld.spawned == nth:
                    self._attempts.pool.shutdown()  # worktrees are made in a pool: let it spawn
                    os.kill(os.getpid(), signal.SIGKILL)

    return DyingWorld


def in_a_child(work):
    """Run ``work`` in a forked process; how it ended."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    place = make_repository(folder / "repo")
    ledger = live.run(place, reference_plan(folder / "done"))
    return outcome(place, ledger), len(log_is_sound(place, ledger.id))


def resume_and_compare(place, folder, expected):
    ledger = live.resume(place, "run-1")
    assert outcome(place, ledger) == expected
    entries = log_is_sound(place, "run-1")
    done = Counter((folder / "done").read_text().split())
    assert done == Counter(["api", "base", "docs", "flaky", "plain"])
    again = live.resume(place, "run-1")
    assert again.seq == ledger.seq == len(entries)
    assert not list((place.state / "worktrees" / "run-1").glob("*"))
    return entries


@pytest.mark.parametrize("part", range(4))
def test_a_kill_between_any_append_and_its_effects_changes_nothing(part, tmp_path, undisturbed):
    expected, length = undisturbed
    killed = 0
    for seq in range(1 + part, length + 1, 4):
        folder = tmp_path / str(seq)
        place = make_repository(folder / "repo")
        plan = reference_plan(folder / "done")
        killed += in_a_child(lambda p=place, q=plan, s=seq: live.run(p, q, DiesAfterAppend(s))) < 0
        resume_and_compare(place, folder, expected)
    assert killed >= (length - 8) // 4


@pytest.mark.parametrize("nth", range(1, 8))
def test_a_kill_between_spawn_and_sign_of_life_changes_nothing(
    nth, tmp_path, undisturbed, monkeypatch
):
    expected, _ = undisturbed
    place = make_repository(tmp_path / "repo")
    plan = reference_plan(tmp_path / "done")
    monkeypatch.setattr(live, "LiveWorld", dying_world(nth))
    assert in_a_child(lambda: live.run(place, plan)) == -signal.SIGKILL
    monkeypatch.undo()
    entries = resume_and_compare(place, tmp_path, expected)
    signs = Counter(
        (e.event.workstream, e.event.attempt)
        for e in entries
        if isinstance(e.event, AttemptStarted) and not e.ignored
    )
    assert max(signs.values()) == 1


def test_a_resumed_run_that_is_killed_again_and_again_still_ends(tmp_path, undisturbed):
    expected, _ = undisturbed
    place = make_repository(tmp_path / "repo")
    plan = reference_plan(tmp_path / "done")
    assert in_a_child(lambda: live.run(place, plan, DiesAfterAppend(5))) == -signal.SIGKILL
    for seq in (14, 40):
        in_a_child(lambda s=seq: live.resume(place, "run-1", DiesAfterAppend(s)))
    entries = resume_and_compare(place, tmp_path, expected)
    ended = Counter(
        (e.event.workstream, e.event.attempt)
        for e in entries
        if isinstance(e.event, AttemptExited) and not e.ignored
    )
    assert max(ended.values()) == 1
    assert fold("run-1", entries).run.outcome == "failed"
