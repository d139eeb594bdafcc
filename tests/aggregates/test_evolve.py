"""What follows an entry, and what cannot?"""

import msgspec
import pytest

from tests.builders import (
    accepted,
    cancel,
    exited,
    finished,
    forked,
    interrupted,
    landed,
    least,
    merging,
    pause,
    readied,
    recalled,
    resumed,
    retry,
    spec,
    staffed,
    started,
)
from tests.simulation.snapshot import snapshot
from tests.spec import given
from uet_es.aggregates.evolve import evolve
from uet_es.aggregates.invariants import broken
from uet_es.aggregates.ledger import Ledger
from uet_es.errors import KernelError
from uet_es.events import BY_TAG, Decision, Entry, Observation
from uet_es.events.decisions import RunPaused, RunReopened, RunUnpaused
from uet_es.events.observations import RunForked, TimePassed
from uet_es.kernel import before, decide, fold, turn

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
#: All but a fork, which is a part of the envelope: it names what it follows.
OBSERVATIONS = [
    event for event in BY_TAG.values() if issubclass(event, Observation) and event is not RunForked
]


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


CANNOT_FOLLOW = {
    "the end of no pause": RunUnpaused(),
    "the reopening of a run that goes on": RunReopened(),
    "an end before the end": finished("succeeded"),
    "a merge of what is not planned": merging("z"),
    "a merge of what has not ended": merging("a"),
    "a merge beside another": merging("c"),
}


@pytest.mark.parametrize("what", CANNOT_FOLLOW)
def test_a_decision_about_the_run_that_cannot_follow_is_refused(what):
    run = given(*SITUATIONS["merging" if what == "a merge beside another" else "running"])
    with pytest.raises(KernelError, match="entry"):
        evolve(run.ledger, entry(run, CANNOT_FOLLOW[what]))


@pytest.mark.parametrize(
    "event", [merging("a", "other"), merging("a", "c", 2), merging("b")], ids=repr
)
def test_only_a_candidate_is_merged_with_its_own_attempt_and_commit(event):
    run = given(*SITUATIONS["merging"])
    ledger = fold("run-1", run.entries[:-1])
    assert decide(ledger) == merging("a")
    wrong = msgspec.structs.replace(run.entries[-1], event=event)
    with pytest.raises(KernelError, match="is about no candidate"):
        evolve(ledger, wrong)


def test_a_decision_about_another_attempt_is_refused():
    run = given(*SITUATIONS["running"])
    with pytest.raises(KernelError, match="is not about attempt 1 of a"):
        evolve(run.ledger, entry(run, recalled("a", "timeout", 7), stream="run-1/ws/a"))


def test_a_pause_decided_again_is_refused():
    run = given(*SITUATIONS["paused"])
    with pytest.raises(KernelError, match="cannot follow this run"):
        evolve(run.ledger, entry(run, RunPaused()))


# --- forks ---


@pytest.mark.parametrize("situation", sorted(set(SITUATIONS) - {"empty"}))
def test_a_fork_goes_on_under_its_own_name_where_its_parent_stood(situation):
    run = given(*SITUATIONS[situation])
    versions = dict(run.ledger.versions)
    run.sees(forked(run.ledger.seq))
    first = run.last[0]
    assert (first.stream, first.ignored) == ("run-2", "")
    assert (first.version, first.seq) == (versions["run-1"] + 1, sum(versions.values()) + 1)
    assert run.ledger.id == "run-2"
    assert all(stream.startswith("run-2") for stream in run.ledger.versions)
    assert snapshot(fold("run-2", run.entries)) == snapshot(run.ledger)
    run.sees(pause(), resumed())
    assert {e.stream.partition("/")[0] for e in run.last} == {"run-2"}


def test_limits_count_no_time_before_the_fork():
    run = given(*SITUATIONS["running"])
    due = run.ledger.timers.due["heartbeat", "a"]
    run.sees(forked(run.ledger.seq), at_us=run.now_us + 3_600_000_000)
    assert run.ledger.timers.due["heartbeat", "a"] == due + 3_600_000_000
    run.decides()


@pytest.mark.parametrize(
    ("parent", "at"), [("run-9", 0), ("run-1", -1), ("run-1", 1)], ids=["name", "before", "after"]
)
def test_a_fork_of_something_else_is_refused(parent, at):
    run = given(*SITUATIONS["running"])
    with pytest.raises(KernelError, match="was forked from"):
        turn(run.ledger, run.now_us, forked(run.ledger.seq + at, parent=parent))


def test_before_a_history_there_is_an_empty_run_of_that_name():
    run = given(*SITUATIONS["running"])
    empty = before(run.entries[1])
    assert (empty.id, empty.seq) == ("run-1", 0)
    assert snapshot(fold("run-7", [])) == snapshot(Ledger("run-7"))


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
