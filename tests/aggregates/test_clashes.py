"""May two workstreams run side by side?"""

import pytest

from tests.builders import accepted, exited, landed, spec, staffed
from tests.spec import given
from uet_es.aggregates.clashes import clash, conflicting

OVERLAPS = (("d", "d/f"),)
PAIRS = {
    "nothing in common": ({"writes": ("x",)}, {"writes": ("y",), "reads": ("z",)}, False),
    "reads a folder that is written in": ({"reads": ("d",)}, {"writes": ("d/f",)}, True),
    "both hold the same name, one as a group": ({"conflict_group": "x"}, {"writes": ("x",)}, False),
    "the same group": ({"conflict_group": "g"}, {"conflict_group": "g"}, True),
    "different groups": ({"conflict_group": "g"}, {"conflict_group": "h"}, False),
    "both write": ({"writes": ("x",)}, {"writes": ("x",)}, True),
    "writes what is read": ({"writes": ("x",)}, {"reads": ("x",)}, True),
    "both read": ({"reads": ("x",)}, {"reads": ("x",)}, False),
    "writes a folder": ({"writes": ("d",)}, {"reads": ("d/f",)}, True),
    "both read a folder": ({"reads": ("d",)}, {"reads": ("d/f",)}, False),
}


@pytest.mark.parametrize("why", PAIRS)
def test_scopes_and_groups_exclude_each_other_both_ways(why):
    a, b, excludes = PAIRS[why]
    run = given(accepted(spec("a", **a), spec("b", **b), overlaps=OVERLAPS))
    assert clash(run.ledger, "a", "b") is clash(run.ledger, "b", "a") is excludes


def test_only_work_that_holds_something_is_in_the_way():
    work = [spec(id, writes=("x",), isolation="worktree") for id in "abc"]
    run = given(accepted(*work), *staffed(1, 2))
    assert conflicting(run.ledger, "c") == ["a"]
    run.sees(exited("a", commit="c"))
    assert conflicting(run.ledger, "c") == ["a"]
    assert conflicting(run.ledger, "a") == []


def test_who_is_or_wants_to_be_alone_is_in_the_way_of_every_attempt():
    run = given(accepted(spec("a"), spec("b", alone=True), "c"), *staffed(1, 2))
    assert conflicting(run.ledger, "b") == ["a", "c"]
    run.sees(exited("a"), exited("c"))
    assert run.state("b") == "RUNNING attempting"
    assert conflicting(run.ledger, "a") == ["b"]


def test_whoever_waits_to_be_merged_is_in_the_way_until_it_is():
    work = [spec(id, isolation="worktree", writes=(id,)) for id in "ab"]
    work += [spec("c", writes=("b",))]
    run = given(accepted(*work), *staffed(1, 2), exited("a", commit="c"), exited("b", commit="d"))
    assert [run.state(id) for id in "ab"] == ["RUNNING merging", "RUNNING merging"]
    assert conflicting(run.ledger, "c") == ["b"]
    run.sees(landed("a"))
    assert conflicting(run.ledger, "c") == ["b"]
    run.sees(landed("b"))
    assert conflicting(run.ledger, "c") == []


def test_what_waits_for_another_attempt_is_in_nobody_s_way():
    work = [spec("a", writes=("x",), max_attempts=2), spec("b", writes=("x",))]
    run = given(accepted(*work), *staffed(1, 2), exited("a", 1), exited("b"))
    assert conflicting(run.ledger, "a") == []


def test_all_that_are_in_the_way_are_named_in_order():
    work = [spec(id, reads=("x",)) for id in "dba"]
    run = given(accepted(*work, spec("c", writes=("x",)), max_workers=3), *staffed(1, 2, 3))
    assert conflicting(run.ledger, "c") == ["a", "b", "d"]


def test_who_is_alone_keeps_nothing_from_starting_while_it_is_merged():
    alone = spec("a", alone=True, isolation="worktree", expected_us=9_000_000)
    run = given(accepted(alone, "b"), *staffed(1, 2), exited("a", commit="c"))
    assert run.state("b") == "RUNNING attempting"
    assert conflicting(run.ledger, "b") == []
