"""What a ledger looks like right after a plan was accepted."""

from heapq import heapify, heappush

from uet_es.aggregates import order
from uet_es.aggregates.claims import Claims
from uet_es.aggregates.clashes import clash
from uet_es.aggregates.ledger import Ledger
from uet_es.aggregates.ready import ReadyQueue, need_of
from uet_es.aggregates.workstream import Workstream
from uet_es.plan import Limits, Plan, WorkerGroup
from uet_es.values import WorkstreamId


def groups_of(plan: Plan, limits: Limits) -> tuple[WorkerGroup, ...]:
    """The sorts of workers: those of the plan, or one that can do everything."""
    return plan.workers or (WorkerGroup(count=limits.max_workers),)


def open_plan(ledger: Ledger, plan: Plan) -> None:
    """Fill the indexes of an empty ledger."""
    ledger.specs = {w.id: w for w in plan.workstreams}
    ledger.workstreams = {w.id: Workstream(id=w.id) for w in plan.workstreams}
    ledger.counts = {
        "PENDING": len(plan.workstreams),
        "READY": 0,
        "RUNNING": 0,
        "SUCCEEDED": 0,
        "FAILED": 0,
        "CANCELLED": 0,
    }
    ledger.followers = order.followers_of(plan)
    merged_after = order.tails(plan, plan.before)
    sequence = order.merge_order(plan, merged_after, ledger.followers)
    ledger.merge_sequence = [id for id in sequence if ledger.specs[id].isolation == "worktree"]
    edges = list(plan.before)
    if plan.limits.merge_order == "strict":
        edges = sorted({*edges, *order.strict_edges(plan, sequence)})
    ledger.tail = order.tails(plan, edges) if edges else merged_after
    ranked = order.dispatch_order(plan, ledger.tail, ledger.followers)
    ledger.rank = {id: rank for rank, id in enumerate(ranked)}
    ledger.after = {}
    ledger.preceding = {}
    for first, second in edges:
        ledger.after.setdefault(first, []).append(second)
        ledger.preceding.setdefault(second, []).append(first)
    ledger.claims = Claims(plan)
    ledger.ready = ReadyQueue(ranked, ledger.specs)
    ledger.unmet = {
        w.id: len(w.depends_on) + len(ledger.preceding.get(w.id, ())) for w in plan.workstreams
    }
    ledger.readiable = [rank for rank, id in enumerate(ranked) if not ledger.unmet[id]]
    heapify(ledger.readiable)
    groups = groups_of(plan, plan.limits)
    for need in {need_of(w): None for w in plan.workstreams}:
        tool, capabilities = need
        ledger.serves[need] = tuple(
            n
            for n, group in enumerate(groups)
            if (not group.tools or tool in group.tools)
            and set(capabilities) <= set(group.capabilities)
        )


def open_again(ledger: Ledger, id: WorkstreamId) -> None:
    """Let a workstream that is PENDING once more wait for what it needs.

    Order-only edges hold once: who waited for its end goes on. In strict merging it takes the last
    place, and starts after everything that it may not run beside: whoever waits to be merged
    before it would otherwise wait for a scope that it holds.
    """
    if ledger.run.limits.merge_order == "strict" and ledger.specs[id].isolation == "worktree":
        place = ledger.merge_sequence.index(id)
        del ledger.merge_sequence[place]
        ledger.merge_place -= place < ledger.merge_place
        ledger.merge_sequence.append(id)
        preceding = ledger.preceding.setdefault(id, [])
        for other, workstream in ledger.workstreams.items():
            if other == id or other in preceding or workstream.is_terminal:
                continue
            if clash(ledger, id, other):
                preceding.append(other)
                ledger.after.setdefault(other, []).append(id)
    unmet = len(ledger.preceding.get(id, ()))
    for needed in ledger.specs[id].depends_on:
        unmet += ledger.workstreams[needed].state != "SUCCEEDED"
    ledger.unmet[id] = unmet
    if not unmet:
        heappush(ledger.readiable, ledger.rank[id])
