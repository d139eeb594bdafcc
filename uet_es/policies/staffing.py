"""How many workers are there?"""

from uet_es.aggregates.ledger import Ledger
from uet_es.aggregates.opening import groups_of
from uet_es.events.decisions import WorkerReadied, WorkerSpawned
from uet_es.plan import Limits
from uet_es.values import WorkerId


def propose(ledger: Ledger, limits: Limits) -> WorkerReadied | WorkerSpawned | None:
    """As many as the limits allow, and no more than there is work for."""
    for worker in ledger.arrived:
        return WorkerReadied(worker=worker)
    if ledger.run.interrupts or len(ledger.live) >= min(limits.max_workers, ledger.unfinished):
        return None
    assert ledger.run.plan is not None
    for number, group in enumerate(groups_of(ledger.run.plan)):
        if ledger.live_by_group.get(number, 0) < group.count:
            return WorkerSpawned(
                worker=WorkerId(len(ledger.workers) + 1),
                group=number,
                tools=group.tools,
                capabilities=group.capabilities,
            )
    return None
