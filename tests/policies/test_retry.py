"""Is a failed attempt tried again?"""

import pytest

from tests.builders import (
    accepted,
    completed,
    conflicted,
    discarded,
    dispatched,
    exited,
    failed,
    finished,
    forked,
    interrupted,
    lost,
    lost_worker,
    merge_failed,
    recalled,
    released,
    resumed,
    retry,
    scheduled,
    spec,
    staffed,
    started,
    terminated,
    unstarted,
    used,
)
from tests.spec import given
from uet_es.kernel import fold
from uet_es.plan import Flags, Limits
from uet_es.policies.retry import propose
from uet_es.values import SECOND_US

WORKTREE = {"isolation": "worktree"}


def running(*workstreams, **fields):
    """The first attempt of ``a`` runs on the only worker."""
    limits = {"limits": Limits(**{"max_workers": 1, **fields})}
    return given(accepted(*workstreams, **limits), *staffed(1), started("a"))


def end_of(id, reason, message, **fields):
    """It fails for good, and with it a run of one workstream."""
    return [
        failed(id, reason, message, **fields),
        released(1),
        terminated(1),
        finished("failed", failed=1),
    ]


def test_without_attempts_left_it_has_failed():
    running("a").sees(exited("a", 3)).decides(*end_of("a", "exit", "exit status 3"))


def test_a_signal_is_named():
    running("a").sees(exited("a", -9)).decides(*end_of("a", "exit", "signal 9"))


def test_a_failure_carries_what_was_used():
    run = running("a").sees(used("a", input_tokens=3, output_tokens=2, cost_nanousd=7))
    run.sees(exited("a", 1))
    total = {"input_tokens": 3, "output_tokens": 2, "cost_nanousd": 7}
    run.decides(*end_of("a", "exit", "exit status 1", **total))


def test_with_attempts_left_it_waits_and_its_worker_is_free_for_others():
    run = running(spec("a", max_attempts=2, expected_us=2 * SECOND_US), "b").sees(exited("a", 1))
    pause = run.now_us + SECOND_US
    run.decides(
        scheduled("a", "exit", "exit status 1", pause), released(1), *dispatched("b", worker=1)
    )
    assert run.state("a") == "RUNNING waiting"


def test_the_next_attempt_starts_exactly_when_its_pause_is_over():
    run = running(spec("a", max_attempts=2)).sees(exited("a", 1))
    run.passes(SECOND_US - 1).decides()
    run.passes(1).decides(*dispatched("a", worker=1, attempt=2))


def test_the_last_of_max_attempts_is_the_last():
    run = running(spec("a", max_attempts=3))
    for attempt in (1, 2):
        run.sees(exited("a", 1, attempt=attempt)).passes(60 * SECOND_US)
        run.decides(*dispatched("a", worker=1, attempt=attempt + 1))
    run.sees(exited("a", 1, attempt=3))
    run.decides(*end_of("a", "exit", "exit status 1", attempt=3))


def test_pauses_grow_and_are_capped():
    run = running(
        spec("a", max_attempts=6),
        backoff_us=4 * SECOND_US,
        backoff_percent=150,
        max_backoff_us=10 * SECOND_US,
    )
    pauses = []
    for attempt in range(1, 6):
        run.sees(exited("a", 1, attempt=attempt))
        pauses.append((run.decided[0].not_before_us - run.now_us) / SECOND_US)
        run.passes(60 * SECOND_US)
    assert pauses == [4, 6, 9, 10, 10]


def test_a_first_pause_above_the_cap_is_capped_too():
    run = running(spec("a", max_attempts=2), backoff_us=9 * SECOND_US, max_backoff_us=SECOND_US)
    run.sees(exited("a", 1))
    assert run.decided[0].not_before_us == run.now_us + SECOND_US


def spread(*ids, limits=None, failing=None):
    """The pauses of workstreams that all fail at once."""
    limits = limits or Limits(max_workers=len(ids), backoff_us=8 * SECOND_US)
    work = [spec(id, max_attempts=2) for id in ids]
    run = given(accepted(*work, limits=limits, flags=Flags(spreads_backoff=True)))
    run.sees(*staffed(*range(1, len(ids) + 1)))
    pauses = []
    for id in ids:
        run.sees(failing or exited(id, 1))
        pauses.append(run.decided[0].not_before_us - run.now_us)
    return pauses


