"""The simulated world, instant by instant."""

import pytest

from tests.builders import plan_of, spec
from uet_es.drivers.simulation.durations import Fate, Machine, Model, Setup
from uet_es.drivers.simulation.simulate import Slot, ideal, schedule, simulate, slots_of
from uet_es.events.observations import (
    AttemptExited,
    AttemptStarted,
    MergeConflicted,
    MergeLanded,
    ProgressReported,
    WorkerStarted,
    WorktreePrepared,
)
from uet_es.values import SECOND_US


def told(plan, fates, **machine):
    """Every entry of ``plan`` if attempts do what ``fates`` say, by workstream and number."""
    known = {}
    for (id, attempt), fate in fates.items():
        known.setdefault(id, {})[attempt] = fate
    entries = []
    simulate(plan, Model(machine=Machine(**machine), known=known), entries.extend)
    return entries


def when(entries, kind):
    """Instants of the observations of one kind, by workstream."""
    return {e.event.workstream: e.at_us for e in entries if isinstance(e.event, kind)}


def progress(percent):
    return ProgressReported(workstream="elsewhere", attempt=1, percent=percent)


def tree(id, after=(), **fields):
    return spec(id, after, isolation="worktree", **fields)


def committed(took_us, **fields):
    return Fate(took_us, 0, setup=Setup(0, 0), commits=True, **fields)


def test_the_loop_writes_then_launches_one_after_the_other():
    entries = told(
        plan_of("a", "b"), {("a", 1): Fate(500, 0), ("b", 1): Fate(500, 0)}, turn_us=10, launch_us=3
    )
    (staffed,) = {e.at_us for e in entries if isinstance(e.event, WorkerStarted)}
    assert staffed == 10
    assert when(entries, AttemptStarted) == {"a": 23, "b": 26}
    # A process runs from before it was launched; the second ends while the first is written.
    assert when(entries, AttemptExited) == {"a": 520, "b": 530}


def test_what_happens_while_the_loop_writes_is_seen_together_after_that():
    entries = told(
        plan_of("a", "b", "c", max_workers=3),
        {("a", 1): Fate(500, 0), ("b", 1): Fate(501, 0), ("c", 1): Fate(502, 0)},
        turn_us=100,
    )
    assert when(entries, AttemptExited) == {"a": 700, "b": 800, "c": 800}
    took = {e.event.workstream: e.event.took_us for e in entries if type(e.event) is AttemptExited}
    assert took == {"a": 500, "b": 501, "c": 502}


def test_one_merge_at_a_time():
    fates = {("a", 1): committed(100, merge_us=40), ("b", 1): committed(100, merge_us=40)}
    entries = told(plan_of(tree("a"), tree("b")), fates)
    assert when(entries, AttemptExited) == {"a": 100, "b": 100}
    assert when(entries, MergeLanded) == {"a": 140, "b": 180}


def test_worktrees_are_made_one_after_the_other_and_filled_side_by_side():
    made = Fate(100, 0, setup=Setup(30, 50))
    entries = told(plan_of(tree("a"), tree("b")), {("a", 1): made, ("b", 1): made})
    assert when(entries, WorktreePrepared) == {"a": 80, "b": 110}
    took = [e.event.took_us for e in entries if isinstance(e.event, WorktreePrepared)]
    assert took == [80, 110]
    assert when(entries, AttemptStarted) == {"a": 80, "b": 110}


def test_removing_a_worktree_keeps_others_from_being_made():
    made = Fate(100, 0, setup=Setup(10, 10))
    fates = {("a", 1): made, ("b", 1): made}
    entries = told(plan_of(tree("a"), tree("b", ("a",))), fates, remove_us=70)
    assert when(entries, WorktreePrepared) == {"a": 20, "b": 120 + 70 + 20}


def test_collecting_comes_after_the_end_and_before_the_exit():
    fate = Fate(100, 0, setup=Setup(0, 0), collect_us=25)
    entries = told(plan_of(tree("a")), {("a", 1): fate}, settle_us=7)
    (exited,) = [e for e in entries if isinstance(e.event, AttemptExited)]
    assert (exited.at_us, exited.event.took_us, exited.event.collect_us) == (132, 100, 25)


