"""A scenario: what is imagined, under which conditions, and what it is compared with."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import msgspec

from uet_es import __version__
from uet_es.drivers.fork import prefix
from uet_es.drivers.live import next_run
from uet_es.drivers.loop import admit
from uet_es.drivers.place import Place
from uet_es.drivers.predictions import predict
from uet_es.drivers.simulation import what_if
from uet_es.drivers.simulation.durations import Model, from_plan
from uet_es.drivers.simulation.learning import learn
from uet_es.drivers.simulation.overrides import (
    changed_limits,
    changed_plan,
    factors_of,
    failures_of,
    without,
)
from uet_es.drivers.simulation.simulate import ideal, simulate
from uet_es.drivers.simulation.what_if import Document, Imagined, Past
from uet_es.errors import TryLaterError, UsageError
from uet_es.events.entry import Entry
from uet_es.events.observations import LimitsChanged, PlanAccepted, RunForked
from uet_es.kernel import fold
from uet_es.log.store import Log
from uet_es.plan import Plan
from uet_es.values import SECOND_US, RunId
from uet_es.world import state_folder
from uet_es.world.driver_lock import DriverLock

SCHEMA_VERSION = 1
_NAMELESS = RunId("run-0")


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different."""

    max_workers: int | None = None
    sets: tuple[str, ...] = ()  #: KEY=VALUE
    without: tuple[str, ...] = ()
    scale: tuple[str, ...] = ()  #: NAME=FACTOR
    fail: tuple[str, ...] = ()  #: WS=PROBABILITY
    seed: int = 0

    @property
    def assignments(self) -> tuple[str, ...]:
        """All limits to set, the number of workers among them."""
        if self.max_workers is None:
            return self.sets
        return (*self.sets, f"max_workers={self.max_workers}")

    @property
    def is_fair(self) -> bool:
        """Whether a real run under the same limits could prove the prediction right or wrong."""
        return not (self.without or self.scale or self.fail)


class Scenario:
    """An imagined run, and the real or imagined one beside it."""

    def __init__(
        self,
        place: Place,
        plan: Plan,
        model: Model,
        conditions: Conditions,
        *,
        run: RunId | None = None,
        past: "_Recorded | None" = None,
        baseline: Document | None = None,
    ) -> None:
        self._place = place
        self._conditions = conditions
        self._run = run
        self._past = past
        self.baseline = baseline
        self.plan = plan
        self.model = model
        self.imagined = self._imagine(_NAMELESS)

    def _imagine(self, run: RunId, note: what_if.Note = lambda entries: None) -> Imagined:
        if self._past is None:
            return what_if.imagine(self.plan, self.model, note)
        return what_if.imagine_from(self._past.forked(run, note), self.model, note)

    @property
    def time_unit(self) -> str:
        """``s`` where durations are known: recorded, or estimated by the plan; else ``unit``."""
        return "unit" if self._run is None and self.plan.durations == "unit" else "s"

    def save(self) -> RunId:
        """Keep the imagined run in the store under a number of its own; its entries are its own.

        Raises:
            TryLaterError: the store is busy or full.
        """
        state_folder.prepare(self._place.root)
        pages = self._place.max_page_count
        with Log.open(self._place.store, create=True, max_page_count=pages) as log:
            while True:
                run = next_run(self._place, log)
                with ExitStack() as stack:
                    try:
                        stack.enter_context(DriverLock(self._place.state, run))
                    except TryLaterError:
                        continue
                    log.append(run, self._entries(run))
                    return run

    def _entries(self, run: RunId) -> list[Entry]:
        entries: list[Entry] = []
        if self._past is not None:
            self._imagine(run, entries.extend)
            return entries
        plan = self.plan
        accepted = PlanAccepted(plan=plan, uet=__version__, simulated=True)
        simulate(plan, self.model, entries.extend, _now_us(), run, accepted=accepted)
        return entries

    def predict(self) -> None:
        """Write the prediction down where a real run of the plan will find and score it."""
        if self._past is not None or not self._conditions.is_fair or not self.plan.digest:
            return
        if not self._place.store.exists():
            return
        with Log.open(self._place.store) as log:
            makespan_us = self.imagined.makespan_us
            predict(log, self.plan, makespan_us, learnt_from=self._run, at_us=_now_us())


class _Recorded(msgspec.Struct, frozen=True):
    """A run up to a fork point, and what really came after."""

    run: RunId
    before: Sequence[Entry]
    after: Sequence[Entry]
    limits: tuple[str, ...]

    def forked(self, run: RunId, note: what_if.Note) -> Past:
        """The past as another run, under its limits."""
        ledger = fold(self.run, self.before)
        now_us = ledger.now_us
        forked = RunForked(
            run=run, parent=self.run, at_seq=len(self.before), simulated=True, uet=__version__
        )
        limits = changed_limits(ledger.run.limits, self.limits)
        entries = admit(ledger, [(now_us, forked), (now_us, LimitsChanged(limits=limits))])
        note(entries)
        return Past(ledger, [*self.before, *entries], self.after)


