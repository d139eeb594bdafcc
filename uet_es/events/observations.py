"""What the world told us: in the order in which a run lives.

Every class says when it is recorded, by whom and how often. All of them stand in the run's
stream. ``attempt`` numbers count from 1 within a workstream.
"""

from typing import ClassVar

from uet_es.events.base import Observation
from uet_es.plan import Limits, Plan
from uet_es.values import (
    Channel,
    DurationUs,
    ErrorCode,
    FailureReason,
    Instant,
    NanoUsd,
    RunId,
    WorkerId,
    WorkstreamId,
)


class PlanAccepted(Observation, frozen=True, kw_only=True, tag="plan.accepted"):
    """A person asked for this plan. The first entry of every run, once, by ``run``."""

    plan: Plan
    uet: str = ""  #: version that accepted it
    simulated: bool = False  #: nothing was executed: a what-if that was kept


class RunForked(Observation, frozen=True, kw_only=True, tag="run.forked"):
    """Another run goes on from entry ``at_seq`` of ``parent``. The first entry of such a run, once.

    What came before stays in the parent's streams and is read from there: nothing is copied, and
    nothing is billed again. Sequence and versions go on where the parent's stood.
    """

    run: RunId  #: the new run
    parent: RunId  #: whose history it shares
    at_seq: int  #: up to and with this entry
    simulated: bool = False  #: nothing is executed
    uet: str = ""  #: version that made it


class DriverResumed(Observation, frozen=True, kw_only=True, tag="driver.resumed"):
    """A driver took over a run that another one had left. Once for each such driver.

    Time between the entry before and this one is time without a driver: no limit counts it.
    """

    pid: int = 0


class DriverInterrupted(Observation, frozen=True, kw_only=True, tag="driver.interrupted"):
    """The driver was told to stop: the first time it drains, the second time it recalls."""

    signal: int


class TimePassed(Observation, frozen=True, kw_only=True, tag="time.passed"):
    """The instant came that the run waits for. By the driver, never before ``wake_at``."""


class WorkerStarted(Observation, frozen=True, kw_only=True, tag="worker.started"):
    """A place to run attempts is there. By the world, once for each worker."""

    channel: ClassVar[Channel] = "worker_status"
    worker: WorkerId


class WorkerLost(Observation, frozen=True, kw_only=True, tag="worker.lost"):
    """A worker will not answer again. By the world, at most once for each worker."""

    channel: ClassVar[Channel] = "worker_status"
    worker: WorkerId
    message: str = ""


class WorktreePrepared(Observation, frozen=True, kw_only=True, tag="worktree.prepared"):
    """An attempt's own worktree stands. By the world, once for each attempt that has one."""

    workstream: WorkstreamId
    attempt: int
    base: str  #: commit it was made from: the integration head of that moment
    took_us: DurationUs = 0


class AttemptStarted(Observation, frozen=True, kw_only=True, tag="attempt.started"):
    """First sign of life: its process runs. By the world, once for each attempt."""

    bus_name: ClassVar[str] = "TASK_STARTED"
    workstream: WorkstreamId
    attempt: int
    pid: int = 0  #: process and session of the attempt; 0 where there is none


class AttemptUnstarted(Observation, frozen=True, kw_only=True, tag="attempt.unstarted"):
    """It could not be started. By the world, instead of ``attempt.started``."""

    channel: ClassVar[Channel] = "error_events"
    workstream: WorkstreamId
    attempt: int
    message: str


class AttemptExited(Observation, frozen=True, kw_only=True, tag="attempt.exited"):
    """It ended, by itself or because we stopped it, and this is what it left. Once for each."""

    workstream: WorkstreamId
    attempt: int
    status: int  #: exit status 0-255, or minus the signal number; 0 is success
    took_us: DurationUs = 0  #: from its start to its end
    cpu_us: DurationUs | None = None  #: of its whole process tree; None if nobody could tell
    commit: str = ""  #: what it changed, committed on its branch; "" if nothing changed
    changed: int = 0  #: files changed
    outside: tuple[str, ...] = ()  #: changed files that it had not claimed, sorted
    collect_us: DurationUs = 0  #: spent on committing and comparing
    stdout_bytes: int = 0
    stderr_bytes: int = 0
    stdout_sha256: str = ""  #: of the file beside the log; "" if empty or not taken
    stderr_sha256: str = ""


class AttemptLost(Observation, frozen=True, kw_only=True, tag="attempt.lost"):
    """Nothing of it runs and it left no status. By the driver that finds this out, once."""

    channel: ClassVar[Channel] = "error_events"
    workstream: WorkstreamId
    attempt: int
    code: ErrorCode = "E_ORCHESTRATOR_CRASH"
    message: str = ""
    forked: bool = False  #: it runs on in the parent; this run never had it


