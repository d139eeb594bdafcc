"""Runs to export: recorded, told step by step, drawn, and cut off anywhere."""

import random
from pathlib import Path

from tests.builders import (
    accepted,
    cancel,
    conflicted,
    exited,
    forked,
    interrupted,
    landed,
    limits_changed,
    lost,
    lost_worker,
    pause,
    prepared,
    random_plan,
    resumed,
    retry,
    spec,
    staffed,
    started,
    unpause,
    used,
)
from uet_es.drivers.simulation.simulate import simulate
from uet_es.events.observations import PlanAccepted
from uet_es.kernel import Ledger, fold, turn
from uet_es.log.store import Log
from uet_es.plan import TODAY
from uet_es.projections.recorded import RecordedFile
from uet_es.projections.warehouse import Warehouse
from uet_es.values import SECOND_US

FIXTURES = Path(__file__).parents[3] / "replay_fixtures"
LIBRARY = FIXTURES / "library-36" / "log.jsonl"
AGENTS = FIXTURES / "usage-1" / "log.jsonl"
BEGUN_US = 1_800_000_000 * SECOND_US
TREE = {"isolation": "worktree", "max_attempts": 2}


def recorded(path):
    """The warehouse of a recorded file, whose run is run-1."""
    return Warehouse.in_memory(RecordedFile(path))


def prefix_of(path, entries, folder):
    """The same of the first entries only: a run that goes on."""
    cut = folder / f"first-{entries}.jsonl"
    cut.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:entries]))
    return recorded(cut)


def troubled():
    """A log in which everything happens that seldom does."""
    log = Log.in_memory()
    ledger = Ledger("run-1")
    plan = (
        spec("a", writes=("a/**",), **TREE),
        spec("b", ("a",), writes=("b+c.txt",), reads=("a/**",), **TREE),
        spec("c", ("a",), max_attempts=2),
        spec("d", ("b", "c")),
        spec("e"),
    )
    story = [
        accepted(
            *plan, max_workers=2, flags=TODAY, base="base", digest="d" * 64, source="troubled"
        ),
        *staffed(1, 2),
        prepared("a"),
        started("a"),
        started("e"),
        used("a", input_tokens=10, output_tokens=3, cost_nanousd=1_500_000_001),
        used("a", input_tokens=5, output_tokens=1),
        exited("e", status=1, took_us=SECOND_US, cpu_us=SECOND_US // 2),
        pause(by="ada"),
        exited("a", commit="c-a", changed=2, took_us=3 * SECOND_US),
        landed("a"),
        unpause(by="ada"),
        prepared("b"),
        started("b"),
        started("c"),
        interrupted(),
        resumed(),
        lost("c"),
        exited("b", commit="c-b"),
        conflicted("b", files=("b+c.txt",)),
        lost_worker(1, "gone"),
        limits_changed(max_workers=3),
        *staffed(3, 4),
        retry("e", by="ada"),
        cancel("d", by="ada"),
        started("e", attempt=2),
        exited("stranger", attempt=4),
    ]
    at_us = BEGUN_US
    for observation in story:
        log.append("run-1", turn(ledger, at_us, observation))
        at_us += SECOND_US
    return log


def with_fork(log, at_seq=40):
    """``log`` with a run-2 that goes on from an entry of its run-1."""
    ledger = fold("run-1", [entry for entry in log.entries("run-1") if entry.seq <= at_seq])
    for observation in (forked(at_seq, simulated=True), limits_changed(max_workers=4)):
        log.append("run-2", turn(ledger, ledger.now_us + SECOND_US, observation))
    return log


def drawn(seed):
    """A simulated run of a plan drawn by ``seed``, in which some attempts fail."""
    dice = random.Random(f"fates {seed}")
    fates = {}

    def fate(id, attempt):
        if (id, attempt) not in fates:
            fates[id, attempt] = (dice.choice((0, 1, 1, 2_500_000)), int(dice.random() < 0.2))
        return fates[id, attempt]

    log = Log.in_memory()
    plan = random_plan(seed)
    simulate(
        plan,
        fate,
        lambda entries: log.append("run-1", entries),
        BEGUN_US,
        "run-1",
        accepted=PlanAccepted(plan=plan, simulated=True),
    )
    return log
