"""The page of queries: each one runs, finds something, and shows the columns that it has.

The log is that of a small shop: a week of real runs of one plan with two models that cost and one
that nobody knows, failures and retries, claims that clash, a merge that conflicts, a fork, what
people asked for, predictions and what came of them, a what-if, and a run that goes on.
"""

import random
import re
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from tests.builders import plan_of, spec
from uet_es.drivers.durations import Fate, Setup
from uet_es.drivers.loop import admit, drive, take
from uet_es.drivers.predictions import predict, score
from uet_es.drivers.simulated_world import SimulatedWorld
from uet_es.events.decisions import WorkstreamCompleted
from uet_es.events.observations import (
    AttemptLost,
    LimitsChanged,
    PauseAsked,
    PlanAccepted,
    RunForked,
    UnpauseAsked,
    UsageReported,
)
from uet_es.kernel import Ledger, fold, in_doubt
from uet_es.log.store import Log
from uet_es.projections.asking import answer, statements
from uet_es.projections.warehouse import Warehouse
from uet_es.values import SECOND_US

PAGE = Path(__file__).parents[1] / "docs" / "queries.md"
QUERIES_MIN = 20
MINUTE_US = 60 * SECOND_US
DAY_US = 24 * 60 * MINUTE_US
PRICES = {"claude-sonnet-5-5": (3_000, 15_000), "gpt-6.1": (2_000, 8_000), "home-made": None}


class Query(NamedTuple):
    """One query of the page, and the columns that it shows an answer with."""

    title: str
    statement: str
    columns: list[str]


def queries():
    """Those of the page, each with the answer below it."""
    found = []
    for chapter in re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title, _, text = chapter.partition("\n")
        blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        assert [language for language, _ in blocks] == ["sql", "text"], title
        (_, statement), (_, shown) = blocks
        found.append(Query(title, statement, shown.splitlines()[0].split()))
    return found


QUERIES = queries()


def shop(*, max_workers=3, resources=None):
    """A plan of four phases; the importers need the one database, two want the same file."""

    def work(id, after, minutes, **fields):
        return spec(
            id,
            after,
            expected_us=minutes * MINUTE_US,
            isolation="worktree",
            project="shop",
            max_attempts=2,
            **{"command": "true", "writes": (f"src/{id}",), **fields},
        )

    database = {"resources": {"database": 1}}
    plan = plan_of(
        work("schema", (), 12, phase="design", tool="claude", kind="design"),
        work("layout", (), 8, phase="design", tool="claude", kind="design"),
        work("api", ("schema",), 40, phase="build", tool="aider"),
        work("search", ("schema",), 25, phase="build", tool="aider", writes=("src/api",)),
        work("import-a", ("schema",), 30, phase="build", tool="codex", **database),
        work("import-b", ("schema",), 20, phase="build", tool="codex", **database),
        work("import-c", ("schema",), 15, phase="build", tool="codex", **database),
        work("web", ("layout", "api"), 35, phase="build", tool="claude"),
        work("theme", ("layout",), 18, phase="build", tool="aider"),
        work("e2e", ("web", "search"), 20, phase="verify", tool="shell", kind="test"),
        work("load", ("import-a", "import-b"), 15, phase="verify", tool="shell", kind="test"),
        work("manual", ("theme",), 10, phase="release", tool="aider", kind="docs"),
        max_workers=max_workers,
        tools=dict.fromkeys(("aider", "claude", "codex"), "true"),
        digest="0d5b",
        source="plans/shop",
        base="0" * 40,
        durations="estimates",
    )
    limits = replace(plan.limits, resources=resources or {"database": 1})
    return replace(plan, limits=limits)


def fates(plan, seed):
    """What the attempts of one run do: the agents among them report what they used."""
    dice = random.Random(f"fates {seed}")
    known = {}
    for id, us, tool in ((w.id, w.expected_us, w.tool) for w in plan.workstreams):
        for attempt in (1, 2):
            took_us = int(us * dice.uniform(0.6, 2.2))
            goes_wrong = dice.random() < (0.4 if attempt == 1 else 0.1)
            known[id, attempt] = Fate(
                took_us=took_us,
                status=int(goes_wrong),
                cpu_us=took_us // 3,
                setup=Setup(fill_us=2 * SECOND_US),
                commits=True,
                changed=dice.randrange(1, 9),
                outside=("README.md",) if dice.random() < 0.05 else (),
                merge_us=dice.randrange(1, 20) * SECOND_US,
                collides=("src/routes.py", "src/api/__init__.py") if id == "search" else (),
                signals=() if tool == "shell" else usage(dice, took_us),
            )
    return lambda id, attempt: known[id, attempt]


def usage(dice, took_us):
    """Three reports of one model, spread over an attempt."""
    model = dice.choice(list(PRICES))
    reports = []
    for part in (1, 2, 3):
        tokens, answered = dice.randrange(5_000, 90_000), dice.randrange(100, 6_000)
        price = PRICES[model]
        reported = UsageReported(
            workstream="",
            attempt=0,
            model=model,
            input_tokens=tokens,
            output_tokens=answered,
            cached_input_tokens=tokens * dice.randrange(10) // 10,
            cost_nanousd=price and tokens * price[0] + answered * price[1],
            price_table="genai-prices" if price else "",
            price_version="0.2.3" if price else "",
            key=f"{part}",
        )
        reports.append((took_us * part // 4, reported))
    return tuple(reports)


def run_for_real(log, run, plan, at_us, *, asked=(), until_us=None, parent=None):
    """Drive a run in a world that keeps to its fates, written like a real one."""
    world = SimulatedWorld(fates(plan, run), at_us)

    def write(ledger, seen):
        entries = admit(ledger, seen)
        log.append(run, entries)
        return ledger, entries

    first = [(at_us, PlanAccepted(plan=plan, uet="0.1.0"))]
    ledger = Ledger(run)
    if parent is not None:
        ledger, first = parent
    for after_us, request in asked:
        version = log.request(run, request, at_us) if False else None
        assert version is None
        world.see(at_us + after_us, request)
    ledger = take(ledger, world, write, first)
    while ledger.run.outcome is None and (until_us is None or ledger.now_us < until_us):
        ledger = drive(ledger, world, write) if until_us is None else step(ledger, world, write)
    score(log, ledger)
    return ledger
