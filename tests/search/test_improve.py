"""Is what the search promises what the kernel then does?"""

import pytest

from tests.builders import plan_of, random_plan, spec
from tests.search.instances import Steps, broken_rules, optimum, project, tiny, two_sorts
from uet_es.drivers.simulation.simulate import schedule
from uet_es.errors import PlanError, UsageError
from uet_es.plan import Limits
from uet_es.search.improve import improve
from uet_es.search.improved import apply
from uet_es.search.model import order_edges
from uet_es.values import SECOND_US


def search(plan, tries=60, **fields):
    return improve(plan, seconds=tries, clock=Steps(), **fields)


def makespan(plan):
    return max((slot.end_us for slot in schedule(plan)), default=0)


def kept(plan):
    """What is wrong with what the kernel does with ``plan``."""
    return broken_rules(plan, {slot.id: slot.start_us for slot in schedule(plan)})


@pytest.mark.slow
@pytest.mark.parametrize("draw", [random_plan, project, two_sorts])
def test_the_kernel_does_what_was_promised_and_never_worse_than_before(draw):
    shorter = 0
    for seed in range(40):
        plan = draw(seed)
        found = search(plan)
        told = apply(plan, found)
        assert found.online_us == makespan(plan), seed
        assert found.lower_bound_us <= found.makespan_us == makespan(told) <= found.online_us, seed
        assert kept(told) == [], seed
        shorter += found.makespan_us < found.online_us
    assert shorter >= (3 if draw is two_sorts else 5)


@pytest.mark.slow
def test_small_plans_get_the_best_schedule_there_is():
    held = 0
    for seed in range(30):
        plan = tiny(seed) if seed % 2 else project(seed, size=6)
        found = search(plan, tries=300)
        assert found.makespan_us == optimum(plan), seed
        held += len(found.before)
    assert held > 3


@pytest.mark.slow
def test_larger_plans_get_the_proven_optimum_within_a_thousand_tries():
    found = [search(project(seed, size=30), tries=1000) for seed in range(7, 12)]
    assert [each.makespan_us // SECOND_US for each in found] == [77, 58, 34, 65, 90]
    assert [each.online_us // SECOND_US for each in found] == [90, 70, 41, 69, 106]


def test_new_edges_do_not_change_the_order_of_strict_merging():
    plan = random_plan(179)
    assert plan.limits.merge_order == "strict"
    found = search(plan, tries=80)
    told = apply(plan, found)
    assert makespan(told) == found.makespan_us < found.online_us
    assert {*order_edges(told)} == {*order_edges(plan), *found.before}


def test_an_edge_is_added_where_no_order_is_enough():
    """Dispatch would start ``wide`` while ``late`` is not ready, and ``late`` is the long one."""
    wide = spec("wide", expected_us=5 * SECOND_US, resources={"gpu": 2})
    late = spec("late", ("first",), expected_us=9 * SECOND_US, resources={"gpu": 2})
    tail = spec("tail", ("late",), expected_us=5 * SECOND_US)
    plan = plan_of("first", wide, late, tail, limits=Limits(resources={"gpu": 2}))
    found = search(plan)
    assert (found.online_us, found.makespan_us) == (19 * SECOND_US, 15 * SECOND_US)
    assert found.before == (("late", "wide"),)
    assert found.proven


def test_the_same_seed_and_number_of_tries_give_the_same_result():
    plan = project(5, size=30)
    assert search(plan, seed=7) == search(plan, seed=7)
    assert len({tuple(search(plan, seed=seed).order.items()) for seed in range(4)}) > 1


def test_more_tries_never_find_less():
    plan = project(5, size=30)
    makespans = [search(plan, tries=tries).makespan_us for tries in (0, 5, 50, 400)]
    assert makespans == sorted(makespans, reverse=True)
    assert makespans[-1] < makespans[0]


def test_it_stops_where_nothing_shorter_can_exist():
    found = search(plan_of("a", "b after a"), tries=1000)
    assert (found.tried, found.proven) == (0, True)
    assert apply(plan_of("a", "b after a"), found) == plan_of("a", "b after a")


def test_without_time_the_plan_stays_as_it_is():
    plan = project(5, size=30)
    found = search(plan, tries=0)
    assert (found.tried, found.order, found.before) == (0, {}, ())
    assert apply(plan, found) == plan


def test_edges_and_rest_of_the_plan_are_kept():
    plan = project(5, size=30)
    plan = plan_of(*plan.workstreams, limits=plan.limits, before=(("w00", "w01"),), base="b")
    told = apply(plan, search(plan))
    assert ("w00", "w01") in told.before
    assert told.before == tuple(sorted(set(told.before)))
    assert (told.limits, told.base) == (plan.limits, plan.base)
    assert [w.id for w in told.workstreams] == [w.id for w in plan.workstreams]


def test_another_number_of_workers_can_be_asked_for():
    plan = project(5, size=30)
    few = plan_of(*plan.workstreams, limits=Limits(max_workers=2, resources=plan.limits.resources))
    assert search(plan, workers=2) == search(few)


def test_an_empty_plan_is_perfect():
    assert search(plan_of()).proven


def test_nonsense_is_refused_all_at_once():
    with pytest.raises(UsageError) as wrong:
        improve(plan_of("a"), seconds=float("nan"), workers=0, clock=Steps())
    assert str(wrong.value).splitlines() == [
        "cannot search for nan seconds; give a number from 0 on",
        "cannot plan for 0 workers; give a number from 1 on",
    ]
    with pytest.raises(PlanError, match="wants 1 of 0"):
        search(plan_of(spec("a", resources={"gpu": 1})))
