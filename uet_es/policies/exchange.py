"""Does an idle worker stand in the place of one that is needed?"""

from uet_es.aggregates.ledger import Ledger
from uet_es.events.decisions import WorkerRecalled
from uet_es.plan import Limits


def propose(ledger: Ledger, limits: Limits) -> WorkerRecalled | None:
    """Recall an idle worker when work is ready that no worker there is can do.

    Asked after dispatch: who is idle then has nothing to do. It happens only where the limits allow
    fewer workers than the plan has needs.
    """
    if ledger.followed or ledger.run.interrupts or ledger.pool < limits.max_workers:
        return None
    for need in ledger.ready.needs():
        able = ledger.serves[need]
        if ledger.ready.head(need) is None or any(ledger.live_by_group.get(n) for n in able):
            continue
        for heap in ledger.idle.values():
            return WorkerRecalled(worker=heap[0])
    return None
