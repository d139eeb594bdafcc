"""Is the lower bound below every schedule, and not by more than it must be?"""

import pytest

from tests.builders import plan_of, spec
from tests.search.instances import optimum, project, tiny
from uet_es.plan import Limits
from uet_es.search.bound import lower_bound
from uet_es.search.model import model_of
from uet_es.values import SECOND_US


def bound(*specs, **fields):
    return lower_bound(model_of(plan_of(*specs, **fields))) / SECOND_US


@pytest.mark.slow
def test_no_bound_is_above_the_optimum_and_many_reach_it():
    reached = 0
    for seed in range(25):
        plan = tiny(seed) if seed % 2 else project(seed, size=6)
        least_us = optimum(plan)
        bound_us = lower_bound(model_of(plan))
        assert bound_us <= least_us, seed
        reached += bound_us == least_us
    assert reached >= 12


def test_an_empty_plan_needs_nothing():
    assert bound() == 0


def test_the_longest_path_is_a_bound():
    assert bound("a", "b after a", "c after b", max_workers=9) == 3


def test_workers_must_carry_all_the_work_and_nobody_ends_between_two_grains():
    assert bound(*"abcde", max_workers=2) == 3


def test_what_comes_before_and_after_the_users_of_a_pool_counts():
    middle = [spec(id, ("a",), conflict_group="g") for id in "bcd"]
    assert bound("a", *middle, spec("z", "bcd"), max_workers=9) == 5


def test_those_that_want_more_than_half_follow_each_other():
    wide = [spec(id, resources={"gpu": 4}) for id in "abc"]
    assert bound(*wide, limits=Limits(max_workers=9, resources={"gpu": 7})) == 3
