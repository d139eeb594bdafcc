"""What must stop, and may anything start at all?"""

import pytest

from tests.builders import (
    accepted,
    cancel,
    cancelled,
    completed,
    discarded,
    dispatched,
    exited,
    failed,
    finished,
    interrupted,
    landed,
    lost,
    lost_worker,
    merging,
    pause,
    recalled,
    released,
    resumed,
    scheduled,
    spawned,
    spec,
    staffed,
    started,
    terminated,
    unpause,
    unstarted,
    worker_readied,
    worker_recalled,
)
from tests.spec import given
from uet_es.effects import StopAttempt, StopWorker
from uet_es.events.decisions import RunPaused, RunUnpaused
from uet_es.kernel import wake_at
from uet_es.plan import Limits
from uet_es.values import SECOND_US

WORKTREE = {"isolation": "worktree"}


# --- pause ---


def test_a_pause_is_decided_once():
    run = given(accepted("a"), pause()).decides(RunPaused())
    run.sees(pause()).ignores("paused already")


def test_what_runs_goes_on_while_paused_and_is_merged():
    run = given(accepted(spec("a", **WORKTREE), "b", max_workers=1), *staffed(1), pause())
    run.sees(started("a"), exited("a", commit="c"))
    assert run.decided[-1] == merging("a")
    run.sees(landed("a")).decides(completed("a", commit="m-a"))
    assert run.state("b") == "READY"


def test_a_pause_holds_back_retries_until_it_ends():
    run = given(accepted(spec("a", max_attempts=2), max_workers=1), *staffed(1), exited("a", 1))
    run.sees(pause()).passes(9 * SECOND_US).decides()
    run.sees(unpause()).decides(RunUnpaused(), *dispatched("a", attempt=2))


def test_a_run_that_is_not_paused_cannot_be_unpaused():
    given(accepted("a"), unpause()).ignores("not paused")


def test_a_pause_outlives_its_driver():
    run = given(accepted("a", max_workers=1), pause(), *staffed(1), interrupted(), resumed())
    run.decides(spawned(2))
    run.sees(*staffed(2)).decides(worker_readied(2))
    assert run.state("a") == "READY"


# --- cancel ---


def test_a_pending_workstream_is_cancelled_with_what_depends_on_it():
    run = given(accepted("a", "b after a", "c after b", "d"), cancel("b"))
    run.decides(cancelled("b"), cancelled("c", because="b"))
    assert [run.state(id) for id in "abcd"] == ["READY", "CANCELLED", "CANCELLED", "READY"]


def test_a_ready_workstream_is_cancelled():
    run = given(accepted("a", "b after a", "c"), cancel("a"))
    run.decides(cancelled("a"), cancelled("b", because="a"))


def test_a_running_attempt_is_stopped_and_cancelled_when_it_has_ended():
    run = given(accepted("a", "b after a", "c"), *staffed(1, 2), started("a"), cancel("a"))
    run.decides(recalled("a", "cancelled")).asks(StopAttempt(workstream="a", attempt=1))
    assert run.state("a") == "RUNNING attempting"
    run.sees(exited("a", -15)).decides(cancelled("a"), cancelled("b", because="a"), released(1))


def stopping(*observations, **fields):
    """``a``, that could be tried again, is being stopped."""
    a = spec("a", max_attempts=3, **fields)
    run = given(accepted(a, "b", max_workers=1), *staffed(1), started("a"))
    return run.sees(*observations)


ENDS = [exited("a"), exited("a", -15), lost("a"), unstarted("a"), lost_worker(1)]


@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_a_cancelled_attempt_is_cancelled_however_it_ends(end):
    assert stopping(cancel("a"), end).state("a") == "CANCELLED"


@pytest.mark.parametrize("whom", ["a", None])
@pytest.mark.parametrize("limit", ["timeout_us", "heartbeat_us"])
def test_an_attempt_that_is_being_stopped_for_its_limit_can_be_cancelled(whom, limit):
    run = stopping(**{limit: 9 * SECOND_US}).passes(9 * SECOND_US + 1).sees(cancel(whom))
    assert recalled("a", "cancelled") in run.decided
    assert run.sees(exited("a", -15)).state("a") == "CANCELLED"


@pytest.mark.parametrize("whom", ["a", None])
def test_an_attempt_that_is_being_stopped_with_its_driver_can_be_cancelled(whom):
    run = stopping(interrupted(), interrupted(), cancel(whom))
    assert recalled("a", "cancelled") in run.decided
    assert run.sees(exited("a", -15)).state("a") == "CANCELLED"