def test_three_that_compute_share_two_cores():
    fates = {(id, 1): Fate(1000, 0, 1000) for id in "abc"}
    entries = told(plan_of("a", "b", "c", max_workers=3), fates, cores=2)
    assert when(entries, AttemptExited) == {"a": 1500, "b": 1500, "c": 1500}


def test_git_computes_too():
    fates = {("a", 1): Fate(300, 0, 300), ("b", 1): committed(100, merge_us=100)}
    entries = told(plan_of("a", tree("b")), fates, cores=1)
    # b waits until 100 while a computes alone; then they share one core.
    assert when(entries, MergeLanded) == {"b": 300}
    assert when(entries, AttemptExited) == {"a": 400, "b": 100}


def test_a_merge_that_conflicted_conflicts_again():
    entries = told(plan_of(tree("a")), {("a", 1): committed(100, merge_us=9, collides=("f",))})
    assert when(entries, MergeConflicted) == {"a": 109}
    assert entries[-1].event.outcome == "failed"


def test_a_failed_attempt_is_tried_again_as_often_as_the_plan_says():
    fates = {("a", 1): Fate(100, 3), ("a", 2): Fate(50, 0)}
    entries = told(plan_of(spec("a", max_attempts=2)), fates)
    ends = [(e.at_us, e.event.status) for e in entries if isinstance(e.event, AttemptExited)]
    assert ends == [(100, 3), (100 + SECOND_US + 50, 0)]


def test_an_attempt_that_cannot_start_does_not():
    entries = told(plan_of("a"), {("a", 1): Fate(0, 1, unstarted="no such tool")})
    assert when(entries, AttemptStarted) == {}
    assert entries[-1].event.outcome == "failed"


@pytest.mark.parametrize("cpu_us", [None, 9 * SECOND_US])
def test_a_time_out_stops_it(cpu_us):
    plan = plan_of(spec("a", timeout_us=SECOND_US))
    entries = told(plan, {("a", 1): Fate(9 * SECOND_US, 0, cpu_us)}, cores=1)
    (exited,) = [e for e in entries if isinstance(e.event, AttemptExited)]
    assert (exited.at_us, exited.event.status) == (SECOND_US + 1, -15)
    assert exited.event.cpu_us == (cpu_us and SECOND_US + 1)


def test_signals_come_when_they_came_and_at_the_latest_before_the_end():
    fate = Fate(100, 0, signals=((40, progress(50)), (170, progress(90))))
    entries = told(plan_of("a"), {("a", 1): fate})
    seen = [e for e in entries if isinstance(e.event, ProgressReported)]
    assert [(e.at_us, e.event.workstream, e.event.percent) for e in seen] == [
        (40, "a", 50),
        (100, "a", 90),
    ]


def test_duration_and_status_are_enough_of_a_model():
    entries = []
    ledger = simulate(
        plan_of("a"), lambda workstream, attempt: (70, 0), entries.extend, 1000, "run-9"
    )
    assert (ledger.id, ledger.run.outcome) == ("run-9", "succeeded")
    assert slots_of(entries) == [Slot("a", 1, 1, 0, 70)]


def test_a_schedule_is_what_the_kernel_does_if_everything_takes_as_long_as_expected():
    plan = plan_of("a", spec("b", expected_us=5), spec("c", ("a",), expected_us=3))
    assert schedule(plan) == [
        Slot("b", 1, 2, 0, 5),
        Slot("a", 1, 1, 0, SECOND_US),
        Slot("c", 1, 1, SECOND_US, SECOND_US + 3),
    ]


def test_nothing_but_attempts_takes_time_in_an_ideal_world():
    plan = ideal(plan_of(tree("a", timeout_us=5, heartbeat_us=5), base="0" * 40))
    assert plan.workstreams == (spec("a"),)
    assert plan.base == ""


def test_the_same_model_gives_the_same_bytes():
    fates = {(id, 1): Fate(1000, 0, 700) for id in "abc"}
    plan = plan_of("a", "b", "c", max_workers=3)
    assert told(plan, fates, cores=2, turn_us=5) == told(plan, fates, cores=2, turn_us=5)
