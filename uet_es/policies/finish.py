"""Is the run over?"""

from uet_es.aggregates.ledger import Ledger
from uet_es.events.decisions import RunFinished, WorkerTerminated
from uet_es.plan import Limits
from uet_es.values import Outcome


def propose(ledger: Ledger, limits: Limits) -> WorkerTerminated | RunFinished | None:
    """When every workstream is in a terminal state: first the workers go, then it is."""
    if ledger.unfinished:
        return None
    for worker in ledger.live:
        return WorkerTerminated(worker=worker)
    counts = ledger.counts
    failed, cancelled = counts["FAILED"], counts["CANCELLED"]
    outcome: Outcome = "failed" if failed or cancelled else "succeeded"
    return RunFinished(
        outcome="cancelled" if ledger.run.cancelled and cancelled else outcome,
        succeeded=counts["SUCCEEDED"],
        failed=failed,
        cancelled=cancelled,
    )
