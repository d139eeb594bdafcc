"""Why does a workstream not run?"""

from tests.builders import (
    accepted,
    cancel,
    exited,
    interrupted,
    pause,
    spec,
    staffed,
    started,
)
from tests.spec import given
from uet_es.aggregates.waits import waits_of
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
