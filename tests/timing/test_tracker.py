"""Where does the time of every workstream go?"""

import sys
from collections import Counter
from itertools import pairwise
from typing import get_args

import pytest

from tests.builders import (
    accepted,
    exited,
    interrupted,
    limits_changed,
    pause,
    resumed,
    retry,
    spec,
    staffed,
    started,
    unpause,
)
from tests.spec import given
from tests.timing.contention import contended
from tests.timing.histories import histories, tracked
from tests.timing.reference import Reference
from uet_es.aggregates.waits import Cause
from uet_es.drivers.simulation.simulate import simulate
from uet_es.errors import LogError
from uet_es.events import BY_TAG
from uet_es.kernel import turn
from uet_es.plan import Limits
from uet_es.timing import tracker as timing
from uet_es.timing.tracker import Times, Tracker

WORKTREE = {"isolation": "worktree"}
CAUSES = get_args(Cause)


def spans(run, id):
    """Opening, cause, name and seconds of each span in order of time."""
    tracker = tracked(run.entries)
    found = [span for span in (*tracker.closed(), *tracker.open()) if span.workstream == id]
    found.sort(key=lambda span: span.from_us)
    return [(span.opening, span.cause, span.on, span.took_us / 1e6) for span in found]


# --- by example ---


def test_every_workstream_is_told_of_at_once():
    run = given(accepted("a", "b after a"), *staffed(1), started("a"), exited("a"), exited("b"))
    tracker = tracked(run.entries)
    assert {span.workstream for span in tracker.closed()} == {"a", "b"}
    assert tracker.open() == []
    assert tracker.closed() == []


def test_what_is_not_over_looks_as_if_it_ended_now():
    run = given(accepted("a", "b", "c after a b"), *staffed(1, 2))
    assert spans(run, "c") == [(0, "dependency", "a", 2.0)]
    assert spans(run.sees(exited("a")), "c") == [(0, "dependency", "b", 3.0)]


def test_a_wait_that_a_pause_interrupted_is_charged_to_what_was_met_last():
    run = given(accepted("a", "b", "c after a b"), *staffed(1, 2), pause(), unpause())
    run.sees(exited("b"), exited("a"))
    assert spans(run, "c") == [
        (0, "dependency", "a", 3.0),
        (0, "mode", "paused", 1.0),
        (0, "dependency", "a", 2.0),
    ]


def test_openings_are_told_apart():
    run = given(accepted("a", "b"), *staffed(1, 2), exited("a", 1), retry("a"), exited("a", 0, 2))
    assert [(opening, cause) for opening, cause, _, _ in spans(run, "a")] == [
        (0, "worker"),
        (0, "work"),
        (1, "work"),
    ]


def test_between_things_that_happen_at_once_only_what_is_named_changes():
    limits = Limits(max_workers=2, resources={"gpu": 1})
    work = [spec(id, resources={"gpu": 1}) for id in "abc"]
    run = given(accepted(*work, limits=limits), *staffed(1, 2))
    now_us = run.now_us
    run.entries += turn(run.ledger, now_us + 1_000_000, exited("a"), followed=True)
    run.entries += turn(run.ledger, now_us + 1_000_003, pause())
    run.sees(unpause(), exited("b"))
    assert spans(run, "c")[:2] == [(0, "worker", "shell", 1.0), (0, "resource", "gpu", 2.000003)]


def test_a_pool_that_grew_is_waited_for_no_more():
    limits = Limits(max_workers=1, resources={"gpu": 1})
    work = [spec(id, resources={"gpu": 1}) for id in "ab"]
    run = given(accepted(*work, limits=limits), *staffed(1))
    run.sees(limits_changed(max_workers=1, resources={"gpu": 2}), exited("a"))
    assert [span[1:] for span in spans(run, "b")][:3] == [
        ("worker", "shell", 1.0),
        ("resource", "gpu", 1.0),
        ("worker", "shell", 1.0),
    ]


def test_a_drained_run_waits_for_its_next_driver():
    run = given(accepted("a", "b"), *staffed(1), interrupted(), exited("a"), resumed())
    run.passes(1)
    assert ("mode", "draining", 2.0) in [span[1:] for span in spans(run, "b")]


def test_before_a_plan_there_is_nothing_to_tell():
    tracker = Tracker()
    assert (tracker.closed(), tracker.open(), tracker.path()) == ([], [], [])
    assert tracker.times() == Times()
    assert Tracker.from_state(tracker.state(), contended(0)).state() == b""


