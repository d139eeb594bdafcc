"""What each event says in one line."""

from typing import assert_never

from uet_es.cli.printing import count, seconds
from uet_es.events import AnyEvent, Decision
from uet_es.events import decisions as d
from uet_es.events import observations as o

_SHORT = 10


def words_of(event: AnyEvent) -> str:
    """The facts of ``event`` that a person wants to see first."""
    if isinstance(event, Decision):
        return _decided(event)
    return _observed(event)


def _observed(event: o.AnyObservation) -> str:
    match event:
        case o.PlanAccepted(plan=plan):
            workers = count(plan.limits.max_workers, "worker")
            base = f", base {plan.base[:_SHORT]}" if plan.base else ""
            return f"{count(len(plan.workstreams), 'workstream')}, {workers}{base}"
        case o.RunForked(run=run, parent=parent, at_seq=at_seq):
            return f"{run} from {parent} at {at_seq}{', simulated' if event.simulated else ''}"
        case o.LimitsChanged(limits=limits):
            return " ".join([count(limits.max_workers, "worker"), *_asked(event)])
        case o.DriverResumed():
            return ""
        case o.DriverInterrupted(signal=signal):
            return f"signal {signal}"
        case o.TimePassed():
            return ""
        case o.WorkerStarted() | o.WorkerLost():
            return f"worker {event.worker}"
        case o.WorktreePrepared(base=base):
            return f"{_attempt(event)}  from {base[:_SHORT]}"
        case o.AttemptStarted(pid=pid):
            return f"{_attempt(event)}  pid {pid}" if pid else _attempt(event)
        case o.AttemptUnstarted() | o.AttemptLost() | o.MergeFailed() | o.SignalRefused():
            return f"{_attempt(event)}  {event.message}"
        case o.AttemptExited():
            return _exited(event)
        case o.ProgressReported(percent=percent, text=text):
            return "  ".join([_attempt(event), *_said(percent, text)])
        case o.HeartbeatReported():
            return _attempt(event)
        case o.UsageReported():
            cost = "no price" if event.cost_nanousd is None else _usd(event.cost_nanousd)
            tokens = f"{event.input_tokens} in, {event.output_tokens} out"
            return f"{_attempt(event)}  {event.model}: {tokens}, {cost}"
        case o.TextReported(text=text):
            return f"{_attempt(event)}  {text}"
        case o.MergeLanded(commit=commit):
            return f"{_attempt(event)}  {commit[:_SHORT]}"
        case o.MergeConflicted(files=files):
            return f"{_attempt(event)}  in {', '.join(files)}"
        case o.CancelAsked(workstream=workstream):
            return " ".join([workstream or "the whole run", *_asked(event)])
        case o.RetryAsked(workstream=workstream):
            return " ".join([workstream, *_asked(event)])
        case o.PauseAsked() | o.UnpauseAsked():
            return " ".join(_asked(event))
        case _:
            assert_never(event)


def _decided(event: d.AnyDecision) -> str:
    match event:
        case d.WorkerSpawned() | d.WorkerReadied() | d.WorkerReleased() | d.WorkerRecalled():
            return f"worker {event.worker}"
        case d.WorkerAssigned():
            return f"worker {event.worker} → {_attempt(event)}"
        case d.WorkerTerminated(reason=reason):
            return f"worker {event.worker}  {reason}"
        case d.WorkstreamReadied(workstream=workstream):
            return workstream
        case d.WorkstreamDispatched(workstream=workstream, worker=worker):
            return f"{workstream} → {_attempt(event)} on worker {worker}"
        case d.AttemptRecalled(reason=reason):
            return f"{_attempt(event)}  {reason}"
        case d.WorkstreamSubmitted(commit=commit) | d.MergeStarted(commit=commit):
            return f"{_attempt(event)}  {commit[:_SHORT]}"
        case d.WorkstreamCompleted(workstream=workstream, commit=commit):
            return f"{workstream}  {commit[:_SHORT]}".rstrip()
        case d.RetryScheduled(workstream=workstream):
            spent = "" if event.counted else " (does not count)"
            return f"{workstream}  {failure(event)}{spent}"
        case d.AttemptDiscarded():
            return _attempt(event)
        case d.WorkstreamFailed(workstream=workstream):
            return f"{workstream}  {failure(event)}"
        case d.WorkstreamCancelled(workstream=workstream, because=because, reason=reason):
            return f"{workstream}  because of {because}" if because else f"{workstream}  {reason}"
        case d.WorkstreamReopened(workstream=workstream, root=root):
            return workstream if workstream == root else f"{workstream}  because of {root}"
        case d.RunPaused() | d.RunUnpaused() | d.RunReopened():
            return ""
        case d.RunFinished():
            return (
                f"{event.outcome}: {event.succeeded} succeeded, {event.failed} failed, "
                f"{event.cancelled} cancelled"
            )
        case _:
            assert_never(event)


def failure(event: d.RetryScheduled | d.WorkstreamFailed) -> str:
    """Why an attempt failed."""
    return f"{event.code} ({event.reason}): {event.message}"


def _exited(event: o.AttemptExited) -> str:
    changed = f", {count(event.changed, 'file')} changed" if event.changed else ""
    outside = f", outside its claims: {', '.join(event.outside)}" if event.outside else ""
    status = f"status {event.status}" if event.status >= 0 else f"signal {-event.status}"
    return f"{_attempt(event)}  {status} after {seconds(event.took_us)}{changed}{outside}"


def _attempt(
    event: o.WorktreePrepared
    | o.AttemptStarted
    | o.AttemptUnstarted
    | o.AttemptExited
    | o.AttemptLost
    | o.AnySignal
    | o.MergeLanded
    | o.MergeConflicted
    | o.MergeFailed
    | d.WorkerAssigned
    | d.WorkstreamDispatched
    | d.AttemptRecalled
    | d.WorkstreamSubmitted
    | d.MergeStarted
    | d.AttemptDiscarded,
) -> str:
    return f"{event.workstream}.{event.attempt}"


def _asked(event: o.AnyRequest) -> list[str]:
    by = [f"by {event.by}"] if event.by else []
    return [*by, f"({event.reason})"] if event.reason else by


def _said(percent: int | None, text: str) -> list[str]:
    return [*([] if percent is None else [f"{percent} %"]), *([text] if text else [])]


def _usd(nanousd: int) -> str:
    return f"{nanousd / 1e9:.6f} USD"
