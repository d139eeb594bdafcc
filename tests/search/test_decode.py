"""Does a list become a schedule that breaks no rule and wastes no room?"""

import random

import pytest

from tests.builders import plan_of, random_plan, spec
from tests.search.instances import broken_rules, project
from uet_es.search.decode import decoded, justified
from uet_es.search.model import model_of
from uet_es.search.online import makespan_of, online_starts, ranking
from uet_es.values import SECOND_US


def lines(model, dice, count):
    """Lists in which nobody stands ahead of what it waits for."""
    for _ in range(count):
        line, unmet = [], [len(firsts) for firsts in model.before]
        ready = [job for job, n in enumerate(unmet) if not n]
        while ready:
            job = ready.pop(dice.randrange(len(ready)))
            line.append(job)
            for second in model.after[job]:
                unmet[second] -= 1
                if not unmet[second]:
                    ready.append(second)
        yield line


def starts_of(model, ends):
    return {id: end - took for id, end, took in zip(model.ids, ends, model.took_us, strict=True)}


@pytest.mark.parametrize("draw", [random_plan, project])
def test_no_list_breaks_a_rule_and_justifying_makes_none_longer(draw):
    shorter = 0
    for seed in range(30):
        plan = draw(seed)
        model = model_of(plan)
        for line in lines(model, random.Random(seed), 5):
            makespan, ends = decoded(model, model.before, line)
            assert makespan == max(ends)
            assert broken_rules(plan, starts_of(model, ends)) == [], seed
            found = justified(model, line)
            assert found.makespan_us == max(found.ends_us) <= makespan
            assert broken_rules(plan, starts_of(model, found.ends_us)) == [], seed
            shorter += found.makespan_us < makespan
    assert shorter > 10


def test_a_list_by_start_gives_a_schedule_at_least_as_short():
    for seed in range(40):
        plan = project(seed)
        model = model_of(plan)
        starts = online_starts(model, ranking(plan))
        line = sorted(range(len(starts)), key=starts.__getitem__)
        makespan, ends = decoded(model, model.before, line)
        assert makespan == makespan_of(model, starts)
        assert list(starts_of(model, ends).values()) == starts


def test_a_later_one_in_the_list_fills_the_first_gap_that_is_wide_enough():
    plan = plan_of(
        spec("a", expected_us=2 * SECOND_US),
        spec("b", ("a",), alone=True),
        spec("c", expected_us=3 * SECOND_US),
        spec("d", expected_us=2 * SECOND_US),
        max_workers=2,
    )
    model = model_of(plan)
    makespan, ends = decoded(model, model.before, [0, 1, 2, 3])
    assert starts_of(model, ends) == {"a": 0, "b": 2_000_000, "c": 3_000_000, "d": 0}
    assert makespan == 6 * SECOND_US
