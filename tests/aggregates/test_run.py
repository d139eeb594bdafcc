"""What does the run's own stream tell?"""

import pytest
from msgspec.structs import replace

from tests.builders import (
    cancel,
    conflicted,
    finished,
    forked,
    interrupted,
    landed,
    least,
    limits_changed,
    merge_failed,
    merging,
    pause,
    plan_of,
    resumed,
    retry,
    started,
    unpause,
    used,
)
from uet_es.aggregates.run import CONCERNED_BY, Run, admitted, evolve
from uet_es.errors import KernelError
from uet_es.events import BY_TAG, Observation
from uet_es.events.decisions import RunPaused, RunReopened, RunUnpaused
from uet_es.events.observations import PlanAccepted, Request
from uet_es.plan import Limits

PLAN = plan_of("a", limits=Limits(max_workers=7), base="base")


def after(*events, **fields):
    run = Run(**fields)
    for seq, event in enumerate(events, start=1):
        run = evolve(run, event, seq, seq * 10)
    return run


def test_an_accepted_plan_brings_limits_and_head():
    run = after(PlanAccepted(plan=PLAN))
    assert (run.plan, run.limits, run.head, run.accepted_at_us) == (PLAN, PLAN.limits, "base", 10)


def test_usage_is_summed_and_what_has_no_price_is_counted():
    run = after(
        used("a", input_tokens=3, output_tokens=2, cost_nanousd=7),
        used("a", input_tokens=1, output_tokens=1),
        used("a", input_tokens=1, cost_nanousd=0),
    )
    assert (run.input_tokens, run.output_tokens, run.cost_nanousd, run.unpriced) == (5, 3, 7, 1)


def test_a_merge_is_known_until_it_is_answered():
    run = after(merging("a"))
    assert (run.merging, run.merge_seq, run.merge_at_us) == ("a", 1, 10)
    run = after(merging("a"), landed("a"))
    assert (run.merging, run.head, run.merged) == (None, "m-a", 1)


@pytest.mark.parametrize("answer", [conflicted("a"), merge_failed("a")])
def test_a_merge_that_failed_leaves_the_head(answer):
    run = after(merging("a"), answer, head="base")
    assert (run.merging, run.head, run.merged) == (None, "base", 0)


def test_interrupts_are_counted_for_each_driver():
    assert after(interrupted(), interrupted()).interrupts == 2
    assert after(interrupted(), interrupted(), resumed()).interrupts == 0


def test_what_people_want_and_what_was_decided_are_two_things():
    assert (after(pause()).wants_pause, after(pause()).paused) == (True, False)
    assert after(pause(), unpause()).wants_pause is False
    assert after(RunPaused()).paused is True
    assert after(RunPaused(), RunUnpaused()).paused is False


def test_a_run_is_cancelled_as_a_whole_only():
    assert after(cancel()).cancelled is True
    assert after(cancel("a")) == Run()
    assert after(retry("a")) == Run()


def test_it_ends_and_may_be_reopened():
    run = after(cancel(), finished("cancelled"))
    assert (run.outcome, run.finished_at_us) == ("cancelled", 20)
    run = after(cancel(), finished("cancelled"), RunReopened())
    assert (run.outcome, run.finished_at_us, run.cancelled) == (None, 0, False)


REFUSED = {
    "a pause while paused": ([RunPaused()], RunPaused()),
    "an end of a pause that was not": ([], RunUnpaused()),
    "a reopening of what goes on": ([], RunReopened()),
    "a second end": ([finished("failed")], finished("failed")),
    "a merge beside another": ([merging("a")], merging("b")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_decision_that_cannot_follow_is_refused(what):
    before, decision = REFUSED[what]
    run = after(*before)
    with pytest.raises(KernelError, match=r"entry 9: .* cannot follow this run"):
        evolve(run, decision, 9, 90)


def test_limits_are_those_that_were_asked_for_last():
    run = after(limits_changed(inbox_version=4, max_workers=9))
    assert (run.limits, run.inbox_version) == (Limits(max_workers=9), 4)


def test_what_is_only_simulated_says_so():
    assert not after(PlanAccepted(plan=PLAN)).simulated
    assert after(PlanAccepted(plan=PLAN, simulated=True)).simulated


def test_a_fork_has_its_parent_s_history_and_spent_nothing_yet():
    paid = used("a", input_tokens=3, output_tokens=2, cost_nanousd=7)
    was = after(PlanAccepted(plan=PLAN), paid, used("a"), pause(inbox_version=3), interrupted())
    run = evolve(was, forked(5, simulated=True), 6, 60)
    assert (run.parent, run.forked_at_seq, run.forked_at_us) == ("run-1", 5, 60)
    assert (run.plan, run.head, run.wants_pause, run.simulated) == (PLAN, "base", True, True)
    assert (run.inbox_version, run.interrupts) == (0, 0)
    assert (run.input_tokens, run.output_tokens, run.cost_nanousd, run.unpriced) == (0, 0, 0, 0)
    assert run.inherited_nanousd == 7
    again = evolve(evolve(run, paid, 7, 70), forked(7, "run-3", "run-2"), 8, 80)
    assert (again.parent, again.inherited_nanousd, again.simulated) == ("run-2", 14, False)


def test_what_concerns_its_parts_leaves_it_as_it_was():
    assert after(started("a")) == Run()


def test_an_observation_that_does_not_concern_it_changes_nothing():
    others = {e for e in BY_TAG.values() if issubclass(e, Observation)} - CONCERNED_BY
    assert len(others) > 10
    for event in others:
        assert after(least(event)) == Run()


def test_every_observation_that_concerns_it_can_change_it():
    was = Run(interrupts=1, merging="a")
    for event in CONCERNED_BY:
        place = {"inbox_version": 1} if issubclass(event, Request) else {}
        assert evolve(was, replace(least(event), **place), 1, 10) != was, event


def test_the_highest_place_in_the_inbox_is_kept():
    assert admitted(Run(inbox_version=3), least(Request)).inbox_version == 3
    assert after(pause(inbox_version=2), unpause(inbox_version=5)).inbox_version == 5
    assert admitted(Run(inbox_version=5), pause(inbox_version=4)).inbox_version == 5
