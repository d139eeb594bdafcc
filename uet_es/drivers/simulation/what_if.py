"""What if? One imagined run beside the real one, many of them, and what binds."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import msgspec

from uet_es.aggregates.order import tails
from uet_es.drivers.simulation.durations import Model
from uet_es.drivers.simulation.simulate import Slot, resume_simulated, simulate, slots_of
from uet_es.events.entry import Entry
from uet_es.kernel import Ledger
from uet_es.plan import Plan
from uet_es.values import SECOND_US, DurationUs, Instant, WorkstreamId

Document = dict[str, object]
Note = Callable[[Sequence[Entry]], object]

#: A makespan that is within this of the best one is as good.
_AS_GOOD_PERCENT = 5
_COUNTED_WORKSTREAMS_MAX = 400  #: for larger plans nobody waits for the count of useful workers


class Imagined(NamedTuple):
    """One run that never was."""

    plan: Plan
    ledger: Ledger
    slots: list[Slot]  #: a fork's begin with those of its parent

    @property
    def makespan_us(self) -> DurationUs:
        """From the acceptance of the plan to the end."""
        return self.ledger.run.finished_at_us - self.ledger.run.accepted_at_us

    @property
    def workers(self) -> int:
        """How many there were at the most."""
        limit = self.ledger.run.limits.max_workers
        return min(limit, max(1, len(self.plan.workstreams)))


class Past(NamedTuple):
    """What had happened before an imagined run begins."""

    ledger: Ledger  #: at the fork, already as another run
    before: Sequence[Entry]
    after: Sequence[Entry]  #: how it went on in reality


def imagine(
    plan: Plan, model: Model, note: Note = lambda entries: None, start_us: Instant = 0
) -> Imagined:
    """``plan`` from its start, as ``model`` says."""
    entries: list[Entry] = []

    def keep(group: Sequence[Entry]) -> None:
        entries.extend(group)
        note(group)

    ledger = simulate(plan, model, keep, start_us)
    return Imagined(plan, ledger, slots_of(entries))


def imagine_from(past: Past, model: Model, note: Note = lambda entries: None) -> Imagined:
    """The rest of a run that had begun."""
    entries = list(past.before)

    def keep(group: Sequence[Entry]) -> None:
        entries.extend(group)
        note(group)

    ledger = resume_simulated(past.ledger, model, note=keep, after=past.after)
    assert ledger.run.plan is not None
    return Imagined(ledger.run.plan, ledger, slots_of(entries))


def lasted(plan: Plan, slots: Sequence[Slot]) -> dict[WorkstreamId, DurationUs]:
    """How long the attempts at each workstream took together; 0 for those that never ran."""
    took = {spec.id: 0 for spec in plan.workstreams}
    for slot in slots:
        took[slot.id] = took.get(slot.id, 0) + slot.end_us - slot.start_us
    return took


def critical_path(plan: Plan, took: dict[WorkstreamId, DurationUs]) -> list[WorkstreamId]:
    """The longest chain of dependencies by what they took; ties go to the smaller id."""
    timed = _timed(plan, took)
    tail = tails(timed, timed.before)
    after: dict[WorkstreamId, list[WorkstreamId]] = {spec.id: [] for spec in plan.workstreams}
    for spec in plan.workstreams:
        for needed in spec.depends_on:
            after[needed].append(spec.id)
    for first, second in plan.before:
        after[first].append(second)
    path: list[WorkstreamId] = []
    heads = [spec.id for spec in plan.workstreams]
    while heads:
        head = min(heads, key=lambda each: (-tail[each], each))
        if not tail[head]:
            break
        path.append(head)
        heads = after[head]
    return path


def lower_bound_us(imagined: Imagined) -> DurationUs:
    """No schedule of these attempts is shorter: the longest chain, or the work by the workers."""
    took = lasted(imagined.plan, imagined.slots)
    chain = sum(took[id] for id in critical_path(imagined.plan, took))
    work = -(-sum(took.values()) // imagined.workers)
    return max(chain, work)


def _timed(plan: Plan, took: dict[WorkstreamId, DurationUs]) -> Plan:
    specs = tuple(
        msgspec.structs.replace(spec, expected_us=took[spec.id]) for spec in plan.workstreams
    )
    return msgspec.structs.replace(plan, workstreams=specs)


def document_of(imagined: Imagined) -> Document:
    """An imagined run as ``simulate --json`` prints it, without what it is compared with."""
    took = lasted(imagined.plan, imagined.slots)
    busy_us = sum(took.values())
    room_us = imagined.workers * max(1, imagined.makespan_us)
    return {
        "outcome": imagined.ledger.run.outcome,
        "makespan_s": imagined.makespan_us / SECOND_US,
        "lower_bound_s": lower_bound_us(imagined) / SECOND_US,
        "workers": imagined.workers,
        "utilisation": round(busy_us / room_us, 4),
        "cost_nanousd": imagined.ledger.run.cost_nanousd,
        "critical_path": list(critical_path(imagined.plan, took)),
        "schedule": [
            {
                "id": slot.id,
                "attempt": slot.attempt,
                "worker": slot.worker,
                "start_s": slot.start_us / SECOND_US,
                "end_s": slot.end_us / SECOND_US,
            }
            for slot in sorted(imagined.slots, key=lambda slot: (slot.start_us, slot.id))
        ],
    }


def with_workers(plan: Plan, count: int) -> Plan:
    """``plan`` with another number of workers."""
    limits = msgspec.structs.replace(plan.limits, max_workers=count)
    return msgspec.structs.replace(plan, limits=limits)


def binding(imagined: Imagined, model: Model) -> Document:
    """What keeps the makespan from being shorter, and how many workers are worth having."""
    plan, makespan_us = imagined.plan, max(1, imagined.makespan_us)
    took = lasted(plan, imagined.slots)
    path = critical_path(plan, took)
    chain_us = sum(took[id] for id in path)
    share = round(100 * chain_us / makespan_us)
    free = imagine(with_workers(plan, max(1, len(plan.workstreams))), model)
    useful: int | None = None
    if len(plan.workstreams) <= _COUNTED_WORKSTREAMS_MAX:
        useful = _useful_workers(plan, model, free.makespan_us)
    gained = makespan_us - free.makespan_us
    if 100 * gained > 2 * makespan_us:
        kind = "workers"
    elif share >= 80:
        kind = "chain"
    else:
        kind = "exclusion"  # conflicts, resources, merging: what is neither a chain nor workers
    return {
        "kind": kind,
        "useful_workers": useful,
        "unlimited_s": free.makespan_us / SECOND_US,
        "chain_percent": share,
        "chain": list(path),
    }


def _useful_workers(plan: Plan, model: Model, best_us: DurationUs) -> int:
    """The smallest number of workers with which the plan takes no longer than with any number."""
    low, high = 1, max(1, len(plan.workstreams))
    while low < high:
        middle = (low + high) // 2
        if 100 * imagine(with_workers(plan, middle), model).makespan_us <= 101 * best_us:
            high = middle
        else:
            low = middle + 1
    return low


def sweep(plan: Plan, model: Model, counts: Sequence[int]) -> tuple[list[Imagined], int]:
    """The same plan with several numbers of workers, and the knee: the fewest that are as good."""
    runs = [imagine(with_workers(plan, count), model) for count in counts]
    best_us = min(run.makespan_us for run in runs)
    good_us = best_us * (100 + _AS_GOOD_PERCENT)
    knee = min(c for c, run in zip(counts, runs, strict=True) if 100 * run.makespan_us <= good_us)
    return runs, knee


def percentiles(plan: Plan, model: Model, samples: int, seed: int) -> dict[str, float]:
    """p10, p50 and p90 of the makespan over ``samples`` draws of all durations, in seconds.

    All cores take part; the draws depend on the seed only.
    """
    seeds = [seed * 1_000_003 + number for number in range(samples)]
    chunks = [seeds[at : at + 50] for at in range(0, samples, 50)]
    found: list[DurationUs] = []
    if len(chunks) == 1:
        found = _drawn(plan, model, chunks[0])
    else:
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            for some in pool.map(_drawn, [plan] * len(chunks), [model] * len(chunks), chunks):
                found += some
    found.sort()
    return {
        f"p{percent}": found[min(samples - 1, samples * percent // 100)] / SECOND_US
        for percent in (10, 50, 90)
    }


def _drawn(plan: Plan, model: Model, seeds: Sequence[int]) -> list[DurationUs]:
    return [imagine(plan, model.sampled(seed)).makespan_us for seed in seeds]
