"""What must hold of a ledger after every turn: its indexes say what a recomputation says.

For tests, simulation and the curious; never called on the way of a run.
"""

from collections import Counter
from collections.abc import Iterator

from uet_es.aggregates.claims import Claims
from uet_es.aggregates.ledger import Ledger
from uet_es.aggregates.ready import need_of
from uet_es.aggregates.workstream import Workstream
from uet_es.values import WorkerId, WorkstreamId


def broken(ledger: Ledger) -> list[str]:
    """Every invariant that does not hold, in words; empty if all is well."""
    if ledger.run.plan is None:
        return []
    return [
        *_counts(ledger),
        *_predecessors(ledger),
        *_claims(ledger),
        *_ready(ledger),
        *_workers(ledger),
        *_merging(ledger),
        *_rest(ledger),
    ]


def startable(ledger: Ledger) -> tuple[WorkstreamId, WorkerId] | None:
    """What dispatch would start next, found the slow way: by looking at everything in order."""
    run = ledger.run
    if run.paused or run.interrupts or ledger.claims.alone:
        return None
    for id in ledger.rank:
        spec = ledger.specs[id]
        if id in ledger.ready and ledger.claims.blocker(spec) is None:
            worker = ledger.idle_worker(need_of(spec))
            if worker is not None:
                return id, worker
    return None


def _counts(ledger: Ledger) -> Iterator[str]:
    counted = Counter(w.state for w in ledger.workstreams.values())
    if {state: n for state, n in ledger.counts.items() if n} != dict(counted):
        yield f"counts {ledger.counts} are not {dict(counted)}"
    if sum(ledger.versions.values()) != ledger.seq:
        yield f"{ledger.seq} entries in streams of {sum(ledger.versions.values())}"


def _predecessors(ledger: Ledger) -> Iterator[str]:
    for id, workstream in ledger.workstreams.items():
        unmet = sum(ledger.workstreams[d].state != "SUCCEEDED" for d in ledger.specs[id].depends_on)
        unmet += len(ledger.preceding.get(id, ()))
        if workstream.state == "PENDING" and ledger.unmet[id] != unmet:
            yield f"{id} waits for {unmet} predecessors, not {ledger.unmet[id]}"
        if workstream.state in ("READY", "RUNNING", "SUCCEEDED"):
            for needed in ledger.specs[id].depends_on:
                if ledger.workstreams[needed].state != "SUCCEEDED":
                    yield f"{id} is {workstream.state} before {needed}"


def _holds_scope(ledger: Ledger, workstream: Workstream) -> bool:
    return workstream.step in ("attempting", "merging") or workstream.id in ledger.discards


def _claims(ledger: Ledger) -> Iterator[str]:
    assert ledger.run.plan is not None
    fresh = Claims(ledger.run.plan)
    fresh.capacity = {
        pool: max(ledger.claims.units.get(pool, 0), units)
        for pool, units in ledger.claims.capacity.items()
    }
    for id, workstream in ledger.workstreams.items():
        spec = ledger.specs[id]
        if workstream.step == "attempting" and fresh.blocker(spec) is not None:
            yield f"{id} runs beside what it may not: {fresh.blocker(spec)}"
        if _holds_scope(ledger, workstream):
            fresh.hold(spec)
            if workstream.step != "attempting":
                fresh.end_attempt(spec)
    held = ledger.claims
    for name in ("readers", "writers", "groups", "attempting", "alone"):
        if getattr(held, name) != getattr(fresh, name):
            yield f"claims: {name} {getattr(held, name)} should be {getattr(fresh, name)}"
    if {k: n for k, n in held.units.items() if n} != {k: n for k, n in fresh.units.items() if n}:
        yield f"claims: units {held.units} should be {fresh.units}"
    unchanged = ledger.run.limits.resources == ledger.run.plan.limits.resources
    for pool in held.units:
        if unchanged and held.free(pool) < 0:
            yield f"pool {pool} is overdrawn"


def _ready(ledger: Ledger) -> Iterator[str]:
    for id, workstream in ledger.workstreams.items():
        due = workstream.step == "waiting" and ("retry", id) not in ledger.timers.due
        if (workstream.state == "READY" or due) != (id in ledger.ready):
            yield f"{id} {workstream.state} {workstream.step}: in ready is {id in ledger.ready}"
    readiable = [
        ledger.rank[w.id]
        for w in ledger.workstreams.values()
        if w.state == "PENDING" and not ledger.unmet[w.id]
    ]
    if readiable[:1] and ledger.readiable[:1] != [min(readiable)]:
        yield f"first readiable {ledger.readiable[:1]} should be {min(readiable)}"
    if ledger.readiable and not readiable:
        yield f"readiable {ledger.readiable} should be empty"
    if ledger.idle and not ledger.claims.alone:
        slow = startable(ledger)
        heads = [
            head
            for need in ledger.ready.needs()
            if (head := ledger.ready.head(need)) is not None
            and ledger.idle_worker(need) is not None
        ]
        quick = ledger.ready.named(min(heads)) if heads else None
        paused = ledger.run.paused or ledger.run.interrupts
        if not paused and quick != (slow[0] if slow else None):
            yield f"dispatch would take {quick}, in order it is {slow}"


def _workers(ledger: Ledger) -> Iterator[str]:
    idle = sorted(id for id, w in ledger.workers.items() if w.state == "IDLE")
    heaped = sorted(
        id for heap in ledger.idle.values() for id in heap if ledger.workers[id].state == "IDLE"
    )
    if idle != heaped:
        yield f"idle workers {heaped} should be {idle}"
    live = [id for id, w in ledger.workers.items() if w.state not in ("DRAINING", "TERMINATED")]
    if list(ledger.live) != live:
        yield f"live workers {list(ledger.live)} should be {live}"
    there = [id for id, w in ledger.workers.items() if w.is_alive]
    if sorted([*ledger.live, *ledger.draining]) != there:
        yield f"workers {there} should be {list(ledger.live)} and {list(ledger.draining)}"
    most = max(ledger.run.limits.max_workers, ledger.claims.attempting)
    if len(there) > most + len(ledger.draining):
        yield f"{len(there)} workers, {most} allowed"
    for worker in ledger.workers.values():
        if worker.workstream is not None and worker.id not in ledger.freed:
            workstream = ledger.workstreams[worker.workstream]
            if (workstream.step, workstream.worker) != ("attempting", worker.id):
                yield f"worker {worker.id} has {workstream.id}, which is {workstream.step}"


def _merging(ledger: Ledger) -> Iterator[str]:
    waiting = sorted(
        w.id
        for w in ledger.workstreams.values()
        if w.step == "merging" and w.id != ledger.run.merging
    )
    if sorted(c.id for c in ledger.candidates) != waiting:
        yield f"merge queue {ledger.candidates} should hold {waiting}"


def _rest(ledger: Ledger) -> Iterator[str]:
    head = ledger.timers.head
    if head is not None and head.due_us <= ledger.now_us and not ledger.followed:
        yield f"at rest, yet {head} is due at {ledger.now_us}"
    for name in ("unsettled", "recalls", "doomed", "discards", "freed", "arrived", "reopening"):
        if getattr(ledger, name) and ledger.run.outcome is None:
            yield f"at rest, yet {name} holds {getattr(ledger, name)}"
