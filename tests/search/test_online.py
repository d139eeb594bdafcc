"""Does the search foresee what the kernel will do?"""

import pytest

from tests.builders import plan_of, random_plan, spec
from tests.search.instances import project, two_sorts
from uet_es.drivers.simulation.simulate import schedule
from uet_es.search.model import model_of
from uet_es.search.online import makespan_of, online_starts, ranking
from uet_es.values import SECOND_US


def foreseen(plan):
    model = model_of(plan)
    return dict(zip(model.ids, online_starts(model, ranking(plan)), strict=True))


def started(plan):
    return {slot.id: slot.start_us for slot in schedule(plan)}


@pytest.mark.slow
def test_every_start_is_that_of_the_kernel():
    for seed in range(120):
        plan = random_plan(seed)
        assert foreseen(plan) == started(plan), seed


@pytest.mark.parametrize("draw", [project, two_sorts])
def test_scarce_resources_and_sorts_of_workers_are_foreseen_too(draw):
    for seed in range(25):
        plan = draw(seed)
        assert foreseen(plan) == started(plan), seed


def test_an_edge_holds_back_as_in_the_kernel():
    plan = plan_of("a", "b", "c", max_workers=3)
    model = model_of(plan)
    assert online_starts(model, [0, 1, 2], [(0, 2)]) == [0, 0, SECOND_US]
    assert foreseen(plan_of("a", "b", "c", max_workers=3, before=(("a", "c"),)))["c"] == SECOND_US


def test_an_empty_plan_takes_no_time():
    model = model_of(plan_of())
    assert online_starts(model, []) == []
    assert makespan_of(model, []) == 0


def test_a_lower_order_goes_first():
    plan = plan_of(spec("a", order=2), spec("b", order=1), max_workers=1)
    assert foreseen(plan) == {"b": 0, "a": SECOND_US}
