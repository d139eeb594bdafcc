"""How long things take: what is known of attempts, of git and of the engine itself."""

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from uet_es.events.observations import AnySignal
from uet_es.plan import Plan, WorkstreamSpec
from uet_es.values import DurationUs, WorkstreamId

#: Thousandths of the usual duration, all equally likely, where no history shows a spread: a
#: normal spread of 5 %, about what tasks of one kind show in published traces of workflows.
USUAL_SPREAD: tuple[int, ...] = (902, 928, 948, 966, 983, 1000, 1017, 1034, 1052, 1072, 1098)
#: Fewer measured ratios than this say nothing about a spread.
SPREAD_MIN = 8


#: Microseconds; a fraction where it was solved for and a simulated end must be right to the last.
Lasting = float


class Setup(NamedTuple):
    """Making a worktree, alone on the machine."""

    lock_us: Lasting = 0  #: while nobody else can make or remove one
    fill_us: Lasting = 0  #: after that


class Fate(NamedTuple):
    """What an attempt does if it has the machine for itself, and what comes of it."""

    took_us: Lasting
    status: int  #: exit status
    cpu_us: DurationUs | None = None  #: of ``took_us`` on a core; None if nobody knows: waiting
    setup: Setup | None = None  #: None without a worktree
    collect_us: Lasting = 0  #: committing what it changed
    commits: bool = False  #: whether it changed anything
    changed: int = 0
    outside: tuple[str, ...] = ()
    merge_us: Lasting = 0
    collides: tuple[str, ...] = ()  #: files of its merge conflict; empty if it merges
    unmerged: str = ""  #: why git fails to merge it; "" if it does not fail
    unstarted: str = ""  #: why it cannot be started; "" if it can
    signals: tuple[tuple[DurationUs, AnySignal], ...] = ()  #: since its start


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What everything else costs. All zero is a world in which only attempts take time."""

    cores: int = 0  #: that what computes has to share; 0 is no end of them
    turn_us: DurationUs = 0  #: admitting and writing one group of observations
    launch_us: DurationUs = 0  #: starting one process, while nothing else is noticed
    open_us: DurationUs = 0  #: making the integration branch
    settle_us: DurationUs = 0  #: from the end of an attempt in a worktree to its collecting
    remove_us: DurationUs = 0  #: removing a worktree, under the lock
    setup: Setup = Setup()  #: of a worktree of which nothing is known
    collect_us: DurationUs = 0  #: of an attempt of which nothing is known
    merge_us: DurationUs = 0  #: the same


class Usual(NamedTuple):
    """How long attempts of one sort usually take."""

    took_us: DurationUs
    cpu_us: DurationUs | None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What attempts took that succeeded, in one run or in many."""

    by_workstream: Mapping[WorkstreamId, Usual] = {}
    by_tool: Mapping[str, Usual] = {}
    by_kind: Mapping[str, Usual] = {}
    #: Thousandths of what the same workstream usually takes; empty if no one was seen twice.
    spread: tuple[int, ...] = ()

    def usual(self, spec: WorkstreamSpec) -> Usual | None:
        """Of the workstream itself, else of its tool, else of its kind."""
        return (
            self.by_workstream.get(spec.id)
            or self.by_tool.get(spec.tool)
            or self.by_kind.get(spec.kind)
        )


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulated world knows, and how it was told to differ from it."""

    machine: Machine = Machine()
    known: Mapping[WorkstreamId, Mapping[int, Fate]] = {}  #: by attempt, in ascending order
    history: History = History()
    factors: Mapping[str, Fraction] = {}  #: by workstream, tool or kind
    failures: Mapping[WorkstreamId, Fraction] = {}  #: probability that an attempt fails
    failure_seed: int = 0
    sample_seed: int | None = None  #: None: everything takes as long as expected

    def scaled(self, factors: Mapping[str, Fraction]) -> "Model":
        """With durations multiplied; a workstream's own factor goes before its tool's or kind's."""
        return replace(self, factors={**self.factors, **factors})

    def failing(self, failures: Mapping[WorkstreamId, Fraction], seed: int) -> "Model":
        """With attempts of these workstreams failing with these probabilities."""
        return replace(self, failures={**self.failures, **failures}, failure_seed=seed)

    def sampled(self, seed: int) -> "Model":
        """With every duration drawn from around what is expected."""
        return replace(self, sample_seed=seed)

    def fate(self, spec: WorkstreamSpec, attempt: int) -> Fate:
        """What attempt ``attempt`` at ``spec`` does."""
        fate = self._expected(spec, attempt)
        factor = self._factor(spec, attempt)
        if factor != 1:
            fate = _times(fate, factor)
        if spec.id in self.failures:
            die = random.Random(f"fails {self.failure_seed} {spec.id} {attempt}").random()
            fate = fate._replace(status=int(die < self.failures[spec.id]), outside=())
        return fate

    def _expected(self, spec: WorkstreamSpec, attempt: int) -> Fate:
        """The same attempt; what replaced it if it was lost; the last one before it; history."""
        known = self.known.get(spec.id)
        if known:
            found = known.get(attempt)
            if found is None:
                later = (number for number in known if number > attempt)
                found = known[next(later, max(known))]
            return found
        machine = self.machine
        usual = self.history.usual(spec) or Usual(spec.expected_us, None)
        if spec.isolation == "none":
            return Fate(usual.took_us, 0, usual.cpu_us)
        return Fate(
            usual.took_us,
            0,
            usual.cpu_us,
            setup=machine.setup,
            collect_us=machine.collect_us,
            commits=True,
            merge_us=machine.merge_us,
        )

    def _factor(self, spec: WorkstreamSpec, attempt: int) -> Fraction | int:
        factor: Fraction | int = 1
        for name in (spec.id, spec.tool, spec.kind):
            if name in self.factors:
                factor = self.factors[name]
                break
        if self.sample_seed is not None:
            measured = self.history.spread
            spread: Sequence[int] = measured if len(measured) >= SPREAD_MIN else USUAL_SPREAD
            dice = random.Random(f"takes {self.sample_seed} {spec.id} {attempt}")
            factor *= Fraction(dice.choice(spread), 1000)
        return factor


def from_plan(plan: Plan, history: History | None = None, machine: Machine | None = None) -> Model:
    """The model of a plan that was never run: history, else the plan's estimates, else one unit.

    Only attempts take time, unless ``machine`` says otherwise.
    """
    known = history or History()
    ids = {spec.id for spec in plan.workstreams}
    own = {id: usual for id, usual in known.by_workstream.items() if id in ids}
    return Model(machine=machine or Machine(), history=replace(known, by_workstream=own))


def _times(fate: Fate, factor: Fraction | int) -> Fate:
    cpu_us = None if fate.cpu_us is None else round(fate.cpu_us * factor)
    signals = tuple((round(after_us * factor), signal) for after_us, signal in fate.signals)
    return fate._replace(took_us=round(fate.took_us * factor), cpu_us=cpu_us, signals=signals)
