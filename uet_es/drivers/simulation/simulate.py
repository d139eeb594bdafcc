"""What if? A run in virtual time, by the kernel that does the real ones."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from uet_es.drivers.loop import Seen, admit, drive, take
from uet_es.drivers.simulation.durations import Model
from uet_es.drivers.simulation.midway import take_over
from uet_es.drivers.simulation.world import Fates, SimulatedWorld
from uet_es.errors import KernelError
from uet_es.events.decisions import WorkstreamDispatched
from uet_es.events.entry import Entry
from uet_es.events.observations import AttemptExited, AttemptStarted, PlanAccepted
from uet_es.kernel import Ledger
from uet_es.plan import Plan
from uet_es.values import Instant, RunId, WorkstreamId

__all__ = [
    "SimulatedWorld",
    "Slot",
    "ideal",
    "resume_simulated",
    "schedule",
    "simulate",
    "slots_of",
]

#: Sees every group of entries.
Note = Callable[[Sequence[Entry]], object]


class Slot(NamedTuple):
    """One execution of an attempt in a schedule."""

    id: WorkstreamId
    attempt: int
    worker: int
    start_us: Instant  #: since the start of the run
    end_us: Instant


def simulate(
    plan: Plan,
    model: Model | Fates,
    note: Note = lambda entries: None,
    start_us: Instant = 0,
    run: str = "run-0",
    *,
    accepted: PlanAccepted | None = None,
) -> Ledger:
    """Run ``plan`` in virtual time; the ledger at the end.

    ``model`` may be a function that names duration and exit status of attempts, and nothing else
    takes time. ``note`` sees every group of entries. ``accepted`` is the first observation, where
    it should say more than the plan.
    """
    world = _world(plan, model, start_us)
    write = _write(note)
    first = accepted or PlanAccepted(plan=plan)
    ledger = take(Ledger(RunId(run)), world, write, [(start_us, first)])
    return drive(ledger, world, write)


def resume_simulated(
    ledger: Ledger,
    model: Model | Fates,
    note: Note = lambda entries: None,
    after: Iterable[Entry] = (),
) -> Ledger:
    """Go on in virtual time from the middle of a run; the ledger at the end.

    ``after`` are the entries that followed in reality: attempts that run at that instant go on for
    the remainder that they tell. ``ledger`` is changed.
    """
    plan = ledger.run.plan
    if plan is None:
        raise KernelError(f"{ledger.id} has no plan to go on with")
    world = _world(plan, model, ledger.now_us)
    take_over(world, ledger, after)
    return drive(ledger, world, _write(note))


def _world(plan: Plan, model: Model | Fates, start_us: Instant) -> SimulatedWorld:
    if not isinstance(model, Model):
        return SimulatedWorld(model, start_us)
    known = model
    specs = {spec.id: spec for spec in plan.workstreams}
    return SimulatedWorld(
        lambda name, attempt: known.fate(specs[name], attempt), start_us, known.machine
    )


def _write(note: Note) -> Callable[[Ledger, Sequence[Seen]], tuple[Ledger, Sequence[Entry]]]:
    def write(ledger: Ledger, seen: Sequence[Seen]) -> tuple[Ledger, Sequence[Entry]]:
        entries = admit(ledger, seen)
        note(entries)
        return ledger, entries

    return write


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
