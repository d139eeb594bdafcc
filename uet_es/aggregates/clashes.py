"""Whether two workstreams may run side by side."""

from uet_es.aggregates.ledger import Ledger
from uet_es.values import WorkstreamId


def clash(ledger: Ledger, id: WorkstreamId, other_id: WorkstreamId) -> bool:
    """Whether scopes or groups of the two exclude each other, whatever they are at."""
    spec, other = ledger.specs[id], ledger.specs[other_id]
    if spec.conflict_group and spec.conflict_group == other.conflict_group:
        return True
    claims = ledger.claims
    writes = {name for pattern in spec.writes for name in claims.overlapping(pattern)}
    if any(pattern in writes for pattern in (*other.writes, *other.reads)):
        return True
    reads = {name for pattern in spec.reads for name in claims.overlapping(pattern)}
    return any(pattern in reads for pattern in other.writes)


def conflicting(ledger: Ledger, id: WorkstreamId) -> list[WorkstreamId]:
    """The workstreams whose running or unmerged work ``id`` may not run beside, by id."""
    found = []
    for other in sorted({*ledger.asked_seq, *(waiting.id for waiting in ledger.candidates)}):
        step = ledger.workstreams[other].step
        if other == id or step not in ("attempting", "merging"):
            continue
        alone = ledger.specs[id].alone or ledger.specs[other].alone
        if (step == "attempting" and alone) or clash(ledger, id, other):
            found.append(other)
    return found
