"""What follows an entry, and what cannot?"""

import msgspec
import pytest

from tests.builders import (
    accepted,
    cancel,
    exited,
    finished,
    interrupted,
    landed,
    least,
    pause,
    readied,
    resumed,
    retry,
    spec,
    staffed,
    started,
)
from tests.spec import given
from tests.test_simulation import snapshot
from uet_es.aggregates.evolve import evolve
from uet_es.aggregates.invariants import broken
from uet_es.aggregates.ledger import Ledger
from uet_es.errors import KernelError
from uet_es.events import BY_TAG, Decision, Entry, Observation
from uet_es.events.observations import TimePassed
from uet_es.kernel import decide, fold

TREE = spec("a", isolation="worktree", max_attempts=2, heartbeat_us=5_000_000)
OPENING = [accepted(TREE, "b after a", "c"), *staffed(1, 2)]
SITUATIONS = {
    "empty": [],
    "opened": OPENING,
    "running": [*OPENING, started("a")],
    "stopping": [*OPENING, started("a"), cancel("a")],
    "waiting": [*OPENING, started("a"), exited("a", 1)],
    "merging": [*OPENING, started("a"), exited("a", commit="c")],
    "merged": [*OPENING, started("a"), exited("a", commit="c"), landed("a")],
    "paused": [*OPENING, pause()],
    "draining": [*OPENING, started("a"), interrupted()],
    "cancelling": [*OPENING, started("a"), cancel()],
    "failed": [*OPENING, exited("a"), exited("c", 1), exited("b", 1)],
    "reopened": [*OPENING, exited("a"), exited("c", 1), exited("b", 1), retry("c")],
}
OBSERVATIONS = [event for event in BY_TAG.values() if issubclass(event, Observation)]


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_observation_is_accepted_in_every_situation_twice(situation):
    for event in OBSERVATIONS:
        run = given(*SITUATIONS[situation]).sees(least(event)).sees(least(event))
        run.sees(resumed())
        assert snapshot(fold("run-1", run.entries)) == snapshot(run.ledger)


@pytest.mark.parametrize("event", OBSERVATIONS, ids=lambda event: event.__name__)
def test_what_is_ignored_changes_nothing_but_the_place_in_the_log(event):
    run = given(*SITUATIONS["failed"])
    before = snapshot(run.ledger)
    run.sees(least(event))
    if not run.last[0].ignored:
        assert event.__name__ == "DriverResumed" or event.__name__ == "RetryAsked"
        return
    places = {"seq", "turn", "now_us", "versions"}
    after = dict(snapshot(run.ledger))
    assert {name for name, value in before if after[name] != value} == places


def entry(run, event, **fields):
    """What could follow ``run``, were it not for ``fields``."""
    stream = fields.get("stream", "run-1")
    version = run.ledger.versions.get(stream, 0) + 1
    right = {"stream": stream, "version": version, "seq": run.ledger.seq + 1, "turn": version}
    return Entry(**{**right, "at_us": run.now_us, "event": event, **fields})


BROKEN = {
    "a gap": {"seq": 99},
    "the same entry again": {"seq": 1},
    "a gap in its stream": {"version": 99},
    "a stream that begins in its middle": {"stream": "run-1/ws/a", "version": 7},
    "time that runs backwards": {"at_us": 1},
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_envelope_is_refused(how):
    run = given(*OPENING)
    with pytest.raises(KernelError, match="cannot follow"):
        evolve(run.ledger, entry(run, TimePassed(), **BROKEN[how]))


def test_the_envelope_of_the_next_entry_is_accepted():
    run = given(*OPENING)
    evolve(run.ledger, entry(run, TimePassed()))
    assert broken(run.ledger) == []


def test_a_decision_that_cannot_follow_is_refused():
    run = given(*OPENING)
    with pytest.raises(KernelError, match="cannot follow"):
        evolve(run.ledger, entry(run, readied("a"), stream="run-1/ws/a"))


def test_a_decision_about_an_unplanned_workstream_is_refused():
    run = given(*OPENING)
    with pytest.raises(KernelError, match="not planned"):
        evolve(run.ledger, entry(run, readied("z"), stream="run-1/ws/z"))


def test_a_decision_about_a_worker_never_wanted_is_refused():
    run = given(*OPENING)
    event = msgspec.structs.replace(least(BY_TAG["worker.readied"]), worker=9)
    with pytest.raises(KernelError, match="never spawned"):
        evolve(run.ledger, entry(run, event, stream="run-1/worker/9"))


def test_every_decision_is_folded_as_it_was_made():
    run = given(*SITUATIONS["reopened"])
    made = {type(e.event) for e in run.entries if isinstance(e.event, Decision)}
    assert len(made) > 10
    assert snapshot(fold("run-1", run.entries)) == snapshot(run.ledger)


def test_a_fold_of_a_beginning_goes_on_where_it_stopped():
    run = given(*SITUATIONS["merged"])
    for length in range(len(run.entries)):
        ledger = fold("run-1", run.entries[:length])
        following = run.entries[length]
        if isinstance(following.event, Decision):
            assert decide(ledger) == following.event
        else:
            assert decide(ledger) is None


def test_an_empty_ledger_has_nothing_to_decide():
    ledger = Ledger("run-1")
    assert decide(ledger) is None
    assert broken(ledger) == []
    assert finished("succeeded") != decide(ledger)