class Signal(Observation, frozen=True, kw_only=True):
    """A line that an attempt wrote about itself; ``offset`` makes each line count once."""

    workstream: WorkstreamId
    attempt: int
    offset: int = 0  #: bytes of its signals file up to and with this line; 0 if from elsewhere
    names: str = ""  #: the attempt that the line names, if that is not the one whose file it is in


class ProgressReported(Signal, frozen=True, kw_only=True, tag="progress.reported"):
    """An attempt said how far it is; sampled."""

    bus_name: ClassVar[str] = "TASK_PROGRESS"
    percent: int | None = None  #: 0-100
    text: str = ""


class HeartbeatReported(Signal, frozen=True, kw_only=True, tag="heartbeat.reported"):
    """An attempt said that it is alive."""

    channel: ClassVar[Channel] = "worker_status"
    bus_name: ClassVar[str] = "HEARTBEAT"


class UsageReported(Signal, frozen=True, kw_only=True, tag="usage.reported"):
    """An attempt used a model; priced when recorded, never again (ADR 0014)."""

    channel: ClassVar[Channel] = "resource_events"
    model: str
    input_tokens: int = 0  #: all of them, cached ones included
    output_tokens: int = 0
    cached_input_tokens: int = 0  #: of ``input_tokens``
    cost_nanousd: NanoUsd | None = None  #: None if no price is known
    price_table: str = ""  #: which set the price, or "tool" or "uet.toml"; "" if unknown
    price_version: str = ""  #: of that table; "" if it has none
    key: str = ""  #: the same key in the same attempt counts once


class TextReported(Signal, frozen=True, kw_only=True, tag="text.reported"):
    """An attempt wrote a line for people to read."""

    text: str


class SignalRefused(Signal, frozen=True, kw_only=True, tag="signal.refused"):
    """An attempt wrote a line that is no signal; it changes nothing."""

    channel: ClassVar[Channel] = "error_events"
    message: str


class MergeLanded(Observation, frozen=True, kw_only=True, tag="merge.landed"):
    """A workstream's work is on the integration branch. By the world, once for each merge."""

    channel: ClassVar[Channel] = "integration_events"
    workstream: WorkstreamId
    attempt: int
    commit: str  #: the merge commit, now the integration head
    tree: str  #: the exact tree that landed
    took_us: DurationUs = 0


class MergeConflicted(Observation, frozen=True, kw_only=True, tag="merge.conflicted"):
    """Git could not combine two sides; the integration branch is as it was."""

    channel: ClassVar[Channel] = "integration_events"
    bus_name: ClassVar[str] = "MERGE_CONFLICT"
    workstream: WorkstreamId
    attempt: int
    files: tuple[str, ...]  #: what collided, sorted
    ours: str  #: integration head it was tried on
    theirs: str  #: the attempt's commit, kept on its branch
    took_us: DurationUs = 0


class MergeFailed(Observation, frozen=True, kw_only=True, tag="merge.failed"):
    """Git failed for another reason; the integration branch is as it was."""

    channel: ClassVar[Channel] = "integration_events"
    workstream: WorkstreamId
    attempt: int
    message: str


class Request(Observation, frozen=True, kw_only=True):
    """What a person asked for, admitted from the inbox in order."""

    inbox_version: int = 0  #: place in the inbox stream; 0 if it came another way
    asked_at_us: Instant = 0  #: when the person asked
    by: str = ""  #: who, as the operating system names them
    reason: str = ""


class CancelAsked(Request, frozen=True, kw_only=True, tag="cancel.asked"):
    """A person wants a workstream, or the whole run, stopped for good."""

    workstream: WorkstreamId | None = None  #: None is the whole run


class PauseAsked(Request, frozen=True, kw_only=True, tag="pause.asked"):
    """A person wants nothing new started."""


class UnpauseAsked(Request, frozen=True, kw_only=True, tag="unpause.asked"):
    """A person wants a paused run to go on."""


class RetryAsked(Request, frozen=True, kw_only=True, tag="retry.asked"):
    """A person wants a failed or cancelled workstream tried again."""

    workstream: WorkstreamId


class LimitsChanged(Request, frozen=True, kw_only=True, tag="limits.changed"):
    """A person wants other limits from now on. Lowering one kills nothing."""

    limits: Limits  #: all of them, as they are from now on


AnySignal = ProgressReported | HeartbeatReported | UsageReported | TextReported | SignalRefused
AnyRequest = CancelAsked | PauseAsked | UnpauseAsked | RetryAsked | LimitsChanged
AnyObservation = (
    PlanAccepted
    | RunForked
    | DriverResumed
    | DriverInterrupted
    | TimePassed
    | WorkerStarted
    | WorkerLost
    | WorktreePrepared
    | AttemptStarted
    | AttemptUnstarted
    | AttemptExited
    | AttemptLost
    | AnySignal
    | MergeLanded
    | MergeConflicted
    | MergeFailed
    | AnyRequest
)

#: Reasons that an attempt's end does not use up one of its ``max_attempts``.
UNCOUNTED: frozenset[FailureReason] = frozenset({"lost", "forked", "interrupted"})