def of_plan(
    place: Place,
    plan: Plan,
    conditions: Conditions,
    search: Callable[[Plan], Plan] = lambda plan: plan,
) -> Scenario:
    """``plan`` before it was ever run, in the world of ``validate``: only attempts take time.

    ``search`` may find a better order for the plan under its conditions.

    Raises:
        UsageError: a condition that makes no sense for it; all of them at once.
    """
    model = from_plan(plan)
    as_planned = what_if.imagine(ideal(plan), model)
    baseline = _baseline(None, as_planned.makespan_us, as_planned.workers, real=False)
    changed = search(changed_plan(without(plan, conditions.without), conditions.assignments))
    told = _told(model, plan, conditions)
    return Scenario(place, ideal(changed), told, conditions, baseline=baseline)


def of_run(place: Place, run: RunId, conditions: Conditions, at_seq: int | None) -> Scenario:
    """A recorded run under other conditions, from its start or from one of its entries.

    Raises:
        UsageError: a condition that makes no sense for it, or no such entry.
    """
    with Log.open(place.store) as log:
        entries = list(log.entries(run))
    ledger = fold(run, entries)
    plan = ledger.run.plan
    assert plan is not None  # the first entry of every run
    model = _told(learn(entries, cores=os.cpu_count() or 1), plan, conditions)
    end_us = ledger.run.finished_at_us or ledger.now_us
    took_us = end_us - ledger.run.accepted_at_us
    workers = min(plan.limits.max_workers, max(1, len(plan.workstreams)))
    baseline = _baseline(run, took_us, workers, real=not ledger.run.simulated)
    if at_seq is None:
        changed = changed_plan(without(plan, conditions.without), conditions.assignments)
        return Scenario(place, changed, model, conditions, run=run, baseline=baseline)
    if conditions.without:
        raise UsageError("--without and --at: what has begun cannot be taken out of a run")
    before = prefix(run, entries, at_seq)
    past = _Recorded(run, before, entries[at_seq:], conditions.assignments)
    return Scenario(place, plan, model, conditions, run=run, past=past, baseline=baseline)


def document_of(
    scenario: Scenario, *, counts: Sequence[int], samples: int | None, seed: int
) -> dict[str, Any]:
    """All that ``simulate --json`` prints."""
    imagined, model = scenario.imagined, scenario.model
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    document |= what_if.document_of(imagined)
    document["time_unit"] = scenario.time_unit
    document["baseline"] = scenario.baseline
    binds = what_if.binding(imagined, model)
    document["binds"] = binds | {"told": _binds(binds, scenario.time_unit)}
    if counts:
        runs, knee = what_if.sweep(scenario.plan, model, counts)
        kept = ("workers", "makespan_s", "lower_bound_s", "utilisation", "cost_nanousd")
        document["sweep"] = [
            {key: what_if.document_of(each)[key] for key in kept} | {"workers": count}
            for count, each in zip(counts, runs, strict=True)
        ]
        document["knee"] = knee
    if samples is not None:
        document["percentiles"] = what_if.percentiles(scenario.plan, model, samples, seed)
        document["samples"], document["seed"] = samples, seed
    return document


def _told(model: Model, plan: Plan, conditions: Conditions) -> Model:
    if conditions.scale:
        model = model.scaled(factors_of(plan, conditions.scale))
    if conditions.fail:
        model = model.failing(failures_of(plan, conditions.fail), conditions.seed)
    return model


def _baseline(run: RunId | None, makespan_us: int, workers: int, *, real: bool) -> Document:
    return {"run": run, "makespan_s": makespan_us / SECOND_US, "workers": workers, "real": real}


def _binds(binds: Document, unit: str) -> str:
    chain = binds["chain"]
    assert isinstance(chain, list)
    ends = f"{chain[0]} … {chain[-1]}" if len(chain) > 1 else "".join(chain)
    share = f"{ends} is {binds['chain_percent']} % of the makespan"
    useful = binds["useful_workers"]
    beyond = f"beyond {useful} workers nothing improves" if useful else "more workers change little"
    match binds["kind"]:
        case "workers":
            free = f"with one for each it would take {binds['unlimited_s']} {unit}"
            return f"workers bind: {free}; {share}"
        case "chain":
            return f"{beyond}: {share}"
        case _:
            return f"{beyond}: conflicts, resources or merging bind; {share}"


def _now_us() -> int:
    return time.time_ns() // 1000
