"""Which workstream starts next?"""

from uet_es.aggregates.ledger import Ledger
from uet_es.events.decisions import WorkerAssigned, WorkstreamDispatched, WorkstreamReadied
from uet_es.plan import Limits
from uet_es.values import WorkerId

Start = WorkstreamReadied | WorkstreamDispatched | WorkerAssigned


def propose(ledger: Ledger, limits: Limits) -> Start | None:
    """The first in order that may run beside what runs and that an idle worker can do."""
    if ledger.unassigned is not None:
        return _assigned(ledger, ledger.unassigned)
    if ledger.readiable:
        return WorkstreamReadied(workstream=ledger.ready.named(ledger.readiable[0]))
    run = ledger.run
    if not ledger.idle or ledger.followed or run.paused or run.interrupts or ledger.claims.alone:
        return None
    if ledger.claims.attempting >= limits.max_workers:
        return None  # the limit was lowered while more were at work
    best: tuple[int, WorkerId] | None = None
    for need in ledger.ready.needs():
        head = ledger.ready.head(need)
        if head is not None and (best is None or head < best[0]):
            worker = ledger.idle_worker(need)
            if worker is not None:
                best = (head, worker)
    if best is None:
        return None
    id = ledger.ready.named(best[0])
    attempt = ledger.workstreams[id].attempt + 1
    return WorkstreamDispatched(workstream=id, attempt=attempt, worker=best[1])


def _assigned(ledger: Ledger, worker: WorkerId) -> WorkerAssigned:
    id = next(reversed(ledger.asked_seq))  # what was dispatched last
    return WorkerAssigned(worker=worker, workstream=id, attempt=ledger.workstreams[id].attempt)
