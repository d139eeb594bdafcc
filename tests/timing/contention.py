"""Runs in which everything gets in the way of everything, drawn by a seed."""

import random
from itertools import pairwise

from tests.builders import forked, lost, spec, unpause
from uet_es.drivers.simulation.simulate import resume_simulated, simulate
from uet_es.kernel import fold, turn
from uet_es.plan import Limits, Plan
from uet_es.values import SECOND_US

OVERLAPS = tuple(sorted((f"d{k}", f"d{k}/f{n}") for k in range(3) for n in range(3)))
PATTERNS = sorted({pattern for pair in OVERLAPS for pattern in pair})


def contended(seed):
    """Two pools, two groups, claims that overlap, edges that keep order, work that runs alone."""
    dice = random.Random(f"contended {seed}")
    ids = [f"w{n:02d}" for n in range(dice.randrange(4, 26))]
    work = [_work(dice, ids, n) for n in range(len(ids))]
    pairs = {tuple(sorted(dice.sample(ids, 2))) for _ in range(dice.choice((0, 3, 8)))}
    limits = Limits(
        max_workers=dice.randrange(1, 7),
        resources={"gpu": 3, "db": 1},
        backoff_us=dice.choice((0, 1, SECOND_US)),
        merge_order=dice.choice(("ready", "strict")),
    )
    return Plan(
        workstreams=tuple(work),
        overlaps=OVERLAPS,
        before=tuple(sorted(pairs)),
        limits=limits,
        base="0" * 40,
    )


def _work(dice, ids, n):
    after = dice.sample(ids[:n], min(n, dice.choice((0, 0, 1, 2))))
    claims = dice.choice((0, 1, 1, 2))
    resources = {"gpu": dice.randrange(1, 4), "db": 1}
    wanted = dice.sample(sorted(resources), dice.choice((0, 0, 1, 2)))
    return spec(
        ids[n],
        after,
        writes=tuple(sorted(dice.sample(PATTERNS, claims))),
        reads=tuple(sorted(dice.sample(PATTERNS, dice.randrange(2)))),
        alone=dice.random() < 0.1,
        conflict_group=dice.choice(("", "", "", "g1", "g2")),
        resources={pool: resources[pool] for pool in sorted(wanted)},
        tool=dice.choice(("shell", "shell", "other")),
        isolation=dice.choice(("none", "worktree")),
        max_attempts=dice.randrange(1, 4),
        expected_us=dice.randrange(1, 9) * SECOND_US,
    )


def fates(seed):
    """How long each attempt takes, often nothing, and how it exits."""

    def fate(id, attempt):
        dice = random.Random(f"fate {seed} {id} {attempt}")
        took_us = dice.choice((0, 1, SECOND_US, dice.randrange(5 * SECOND_US)))
        return took_us, dice.choice((0, 0, 0, 1))

    return fate


def simulated(seed):
    entries = []
    simulate(contended(seed), fates(seed), entries.extend, run="run-1")
    return entries


def forked_from(entries, seed):
    """The history of a fork somewhere in the middle: its attempts are lost, or run on."""
    dice = random.Random(f"fork {seed}")
    rests = [e.seq for e, after in pairwise(entries) if e.turn != after.turn]
    at_seq = dice.choice(rests)
    history = list(entries[:at_seq])
    ledger = fold("run-1", history)
    history += turn(ledger, ledger.now_us + dice.randrange(9), forked(at_seq))
    if ledger.run.wants_pause:  # nobody would end it
        history += turn(ledger, ledger.now_us, unpause())
    if dice.random() < 0.5:
        for id in [id for id, w in ledger.workstreams.items() if w.step == "attempting"]:
            attempt = ledger.workstreams[id].attempt
            history += turn(ledger, ledger.now_us, lost(id, attempt, forked=True))
    resume_simulated(ledger, fates(seed + 1), history.extend)
    return history
