"""Whose work is merged next?"""

from uet_es.aggregates.ledger import Ledger
from uet_es.events.decisions import MergeStarted
from uet_es.plan import Limits


def propose(ledger: Ledger, limits: Limits) -> MergeStarted | None:
    """The first candidate, while the one integration worker is free."""
    if ledger.followed or ledger.run.merging is not None:
        return None
    candidate = ledger.candidate
    if candidate is None:
        return None
    workstream = ledger.workstreams[candidate.id]
    return MergeStarted(
        workstream=workstream.id, attempt=workstream.attempt, commit=workstream.commit
    )
