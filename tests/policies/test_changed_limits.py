"""Limits that change during a run, and forks."""

from tests.builders import accepted, exited, landed, spec, staffed
from tests.spec import given
from uet_es.events.observations import LimitsChanged, RunForked
from uet_es.kernel import Ledger, turn
from uet_es.plan import Limits

TREE = {"isolation": "worktree"}


def change(**fields):
    return LimitsChanged(limits=Limits(**fields))


def test_a_raised_limit_brings_more_workers():
    run = given(accepted("a", "b", "c", max_workers=1), *staffed(1), change(max_workers=3))
    assert len(run.ledger.live) == 3


def test_a_raised_pool_is_no_broken_invariant():
    work = [spec(id, resources={"gpu": 1}) for id in "ab"]
    limits = Limits(max_workers=2, resources={"gpu": 1})
    run = given(accepted(*work, limits=limits), *staffed(1, 2))
    run.sees(change(max_workers=2, resources={"gpu": 2}))
    assert run.state("b") == "RUNNING attempting"


def test_a_lowered_pool_is_no_broken_invariant():
    work = [spec(id, resources={"gpu": 1}) for id in "abc"]
    limits = Limits(max_workers=2, resources={"gpu": 2})
    run = given(accepted(*work, limits=limits), *staffed(1, 2))
    run.sees(change(max_workers=2, resources={"gpu": 1}))


def test_merging_that_becomes_strict_does_not_wait_for_ever():
    a, b = spec("a", writes=("x",), **TREE), spec("b", writes=("x",), order=-1, **TREE)
    c = spec("c", order=-2, **TREE)
    run = given(accepted(a, b, c), *staffed(1, 2), exited("c", commit="c"))
    run.sees(exited("b", commit="d"), change(max_workers=2, merge_order="strict"), landed("c"))
    assert run.ledger.run.merging == "b" or run.state("a") == "RUNNING attempting"


def test_a_fork_that_is_ignored_changes_nothing():
    ledger = Ledger("run-1")
    entry = turn(ledger, 1, RunForked(run="run-2", parent="run-1", at_seq=0))[0]
    assert entry.ignored
    assert ledger.id == "run-1"


def test_whoever_is_on_its_way_when_a_limit_is_lowered_goes():
    run = given(accepted("a", "b"), *staffed(1), change(max_workers=1)).sees(*staffed(2))
    assert run.ledger.pool == 1
