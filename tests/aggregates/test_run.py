"""What does the run's own stream tell?"""

import pytest
from msgspec.structs import replace

from tests.builders import (
    cancel,
    conflicted,
    finished,
    interrupted,
    landed,
    least,
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