def test_pauses_can_be_spread_between_half_and_all_of_them():
    pauses = spread(*"abcdefgh")
    assert len(set(pauses)) == 8
    assert all(4 * SECOND_US <= pause <= 8 * SECOND_US for pause in pauses)
    assert spread(*"abcdefgh") == pauses


def test_the_shortest_pauses_are_spread_too():
    for pause_us, possible in ((0, {0}), (1, {1}), (2, {1, 2}), (3, {2, 3})):
        assert (
            set(spread(*"abcdefgh", limits=Limits(max_workers=8, backoff_us=pause_us))) == possible
        )


def test_what_is_tried_again_at_once_stays_so():
    assert spread("a", failing=lost("a")) == [0]


def test_a_success_is_nothing_to_try_again():
    run = running("a", "b").sees(exited("a"))
    judged = next(n for n, e in enumerate(run.entries) if e.event == completed("a"))
    ledger = fold("run-1", run.entries[:judged])
    assert propose(ledger, ledger.run.limits) is None


def test_an_attempt_that_could_not_start_is_a_failed_attempt():
    run = given(accepted(spec("a"), max_workers=1), *staffed(1), unstarted("a"))
    run.decides(*end_of("a", "start", "no such command"))


def test_changes_outside_the_claims_fail_for_good_and_nothing_is_merged():
    a = spec("a", max_attempts=3, **WORKTREE)
    run = running(a, "b").sees(exited("a", commit="c", outside=("x/1", "x/2")))
    run.decides(
        failed("a", "scope", "changed outside its claims: x/1, x/2", code="E_PLAN_CONSISTENCY"),
        discarded("a"),
        released(1),
        *dispatched("b", worker=1),
    )


def test_many_files_outside_are_counted_not_listed():
    many = tuple(f"x/{n:02}" for n in range(12))
    run = running(spec("a", **WORKTREE)).sees(exited("a", commit="c", outside=many))
    assert run.decided[0].message.endswith("x/09 and 2 more")


def test_a_merge_conflict_fails_the_workstream_and_names_both_sides():
    run = running(spec("a", max_attempts=3, **WORKTREE), "b").sees(exited("a", commit="c"))
    run.sees(conflicted("a", files=("f", "g")))
    message = "f, g: attempt c against integration ours"
    run.decides(failed("a", "conflict", message, code="E_MERGE_CONFLICT"), discarded("a"))


def test_git_failing_otherwise_fails_the_workstream():
    run = running(spec("a", max_attempts=3, **WORKTREE), "b").sees(exited("a", commit="c"))
    run.sees(merge_failed("a")).decides(failed("a", "merge", "git broke"), discarded("a"))


CRASH = {"code": "E_ORCHESTRATOR_CRASH"}


def test_a_lost_attempt_is_tried_again_at_once_and_does_not_count():
    run = running("a").sees(lost("a"))
    again = scheduled("a", "lost", "nobody saw it end", run.now_us, counted=False, **CRASH)
    run.decides(again, released(1), *dispatched("a", worker=1, attempt=2))
    run.sees(exited("a", 1, attempt=2))
    run.decides(*end_of("a", "exit", "exit status 1", attempt=2))


def test_losses_have_a_limit_of_their_own():
    run = running("a", max_losses=2)
    run.sees(lost("a"), lost("a", 2)).sees(lost("a", 3, message="gone"))
    run.decides(*end_of("a", "lost", "gone", attempt=3, **CRASH))


def test_losses_do_not_use_up_attempts():
    run = running(spec("a", max_attempts=2), max_losses=1).sees(
        lost("a"), exited("a", 1, attempt=2)
    )
    assert run.state("a") == "RUNNING waiting"
    run.passes(SECOND_US).sees(lost("a", 3))
    run.decides(*end_of("a", "lost", "nobody saw it end", attempt=3, **CRASH))


