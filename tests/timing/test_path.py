"""What was the critical path, and what bounds the speed-up?"""

from collections import Counter
from itertools import pairwise

import pytest

from tests.builders import (
    accepted,
    cancel,
    exited,
    landed,
    limits_changed,
    lost,
    pause,
    retry,
    spec,
    staffed,
    started,
    unpause,
)
from tests.spec import given
from tests.timing.histories import histories, tracked
from uet_es.events.decisions import WorkstreamCancelled, WorkstreamCompleted, WorkstreamFailed
from uet_es.events.observations import AttemptExited, AttemptLost
from uet_es.plan import Limits
from uet_es.timing.tracker import Times

WORKTREE = {"isolation": "worktree"}
ENDS = WorkstreamCompleted | WorkstreamFailed | WorkstreamCancelled


def path(run):
    """Workstream, reason and seconds of each step."""
    steps = tracked(run.entries).path()
    assert [step.position for step in steps] == list(range(1, len(steps) + 1))
    return [(s.workstream, s.because, (s.to_us - s.from_us) / 1e6) for s in steps]


# --- by example ---


def test_the_path_leads_through_what_was_met_last():
    plan = accepted("a", "b", "c after a b", "d", max_workers=3)
    run = given(plan, *staffed(1, 2, 3), exited("a"), exited("d"), exited("b"), exited("c"))
    assert path(run) == [("b", "begin", 6.0), ("c", "dependency", 1.0)]


def test_who_waited_for_a_worker_comes_after_the_one_that_had_it():
    run = given(accepted("a", "b", "c"), *staffed(1, 2), exited("b"), exited("a"), exited("c"))
    assert path(run) == [("b", "begin", 3.0), ("c", "worker", 2.0)]


def test_a_worker_that_came_late_leads_nowhere():
    run = given(accepted("a", "b"), *staffed(1, 2), exited("a"), exited("b"))
    assert path(run) == [("b", "begin", 4.0)]


def test_who_waited_for_a_resource_comes_after_the_last_that_gave_some_back():
    limits = Limits(max_workers=3, resources={"gpu": 2})
    work = [spec(id, resources={"gpu": units}) for id, units in (("a", 1), ("b", 1), ("c", 2))]
    run = given(accepted(*work, limits=limits), *staffed(1, 2, 3), exited("b"), exited("a"))
    assert path(run.sees(exited("c"))) == [("a", "begin", 5.0), ("c", "resource", 1.0)]


def test_who_could_not_run_beside_another_comes_after_it():
    work = [spec("a", writes=("x",), expected_us=9_000_000), spec("b", writes=("x",))]
    run = given(accepted(*work, "c"), *staffed(1, 2), exited("c"), exited("a"), exited("b"))
    assert path(run) == [("a", "begin", 4.0), ("b", "conflict", 1.0)]


def test_who_was_kept_in_order_comes_after_the_last_to_end():
    plan = accepted("a", "b", "c", before=(("a", "c"), ("b", "c")))
    run = given(plan, *staffed(1, 2), exited("b"), exited("a", 1), exited("c"))
    assert path(run) == [("a", "begin", 4.0), ("c", "order", 1.0)]


def test_what_was_merged_second_comes_after_what_was_merged_first():
    work = [spec("a", **WORKTREE), spec("b", **WORKTREE)]
    run = given(accepted(*work), *staffed(1, 2), exited("a", commit="c"), exited("b", commit="d"))
    run.sees(landed("a"), landed("b"))
    assert path(run) == [("a", "begin", 5.0), ("b", "merging", 1.0)]


def test_a_pause_belongs_to_the_one_that_was_paused():
    run = given(accepted("a", "b after a"), *staffed(1), pause(), exited("a"), unpause())
    assert path(run.sees(exited("b"))) == [("a", "begin", 3.0), ("b", "dependency", 2.0)]


def test_the_time_between_attempts_belongs_to_the_workstream():
    work = spec("a", max_attempts=2)
    run = given(accepted(work, "b"), *staffed(1, 2), exited("b"), exited("a", 1))
    run.passes(1_000_000).sees(exited("a", attempt=2))
    assert path(run) == [("a", "begin", 6.0)]


def test_what_was_tried_again_is_followed_back_through_its_first_time():
    run = given(accepted("a", "b"), *staffed(1), exited("a", 1), exited("b"), retry("a"))
    run.sees(*staffed(2), exited("a", attempt=2))
    assert path(run) == [("a", "begin", 6.0)]


def test_what_was_cancelled_last_comes_after_what_fell():
    run = given(accepted("a", "b after a"), *staffed(1), exited("a", 1))
    assert path(run) == [("a", "begin", 2.0), ("b", "dependency", 0.0)]