def test_a_history_without_its_beginning_is_refused():
    run = given(accepted("a"), *staffed(1))
    with pytest.raises(LogError, match="entry 2 comes before any plan"):
        tracked(run.entries[1:])


def test_every_event_about_a_workstream_or_the_run_is_considered():
    """A new event changes where time goes, and is listed there, or does not, and is listed here."""
    passing = {
        *("plan.accepted", "time.passed", "worktree.prepared", "attempt.unstarted"),
        *("attempt.lost", "worker.started", "worker.lost", "attempt.recalled"),
        *("attempt.discarded", "run.reopened", "run.finished", "cancel.asked", "pause.asked"),
        *("unpause.asked", "retry.asked", "progress.reported", "heartbeat.reported"),
        *("usage.reported", "text.reported", "signal.refused"),
    }
    concerning = {tag for tag, event in BY_TAG.items() if event in timing.CONCERNING}
    workers = {tag for tag in BY_TAG if tag.startswith("worker.")}
    assert concerning | passing | workers == set(BY_TAG)
    assert not concerning & (passing | workers)


# --- any run ---


@pytest.mark.slow
def test_at_every_entry_of_any_run_the_spans_are_those_of_the_definition():
    causes = Counter()
    for name, entries in histories():
        tracker, reference, closed = Tracker(), Reference(), []
        for entry in entries:
            tracker.note(entry)
            reference.note(entry)
            closed += tracker.closed()
            told = sorted(closed + tracker.open())
            assert told == sorted(reference.spans()), (name, entry.seq)
        assert all(span.took_us > 0 for span in closed), name
        causes.update(span.cause for span in closed)
    assert min(causes[cause] for cause in CAUSES) > 50


@pytest.mark.slow
def test_a_tracker_goes_on_from_its_bytes_at_every_entry_of_any_run_as_if_nothing_had_been():
    for name, entries in histories():
        plan = entries[0].event.plan
        whole, cut = Tracker(), Tracker()
        for entry in entries:
            whole.note(entry)
            cut.note(entry)
            assert cut.closed() == whole.closed(), (name, entry.seq)
            assert cut.open() == whole.open(), (name, entry.seq)
            assert cut.state() == whole.state(), (name, entry.seq)
            cut = Tracker.from_state(cut.state(), plan)
        assert (cut.path(), cut.times()) == (whole.path(), whole.times()), name


@pytest.mark.slow
def test_the_spans_of_an_opening_have_no_gaps_and_neighbours_differ():
    for name, entries in histories():
        tracker = tracked(entries)
        by_opening = {}
        for span in sorted(tracker.closed(), key=lambda span: span.from_us):
            by_opening.setdefault((span.workstream, span.opening), []).append(span)
        for found in by_opening.values():
            for span, after in pairwise(found):
                assert span.to_us == after.from_us, name
                assert span[2:4] != after[2:4], name
        firsts = [found[0].from_us for (_, opening), found in by_opening.items() if not opening]
        assert set(firsts) <= {entries[0].at_us}, name


# --- its cost ---


def calls_per_entry(plan):
    """Function calls that noting one entry of a simulated run takes, on average; and its spans."""
    entries, calls = [], 0
    simulate(plan, lambda name, attempt: (1000 + int(name[1:]) % 7, 0), entries.extend)

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    tracker = Tracker()
    tracker.note(entries[0])
    sys.setprofile(count)
    try:
        for entry in entries[1:]:
            tracker.note(entry)
    finally:
        sys.setprofile(None)
    return calls / len(entries), len(tracker.closed()) / len(entries)


def many(n, **fields):
    limits = Limits(max_workers=3, resources={"gpu": 2})
    return accepted(*(spec(f"w{k:05d}", **fields) for k in range(n)), limits=limits).plan


@pytest.mark.slow
@pytest.mark.parametrize("fields", [{}, {"resources": {"gpu": 1}}, {"reads": ("x",)}])
def test_what_an_entry_costs_does_not_grow_with_a_plan_whose_waiting_does_not_change(fields):
    few, many_calls = (
        calls_per_entry(many(100, **fields))[0],
        calls_per_entry(many(2000, **fields))[0],
    )
    assert many_calls < 1.1 * few


@pytest.mark.slow
def test_where_waiting_changes_the_cost_grows_with_what_there_is_to_tell():
    calls, told = calls_per_entry(many(300, writes=("x",)))
    assert told > 15
    assert calls < 20 * told
