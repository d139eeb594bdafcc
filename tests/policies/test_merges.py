"""Whose work is merged next?"""

import itertools

import pytest

from tests.builders import (
    accepted,
    cancel,
    completed,
    conflicted,
    exited,
    failed,
    landed,
    merging,
    retry,
    spec,
    staffed,
    submitted,
)
from tests.spec import given
from uet_es.events.decisions import MergeStarted
from uet_es.plan import Limits
from uet_es.values import SECOND_US

WORKTREE = {"isolation": "worktree"}


def tree(id, after=(), seconds=1, **fields):
    return spec(id, after, expected_us=seconds * SECOND_US, **WORKTREE, **fields)


def strict(workers):
    return Limits(max_workers=workers, merge_order="strict")


def merge_log(run, *, until=50):
    """Let every merge land; the ids in the order in which they were taken."""
    for _ in range(until):
        if run.ledger.run.merging is None:
            break
        run.sees(landed(run.ledger.run.merging))
    return [e.event.workstream for e in run.entries if isinstance(e.event, MergeStarted)]


def test_a_candidate_is_taken_while_the_integration_worker_is_free():
    run = given(accepted(tree("a"), tree("b"), "c"), *staffed(1, 2), exited("b", commit="c"))
    assert merging("b") in run.decided


def test_one_merge_at_a_time():
    run = given(accepted(tree("a"), tree("b"), "c"), *staffed(1, 2), exited("b", commit="c"))
    run.sees(exited("a", commit="d"))
    assert run.decided[0] == submitted("a", "d")
    assert run.ledger.run.merging == "b"
    run.sees(landed("b")).decides(completed("b", commit="m-b"), merging("a", "d"))


ORDER = {
    "the longest remaining path": ([tree("a"), tree("b", seconds=2)], "b"),
    "more dependents": (
        [tree("a"), tree("b"), "c after a", "d after b", "e after b"],
        "b",
    ),
    "then priority": ([tree("a", priority="background"), tree("b")], "b"),
    "then the id": ([tree("b"), tree("a")], "a"),
}


@pytest.mark.parametrize("rule", ["the longest remaining path", "more dependents"])
def test_among_candidates_of_one_instant_the_most_important_is_merged_first(rule):
    work, first = ORDER[rule]
    run = given(accepted(*work), *staffed(1, 2)).together(
        exited("a", commit="c"), exited("b", commit="c")
    )
    assert run.ledger.run.merging == first


@pytest.mark.parametrize(("early", "late"), [("a", "b"), ("b", "a")])
def test_among_equals_the_oldest_is_merged_first(early, late):
    run = given(accepted(tree("a"), tree("b"), tree("z"), max_workers=3), *staffed(1, 2, 3))
    run.sees(exited("z", commit="c"), exited(early, commit="c"), exited(late, commit="c"))
    assert merge_log(run) == ["z", early, late]


@pytest.mark.parametrize("rule", ORDER)
def test_strict_merging_follows_the_same_rules_without_age(rule):
    work, first = ORDER[rule]
    second = {"a": "b", "b": "a"}[first]
    run = given(accepted(*work, limits=strict(2)), *staffed(1, 2))
    run.sees(exited(second, commit="c"))
    assert run.ledger.run.merging is None
    run.sees(exited(first, commit="c"))
    assert merge_log(run)[:2] == [first, second]


def test_strict_merging_is_the_same_for_every_order_of_finishing():
    work = [tree("a"), tree("b", seconds=2), tree("c", seconds=3)]
    logs = set()
    for order in itertools.permutations("abc"):
        run = given(accepted(*work, limits=strict(3)), *staffed(1, 2, 3))
        for id in order:
            run.sees(exited(id, commit=f"c-{id}"))
            merge_log(run)
        logs.add(tuple(merge_log(run)))
    assert logs == {("c", "b", "a")}


def test_strict_merging_waits_for_nobody_that_has_nothing_to_merge():
    work = [tree("a"), tree("b", seconds=2), "z"]
    run = given(accepted(*work, limits=strict(3)), *staffed(1, 2, 3))
    run.sees(exited("a", commit="c")).sees(exited("b"))
    assert merging("a") in run.decided


@pytest.mark.parametrize("ending", [exited("b", 1), cancel("b")])
def test_strict_merging_goes_on_past_failed_and_cancelled_work(ending):
    work = [tree("a"), tree("b", seconds=2), "z"]
    run = given(accepted(*work, limits=strict(3)), *staffed(1, 2, 3))
    run.sees(exited("a", commit="c"), ending)
    if run.state("b") != "FAILED":
        run.sees(exited("b", -15))
    assert run.ledger.run.merging == "a"


def test_conflicting_work_starts_in_the_order_of_strict_merging():
    work = [tree("a", writes=("x",)), tree("b", seconds=2, reads=("x",))]
    run = given(accepted(*work, limits=strict(2)), *staffed(1, 2))
    assert [run.state(id) for id in "ab"] == ["PENDING", "RUNNING attempting"]
    run.sees(exited("b", commit="c"), landed("b"))
    assert run.state("a") == "RUNNING attempting"


def test_a_reopened_workstream_takes_the_last_place_of_strict_merging():
    work = [tree("a"), tree("b", seconds=2), "z"]
    run = given(accepted(*work, limits=strict(3)), *staffed(1, 2, 3))
    run.sees(exited("b", 1), retry("b"), exited("b", commit="c", attempt=2))
    assert run.ledger.run.merging is None
    run.sees(exited("a", commit="c"), landed("a")).decides(
        completed("a", commit="m-a"), merging("b", attempt=2)
    )


def test_after_a_conflict_the_next_candidate_is_tried():
    run = given(accepted(tree("a"), tree("b"), "c", max_workers=3), *staffed(1, 2, 3))
    run.sees(exited("a", commit="c"), exited("b", commit="d"), conflicted("a"))
    assert run.decided[0] == failed(
        "a",
        "conflict",
        "f: attempt c against integration ours",
        code="E_MERGE_CONFLICT",
    )
    assert run.ledger.run.merging == "b"


def test_a_cancelled_candidate_leaves_the_queue():
    run = given(accepted(tree("a"), tree("b"), tree("c"), max_workers=3), *staffed(1, 2, 3))
    run.sees(*(exited(id, commit="c") for id in "abc"), cancel("c"))
    assert merge_log(run) == ["a", "b"]
