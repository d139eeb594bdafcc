"""What must stop, and may anything start at all?"""

from uet_es.aggregates.ledger import Ledger
from uet_es.events.decisions import (
    AttemptRecalled,
    RunPaused,
    RunUnpaused,
    WorkerRecalled,
    WorkerTerminated,
    WorkstreamCancelled,
)
from uet_es.plan import Limits

Stop = (
    RunPaused
    | RunUnpaused
    | AttemptRecalled
    | WorkstreamCancelled
    | WorkerRecalled
    | WorkerTerminated
)


def propose(ledger: Ledger, limits: Limits) -> Stop | None:
    """Pauses, recalled attempts, cancelled work, and the workers of an interrupted driver."""
    run = ledger.run
    if run.wants_pause != run.paused:
        return RunPaused() if run.wants_pause else RunUnpaused()
    for id, reason in ledger.recalls.items():
        return AttemptRecalled(workstream=id, attempt=ledger.workstreams[id].attempt, reason=reason)
    for id, doom in ledger.doomed.items():
        return WorkstreamCancelled(workstream=id, because=doom.because, reason=doom.reason)
    if run.interrupts:
        for worker in ledger.live:
            if ledger.workers[worker].state == "SPAWNING":
                return WorkerTerminated(worker=worker, reason="drained")
            return WorkerRecalled(worker=worker)
    return None
