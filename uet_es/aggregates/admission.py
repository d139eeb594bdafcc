"""Whether an observation can change anything: stale, repeated and foreign ones cannot."""

from typing import assert_never

from uet_es.aggregates.ledger import Ledger
from uet_es.events.observations import (
    AnyObservation,
    AnyRequest,
    AttemptExited,
    AttemptLost,
    AttemptStarted,
    AttemptUnstarted,
    CancelAsked,
    DriverInterrupted,
    DriverResumed,
    LimitsChanged,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    PauseAsked,
    PlanAccepted,
    Request,
    RetryAsked,
    RunForked,
    Signal,
    SignalRefused,
    TimePassed,
    UnpauseAsked,
    UsageReported,
    WorkerLost,
    WorkerStarted,
    WorktreePrepared,
)
from uet_es.values import WorkstreamId


def why_ignored(ledger: Ledger, seen: AnyObservation) -> str:
    """Why ``seen`` changes nothing; "" if it may change something."""
    run = ledger.run
    if isinstance(seen, PlanAccepted):
        return "" if run.plan is None else "a plan was accepted before"
    if run.plan is None:
        return "no plan was accepted"
    if isinstance(seen, RunForked):
        return ""
    if isinstance(seen, Request):
        return _request(ledger, seen)
    if isinstance(seen, DriverResumed):
        return ""
    if run.outcome is not None:
        return "the run has finished"
    match seen:
        case AttemptStarted():
            if seen.workstream in ledger.started:
                return _attempt(ledger, seen.workstream, seen.attempt) or "it had started before"
            return _attempt(ledger, seen.workstream, seen.attempt)
        case WorktreePrepared() | AttemptUnstarted() | AttemptExited() | AttemptLost():
            return _attempt(ledger, seen.workstream, seen.attempt)
        case Signal():
            return _signal(ledger, seen)
        case MergeLanded() | MergeConflicted() | MergeFailed():
            return _merge(ledger, seen.workstream, seen.attempt)
        case WorkerStarted(worker=worker):
            known = ledger.workers.get(worker)
            waits = known is not None and known.state == "SPAWNING"
            return "" if waits and worker not in ledger.arrived else "nobody waits for this worker"
        case WorkerLost(worker=worker):
            known = ledger.workers.get(worker)
            there = known is not None and known.is_alive and worker not in ledger.gone
            return "" if there else "this worker is gone already"
        case TimePassed() | DriverInterrupted():
            return ""
        case _:
            assert_never(seen)


def _attempt(ledger: Ledger, id: WorkstreamId, attempt: int) -> str:
    workstream = ledger.workstreams.get(id)
    if workstream is None:
        return f"foreign: the plan has no workstream {id}"
    if workstream.step != "attempting" or attempt != workstream.attempt:
        return f"stale: attempt {attempt} of {id} is over or never was"
    if id in ledger.unsettled:
        return f"repeated: attempt {attempt} of {id} has ended"
    return ""


def _signal(ledger: Ledger, seen: Signal) -> str:
    known = ledger.offsets.get((seen.workstream, seen.attempt), 0)
    if seen.offset and seen.offset <= known:
        return "repeated: this line was read before"
    if seen.names:
        return f"foreign: {seen.workstream}.{seen.attempt} cannot speak for {seen.names}"
    stale = _attempt(ledger, seen.workstream, seen.attempt)
    if stale:
        return stale
    match seen:
        case UsageReported(workstream=id, attempt=attempt, key=key):
            if key and (id, attempt, key) in ledger.usage_keys:
                return f"repeated: usage {key} was counted before"
        case SignalRefused(message=message):
            return f"no signal: {message}"
        case _:
            pass
    return ""


def _merge(ledger: Ledger, id: WorkstreamId, attempt: int) -> str:
    if ledger.run.merging != id or ledger.workstreams[id].attempt != attempt:
        return f"stale: attempt {attempt} of {id} is not being merged"
    return ""


def _request(ledger: Ledger, seen: AnyRequest) -> str:
    run = ledger.run
    if seen.inbox_version and seen.inbox_version <= run.inbox_version:
        return "repeated: this request was admitted before"
    if isinstance(seen, RetryAsked):
        return _retry(ledger, seen.workstream)
    if run.outcome is not None:
        return "the run has finished"
    match seen:
        case CancelAsked(workstream=None):
            return "the run is being cancelled already" if run.cancelled else ""
        case CancelAsked(workstream=id):
            assert id is not None
            return _cancel(ledger, id)
        case PauseAsked():
            return "the run is paused already" if run.wants_pause else ""
        case LimitsChanged(limits=limits):
            strictly = limits.merge_order != run.limits.merge_order
            return "the order of merging is settled when a plan is accepted" if strictly else ""
        case UnpauseAsked():
            return "" if run.wants_pause else "the run is not paused"
        case _:
            assert_never(seen)


def _cancel(ledger: Ledger, id: WorkstreamId) -> str:
    workstream = ledger.workstreams.get(id)
    if workstream is None:
        return f"foreign: the plan has no workstream {id}"
    if workstream.is_terminal:
        return f"{id} is {workstream.state} already"
    if ledger.run.merging == id:
        return f"{id} is being merged: its work is finished"
    return ""


def _retry(ledger: Ledger, id: WorkstreamId) -> str:
    workstream = ledger.workstreams.get(id)
    if workstream is None:
        return f"foreign: the plan has no workstream {id}"
    if workstream.state not in ("FAILED", "CANCELLED") or id in ledger.reopening:
        return f"{id} is {workstream.state}: only a FAILED or CANCELLED workstream is retried"
    if ledger.specs[id].once and workstream.attempt:
        return f"{id} is executed once, whatever happens, and was"
    for needed in ledger.specs[id].depends_on:
        state = ledger.workstreams[needed].state
        if state in ("FAILED", "CANCELLED") and needed not in ledger.reopening:
            return f"{id} depends on {needed}, which is {state}: retry that one"
    return ""
