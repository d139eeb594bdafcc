"""What a decision about a workstream changes in the ledger, beside that workstream's value."""

from heapq import heappop, heappush
from typing import assert_never

from uet_es.aggregates.ledger import Doom, Ledger
from uet_es.aggregates.opening import open_again
from uet_es.aggregates.workstream import Workstream
from uet_es.events.decisions import (
    AnyWorkstreamDecision,
    AttemptDiscarded,
    AttemptRecalled,
    RetryScheduled,
    WorkstreamCancelled,
    WorkstreamCompleted,
    WorkstreamDispatched,
    WorkstreamFailed,
    WorkstreamReadied,
    WorkstreamReopened,
    WorkstreamSubmitted,
)
from uet_es.values import WorkstreamId


def advance(ledger: Ledger, event: AnyWorkstreamDecision, was: Workstream, now: Workstream) -> None:
    """Keep the indexes in step with a workstream that became ``now``."""
    id = was.id
    if was.state != now.state:
        ledger.counts[was.state] -= 1
        ledger.counts[now.state] += 1
    match event:
        case WorkstreamDispatched(worker=worker):
            ledger.claims.hold(ledger.specs[id])
            ledger.ready.remove(id, ledger.claims)
            ledger.asked_seq[id] = ledger.seq
            ledger.unassigned = worker
        case WorkstreamReadied():
            _take_readiable(ledger, id)
            ledger.ready.add(id)
        case WorkstreamCompleted():
            if was.step == "attempting":
                _end_attempt(ledger, was)
            else:
                _end_merge(ledger, id)
            _end_scope(ledger, id)
            _succeed(ledger, id)
        case WorkstreamSubmitted():
            _end_attempt(ledger, was)
            ledger.enqueue(id)
        case RetryScheduled(not_before_us=not_before_us):
            _end_attempt(ledger, was)
            _let_go(ledger, now)
            if not_before_us <= ledger.now_us:
                ledger.ready.add(id)
            else:
                ledger.timers.set("retry", id, not_before_us)
        case AttemptRecalled():
            ledger.recalls.pop(id, None)
            ledger.timers.clear("attempt", id)
            ledger.timers.clear("heartbeat", id)
            for timer in [t for t in ledger.expired if t.id == id and t.kind != "worker"]:
                del ledger.expired[timer]
        case AttemptDiscarded():
            del ledger.discards[id]
            _end_scope(ledger, id)
        case WorkstreamFailed():
            _stop_step(ledger, was, now)
            _fall(ledger, id, id)
            if ledger.run.limits.fail_fast and not ledger.fallen:
                _fail_fast(ledger, id)
        case WorkstreamCancelled(because=because):
            _stop_step(ledger, was, now)
            ledger.doomed.pop(id, None)
            _fall(ledger, id, because or id)
        case WorkstreamReopened():
            del ledger.reopening[id]
            ledger.fallen = False
            open_again(ledger, id)
        case _:
            assert_never(event)


def _take_readiable(ledger: Ledger, id: WorkstreamId) -> None:
    readiable = ledger.readiable
    if readiable and readiable[0] == ledger.rank[id]:
        heappop(readiable)
    while readiable and not _is_readiable(ledger, readiable[0]):
        heappop(readiable)


def _is_readiable(ledger: Ledger, rank: int) -> bool:
    id = ledger.ready.named(rank)
    return ledger.workstreams[id].state == "PENDING" and not ledger.unmet[id]


def _end_attempt(ledger: Ledger, was: Workstream) -> None:
    """Its process is over: give back what only a running attempt needs."""
    id = was.id
    ledger.unsettled.pop(id, None)
    ledger.recalls.pop(id, None)
    ledger.started.pop(id, None)
    ledger.asked_seq.pop(id, None)
    ledger.freed[was.worker] = None
    freer = ledger.claims.end_attempt(ledger.specs[id])
    ledger.ready.released(freer, ledger.claims)


def _end_merge(ledger: Ledger, id: WorkstreamId) -> None:
    ledger.unsettled.pop(id, None)
    ledger.asked_seq.pop(id, None)


def _end_scope(ledger: Ledger, id: WorkstreamId) -> None:
    freer = ledger.claims.end_scope(ledger.specs[id])
    ledger.ready.released(freer, ledger.claims)


def _let_go(ledger: Ledger, now: Workstream) -> None:
    """Its work will not be merged: discard it where it has a place of its own."""
    if ledger.specs[now.id].isolation == "worktree":
        ledger.discards[now.id] = now.attempt
    else:
        _end_scope(ledger, now.id)


def _stop_step(ledger: Ledger, was: Workstream, now: Workstream) -> None:
    """Leave whatever ``was`` was at, without success."""
    id = was.id
    match was.step:
        case "attempting":
            _end_attempt(ledger, was)
            _let_go(ledger, now)
        case "merging":
            _end_merge(ledger, id)
            ledger.dequeue(id)
            _let_go(ledger, now)
        case "waiting":
            ledger.timers.clear("retry", id)
            ledger.ready.remove(id, ledger.claims)
        case "":
            ledger.ready.remove(id, ledger.claims)
            _take_readiable(ledger, id)
        case _:
            assert_never(was.step)


def _succeed(ledger: Ledger, id: WorkstreamId) -> None:
    for follower in ledger.followers[id]:
        _meet(ledger, follower)
    _end_order(ledger, id)


def _fall(ledger: Ledger, id: WorkstreamId, root: WorkstreamId) -> None:
    for follower in ledger.followers[id]:
        if not ledger.workstreams[follower].is_terminal:
            ledger.doomed.setdefault(follower, Doom(root, "dependency"))
    _end_order(ledger, id)


def _end_order(ledger: Ledger, id: WorkstreamId) -> None:
    """Let those go on that only had to wait for the end of ``id``.

    If it ended before what it waited for, they wait for that instead: edges are chains.
    """
    for second in ledger.after.pop(id, ()):
        preceding = ledger.preceding[second]
        preceding.remove(id)
        for first in ledger.preceding.get(id, ()):
            if first not in preceding:
                preceding.append(first)
                ledger.after[first].append(second)
                ledger.unmet[second] += 1
        _meet(ledger, second)
    sequence = ledger.merge_sequence
    while ledger.merge_place < len(sequence):
        if not ledger.workstreams[sequence[ledger.merge_place]].is_terminal:
            break
        ledger.merge_place += 1


def _meet(ledger: Ledger, id: WorkstreamId) -> None:
    ledger.unmet[id] -= 1
    if not ledger.unmet[id] and ledger.workstreams[id].state == "PENDING":
        heappush(ledger.readiable, ledger.rank[id])


def _fail_fast(ledger: Ledger, id: WorkstreamId) -> None:
    ledger.fallen = True
    for other in ledger.rank:
        workstream = ledger.workstreams[other]
        if workstream.step in ("", "waiting") and not workstream.is_terminal:
            ledger.doomed.setdefault(other, Doom(id, "fail_fast"))
