"""Who has been silent, or running, for too long?"""

from uet_es.aggregates.ledger import Ledger
from uet_es.events.decisions import AttemptRecalled, WorkerTerminated
from uet_es.plan import Limits
from uet_es.values import FailureReason, WorkerId, WorkstreamId


def propose(ledger: Ledger, limits: Limits) -> AttemptRecalled | WorkerTerminated | None:
    """Stop what passed its limit; workers that are gone are terminated once they hold nothing."""
    for timer in ledger.expired:
        if timer.kind == "worker":
            return WorkerTerminated(worker=WorkerId(int(timer.id)), reason="start")
        id = WorkstreamId(timer.id)
        attempt = ledger.workstreams[id].attempt
        reason: FailureReason = "timeout" if timer.kind == "attempt" else "heartbeat"
        return AttemptRecalled(workstream=id, attempt=attempt, reason=reason)
    for worker in ledger.gone:
        known = ledger.workers[worker]
        if known.workstream is None or worker in ledger.freed:
            return WorkerTerminated(worker=worker, reason="lost")
    return None
