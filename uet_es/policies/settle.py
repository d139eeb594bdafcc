"""What does it mean that an attempt or a merge has ended well?"""

from uet_es.aggregates.ledger import Ledger, Usage
from uet_es.aggregates.verdict import first_ending
from uet_es.events.decisions import (
    AttemptDiscarded,
    WorkerReleased,
    WorkerTerminated,
    WorkstreamCancelled,
    WorkstreamCompleted,
    WorkstreamSubmitted,
)
from uet_es.events.observations import AttemptExited, MergeLanded
from uet_es.plan import Limits

Settlement = (
    WorkstreamSubmitted
    | WorkstreamCompleted
    | WorkstreamCancelled
    | AttemptDiscarded
    | WorkerReleased
    | WorkerTerminated
)


def propose(ledger: Ledger, limits: Limits) -> Settlement | None:
    """Successes and cancellations; then discards, then the workers that became free."""
    if ledger.unsettled:
        found = first_ending(ledger)
        assert found is not None
        id, ending, failure = found
        if failure is None:
            attempt = ending.attempt
            if isinstance(ending, AttemptExited) and ending.commit:
                return WorkstreamSubmitted(workstream=id, attempt=attempt, commit=ending.commit)
            commit = ending.commit if isinstance(ending, MergeLanded) else ""
            used = ledger.usage.get(id, Usage())
            return WorkstreamCompleted(
                workstream=id,
                attempt=attempt,
                commit=commit,
                input_tokens=used.input_tokens,
                output_tokens=used.output_tokens,
                cost_nanousd=used.cost_nanousd,
            )
        if failure.reason == "cancelled":
            return WorkstreamCancelled(workstream=id, reason="asked")
    for id, attempt in ledger.discards.items():
        return AttemptDiscarded(workstream=id, attempt=attempt)
    for worker in ledger.freed:
        if ledger.workers[worker].state == "DRAINING":
            return WorkerTerminated(worker=worker, reason="drained")
        return WorkerReleased(worker=worker)
    return None
