"""When things happened in a recorded run: attempts, merges, and what the loop was busy with."""

from collections.abc import Iterable

from uet_es.events.decisions import (
    AttemptDiscarded,
    AttemptRecalled,
    MergeStarted,
    WorkstreamCompleted,
    WorkstreamDispatched,
)
from uet_es.events.entry import AnyEvent, Entry
from uet_es.events.observations import (
    AnySignal,
    AttemptExited,
    AttemptLost,
    AttemptStarted,
    AttemptUnstarted,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    PlanAccepted,
    Signal,
    WorkerStarted,
    WorktreePrepared,
)
from uet_es.plan import Plan
from uet_es.values import DurationUs, FailureReason, Instant, WorkstreamId


class Tried:
    """What the log says of one attempt; None where it says nothing."""

    def __init__(self, id: WorkstreamId, attempt: int, dispatched_us: Instant) -> None:
        self.id = id
        self.attempt = attempt
        self.dispatched_us = dispatched_us
        self.place = 0  #: among those dispatched in the same group
        self.prepared_us: Instant | None = None
        self.setup_us: DurationUs | None = None
        self.started_us: Instant | None = None
        self.pid = 0  #: of its process; 0 in a simulated world, where nothing is noisy
        self.recalled: FailureReason | None = None
        self.ending: AttemptExited | AttemptUnstarted | AttemptLost | None = None
        self.ended_us: Instant = 0
        self.signals: list[tuple[Instant, AnySignal]] = []
        self.merging_us: Instant = 0
        self.merge: MergeLanded | MergeConflicted | MergeFailed | None = None
        self.merged_us: Instant = 0
        self.removed_us: Instant | None = None  #: when its worktree was to go


class Recorded:
    """One run, as far as time is concerned."""

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self.tried: dict[tuple[WorkstreamId, int], Tried] = {}
        self.accepted_us: Instant = 0
        self.staffed_us: Instant | None = None  #: when its first worker was there

    @property
    def opening_us(self) -> DurationUs:
        """From the accepted plan to the first worker."""
        return 0 if self.staffed_us is None else self.staffed_us - self.accepted_us


def recorded(entries: Iterable[Entry]) -> Recorded:
    """What ``entries`` say; observations that changed nothing say nothing."""
    run = Recorded()
    place = 0
    for entry in entries:
        event, at_us = entry.event, entry.at_us
        if entry.ignored or _is_foreign(run, event):
            continue
        match event:
            case PlanAccepted(plan=plan):
                run.plan, run.accepted_us = plan, at_us
            case WorkerStarted():
                run.staffed_us = at_us if run.staffed_us is None else run.staffed_us
            case WorkstreamDispatched(workstream=id, attempt=attempt):
                tried = Tried(id, attempt, at_us)
                tried.place = place
                place += 1
                run.tried[id, attempt] = tried
                continue
            case AttemptRecalled(workstream=id, attempt=attempt, reason=reason):
                run.tried[id, attempt].recalled = reason
            case MergeStarted(workstream=id, attempt=attempt):
                run.tried[id, attempt].merging_us = at_us
            case (
                WorkstreamCompleted(workstream=id, attempt=attempt)
                | AttemptDiscarded(workstream=id, attempt=attempt)
            ):
                run.tried[id, attempt].removed_us = at_us
            case _:
                _observe(run, entry)
        # Nothing is dispatched while another observation of the group is still to come.
        if entry.stream == entry.stream.partition("/")[0] and not isinstance(event, MergeStarted):
            place = 0
    return run


def _is_foreign(run: Recorded, event: AnyEvent) -> bool:
    """Whether it is about an attempt that was dispatched before the first entry."""
    if isinstance(event, WorkstreamDispatched) or not hasattr(event, "attempt"):
        return False
    return (getattr(event, "workstream", None), event.attempt) not in run.tried


def _observe(run: Recorded, entry: Entry) -> None:
    event, at_us = entry.event, entry.at_us
    match event:
        case WorktreePrepared(workstream=id, attempt=attempt, took_us=took_us):
            tried = run.tried[id, attempt]
            tried.prepared_us, tried.setup_us = at_us, took_us
        case AttemptStarted(workstream=id, attempt=attempt, pid=pid):
            tried = run.tried[id, attempt]
            tried.started_us, tried.pid = at_us, pid
        case AttemptExited() | AttemptUnstarted() | AttemptLost():
            tried = run.tried[event.workstream, event.attempt]
            tried.ending, tried.ended_us = event, at_us
        case MergeLanded() | MergeConflicted() | MergeFailed():
            tried = run.tried[event.workstream, event.attempt]
            tried.merge, tried.merged_us = event, at_us
        case Signal(workstream=id, attempt=attempt):
            run.tried[id, attempt].signals.append((at_us, event))
        case _:
            pass
