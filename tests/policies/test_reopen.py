"""What does a person want tried again?"""

import pytest

from tests.builders import (
    accepted,
    cancel,
    dispatched,
    exited,
    finished,
    readied,
    reopened,
    retry,
    spawned,
    spec,
    staffed,
    started,
    worker_readied,
)
from tests.spec import given
from uet_es.events.decisions import RunReopened
from uet_es.plan import Limits

ONE = {"max_workers": 1}


def test_a_failed_workstream_of_a_finished_run_is_tried_again():
    run = given(accepted("a", **ONE), *staffed(1), exited("a", 1), retry("a"))
    run.decides(RunReopened(), reopened("a", "a"), spawned(2), readied("a"))
    run.sees(*staffed(2)).decides(worker_readied(2), *dispatched("a", worker=2, attempt=2))
    run.sees(exited("a", attempt=2))
    assert run.decided[-1] == finished("succeeded", succeeded=1)


def test_while_the_run_goes_on_it_is_not_reopened():
    run = given(accepted("a", "b"), *staffed(1, 2), started("b"), exited("a", 1), retry("a"))
    run.decides(reopened("a", "a"), readied("a"), *dispatched("a", worker=1, attempt=2))


def test_dependents_that_were_cancelled_with_it_come_back():
    work = ["a", "b after a", "c after b", "d"]
    run = given(accepted(*work, **ONE), *staffed(1), exited("a", 1), exited("d"), retry("a"))
    assert run.decided[:4] == [
        RunReopened(),
        reopened("a", "a"),
        reopened("b", "a"),
        reopened("c", "a"),
    ]
    assert [run.state(id) for id in "abcd"] == ["READY", "PENDING", "PENDING", "SUCCEEDED"]


def test_a_dependent_that_was_cancelled_by_itself_stays_cancelled_with_its_own():
    work = ["a", "b after a", "c after b", "d after a"]
    run = given(accepted(*work, **ONE), cancel("b"), *staffed(1), exited("a", 1), retry("a"))
    assert run.decided[1:3] == [reopened("a", "a"), reopened("d", "a")]
    assert [run.state(id) for id in "bc"] == ["CANCELLED", "CANCELLED"]


def test_a_dependent_of_two_failures_comes_back_with_the_last_of_them():
    run = given(accepted("a", "b", "c after a b"), *staffed(1, 2), exited("a", 1), exited("b", 1))
    run.sees(retry("a"))
    assert reopened("c", "a") not in run.decided
    run.sees(retry("b"))
    assert run.decided[:2] == [reopened("b", "b"), reopened("c", "b")]


def test_a_cancelled_workstream_can_be_tried_too():
    run = given(accepted("a", "b"), cancel("a"), retry("a"))
    run.decides(reopened("a", "a"), readied("a"))


def test_a_run_that_was_cancelled_goes_on_with_what_is_retried():
    run = given(accepted("a", "b"), cancel(), retry("a"))
    assert run.decided[:2] == [RunReopened(), reopened("a", "a")]
    assert not run.ledger.run.cancelled
    run.sees(*staffed(3), exited("a"))
    assert run.decided[-1] == finished("failed", succeeded=1, cancelled=1)


def test_what_was_cancelled_to_fail_fast_stays_cancelled_beside_it():
    limits = Limits(max_workers=1, fail_fast=True)
    run = given(accepted("a", "b after a", "c", limits=limits), *staffed(1), exited("a", 1))
    run.sees(retry("a"))
    assert [run.state(id) for id in "abc"] == ["READY", "PENDING", "CANCELLED"]
    run.sees(*staffed(2), exited("a", attempt=2))
    assert run.state("b") == "RUNNING attempting"


def test_success_is_final():
    run = given(accepted("a", "b"), *staffed(1, 2), exited("a"), retry("a"))
    run.ignores("a is SUCCEEDED")


@pytest.mark.parametrize("before", [[], [*staffed(1), started("a")]])
def test_what_has_not_ended_is_not_retried(before):
    given(accepted("a", **ONE), *before, retry("a")).ignores("only a FAILED or CANCELLED")


def test_what_depends_on_failed_work_is_not_retried_before_it():
    run = given(accepted("a", "b after a", **ONE), *staffed(1), exited("a", 1), retry("b"))
    run.ignores("b depends on a, which is FAILED: retry that one")


def test_what_the_plan_does_not_know_is_not_retried():
    given(accepted("a"), retry("z")).ignores("foreign")


def test_a_reopened_workstream_keeps_its_numbers_and_forgets_its_failure():
    run = given(accepted(spec("a", max_attempts=2), "b"), *staffed(1, 2), exited("a", 1))
    run.passes(9_000_000).sees(exited("a", 1, attempt=2), retry("a"))
    now = run.ledger.workstreams["a"]
    assert (now.attempt, now.counted, now.code, now.message) == (3, 0, None, "")