def test_an_attempt_is_cancelled_once():
    stopping(cancel("a"), cancel("a")).decides()
    stopping(cancel("a"), cancel()).decides(cancelled("b"))


def test_a_person_who_asks_at_the_instant_of_the_end_comes_too_late():
    run = stopping().together(exited("a"), cancel("a"))
    assert run.state("a") == "SUCCEEDED"


def test_all_that_is_cancelled_with_a_run_was_asked_for():
    run = given(accepted("a", "b after a"), cancel())
    assert run.decided[:2] == [cancelled("a"), cancelled("b")]
    run = given(accepted(spec("a", priority="background"), "b after a"), cancel())
    assert run.decided[:2] == [cancelled("b"), cancelled("a")]


def test_a_waiting_retry_is_cancelled_and_never_comes():
    limits = Limits(max_workers=2, backoff_us=9 * SECOND_US)
    run = given(accepted(spec("a", max_attempts=2), "b", limits=limits), *staffed(1, 2))
    run.sees(exited("a", 1), cancel("a")).decides(cancelled("a"))
    assert wake_at(run.ledger) is None
    run.passes(60 * SECOND_US).decides()


def test_a_retry_that_waits_for_a_worker_is_cancelled():
    a = spec("a", max_attempts=2, expected_us=9 * SECOND_US)
    run = given(accepted(a, "b", max_workers=1), *staffed(1), exited("a", 1)).passes(SECOND_US)
    assert [run.state(id) for id in "ab"] == ["RUNNING waiting", "RUNNING attempting"]
    run.sees(cancel("a")).decides(cancelled("a"))


def test_what_waits_to_be_merged_is_cancelled_and_discarded():
    work = [spec(id, **WORKTREE) for id in "ab"]
    run = given(accepted(*work), *staffed(1, 2), exited("a", commit="c"), exited("b", commit="d"))
    run.sees(cancel("b")).decides(cancelled("b"), discarded("b"))


def test_what_is_being_merged_is_finished_work():
    run = given(accepted(spec("a", **WORKTREE), "b"), *staffed(1, 2), exited("a", commit="c"))
    run.sees(cancel("a")).ignores("its work is finished")


@pytest.mark.parametrize("end", [exited("a"), exited("a", 1), None])
def test_what_has_ended_is_not_cancelled(end):
    run = given(accepted("a", "b"), *staffed(1), end or cancel("a"))
    run.sees(*[exited("a")] if end is None else [], cancel("a")).ignores("already")


def test_what_the_plan_does_not_know_is_not_cancelled():
    given(accepted("a"), cancel("z")).ignores("foreign")


def test_cancelling_one_for_good_makes_a_run_that_failed():
    run = given(accepted("a", "b", max_workers=1), *staffed(1), cancel("b"), exited("a"))
    assert run.decided[-1] == finished("failed", succeeded=1, cancelled=1)


def test_cancelling_a_run_stops_everything_and_ends_as_cancelled():
    run = given(accepted("a", "b after a", "c"), *staffed(1, 2), started("a"), cancel())
    run.decides(recalled("a", "cancelled"), recalled("c", "cancelled"), cancelled("b"))
    run.sees(exited("c", -15)).decides(cancelled("c"), released(2))
    run.sees(exited("a", -15)).decides(
        cancelled("a"),
        released(1),
        terminated(1),
        terminated(2),
        finished("cancelled", cancelled=3),
    )
    run.sees(cancel()).ignores("the run has finished")


def test_cancelling_a_run_before_anything_started_ends_it_at_once():
    run = given(accepted("a", "b"), cancel())
    run.decides(
        cancelled("a"),
        cancelled("b"),
        terminated(1),
        terminated(2),
        finished("cancelled", cancelled=2),
    )
    run.asks(StopWorker(worker=1), StopWorker(worker=2))


def test_a_merge_under_way_is_awaited_when_a_run_is_cancelled():
    run = given(accepted(spec("a", **WORKTREE), "b after a"), *staffed(1, 2))
    run.sees(exited("a", commit="c"), cancel()).decides(cancelled("b"))
    run.sees(cancel()).ignores("being cancelled already")
    run.sees(landed("a"))
    assert run.decided[-1] == finished("cancelled", succeeded=1, cancelled=1)


def test_a_run_whose_work_was_done_anyway_has_succeeded():
    run = given(accepted(spec("a", **WORKTREE)), *staffed(1), exited("a", commit="c"), cancel())
    run.decides()
    run.sees(landed("a"))
    assert run.decided[-1] == finished("succeeded", succeeded=1)


