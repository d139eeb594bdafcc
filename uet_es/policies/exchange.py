"""Does an idle worker stand in the place of one that is needed?"""

from uet_es.aggregates.ledger import Ledger
from uet_es.events.decisions import WorkerRecalled
from uet_es.plan import Limits


def propose(ledger: Ledger, limits: Limits) -> WorkerRecalled | None:
    """Recall an idle worker when work is ready that no worker there is can do.

    Asked after dispatch: who is idle then has nothing to do. It happens only where the limits allow
    fewer workers than the plan has needs.
    """
    run = ledger.run
    if ledger.followed or run.paused or run.interrupts or ledger.claims.alone:
        return None
    if ledger.pool < limits.max_workers:
        return None
    for need in ledger.ready.needs():
        able = ledger.serves[need]
        there = any(ledger.live_by_group.get(number) for number in able)
        if there or not able or ledger.ready.head(need) is None:
            continue
        for heap in ledger.idle.values():
            return WorkerRecalled(worker=heap[0])
    return None