def test_the_attempt_of_a_lost_worker_is_lost_and_tried_on_another_one():
    run = running("a").sees(lost_worker(1, "power"))
    again = scheduled("a", "lost", "power", run.now_us, counted=False, code="E_UNKNOWN")
    assert run.decided[:2] == [again, terminated(1, "lost")]
    run.sees(*staffed(2))
    assert run.decided[1:] == dispatched("a", worker=2, attempt=2)


ONCE_ENDS = {
    "it exits": ([], exited("a", 1), "exit", "exit status 1", {}),
    "it cannot start": ([], unstarted("a"), "start", "no such command", {}),
    "it is lost": ([], lost("a"), "lost", "nobody saw it end", CRASH),
    "its worker is lost": (
        [], lost_worker(1), "lost", "worker 1 was lost", {"code": "E_UNKNOWN"},
    ),
    "its driver is stopped": (
        [interrupted(), interrupted()],
        exited("a", -15),
        "interrupted",
        "the driver was told to stop",
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", ONCE_ENDS)
def test_once_is_never_executed_a_second_time(how):
    before, end, reason, message, fields = ONCE_ENDS[how]
    run = running(spec("a", once=True, max_attempts=5)).sees(*before, end)
    assert run.decided[0] == failed("a", reason, message, **fields)
    assert run.state("a") == "FAILED"


def test_an_attempt_stopped_with_its_driver_is_tried_again_after_resume_and_does_not_count():
    run = running("a").sees(interrupted(), interrupted())
    run.decides(recalled("a", "interrupted"))
    run.sees(exited("a", -15))
    message = "the driver was told to stop"
    again = scheduled("a", "interrupted", message, run.now_us, counted=False)
    run.decides(again, terminated(1, "drained"))
    assert run.ledger.is_drained
    run.sees(resumed(), *staffed(2))
    assert run.decided[1:] == dispatched("a", worker=2, attempt=2)
    assert run.ledger.workstreams["a"].counted == 0


def test_a_failed_attempt_in_a_worktree_is_discarded_before_the_next_one():
    run = running(spec("a", max_attempts=2, writes=("x",), **WORKTREE)).sees(lost("a"))
    again = scheduled("a", "lost", "nobody saw it end", run.now_us, counted=False, **CRASH)
    run.decides(again, discarded("a"), released(1), *dispatched("a", worker=1, attempt=2))


def test_a_run_that_fails_fast_retries_nothing_after_the_first_failure():
    limits = Limits(max_workers=2, fail_fast=True)
    run = given(accepted("a", spec("b", max_attempts=3), limits=limits), *staffed(1, 2))
    run.sees(exited("a", 1), exited("b", 1))
    assert run.decided[0] == failed("b", "exit", "exit status 1", worker=2)


def test_a_run_that_fails_fast_makes_no_lost_attempt_anew():
    limits = Limits(max_workers=2, fail_fast=True)
    run = given(accepted("a", "b", limits=limits), *staffed(1, 2), exited("a", 1), lost("b"))
    assert run.decided[0] == failed("b", "lost", "nobody saw it end", worker=2, **CRASH)


def test_an_attempt_that_runs_on_in_the_parent_is_made_anew_and_does_not_count():
    run = running("a", max_losses=0)
    run.sees(forked(run.ledger.seq), lost("a", forked=True))
    message = "it runs on in the parent"
    again = scheduled("a", "forked", message, run.now_us, counted=False, **CRASH)
    run.decides(again, released(1), *dispatched("a", worker=1, attempt=2))
    assert (run.ledger.workstreams["a"].counted, run.ledger.workstreams["a"].losses) == (0, 0)


def test_a_person_s_retry_has_all_attempts_again():
    run = running(spec("a", max_attempts=2), "b").sees(exited("a", 1)).passes(SECOND_US)
    run.sees(exited("b"), exited("a", 1, attempt=2), retry("a"), *staffed(2))
    run.sees(exited("a", 1, attempt=3))
    assert run.state("a") == "RUNNING waiting"
