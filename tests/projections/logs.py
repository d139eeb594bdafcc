"""Stores of several runs and their forks, grown turn by turn as drivers and people would."""

import random
from contextlib import suppress
from itertools import pairwise

from msgspec.structs import replace

from tests.drivers.histories import drawn
from tests.timing.contention import fates, simulated
from uet_es.drivers.simulation.simulate import resume_simulated
from uet_es.errors import KernelError
from uet_es.events.base import Observation
from uet_es.events.observations import (
    AttemptExited,
    AttemptLost,
    LimitsChanged,
    PlanAccepted,
    Request,
    RunForked,
    UsageReported,
)
from uet_es.kernel import Ledger, fold, turn
from uet_es.log.predictions import PredictionMade, PredictionScored
from uet_es.plan import Limits
from uet_es.projections.models import models
from uet_es.values import SECOND_US

START_US = 1_790_000_000_000_000
MODELS = ("claude-sonnet-5-5", "gpt-6.1", "nobody-knows-it")


def turns_of(entries):
    """The entries turn by turn, each beginning with what was observed."""
    turns = []
    for entry in entries:
        if isinstance(entry.event, Observation):
            turns.append([])
        turns[-1].append(entry)
    return turns


def told_as(run, entries, seed):
    """The same story as another run of another plan, later, with more use of models."""
    number = int(run.removeprefix("run-"))
    told = _observed(entries, START_US + number * 1000 * SECOND_US)
    at_us, accepted, followed = told[0]
    plan = replace(accepted.plan, digest=f"digest of {run}", source=f"plan {seed}")
    told[0] = (at_us, replace(accepted, plan=plan, uet="0.1.0"), followed)
    return _retold(Ledger(run), told, random.Random(f"use {run} {seed}"))


def forked_as(run, history, seed, *, simulated=False):
    """What another run owns that goes on somewhere in the middle of ``history``."""
    dice = random.Random(f"fork {run} {seed}")
    rests = [e.seq for e, after in pairwise(history) if e.turn != after.turn]
    at_seq = dice.choice([*rests, history[-1].seq])
    ledger = fold(run, history[:at_seq])
    parent, now_us = ledger.id, ledger.now_us + dice.randrange(9)
    own = turn(
        ledger, now_us, RunForked(run=run, parent=parent, at_seq=at_seq, simulated=simulated)
    )
    if dice.random() < 0.5:
        limits = replace(ledger.run.limits, max_workers=dice.randrange(1, 9))
        own += turn(ledger, now_us, LimitsChanged(limits=limits))
    if not simulated:
        for id in [id for id, w in ledger.workstreams.items() if w.step == "attempting"]:
            attempt = ledger.workstreams[id].attempt
            own += turn(ledger, now_us, AttemptLost(workstream=id, attempt=attempt, forked=True))
    with suppress(KernelError):  # it was paused: nobody ever lets it go on
        resume_simulated(ledger, fates(seed + 1), own.extend)
    again = fold(run, history[:at_seq])
    return _retold(again, _observed(own), random.Random(f"use {run} {seed}"))


def _observed(entries, later_us=0):
    return [
        (entry.at_us + later_us, entry.event, entry.followed)
        for entry in entries
        if isinstance(entry.event, Observation)
    ]


def _retold(ledger, told, dice):
    entries = []
    for at_us, seen, followed in told:
        if isinstance(seen, AttemptExited) and dice.random() < 0.6:
            entries += turn(ledger, at_us, _use(seen, dice), followed=True)
        entries += turn(ledger, at_us, seen, followed=followed)
    return entries


def _use(exited, dice):
    model = dice.choice(MODELS)
    is_known = model != MODELS[-1]
    return UsageReported(
        workstream=exited.workstream,
        attempt=exited.attempt,
        model=model,
        input_tokens=dice.randrange(1 << 40),
        output_tokens=dice.randrange(9_000),
        cached_input_tokens=dice.randrange(100),
        cost_nanousd=dice.randrange(1 << 50) if is_known else None,
        price_table="genai-prices" if is_known else "",
        price_version="0.2.3" if is_known else "",
        key=dice.choice(("", "", "once")),
    )


