"""Is what the kernel does a list schedule, and no worse than one must be?"""

import random
from heapq import heappop, heappush

import pytest

from tests.builders import plan_of, random_plan, spec
from uet_es.aggregates import order
from uet_es.drivers.simulation.simulate import ideal, schedule
from uet_es.plan import Limits
from uet_es.values import SECOND_US

PLANS = 120


def naive(plan):
    """When each workstream starts: at every instant, the first in order that may."""
    specs = {w.id: w for w in plan.workstreams}
    near = {(a, b) for pair in plan.overlaps for a, b in (pair, pair[::-1])}

    def clash(one, other):
        def touch(some, others):
            return any(a == b or (a, b) in near for a in some for b in others)

        return (
            one.alone
            or other.alone
            or (one.conflict_group and one.conflict_group == other.conflict_group)
            or touch(one.writes, (*other.writes, *other.reads))
            or touch(one.reads, other.writes)
        )

    tail = order.tails(plan, plan.before)
    ranked = order.dispatch_order(plan, tail, order.followers_of(plan))
    needs = {
        w.id: {*w.depends_on, *(a for a, b in plan.before if b == w.id)} for w in specs.values()
    }
    done, running, starts, now = set(), [], {}, 0
    while len(done) < len(specs):
        for id in ranked:
            one = specs[id]
            held = [specs[other] for _, other in running]
            if id in starts or not needs[id] <= done or len(held) >= plan.limits.max_workers:
                continue
            free = all(
                units + sum(other.resources.get(pool, 0) for other in held)
                <= plan.limits.resources.get(pool, 0)
                for pool, units in one.resources.items()
            )
            if free and not any(clash(one, other) for other in held):
                starts[id] = now
                heappush(running, (now + one.expected_us, id))
        now = running[0][0]
        while running and running[0][0] == now:
            done.add(heappop(running)[1])
    return starts


def test_every_start_is_that_of_a_naive_list_schedule():
    for seed in range(PLANS):
        plan = random_plan(seed)
        plain = Limits(max_workers=plan.limits.max_workers, resources=plan.limits.resources)
        plan = ideal(
            plan_of(*plan.workstreams, limits=plain, overlaps=plan.overlaps, before=plan.before)
        )
        found = {slot.id: slot.start_us for slot in schedule(plan)}
        assert found == naive(plan), seed


def tangle(seed, unit):
    """Precedence and nothing else."""
    dice = random.Random(f"graham {seed}")
    specs = []
    for n in range(dice.randrange(1, 40)):
        after = {f"w{dice.randrange(n):02}" for _ in range(dice.randrange(4))} if n else ()
        seconds = 1 if unit else dice.randrange(1, 30)
        specs.append(spec(f"w{n:02}", after, expected_us=seconds * SECOND_US))
    return plan_of(*specs, max_workers=dice.randrange(1, 7))


@pytest.mark.parametrize("unit", [True, False], ids=["unit durations", "random durations"])
def test_no_makespan_is_above_graham_s_bound(unit):
    for seed in range(PLANS):
        plan = tangle(seed, unit)
        workers = plan.limits.max_workers
        work = sum(w.expected_us for w in plan.workstreams)
        path = max(order.tails(plan).values())
        makespan = max(slot.end_us for slot in schedule(plan))
        assert max(path * workers, work) <= makespan * workers, seed
        assert makespan * workers <= work + (workers - 1) * path, seed


def test_one_worker_is_never_idle():
    plan = tangle(1, unit=False)
    plan = plan_of(*plan.workstreams, max_workers=1)
    slots = schedule(plan)
    assert [a.end_us for a in slots[:-1]] == [b.start_us for b in slots[1:]]


def test_a_schedule_lists_who_did_what_when():
    (a, b) = schedule(plan_of("a", "b after a", max_workers=1))
    assert (a.id, a.attempt, a.worker, a.start_us, a.end_us) == ("a", 1, 1, 0, SECOND_US)
    assert (b.id, b.start_us, b.end_us) == ("b", SECOND_US, 2 * SECOND_US)
