"""What a decision about a worker changes in the ledger, beside that worker's value."""

from heapq import heappop, heappush
from typing import assert_never

from uet_es.aggregates.ledger import Ledger
from uet_es.aggregates.worker import Worker
from uet_es.events.decisions import (
    AnyWorkerDecision,
    WorkerAssigned,
    WorkerReadied,
    WorkerRecalled,
    WorkerReleased,
    WorkerSpawned,
    WorkerTerminated,
)


def advance(ledger: Ledger, event: AnyWorkerDecision, now: Worker) -> None:
    """Keep the indexes in step with a worker that became ``now``."""
    id = now.id
    match event:
        case WorkerAssigned():
            ledger.unassigned = None
            _leave_idle(ledger, now.group)
        case WorkerReleased():
            ledger.freed.pop(id, None)
            heappush(ledger.idle.setdefault(now.group, []), id)
        case WorkerReadied():
            ledger.arrived.pop(id, None)
            heappush(ledger.idle.setdefault(now.group, []), id)
        case WorkerSpawned(group=group):
            ledger.live[id] = None
            ledger.spawned_seq[id] = ledger.seq
            ledger.live_by_group[group] = ledger.live_by_group.get(group, 0) + 1
            due_us = ledger.now_us + ledger.run.limits.worker_start_us + 1
            ledger.timers.set("worker", str(id), due_us)
        case WorkerRecalled():
            del ledger.live[id]
            ledger.draining[id] = None
            _leave_idle(ledger, now.group)
            if now.workstream is None:
                ledger.freed[id] = None
        case WorkerTerminated():
            ledger.freed.pop(id, None)
            ledger.arrived.pop(id, None)
            ledger.gone.pop(id, None)
            for timer in [t for t in ledger.expired if t.id == str(id) and t.kind == "worker"]:
                del ledger.expired[timer]
            ledger.live.pop(id, None)
            ledger.draining.pop(id, None)
            ledger.live_by_group[now.group] -= 1
            _leave_idle(ledger, now.group)
        case _:
            assert_never(event)
    if isinstance(event, WorkerReadied | WorkerTerminated):
        ledger.timers.clear("worker", str(id))
        ledger.spawned_seq.pop(id, None)


def _leave_idle(ledger: Ledger, group: int) -> None:
    """Drop those from the head of the idle heap that are idle no more."""
    heap = ledger.idle.get(group, [])
    while heap and ledger.workers[heap[0]].state != "IDLE":
        heappop(heap)
    if not heap:
        ledger.idle.pop(group, None)
