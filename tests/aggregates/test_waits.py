"""Why does a workstream not run?"""

from msgspec.structs import replace

from tests.builders import (
    accepted,
    cancel,
    exited,
    interrupted,
    limits_changed,
    pause,
    spec,
    staffed,
    started,
)
from tests.spec import given
from uet_es.aggregates.waits import first_wait, waits_of
from uet_es.kernel import turn
from uet_es.plan import Limits

WORKTREE = {"isolation": "worktree"}


def waits(run, id):
    return [tuple(wait) for wait in waits_of(run.ledger, id)]


def test_what_has_ended_waits_for_nothing():
    run = given(accepted("a", "b"), *staffed(1, 2), exited("a"))
    assert waits(run, "a") == []


def test_what_runs_waits_for_its_own_work():
    run = given(accepted("a"), *staffed(1), started("a"))
    assert waits(run, "a") == [("work", "attempt 1")]


def test_a_candidate_waits_for_what_is_being_merged():
    work = [spec(id, **WORKTREE) for id in "ab"]
    run = given(accepted(*work, "c"), *staffed(1, 2), exited("a", commit="c"))
    assert waits(run, "a") == [("merging", "a")]
    run.sees(exited("b", commit="d"))
    assert waits(run, "b") == [("merging", "a")]


def test_until_a_sign_of_life_an_attempt_is_being_set_up():
    run = given(accepted("a"), *staffed(1))
    assert waits(run, "a") == [("work", "set-up of attempt 1")]


def test_in_strict_merging_the_one_whose_turn_it_is_is_awaited():
    work = [spec("a", expected_us=9_000_000, **WORKTREE), spec("b", **WORKTREE)]
    limits = Limits(max_workers=2, merge_order="strict")
    run = given(accepted(*work, limits=limits), *staffed(1, 2), exited("b", commit="c"))
    assert waits(run, "b") == [("merging", "a")]


def test_before_the_next_is_chosen_nobody_is_merged_first():
    run = given(accepted(spec("a", **WORKTREE), "b"), *staffed(1, 2))
    turn(run.ledger, run.now_us, exited("a", commit="c"), followed=True)
    assert waits(run, "a") == [("merging", "")]


def test_between_things_that_happen_at_once_whoever_could_start_waits_for_a_worker():
    run = given(accepted("a", "b", "c"), *staffed(1, 2))
    turn(run.ledger, run.now_us, exited("a"), followed=True)
    assert waits(run, "c") == [("worker", "shell")]


def test_what_may_start_at_once_waits_for_nothing():
    run = given(accepted("a", "b"), pause(), *staffed(1))
    run.ledger.run = replace(run.ledger.run, paused=False)
    assert waits(run, "a") == []
    assert first_wait(run.ledger, "a") is None


def test_the_first_reason_is_found_alone():
    run = given(accepted("a", "b", "c after a b"), *staffed(1), pause(), exited("a"))
    for id in "abc":
        assert first_wait(run.ledger, id) == next(iter(waits_of(run.ledger, id)), None)
    assert first_wait(run.ledger, "c") == ("mode", "paused")


def test_a_worker_is_awaited_while_more_are_at_work_than_a_lowered_limit_allows():
    run = given(accepted(*"abc"), *staffed(1, 2), limits_changed(max_workers=1))
    assert waits(run, "c") == [("worker", "shell")]


def test_unmet_dependencies_are_named():
    run = given(accepted("a", "b", "c after a b"), *staffed(1, 2), exited("a"))
    assert waits(run, "c") == [("dependency", "b")]


def test_order_only_edges_are_named():
    run = given(accepted("a", "b", before=(("b", "a"),)), *staffed(1, 2))
    assert waits(run, "a") == [("order", "b")]


def test_a_pause_between_attempts_names_its_end():
    run = given(accepted(spec("a", max_attempts=2), "b"), *staffed(1, 2), exited("a", 1))
    due = run.ledger.workstreams["a"].not_before_us
    assert waits(run, "a") == [("backoff", str(due))]


def test_who_holds_what_it_needs_is_named():
    limits = Limits(max_workers=3, resources={"db": 1, "gpu": 1})
    work = [
        spec("a", writes=("x",), resources={"gpu": 1}, expected_us=9_000_000),
        spec("b", reads=("x",), resources={"db": 1, "gpu": 1}),
        spec("c", expected_us=8_000_000),
    ]
    run = given(accepted(*work, limits=limits), *staffed(1, 2, 3))
    assert waits(run, "b") == [("conflict", "a"), ("resource", "gpu")]


def test_without_a_worker_that_can_do_it_the_tool_is_named():
    run = given(accepted("a", spec("b", tool="codex"), max_workers=1))
    assert waits(run, "b") == [("worker", "codex")]
    assert waits(run.sees(*staffed(1)), "b") == [("worker", "codex")]


def test_a_mode_is_a_reason_of_its_own():
    run = given(accepted("a", "b"), *staffed(1), pause())
    assert waits(run, "b") == [("mode", "paused"), ("worker", "shell")]
    run.sees(*staffed(2))
    assert waits(run, "b") == [("mode", "paused")]


def test_a_draining_run_says_so():
    run = given(accepted("a", "b after a"), interrupted())
    assert waits(run, "b") == [("mode", "draining"), ("dependency", "a"), ("worker", "shell")]


def test_in_a_finished_run_nothing_waits():
    run = given(accepted("a"), cancel())
    assert waits(run, "a") == []
