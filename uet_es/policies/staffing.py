"""How many workers are there, and of which sort?"""

from collections.abc import Iterator

from uet_es.aggregates.ledger import Ledger
from uet_es.aggregates.opening import groups_of
from uet_es.events.decisions import (
    WorkerReadied,
    WorkerRecalled,
    WorkerSpawned,
    WorkerTerminated,
)
from uet_es.plan import Limits, Plan
from uet_es.values import WorkerId

Staffing = WorkerReadied | WorkerSpawned | WorkerRecalled | WorkerTerminated


def propose(ledger: Ledger, limits: Limits) -> Staffing | None:
    """As many as the limits allow, and no more than there is work for.

    First one for every need of the plan, then the groups in their order. Where a limit was
    lowered, the idle ones with the highest numbers go; nobody is stopped at work.
    """
    for worker in ledger.arrived:
        return WorkerReadied(worker=worker)
    if ledger.pool > limits.max_workers:
        for worker in reversed(ledger.live):
            if ledger.workers[worker].state == "SPAWNING":
                return WorkerTerminated(worker=worker, reason="drained")
            if ledger.workers[worker].state == "IDLE":
                return WorkerRecalled(worker=worker)
    if ledger.run.interrupts or ledger.pool >= limits.max_workers:
        return None
    assert ledger.run.plan is not None
    more = _wanted(ledger) if ledger.pool < ledger.unfinished else ()
    for number in (*_missing(ledger), *more):
        if (spawned := _spawned(ledger, ledger.run.plan, limits, number)) is not None:
            return spawned
    return None


def _missing(ledger: Ledger) -> Iterator[int]:
    """Groups that could do what is ready, where no worker there is can."""
    for need in ledger.ready.needs():
        able, head = ledger.serves[need], ledger.ready.head(need)
        waits = head is not None and ledger.ready.named(head) in ledger.ready
        if waits and not any(ledger.live_by_group.get(number) for number in able):
            yield from able


def _wanted(ledger: Ledger) -> Iterator[int]:
    """Groups in the order in which another worker of theirs is wanted."""
    useful: set[int] = set()
    for able in ledger.serves.values():
        if not any(ledger.live_by_group.get(number) for number in able):
            yield from able
        useful.update(able)
    yield from sorted(useful)


def _spawned(ledger: Ledger, plan: Plan, limits: Limits, number: int) -> WorkerSpawned | None:
    group = groups_of(plan, limits)[number]
    if ledger.live_by_group.get(number, 0) >= group.count:
        return None
    return WorkerSpawned(
        worker=WorkerId(len(ledger.workers) + 1),
        group=number,
        tools=group.tools,
        capabilities=group.capabilities,
    )
