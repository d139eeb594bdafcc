"""A store for analysts: many runs of plans with groups, tools, usage, failures and conflicts."""

import random

from uet_es.drivers.simulation.simulate import simulate
from uet_es.events.base import Observation
from uet_es.events.observations import AttemptExited, UsageReported
from uet_es.kernel import Ledger, turn
from uet_es.log.store import Log
from uet_es.plan import Limits, Plan, WorkstreamSpec
from uet_es.values import SECOND_US, RunId

START_US = 1_750_000_000 * SECOND_US
DAY_US = 86_400 * SECOND_US
TOOLS = ("shell", "aider", "codex", "claude")
MODELS = ("claude-sonnet-5-5", "gpt-6.1", "o3", "someone-elses")


def plan_of(count: int, seed: int, *, isolation: str = "worktree") -> Plan:
    """``count`` workstreams in layers of forty, a tenth of them on files that others want too."""
    dice = random.Random(f"analysts {count} {seed}")
    width = 40
    specs = []
    for n in range(count):
        layer = n // width
        earlier = range((layer - 1) * width, layer * width) if layer else ()
        after = dice.sample(earlier, min(2, len(earlier))) if earlier else ()
        shared = f"shared/{dice.randrange(5)}" if dice.random() < 0.1 else f"src/{n}"
        specs.append(
            WorkstreamSpec(
                id=f"w{n:05d}",
                depends_on=tuple(sorted(f"w{d:05d}" for d in after)),
                writes=(shared,),
                tool=TOOLS[n % 4],
                command=("true",),
                isolation=isolation,
                max_attempts=2,
                phase=f"phase-{layer % 7}",
                project="bench",
                expected_us=dice.randrange(1, 600) * SECOND_US,
            )
        )
    return Plan(
        workstreams=tuple(specs),
        limits=Limits(max_workers=8),
        tools=dict.fromkeys(TOOLS[1:], "true"),
        digest=f"bench-{count}-{seed % 10}",
        source=f"plan-{seed % 10}",
        base="0" * 40 if isolation == "worktree" else "",
    )


def fill(log: Log, runs: int, count: int, *, first: int = 1) -> int:
    """Add ``runs`` simulated runs of ``count`` workstreams; returns how many entries that made."""
    made = 0
    for number in range(first, first + runs):
        made += add_run(log, RunId(f"run-{number}"), plan_of(count, number), number)
    return made


def add_run(log: Log, run: RunId, plan: Plan, seed: int) -> int:
    """Add one simulated run, in which every attempt reports what it used of a model."""
    dice = random.Random(f"run {seed}")
    expected = {w.id: w.expected_us for w in plan.workstreams}
    fates = {
        (id, attempt): (max(1, int(us * dice.uniform(0.5, 2))), int(dice.random() < odds))
        for id, us in expected.items()
        for attempt, odds in ((1, 0.05), (2, 0.002))
    }
    groups = []
    start_us = START_US + seed * DAY_US // 10
    simulate(plan, lambda name, attempt: fates[name, attempt], groups.append, start_us, run)
    ledger, entries = Ledger(run), []
    for entry in (entry for group in groups for entry in group):
        if isinstance(entry.event, AttemptExited):
            entries += turn(ledger, entry.at_us, _usage(entry.event, dice))
        if isinstance(entry.event, Observation):
            entries += turn(ledger, entry.at_us, entry.event, followed=entry.followed)
    log.append(run, entries)
    return len(entries)


def _usage(exited: AttemptExited, dice: random.Random) -> UsageReported:
    model = dice.choice(MODELS)
    input_tokens = dice.randrange(1_000, 200_000)
    output_tokens = dice.randrange(10, 9_000)
    return UsageReported(
        workstream=exited.workstream,
        attempt=exited.attempt,
        model=model,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost_nanousd=None if model == MODELS[-1] else input_tokens * 3_000 + output_tokens * 15_000,
        price_table="genai-prices",
        price_version="0.2.3",
    )
