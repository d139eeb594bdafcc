"""What of a plan keeps workstreams apart?"""

import pickle

import pytest

from tests.builders import plan_of, random_plan, spec
from tests.search.instances import may_run
from uet_es.errors import PlanError, UsageError
from uet_es.plan import Limits, WorkerGroup
from uet_es.search.model import model_of


def fits(plan, *ids):
    """Whether the model lets all of them run together."""
    model = model_of(plan)
    room = model.room
    for id in ids:
        room -= model.want[model.ids.index(id)]
        if room & model.guard != model.guard:
            return False
    return True


def test_any_two_fit_together_exactly_when_they_may_run_together():
    met = set()
    for seed in range(60):
        plan = random_plan(seed, size=8)
        for n, one in enumerate(plan.workstreams):
            for other in plan.workstreams[:n]:
                may = may_run(plan, [one, other])
                assert fits(plan, one.id, other.id) == may, (seed, one.id, other.id)
                met.add(may)
    assert met == {True, False}


def test_readers_run_together_and_a_writer_alone():
    plan = plan_of(
        spec("r1", reads=("d",)),
        spec("r2", reads=("d",)),
        spec("w", writes=("d",)),
        spec("below", writes=("d/f",)),
        overlaps=(("d", "d/f"),),
        max_workers=4,
    )
    assert fits(plan, "r1", "r2")
    assert not fits(plan, "r1", "w")
    assert not fits(plan, "r2", "below")
    assert not fits(plan, "w", "below")


def test_what_nobody_can_exhaust_is_no_pool():
    plan = plan_of(
        spec("a", resources={"gpu": 1}, reads=("d",)), spec("b", reads=("d",)), max_workers=2
    )
    plan = plan_of(*plan.workstreams, limits=Limits(max_workers=2, resources={"gpu": 1}))
    assert model_of(plan).pools == ()


def test_workers_of_one_sort_are_a_pool_of_their_own():
    plan = plan_of(
        *(spec(id, capabilities=("gpu",)) for id in "abc"),
        spec("d"),
        workers=(WorkerGroup(count=2), WorkerGroup(count=2, capabilities=("gpu",))),
        max_workers=3,
    )
    model = model_of(plan)
    assert model.workers == 3
    assert model.able[model.ids.index("a")] == (0,)
    assert fits(plan, "a", "d")
    assert not fits(plan, "a", "b")


def test_edges_of_the_plan_and_of_strict_merging_are_precedence():
    two = (spec("a", writes=("d",)), spec("b", writes=("d",)), spec("c"))
    strict = Limits(merge_order="strict")
    model = model_of(plan_of(*two, limits=strict, before=(("b", "c"),)))
    assert model.before == ((1,), (), (1,))
    assert model.after == ((), (0, 2), ())


def test_everything_that_can_never_run_is_told_at_once():
    plan = plan_of(
        spec("a", resources={"gpu": 2, "db": 1}),
        spec("b", capabilities=("moon",)),
        limits=Limits(resources={"gpu": 1}),
    )
    with pytest.raises(PlanError) as wrong:
        model_of(plan)
    said = str(wrong.value).splitlines()
    assert said == [
        "a: resources.db: wants 1 of 0; raise the pool or want less",
        "a: resources.gpu: wants 2 of 1; raise the pool or want less",
        "b: tool: no worker can do it; add one that can",
    ]
    assert str(pickle.loads(pickle.dumps(wrong.value))) == str(wrong.value)


def test_sorts_of_workers_that_make_way_for_each_other_are_not_foreseen():
    plan = plan_of(
        "a",
        spec("b", tool="other"),
        workers=(WorkerGroup(count=1, tools=("shell",)), WorkerGroup(count=1, tools=("other",))),
        max_workers=1,
    )
    with pytest.raises(UsageError, match="max_workers is 1; raise it"):
        model_of(plan)
