"""What does it mean that an attempt or a merge has ended well?"""

from tests.builders import (
    accepted,
    cancel,
    cancelled,
    completed,
    discarded,
    dispatched,
    exited,
    finished,
    interrupted,
    landed,
    merging,
    prepared,
    recalled,
    released,
    spec,
    staffed,
    started,
    submitted,
    terminated,
    used,
    worker_recalled,
)
from tests.spec import given
from uet_es.effects import Merge, RemoveWorktree, StopWorker

WORKTREE = {"isolation": "worktree"}


def test_an_attempt_that_ends_well_completes_its_workstream():
    run = given(accepted("a", max_workers=1), *staffed(1), started("a"), exited("a"))
    run.decides(completed("a"), released(1), terminated(1), finished("succeeded", succeeded=1))
    run.asks(StopWorker(worker=1))


def test_an_exit_without_a_sign_of_life_before_counts_all_the_same():
    run = given(accepted("a", "b"), *staffed(1), exited("a"))
    run.decides(completed("a"), released(1), *dispatched("b", worker=1))


def test_a_commit_waits_to_be_merged_and_its_worker_is_free():
    run = given(accepted(spec("a", **WORKTREE), "b"), *staffed(1, 2))
    run.sees(prepared("a"), started("a"), exited("a", commit="c", changed=1))
    run.decides(submitted("a"), released(1), merging("a"))
    assert run.state("a") == "RUNNING merging"
    merge = next(e for e in run.last if e.event == merging("a"))
    run.asks(Merge(workstream="a", attempt=1, commit="c", seq=merge.seq, at_us=merge.at_us))


def test_a_workstream_succeeds_once_it_is_merged():
    run = given(accepted(spec("a", **WORKTREE), "b"), *staffed(1, 2))
    run.sees(exited("a", commit="c"), landed("a")).decides(completed("a", commit="m-a"))
    run.asks(RemoveWorktree(workstream="a", attempt=1, merged=True))
    assert run.ledger.run.head == "m-a"


def test_an_attempt_that_changed_nothing_has_nothing_to_merge():
    run = given(accepted(spec("a", **WORKTREE), "b"), *staffed(1, 2), exited("a"))
    run.decides(completed("a"), released(1))
    run.asks(RemoveWorktree(workstream="a", attempt=1, merged=True))


def test_a_total_of_all_attempts_is_written_at_the_end():
    run = given(accepted(spec("a", max_attempts=2), max_workers=1), *staffed(1), started("a"))
    run.sees(used("a", input_tokens=10, output_tokens=1, cost_nanousd=5), exited("a", 1))
    run.passes(2_000_000)
    run.sees(used("a", 2, input_tokens=20, output_tokens=2), exited("a", attempt=2))
    assert run.decided[0] == completed("a", 2, input_tokens=30, output_tokens=3, cost_nanousd=5)
    assert (run.ledger.run.input_tokens, run.ledger.run.unpriced) == (30, 1)


def test_a_recalled_attempt_that_ended_is_cancelled_and_discarded():
    run = given(accepted(spec("a", **WORKTREE), "b"), *staffed(1, 2), started("a"), cancel("a"))
    run.decides(recalled("a", "cancelled"))
    run.sees(exited("a", -15)).decides(cancelled("a"), discarded("a"), released(1))
    run.asks(RemoveWorktree(workstream="a", attempt=1, merged=False))


def test_a_person_s_cancel_counts_even_if_the_attempt_ended_well_meanwhile():
    run = given(accepted(spec("a", **WORKTREE), "b"), *staffed(1, 2), cancel("a"))
    run.sees(exited("a", commit="c")).decides(cancelled("a"), discarded("a"), released(1))


def test_an_interrupted_attempt_that_ended_well_has_succeeded():
    run = given(accepted("a", "b", max_workers=1), *staffed(1), interrupted(), interrupted())
    run.decides(recalled("a", "interrupted"))
    run.sees(exited("a")).decides(completed("a"), terminated(1, "drained"))


def test_a_draining_worker_goes_when_its_attempt_has_ended():
    run = given(accepted("a", "b", max_workers=1), *staffed(1), started("a"), interrupted())
    run.decides(worker_recalled(1))
    assert run.ledger.workers[1].workstream == "a"
    run.sees(exited("a")).decides(completed("a"), terminated(1, "drained"))
