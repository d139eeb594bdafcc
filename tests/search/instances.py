"""Small plans drawn by seed, and what is true of them, found the slow and obvious way."""

import random
from itertools import permutations

from tests.builders import plan_of, spec
from uet_es.plan import Limits, WorkerGroup
from uet_es.values import SECOND_US


def project(seed, size=14, workers=None):
    """Scarce resources and a precedence, as in the benchmark sets."""
    dice = random.Random(f"project {seed}")
    pools = {f"R{n}": dice.randrange(5, 9) for n in range(3)}
    specs = []
    for n in range(size):
        first = max(0, n - 7)
        earlier = {f"w{dice.randrange(first, n):02}" for _ in range(dice.randrange(3))} if n else ()
        wants = {pool: dice.randrange(0, 6) for pool in pools if dice.random() < 0.7}
        specs.append(
            spec(
                f"w{n:02}",
                earlier,
                expected_us=dice.randrange(1, 11) * SECOND_US,
                resources={pool: units for pool, units in wants.items() if units},
            )
        )
    return plan_of(*specs, limits=Limits(max_workers=workers or size, resources=pools))


def tiny(seed):
    """Six workstreams and a bit of everything."""
    dice = random.Random(f"tiny {seed}")
    specs = []
    for n in range(6):
        earlier = {f"w{dice.randrange(n)}"} if n and dice.random() < 0.4 else ()
        specs.append(
            spec(
                f"w{n}",
                earlier,
                expected_us=dice.randrange(1, 6) * SECOND_US,
                resources={"gpu": dice.randrange(1, 4)} if dice.random() < 0.5 else {},
                writes=(dice.choice(("d", "d/f", "e")),) if dice.random() < 0.4 else (),
                reads=("d",) if dice.random() < 0.3 else (),
                conflict_group=dice.choice(("", "", "g")),
                alone=dice.random() < 0.1,
                priority=dice.choice(("foreground", "foreground", "background")),
            )
        )
    limits = Limits(max_workers=dice.randrange(2, 5), resources={"gpu": 3})
    return plan_of(*specs, limits=limits, overlaps=(("d", "d/f"),))


def two_sorts(seed):
    """Workers of two sorts, and work that only one of them can do."""
    dice = random.Random(f"sorts {seed}")
    specs = []
    for n in range(12):
        earlier = {f"w{dice.randrange(n):02}"} if n and dice.random() < 0.5 else ()
        needs = dice.choice(((), (), ("gpu",)))
        seconds = dice.randrange(1, 9) * SECOND_US
        specs.append(spec(f"w{n:02}", earlier, capabilities=needs, expected_us=seconds))
    workers = (
        WorkerGroup(count=dice.randrange(1, 4)),
        WorkerGroup(count=dice.randrange(1, 3), capabilities=("gpu",)),
    )
    return plan_of(*specs, workers=workers, max_workers=dice.randrange(2, 6))


def may_not_meet(plan, one, other):
    """Whether the two must never run at the same instant."""
    near = {(a, b) for pair in plan.overlaps for a, b in (pair, pair[::-1])}

    def touch(some, others):
        return any(a == b or (a, b) in near for a in some for b in others)

    return bool(
        one.alone
        or other.alone
        or (one.conflict_group and one.conflict_group == other.conflict_group)
        or touch(one.writes, (*other.writes, *other.reads))
        or touch(one.reads, other.writes)
    )


def may_run(plan, together):
    """Whether all of ``together`` may run at one instant."""
    return (
        len(together) <= plan.limits.max_workers
        and all(
            sum(w.resources.get(pool, 0) for w in together) <= capacity
            for pool, capacity in plan.limits.resources.items()
        )
        and not any(
            may_not_meet(plan, one, other)
            for n, one in enumerate(together)
            for other in together[:n]
        )
    )


def broken_rules(plan, start_us):
    """What is wrong with a schedule, in words."""
    specs = {w.id: w for w in plan.workstreams}
    end_us = {id: start_us[id] + w.expected_us for id, w in specs.items()}
    waits = [(d, w.id) for w in specs.values() for d in w.depends_on] + list(plan.before)
    wrong = [f"{b} before the end of {a}" for a, b in waits if start_us[b] < end_us[a]]
    for at in sorted(set(start_us.values())):
        running = [w for id, w in specs.items() if start_us[id] <= at < end_us[id]]
        if not may_run(plan, running):
            wrong.append(f"at {at}: {[w.id for w in running]}")
    return wrong


def optimum(plan):
    """The least makespan: every list, each workstream at the first second that suits it."""
    return min(
        makespan
        for line in permutations(plan.workstreams)
        if (makespan := _placed(plan, line)) is not None
    )


def _placed(plan, line):
    busy, ends = {}, {}
    waits = {w.id: [*w.depends_on, *(a for a, b in plan.before if b == w.id)] for w in line}
    for one in line:
        if any(first not in ends for first in waits[one.id]):
            return None
        start = max((ends[first] for first in waits[one.id]), default=0)
        seconds = one.expected_us // SECOND_US
        while not all(may_run(plan, [*busy.get(start + n, ()), one]) for n in range(seconds)):
            start += 1
        for n in range(seconds):
            busy.setdefault(start + n, []).append(one)
        ends[one.id] = start + seconds
    return max(ends.values()) * SECOND_US


class Steps:
    """A clock that goes on by one each time somebody looks at it."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        self.now += 1
        return self.now
