"""A world without processes: time jumps from one event to the next."""

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

import msgspec

from uet_es.drivers.loop import Seen, admit, drive, take
from uet_es.effects import AnyEffect, Merge, StartAttempt, StartWorker, StopAttempt
from uet_es.errors import KernelError
from uet_es.events.decisions import WorkstreamDispatched
from uet_es.events.entry import Entry
from uet_es.events.observations import (
    AnyObservation,
    AttemptExited,
    AttemptStarted,
    MergeLanded,
    PlanAccepted,
    TimePassed,
    WorkerStarted,
)
from uet_es.kernel import Ledger
from uet_es.plan import Plan
from uet_es.values import DurationUs, Instant, RunId, WorkstreamId

#: How long an attempt runs and with what exit status it ends.
Fate = tuple[DurationUs, int]


class Slot(NamedTuple):
    """One execution of an attempt in a schedule."""

    id: WorkstreamId
    attempt: int
    worker: int
    start_us: Instant  #: since the start of the run
    end_us: Instant


class SimulatedWorld:
    """Answers every effect at a virtual instant; ties keep the order of asking."""

    def __init__(self, fate: Callable[[WorkstreamId, int], Fate], start_us: Instant = 0) -> None:
        self.now_us = start_us
        self._fate = fate
        self._coming: list[tuple[Instant, int, AnyObservation]] = []
        self._asked = 0
        self._stopped: set[tuple[WorkstreamId, int]] = set()

    def wait(self, until_us: Instant | None) -> Sequence[Seen]:
        """Everything that happens at the next instant at which anything does."""
        coming = self._coming
        while coming and self._is_void(coming[0][2]):
            heappop(coming)
        if until_us is not None and (not coming or until_us < coming[0][0]):
            self.now_us = max(self.now_us, until_us)
            return [(self.now_us, TimePassed())]
        if not coming:
            raise KernelError("nothing will ever happen: the run waits for nobody")
        self.now_us = coming[0][0]
        seen: list[Seen] = []
        while coming and coming[0][0] == self.now_us:
            observation = heappop(coming)[2]
            if not self._is_void(observation):
                seen.append((self.now_us, observation))
        return seen

    def perform(self, effect: AnyEffect) -> None:
        """Schedule what comes of ``effect``."""
        match effect:
            case StartAttempt(workstream=id, attempt=attempt):
                took_us, status = self._fate(id, attempt)
                self._later(0, AttemptStarted(workstream=id, attempt=attempt))
                exited = AttemptExited(
                    workstream=id, attempt=attempt, status=status, took_us=took_us
                )
                self._later(took_us, exited)
            case StartWorker(worker=worker):
                self._later(0, WorkerStarted(worker=worker))
            case StopAttempt(workstream=id, attempt=attempt):
                self._later(0, AttemptExited(workstream=id, attempt=attempt, status=-15))
                self._stopped.add((id, attempt))
            case Merge(workstream=id, attempt=attempt, commit=commit):
                landed = MergeLanded(workstream=id, attempt=attempt, commit=commit, tree=commit)
                self._later(0, landed)
            case _:
                pass  # nothing to see of it here

    def _later(self, after_us: DurationUs, observation: AnyObservation) -> None:
        self._asked += 1
        heappush(self._coming, (self.now_us + after_us, self._asked, observation))

    def _is_void(self, observation: AnyObservation) -> bool:
        """Whether it is the natural end of an attempt that was stopped before."""
        return (
            isinstance(observation, AttemptExited)
            and observation.status != -15
            and (observation.workstream, observation.attempt) in self._stopped
        )


def simulate(
    plan: Plan,
    fate: Callable[[WorkstreamId, int], Fate],
    note: Callable[[Sequence[Entry]], object] = lambda entries: None,
    start_us: Instant = 0,
) -> Ledger:
    """Run ``plan`` in virtual time with the production kernel.

    ``note`` sees every group of entries. The ledger at the end is returned.
    """

    def write(ledger: Ledger, seen: Sequence[Seen]) -> tuple[Ledger, Sequence[Entry]]:
        entries = admit(ledger, seen)
        note(entries)
        return ledger, entries

    world = SimulatedWorld(fate, start_us)
    ledger = Ledger(RunId("run-0"))
    ledger = take(ledger, world, write, [(start_us, PlanAccepted(plan=plan))])
    return drive(ledger, world, write)


def ideal(plan: Plan) -> Plan:
    """``plan`` in a world where integration costs nothing: what ``validate`` shows."""
    without = tuple(
        msgspec.structs.replace(w, isolation="none", timeout_us=0, heartbeat_us=0)
        for w in plan.workstreams
    )
    return msgspec.structs.replace(plan, workstreams=without, base="")


def schedule(plan: Plan) -> list[Slot]:
    """When each workstream of ``plan`` runs if everything takes as long as expected."""
    expected = {w.id: w.expected_us for w in plan.workstreams}
    entries: list[Entry] = []
    simulate(ideal(plan), lambda workstream, attempt: (expected[workstream], 0), entries.extend)
    return slots_of(entries)


def slots_of(entries: Sequence[Entry]) -> list[Slot]:
    """The executions of ``entries``, in the order in which they ended."""
    slots: list[Slot] = []
    worker_of: dict[WorkstreamId, int] = {}
    start_us: dict[WorkstreamId, Instant] = {}
    origin_us = entries[0].at_us if entries else 0
    for entry in entries:
        at_us = entry.at_us - origin_us
        match entry.event:
            case WorkstreamDispatched(workstream=id, worker=worker):
                worker_of[id] = worker
            case AttemptStarted(workstream=id) if not entry.ignored:
                start_us[id] = at_us
            case AttemptExited(workstream=id, attempt=attempt) if not entry.ignored:
                slots.append(Slot(id, attempt, worker_of[id], start_us.get(id, at_us), at_us))
            case _:
                pass
    return slots
