"""Short words for plans and observations."""

import random

from uet_es.events.observations import (
    AttemptExited,
    AttemptStarted,
    PlanAccepted,
    WorkerStarted,
)
from uet_es.plan import Limits, Plan, WorkstreamSpec
from uet_es.values import SECOND_US


def spec(id, after=(), **fields):
    """A workstream that depends on ``after``."""
    return WorkstreamSpec(id=id, depends_on=tuple(sorted(after)), **fields)


def plan_of(*workstreams, max_workers=2, **fields):
    """A plan of specs, or of words like "b after a"."""
    specs = []
    for w in workstreams:
        if isinstance(w, str):
            id, _, after = w.partition(" after ")
            w = spec(id, after.split(" ") if after else ())
        specs.append(w)
    limits = fields.pop("limits", Limits(max_workers=max_workers))
    return Plan(workstreams=tuple(sorted(specs, key=lambda s: s.id)), limits=limits, **fields)


def accepted(*workstreams, **fields):
    return PlanAccepted(plan=plan_of(*workstreams, **fields))


def staffed(*workers):
    return [WorkerStarted(worker=n) for n in workers]


def started(id, attempt=1):
    return AttemptStarted(workstream=id, attempt=attempt)


def exited(id, status=0, attempt=1, **fields):
    return AttemptExited(workstream=id, attempt=attempt, status=status, **fields)


def random_plan(seed, size=None):
    """Everything that a plan can hold, drawn by ``seed``."""
    dice = random.Random(f"plan {seed}")
    n = size or dice.randrange(1, 25)
    patterns = [f"d{k}" for k in range(4)] + [f"d{k}/f{j}" for k in range(4) for j in range(3)]
    pools = {"gpu": dice.randrange(1, 4), "db": 1}
    specs = []
    for i in range(n):
        after = {f"w{dice.randrange(i):03d}" for _ in range(dice.choice((0, 0, 1, 2)))} if i else ()
        resources = {}
        if dice.random() < 0.25:
            resources["gpu"] = dice.randrange(1, pools["gpu"] + 1)
        if dice.random() < 0.1:
            resources["db"] = 1
        many = dice.random() < 0.5
        specs.append(
            spec(
                f"w{i:03d}",
                after,
                writes=tuple(sorted(dice.sample(patterns, dice.randrange(3)))) if many else (),
                reads=tuple(sorted(dice.sample(patterns, dice.randrange(2)))),
                alone=dice.random() < 0.06,
                conflict_group=dice.choice(("", "", "", "g1", "g2")),
                priority=dice.choice(("foreground", "foreground", "background")),
                tool=dice.choice(("shell", "shell", "other")),
                expected_us=dice.randrange(1, 9) * SECOND_US,
                isolation=dice.choice(("none", "worktree")),
                timeout_us=dice.choice((0, 0, 6 * SECOND_US)),
                heartbeat_us=dice.choice((0, 0, 0, 7 * SECOND_US)),
                max_attempts=dice.randrange(1, 4),
                once=dice.random() < 0.1,
                resources=resources,
            )
        )
    overlaps = tuple(sorted((f"d{k}", f"d{k}/f{j}") for k in range(4) for j in range(3)))
    limits = Limits(
        max_workers=dice.randrange(1, 6),
        resources=pools,
        merge_order=dice.choice(("ready", "strict")),
        fail_fast=dice.random() < 0.1,
        max_losses=dice.randrange(0, 3),
    )
    ids = [s.id for s in specs]
    before = set()
    for _ in range(dice.choice((0, 0, 2))):
        a, b = sorted((dice.choice(ids), dice.choice(ids)))
        if a != b:
            before.add((a, b))
    return Plan(
        workstreams=tuple(specs),
        overlaps=overlaps,
        limits=limits,
        before=tuple(sorted(before)),
        base="0" * 40,
    )