def test_what_goes_on_counts_as_ending_now():
    run = given(accepted("a", "b after a", "c"), *staffed(1, 2), exited("a"))
    assert path(run) == [("a", "begin", 3.0), ("b", "dependency", 0.0)]
    assert path(run.passes(5)) == [("a", "begin", 3.0), ("b", "dependency", 0.000005)]


def test_before_anything_started_the_waiting_itself_is_the_path():
    run = given(accepted("a", "b")).passes(7)
    assert path(run) == [("b", "begin", 0.000007)]


def test_a_run_that_was_cancelled_before_it_began_has_a_path_of_no_length():
    run = given(accepted("a"))
    run.sees(cancel(), at_us=run.now_us)
    assert path(run) == [("a", "begin", 0.0)]


# --- sums ---


def test_own_running_time_is_what_the_world_measured():
    run = given(accepted("a", "b after a"), *staffed(1), started("a"))
    run.sees(exited("a", took_us=900_000), started("b"), exited("b", took_us=7))
    assert tracked(run.entries).times() == Times(
        work_us=900_007, setup_us=2_000_000, longest_path_us=900_007, workers_max=2
    )


def test_of_a_lost_attempt_the_time_that_was_seen_counts():
    limits = Limits(max_workers=1, max_losses=0)
    run = given(accepted("a", limits=limits), *staffed(1), started("a"), lost("a"))
    assert tracked(run.entries).times().work_us == 1_000_000


def test_the_integration_worker_s_time_is_summed():
    run = given(accepted(spec("a", **WORKTREE)), *staffed(1), exited("a", commit="c"), landed("a"))
    assert tracked(run.entries).times().merging_us == 1_000_000


def test_the_most_workers_that_were_ever_allowed_count():
    run = given(accepted("a", max_workers=2), limits_changed(max_workers=5))
    run.sees(limits_changed(max_workers=1))
    assert tracked(run.entries).times().workers_max == 5


# --- any run ---


@pytest.mark.slow
def test_at_every_entry_of_any_run_the_steps_add_up_from_the_beginning_to_the_end():
    reasons = Counter()
    for name, entries in histories():
        ended_us = {}
        tracker = tracked(entries[:1])
        for entry in entries[1:]:
            tracker.note(entry)
            steps = tracker.path()
            assert all(step.from_us <= step.to_us for step in steps), name
            assert all(a.to_us == b.from_us for a, b in pairwise(steps)), name
            assert steps[0].from_us == entries[0].at_us, name
            if isinstance(entry.event, ENDS):
                ended_us[entry.event.workstream] = entry.at_us
        makespan_us = max(ended_us.values()) - entries[0].at_us
        assert sum(step.to_us - step.from_us for step in steps) == makespan_us, name
        reasons.update(step.because for step in steps)
    assert min(reasons.values()) >= 5
    assert len(reasons) == 7


@pytest.mark.slow
def test_whoever_comes_next_on_the_path_of_any_run_had_waited_for_the_one_before():
    for name, entries in histories():
        tracker = tracked(entries)
        closed = tracker.closed()
        waited = {(span.workstream, span.cause, span.on) for span in closed}
        turned = {(span.workstream, span.to_us) for span in closed}
        turned |= {(w.id, entries[0].at_us) for w in entries[0].event.plan.workstreams}
        for before, step in pairwise(tracker.path()):
            if step.because in ("dependency", "order", "conflict", "merging"):
                wait = (step.workstream, step.because, before.workstream)
                # It may have lasted no time at all: then another wait was over at that instant.
                assert wait in waited or (step.workstream, step.from_us) in turned, (name, step)


@pytest.mark.slow
def test_work_and_the_longest_path_of_any_run_are_those_of_its_attempts():
    for name, entries in histories():
        plan = entries[0].event.plan
        took = dict.fromkeys((w.id for w in plan.workstreams), 0)
        lost_ones = 0
        for entry in entries:
            if isinstance(entry.event, AttemptExited) and not entry.ignored:
                took[entry.event.workstream] += entry.event.took_us
            lost_ones += isinstance(entry.event, AttemptLost)
        times = tracked(entries).times()
        longest = {}
        for w in sorted(plan.workstreams, key=lambda w: w.id):  # after what they depend on
            longest[w.id] = took[w.id] + max((longest[need] for need in w.depends_on), default=0)
        assert times.work_us >= sum(took.values()), name
        assert times.longest_path_us >= max(longest.values()), name
        if not lost_ones and times.work_us == sum(took.values()):
            assert times.longest_path_us == max(longest.values()), name
