"""What we chose: in the order in which a run lives.

A decision carries the facts that its aggregate needs, so that each aggregate can be rebuilt from
its own stream alone.
"""

from typing import ClassVar, Literal

from uet_es.events.base import RunDecision, WorkerDecision, WorkstreamDecision
from uet_es.values import (
    CancelReason,
    Channel,
    ErrorCode,
    FailureReason,
    Instant,
    NanoUsd,
    Outcome,
    WorkerId,
    WorkstreamId,
)

# --- about a worker ---


class WorkerSpawned(WorkerDecision, frozen=True, kw_only=True, tag="worker.spawned"):
    """A place to run attempts is wanted. → SPAWNING"""

    bus_name: ClassVar[str] = "WORKER_SPAWNED"
    tools: tuple[str, ...] = ()  #: empty serves every tool
    capabilities: tuple[str, ...] = ()
    group: int = 0  #: index into ``Plan.workers``


class WorkerReadied(WorkerDecision, frozen=True, kw_only=True, tag="worker.readied"):
    """It is there and may be given work. SPAWNING → IDLE"""


class WorkerAssigned(WorkerDecision, frozen=True, kw_only=True, tag="worker.assigned"):
    """It was given an attempt. IDLE → BUSY"""

    bus_name: ClassVar[str] = "TASK_ASSIGNED"
    workstream: WorkstreamId
    attempt: int


class WorkerReleased(WorkerDecision, frozen=True, kw_only=True, tag="worker.released"):
    """Its attempt is over. BUSY → IDLE"""


class WorkerRecalled(WorkerDecision, frozen=True, kw_only=True, tag="worker.recalled"):
    """It finishes what it has and takes nothing new. IDLE, BUSY → DRAINING"""


class WorkerTerminated(WorkerDecision, frozen=True, kw_only=True, tag="worker.terminated"):
    """It is gone. any → TERMINATED"""

    bus_name: ClassVar[str] = "WORKER_TERMINATED"
    reason: Literal["finished", "drained", "lost", "start"] = "finished"


# --- about a workstream ---


class WorkstreamReadied(WorkstreamDecision, frozen=True, kw_only=True, tag="workstream.readied"):
    """All it depends on has succeeded. PENDING → READY"""


class WorkstreamDispatched(
    WorkstreamDecision, frozen=True, kw_only=True, tag="workstream.dispatched"
):
    """An attempt at it starts on a worker. READY or RUNNING (waiting) → RUNNING (attempting)"""

    attempt: int  #: from 1
    worker: WorkerId


class AttemptRecalled(WorkstreamDecision, frozen=True, kw_only=True, tag="attempt.recalled"):
    """Its running attempt is to be stopped; the attempt goes on until it has ended."""

    attempt: int
    reason: FailureReason


class WorkstreamSubmitted(
    WorkstreamDecision, frozen=True, kw_only=True, tag="workstream.submitted"
):
    """Its attempt succeeded and waits to be merged. RUNNING (attempting) → RUNNING (merging)"""

    channel: ClassVar[Channel] = "integration_events"
    attempt: int
    commit: str


class WorkstreamCompleted(
    WorkstreamDecision, frozen=True, kw_only=True, tag="workstream.completed"
):
    """It is done, and merged where it had a worktree. RUNNING → SUCCEEDED"""

    bus_name: ClassVar[str] = "TASK_COMPLETED"
    attempt: int
    commit: str = ""  #: merge commit; "" if it had nothing to merge
    input_tokens: int = 0  #: of all its attempts
    output_tokens: int = 0
    cost_nanousd: NanoUsd = 0  #: of what has a price


class RetryScheduled(WorkstreamDecision, frozen=True, kw_only=True, tag="retry.scheduled"):
    """An attempt failed; the next one may start from an instant on. → RUNNING (waiting)"""

    channel: ClassVar[Channel] = "error_events"
    attempt: int  #: the one that failed
    worker: WorkerId
    code: ErrorCode
    reason: FailureReason
    message: str
    not_before_us: Instant
    counted: bool = True  #: whether it used up one of ``max_attempts``


class AttemptDiscarded(WorkstreamDecision, frozen=True, kw_only=True, tag="attempt.discarded"):
    """What an attempt left will not be merged; its worktree may go, its branch stays."""

    channel: ClassVar[Channel] = "integration_events"
    attempt: int


class WorkstreamFailed(WorkstreamDecision, frozen=True, kw_only=True, tag="workstream.failed"):
    """No further attempt will be made. RUNNING → FAILED"""

    channel: ClassVar[Channel] = "error_events"
    bus_name: ClassVar[str] = "TASK_FAILED"
    attempt: int
    worker: WorkerId
    code: ErrorCode
    reason: FailureReason
    message: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nanousd: NanoUsd = 0


class WorkstreamCancelled(
    WorkstreamDecision, frozen=True, kw_only=True, tag="workstream.cancelled"
):
    """It will not run, or not to its end. PENDING, READY, RUNNING → CANCELLED"""

    because: WorkstreamId | None = None  #: whose failure or cancellation; None if it was asked
    reason: CancelReason = "dependency"


class WorkstreamReopened(WorkstreamDecision, frozen=True, kw_only=True, tag="workstream.reopened"):
    """A person wants it tried again. FAILED, CANCELLED → PENDING; attempts go on numbering."""

    root: WorkstreamId  #: the workstream that was asked for


# --- about the run ---


class MergeStarted(RunDecision, frozen=True, kw_only=True, tag="merge.started"):
    """The integration worker takes a candidate."""

    channel: ClassVar[Channel] = "integration_events"
    workstream: WorkstreamId
    attempt: int
    commit: str


class RunPaused(RunDecision, frozen=True, kw_only=True, tag="run.paused"):
    """Nothing new starts; what runs goes on."""


class RunUnpaused(RunDecision, frozen=True, kw_only=True, tag="run.unpaused"):
    """Work starts again."""


class RunReopened(RunDecision, frozen=True, kw_only=True, tag="run.reopened"):
    """A finished run goes on because a person asked for a retry."""


class RunFinished(RunDecision, frozen=True, kw_only=True, tag="run.finished"):
    """Every workstream is in a terminal state. May occur again after ``run.reopened``."""

    outcome: Outcome
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0


AnyWorkerDecision = (
    WorkerSpawned
    | WorkerReadied
    | WorkerAssigned
    | WorkerReleased
    | WorkerRecalled
    | WorkerTerminated
)
AnyWorkstreamDecision = (
    WorkstreamReadied
    | WorkstreamDispatched
    | AttemptRecalled
    | WorkstreamSubmitted
    | WorkstreamCompleted
    | RetryScheduled
    | AttemptDiscarded
    | WorkstreamFailed
    | WorkstreamCancelled
    | WorkstreamReopened
)
AnyRunDecision = MergeStarted | RunPaused | RunUnpaused | RunReopened | RunFinished
AnyDecision = AnyWorkerDecision | AnyWorkstreamDecision | AnyRunDecision