class Grower:
    """Three runs, a fork and a fork of that fork, each a part of the seed's; grown at random."""

    def __init__(self, log, seed):
        self.log = log
        self._dice = random.Random(f"grower {seed}")
        self._waiting = {}  #: run → turns not yet stored
        self._after = {}  #: fork → how it began
        self._asked = {}
        first = told_as("run-1", drawn(seed), seed)
        second = told_as("run-2", simulated(seed), seed)
        self._waiting["run-1"] = turns_of(first)
        self._waiting["run-2"] = turns_of(second)
        third = turns_of(told_as("run-3", drawn(seed + 100), seed))
        self._waiting["run-3"] = third[: self._dice.randrange(2, len(third))]  # it goes on yet
        of_fork = self._fork("run-4", second, seed, simulated=seed % 3 == 1)
        self._fork("run-5", of_fork, seed, simulated=seed % 3 != 0)
        self._fork("run-6", first, seed, simulated=seed % 2 == 1)

    def _fork(self, run, history, seed, *, simulated):
        """Let ``run`` branch off, of whichever run owns that entry; its whole history."""
        own = forked_as(run, history, seed, simulated=simulated)
        self._waiting[run] = turns_of(own)
        self._after[run] = forked = own[0].event
        return [*history[: forked.at_seq], *own]

    @property
    def is_done(self):
        """Whether everything is stored."""
        return not any(self._waiting.values())

    def grow(self, turns):
        """Store so many turns more, of any of the runs, and what belongs to no run."""
        while turns > 0 and not self.is_done:
            run = self._dice.choice([run for run in self._waiting if self._may_grow(run)])
            several = self._dice.choice((1, 1, 2, 5))
            waiting = self._waiting[run]
            stored, self._waiting[run] = waiting[:several], waiting[several:]
            self._ask(run, [entry for turn in stored for entry in turn])
            if self._dice.random() < 0.1:
                self._predict(run)
            turns -= len(stored)

    def _may_grow(self, run):
        if not self._waiting[run]:
            return False
        forked = self._after.get(run)
        if forked is None or not self._waiting[forked.parent]:
            return True
        return self._waiting[forked.parent][0][0].seq > forked.at_seq

    def _ask(self, run, entries):
        """Store them; whatever people asked for has lain in the inbox before."""
        is_new = isinstance(entries[0].event, PlanAccepted | RunForked)
        if is_new:
            self.log.append(run, entries)
        for entry in entries:
            event = entry.event
            if not isinstance(event, Request) or event.inbox_version <= self._asked.get(run, 0):
                continue
            assert event.inbox_version == self._asked.get(run, 0) + 1
            self._asked[run] = self.log.request(run, event, entry.at_us)
        if not is_new:
            self.log.append(run, entries)

    def _predict(self, run):
        dice, plan = self._dice, f"digest of {run}"
        made_us = dice.randrange(1, 10) * SECOND_US
        limits = Limits(max_workers=dice.randrange(1, 9))
        learnt = dice.choice((None, run))
        made = PredictionMade(plan=plan, limits=limits, makespan_us=made_us, learnt_from=learnt)
        self.log.predict(made, START_US)
        if dice.random() < 0.5:
            scored = PredictionScored(
                plan=plan, run=run, predicted_us=made_us, measured_us=made_us + 7
            )
            self.log.predict(scored, START_US + 1)


def grown(log, seed):
    """All of it at once."""
    grower = Grower(log, seed)
    while not grower.is_done:
        grower.grow(50)
    return log


def tell(log, run, *seen, start_us=0, ledger=None):
    """Append what follows from these, a second apart; the ledger, to go on with."""
    ledger = ledger or Ledger(run)
    entries = []
    for each in seen:
        entries += turn(ledger, max(start_us, ledger.now_us) + SECOND_US, each)
    log.append(run, entries)
    return ledger


def contents(warehouse):
    """Every row of every table and view, and what the folds and the books say, by name."""
    names = [model.name for model in models()]
    found = {name: warehouse.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in names}
    found["folds"] = warehouse.rows("SELECT * FROM books.folds ORDER BY run")
    found["books"] = warehouse.rows("SELECT * FROM books.loaded")
    return found


def assert_same(found, expected):
    """Table by table, so that a difference says where it is."""
    for name, rows in expected.items():
        assert found[name] == rows, name