# --- interrupts ---


def test_the_first_interrupt_drains_idle_workers_go_and_busy_ones_finish():
    run = given(accepted("a", "b after a", "c after a", "d"), *staffed(1, 2))
    run.sees(started("a"), exited("d"), interrupted())
    run.decides(worker_recalled(1), worker_recalled(2), terminated(2, "drained"))
    assert not run.ledger.is_drained
    run.sees(exited("a"))
    assert run.ledger.is_drained
    assert run.ledger.run.outcome is None


def test_workers_on_their_way_are_not_awaited():
    run = given(accepted("a", "b"), interrupted())
    run.decides(terminated(1, "drained"), terminated(2, "drained"))
    assert run.ledger.is_drained


def test_a_draining_run_still_merges_what_is_finished():
    work = [spec(id, **WORKTREE) for id in "ab"]
    run = given(accepted(*work, "c after b"), *staffed(1, 2), interrupted())
    run.sees(exited("a", commit="c"), exited("b", commit="d"), landed("a"))
    run.decides(completed("a", commit="m-a"), merging("b", "d"))
    assert not run.ledger.is_drained
    assert run.sees(landed("b")).ledger.is_drained


def test_the_second_interrupt_stops_what_still_runs_and_the_run_can_be_resumed():
    run = given(accepted("a", "b", "c after a"), *staffed(1, 2), started("a"), interrupted())
    run.sees(interrupted()).decides(recalled("a", "interrupted"), recalled("b", "interrupted"))
    run.asks(StopAttempt(workstream="a", attempt=1), StopAttempt(workstream="b", attempt=1))
    run.sees(exited("a", -15), exited("b", -15))
    assert run.ledger.is_drained
    assert [run.state(id) for id in "abc"] == ["RUNNING waiting", "RUNNING waiting", "PENDING"]


def test_a_third_interrupt_stops_nothing_twice():
    run = given(accepted("a"), *staffed(1), interrupted(), interrupted(), interrupted())
    run.decides()


def test_an_attempt_that_was_cancelled_is_not_interrupted_as_well():
    run = given(accepted("a", "b"), *staffed(1, 2), cancel("a"), interrupted(), interrupted())
    run.decides(recalled("b", "interrupted"))


def test_a_resumed_run_takes_up_its_work_in_order():
    run = given(accepted("a", "b", max_workers=1), *staffed(1), interrupted(), exited("a"))
    run.sees(resumed(), *staffed(2)).decides(worker_readied(2), *dispatched("b", worker=2))


# --- fail fast ---


def test_failing_fast_cancels_all_that_has_not_started_and_lets_the_rest_finish():
    limits = Limits(max_workers=2, fail_fast=True)
    work = ["a", "b after a", "c", "d", "e after c"]
    run = given(accepted(*work, limits=limits), *staffed(1, 2), started("a"), exited("a", 1))
    run.decides(
        failed("a", "exit", "exit status 1"),
        cancelled("b", because="a"),
        cancelled("d", because="a", reason="fail_fast"),
        cancelled("e", because="a", reason="fail_fast"),
        released(1),
    )
    assert run.state("c") == "RUNNING attempting"
    run.sees(exited("c"))
    assert run.decided[-1] == finished("failed", succeeded=1, failed=1, cancelled=3)


def test_failing_fast_cancels_waiting_retries():
    limits = Limits(max_workers=2, fail_fast=True)
    run = given(accepted("a", spec("b", max_attempts=3), limits=limits), *staffed(1, 2))
    run.sees(exited("b", 1))
    run.decides(
        scheduled("b", "exit", "exit status 1", run.now_us + SECOND_US, worker=2), released(2)
    )
    run.sees(exited("a", 1))
    assert cancelled("b", because="a", reason="fail_fast") in run.decided


def test_going_on_is_the_default():
    run = given(accepted("a", "b after a", "c", "d after c"), *staffed(1, 2), exited("a", 1))
    run.decides(failed("a", "exit", "exit status 1"), cancelled("b", because="a"), released(1))
    assert [run.state(id) for id in "cd"] == ["RUNNING attempting", "PENDING"]


def test_all_transitive_dependents_are_cancelled_because_of_the_failure_itself():
    run = given(accepted("a", "b after a", "c after b", "d after c b"), *staffed(1), exited("a", 1))
    causes = {w.id: w.because for w in run.ledger.workstreams.values()}
    assert causes == {"a": None, "b": "a", "c": "a", "d": "a"}
