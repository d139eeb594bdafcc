"""Who goes first?"""

from itertools import combinations

from tests.builders import plan_of, spec
from uet_es.aggregates import order
from uet_es.plan import Flags, Limits
from uet_es.values import SECOND_US

PLAN = plan_of(spec("a", expected_us=2), spec("b", ("a",), expected_us=3), spec("c", expected_us=4))


def dispatch(plan):
    return order.dispatch_order(plan, order.tails(plan), order.followers_of(plan))


def merge(plan):
    return order.merge_order(plan, order.tails(plan), order.followers_of(plan))


def test_followers_are_direct_dependents_by_id():
    plan = plan_of("a", "c after a", "b after a", "d after b")
    assert order.followers_of(plan) == {"a": ["b", "c"], "b": ["d"], "c": [], "d": []}


def test_a_tail_is_the_longest_path_to_an_end_itself_included():
    assert order.tails(PLAN) == {"a": 5, "b": 3, "c": 4}


def test_order_only_edges_lengthen_paths():
    assert order.tails(PLAN, [("b", "c")]) == {"a": 9, "b": 7, "c": 4}


def test_a_plan_without_workstreams_has_no_order():
    empty = plan_of()
    assert (order.tails(empty), dispatch(empty), order.strict_edges(empty, [])) == ({}, [], [])


def test_dispatch_puts_foreground_first_and_merging_looks_at_priority_late():
    plan = plan_of(spec("a", expected_us=9, priority="background"), "b", spec("c", expected_us=5))
    assert dispatch(plan) == ["b", "c", "a"]
    plan = plan_of(spec("a", priority="background"), "b", "c", "d after c")
    assert merge(plan) == ["c", "b", "d", "a"]


def test_more_dependents_first_then_the_id():
    plan = plan_of("a", "b", "c", "d after b", "e after c", "f after c")
    assert dispatch(plan) == merge(plan) == ["c", "b", "a", "d", "e", "f"]


def strict(*specs, **fields):
    plan = plan_of(*specs, **fields)
    return order.strict_edges(plan, sorted(w.id for w in plan.workstreams))


def test_writers_of_one_pattern_are_a_chain():
    assert strict(*(spec(id, writes=("x",)) for id in "abc")) == [("a", "b"), ("b", "c")]


def test_readers_stand_between_writers_and_beside_each_other():
    work = [
        spec("a", writes=("x",)),
        spec("b", reads=("x",)),
        spec("c", reads=("x",)),
        spec("d", reads=("x",), writes=("x",)),
        spec("e", reads=("x",)),
    ]
    assert strict(*work) == [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e")]


def test_readers_alone_need_no_order():
    assert strict(*(spec(id, reads=("x",)) for id in "abc")) == []


def test_readers_before_the_first_writer_come_before_it():
    assert strict(spec("a", reads=("x",)), spec("b", writes=("x",))) == [("a", "b")]


def test_groups_are_chains_too():
    assert strict(*(spec(id, conflict_group="g") for id in "ab")) == [("a", "b")]


def test_a_group_and_a_pattern_of_the_same_name_are_different_things():
    assert strict(spec("a", conflict_group="x"), spec("b", writes=("x",))) == []


def test_patterns_that_can_name_the_same_file_are_one_chain():
    work = [spec("a", writes=("d",)), spec("b", reads=("d/f",)), spec("c", reads=("d",))]
    edges = strict(*work, overlaps=(("d", "d/f"),))
    assert edges == [("a", "b"), ("a", "c")]


def test_a_workstream_that_claims_both_of_two_overlapping_patterns_is_not_before_itself():
    both = spec("a", writes=("d",), reads=("d/f",))
    edges = strict(both, spec("b", writes=("d/f",)), overlaps=(("d", "d/f"),))
    assert edges == [("a", "b")]


def test_unclaimed_overlaps_make_no_edges():
    assert strict("a", "b", overlaps=(("d", "d/f"),)) == []


def test_the_edges_order_every_pair_that_conflicts():
    work = [spec("a", writes=("x",)), spec("b", reads=("x", "y")), spec("c", writes=("x", "y"))]
    edges = set(strict(*work))
    reach = {(a, b) for a, b in edges} | {(a, d) for a, b in edges for c, d in edges if b == c}
    assert all(pair in reach for pair in combinations("abc", 2))


def pooled(id, after=(), units=1, seconds=1, pool="gpu"):
    return spec(id, after, resources={pool: units}, expected_us=seconds * SECOND_US)


def areas_of(*specs, **resources):
    plan = plan_of(*specs, limits=Limits(resources=resources))
    return order.areas(plan, order.followers_of(plan))


def test_an_area_is_how_long_a_workstream_and_all_behind_it_fill_the_scarcest_pool():
    found = areas_of(
        pooled("a", units=2, seconds=3),
        pooled("b", ("a",), seconds=4),
        pooled("c", ("a",), seconds=5, pool="db"),
        "d after b c",
        gpu=2,
        db=1,
    )
    assert found == {"a": 5 * SECOND_US, "b": 2 * SECOND_US, "c": 5 * SECOND_US, "d": 0}


def test_what_follows_on_two_ways_counts_once():
    ends = [pooled("a"), spec("b", ("a",)), spec("c", ("a",)), pooled("d", ("b", "c"))]
    assert areas_of(*ends, gpu=1)["a"] == 2 * SECOND_US


def test_without_pools_or_with_too_many_that_ask_for_them_there_is_no_area(monkeypatch):
    assert areas_of("a", "b after a", gpu=1) == {}
    monkeypatch.setattr(order, "AREA_USERS_MAX", 1)
    assert areas_of(pooled("a"), pooled("b"), gpu=1) == {}


def test_a_pool_without_capacity_fills_nothing():
    assert areas_of(pooled("a", pool="none"), gpu=1) == {"a": 0}


def test_who_holds_up_a_scarce_pool_goes_first_where_the_plan_asks_for_it():
    specs = [spec("long", expected_us=5 * SECOND_US), pooled("a", units=2, seconds=4)]
    for flag, first in ((False, "long"), (True, "a")):
        limits = Limits(resources={"gpu": 1})
        plan = plan_of(*specs, limits=limits, flags=Flags(ranks_by_area=flag))
        followers = order.followers_of(plan)
        assert order.dispatch_order(plan, order.tails(plan), followers)[0] == first
