"""What an observation changes in the ledger, beside the run's own value."""

from typing import assert_never

from uet_es.aggregates import run as runs
from uet_es.aggregates.ledger import Doom, Ledger, Usage
from uet_es.aggregates.opening import open_plan
from uet_es.events.observations import (
    AnyObservation,
    AttemptExited,
    AttemptLost,
    AttemptStarted,
    AttemptUnstarted,
    CancelAsked,
    DriverInterrupted,
    DriverResumed,
    HeartbeatReported,
    LimitsChanged,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    PauseAsked,
    PlanAccepted,
    ProgressReported,
    Request,
    RetryAsked,
    RunForked,
    Signal,
    SignalRefused,
    TextReported,
    TimePassed,
    UnpauseAsked,
    UsageReported,
    WorkerLost,
    WorkerStarted,
    WorktreePrepared,
)
from uet_es.plan import Limits
from uet_es.values import FailureReason, WorkerId, WorkstreamId


def observe(ledger: Ledger, event: AnyObservation) -> None:
    match event:
        case AttemptExited() | AttemptLost() | AttemptUnstarted():
            ledger.unsettled[event.workstream] = event
            stop_clocks(ledger, event.workstream)
        case AttemptStarted(workstream=id):
            ledger.started[id] = ledger.now_us
            _start_clocks(ledger, id)
        case TimePassed() | WorktreePrepared() | ProgressReported() | TextReported():
            _note(ledger, event)
        case HeartbeatReported() | UsageReported() | SignalRefused():
            _note(ledger, event)
        case MergeLanded() | MergeConflicted() | MergeFailed():
            ledger.unsettled[event.workstream] = event
        case WorkerStarted(worker=worker):
            ledger.arrived[worker] = None
        case WorkerLost(worker=worker):
            _lose_worker(ledger, worker, event.message)
        case PlanAccepted(plan=plan):
            open_plan(ledger, plan)
        case DriverInterrupted():
            if ledger.run.interrupts > 1:
                _recall_all(ledger, "interrupted")
        case CancelAsked(workstream=None):
            _cancel_all(ledger)
        case CancelAsked(workstream=id):
            assert id is not None
            _cancel(ledger, id)
        case RetryAsked(workstream=id):
            _reopen(ledger, id)
        case LimitsChanged(limits=limits):
            _change_limits(ledger, limits)
        case RunForked() | DriverResumed() | PauseAsked() | UnpauseAsked():
            pass
        case _:
            assert_never(event)


def admit_ignored(ledger: Ledger, event: AnyObservation) -> None:
    """Even what changes nothing was read from somewhere, and is not read again."""
    if isinstance(event, Signal):
        _note_offset(ledger, event)
    elif isinstance(event, Request):
        ledger.run = runs.admitted(ledger.run, event)


def _note(ledger: Ledger, event: AnyObservation) -> None:
    if not isinstance(event, Signal):
        return
    _note_offset(ledger, event)
    id = event.workstream
    match event:
        case HeartbeatReported():
            _hear(ledger, id)
        case UsageReported(key=key):
            if key:
                ledger.usage_keys.add((id, event.attempt, key))
            used = ledger.usage.get(id, Usage())
            ledger.usage[id] = Usage(
                used.input_tokens + event.input_tokens,
                used.output_tokens + event.output_tokens,
                used.cost_nanousd + (event.cost_nanousd or 0),
            )
        case _:
            pass


def _note_offset(ledger: Ledger, event: Signal) -> None:
    key = (event.workstream, event.attempt)
    if event.offset > ledger.offsets.get(key, 0):
        ledger.offsets[key] = event.offset


def _start_clocks(ledger: Ledger, id: WorkstreamId) -> None:
    spec = ledger.specs[id]
    if spec.timeout_us:
        ledger.timers.set("attempt", id, ledger.now_us + spec.timeout_us + 1)
    if spec.heartbeat_us:
        _hear(ledger, id)


