"""What does a person want tried again?"""

from uet_es.aggregates.ledger import Ledger
from uet_es.events.decisions import RunReopened, WorkstreamReopened
from uet_es.plan import Limits


def propose(ledger: Ledger, limits: Limits) -> RunReopened | WorkstreamReopened | None:
    """First the run, if it had finished; then the workstream and those that fell with it."""
    for id, root in ledger.reopening.items():
        if ledger.run.outcome is not None:
            return RunReopened()
        return WorkstreamReopened(workstream=id, root=root)
    return None