def _hear(ledger: Ledger, id: WorkstreamId) -> None:
    """Exactly at the limit is still healthy, hence the one microsecond."""
    if ledger.workstreams[id].recalled is not None:
        return  # it is being stopped: no limit matters any more
    limit_us = ledger.specs[id].heartbeat_us or ledger.run.limits.heartbeat_us
    ledger.timers.set("heartbeat", id, ledger.now_us + limit_us + 1)


def stop_clocks(ledger: Ledger, id: WorkstreamId) -> None:
    ledger.timers.clear("attempt", id)
    ledger.timers.clear("heartbeat", id)


def expire(ledger: Ledger) -> None:
    """Take what is due: a retry competes again, a limit waits for a decision."""
    timers = ledger.timers
    while timers.head is not None and timers.head.due_us <= ledger.now_us:
        timer = timers.head
        timers.clear(timer.kind, timer.id)
        if timer.kind == "retry":
            ledger.ready.add(WorkstreamId(timer.id))
        else:
            ledger.expired[timer] = None


def _lose_worker(ledger: Ledger, id: WorkerId, message: str) -> None:
    ledger.gone[id] = None
    worker = ledger.workers[id]
    ledger.timers.clear("worker", str(id))
    if worker.workstream is not None and worker.workstream not in ledger.unsettled:
        ledger.unsettled[worker.workstream] = AttemptLost(
            workstream=worker.workstream,
            attempt=worker.attempt,
            code="E_UNKNOWN",
            message=message or f"worker {id} was lost",
        )
        stop_clocks(ledger, worker.workstream)


def _change_limits(ledger: Ledger, limits: Limits) -> None:
    """Pools that grew may let somebody start; everything else is read where it matters."""
    ledger.claims.capacity = dict(limits.resources)
    ledger.ready.released([f"r:{pool}" for pool in sorted(limits.resources)], ledger.claims)


def _recall_all(ledger: Ledger, reason: FailureReason) -> None:
    for worker in ledger.workers.values():
        id = worker.workstream
        if id is not None:
            _recall(ledger, id, reason)


def _recall(ledger: Ledger, id: WorkstreamId, reason: FailureReason) -> None:
    """Stop its attempt; a person's wish outranks the reason for which it is being stopped."""
    recalled = ledger.workstreams[id].recalled
    if recalled == "cancelled" or id in ledger.unsettled:
        return
    if reason == "cancelled":
        ledger.recalls[id] = reason
    elif recalled is None:
        ledger.recalls.setdefault(id, reason)


def _cancel_all(ledger: Ledger) -> None:
    for id in ledger.rank:
        if not ledger.workstreams[id].is_terminal and ledger.run.merging != id:
            _cancel(ledger, id)


def _cancel(ledger: Ledger, id: WorkstreamId) -> None:
    if ledger.workstreams[id].step == "attempting":
        _recall(ledger, id, "cancelled")
    else:
        ledger.doomed[id] = Doom(None, "asked")


def _reopen(ledger: Ledger, root: WorkstreamId) -> None:
    """Mark ``root``, and all dependents that were cancelled because of it and can now go on."""
    for id in _fallen_below(ledger, root):
        fallen = (
            needed
            for needed in ledger.specs[id].depends_on
            if ledger.workstreams[needed].state in ("FAILED", "CANCELLED")
        )
        if all(needed in ledger.reopening for needed in fallen):
            ledger.reopening[id] = root


def _fallen_below(ledger: Ledger, root: WorkstreamId) -> list[WorkstreamId]:
    """``root`` and everything cancelled below it, each after all that it depends on."""
    reached = {root: None}
    walk = [root]
    for id in walk:  # grows while it is walked
        for follower in ledger.followers[id]:
            fell = ledger.workstreams[follower].because is not None
            if fell and follower not in reached:
                reached[follower] = None
                walk.append(follower)
    return sorted(walk, key=lambda reached_id: (-ledger.tail[reached_id], reached_id))
