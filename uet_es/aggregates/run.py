"""The run as a whole: what its own stream tells, without the parts that have streams of theirs."""

import msgspec
from msgspec.structs import replace

from uet_es.errors import KernelError
from uet_es.events.base import RunDecision
from uet_es.events.decisions import (
    AnyRunDecision,
    MergeStarted,
    RunFinished,
    RunPaused,
    RunReopened,
    RunUnpaused,
)
from uet_es.events.observations import (
    AnyObservation,
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
    UnpauseAsked,
    UsageReported,
)
from uet_es.plan import Limits, Plan
from uet_es.values import Instant, NanoUsd, Outcome, RunId, WorkstreamId

#: The observations that change the run's own value; all others concern its parts only.
CONCERNED_BY: frozenset[type[AnyObservation]] = frozenset(
    {
        PlanAccepted,
        DriverResumed,
        DriverInterrupted,
        LimitsChanged,
        RunForked,
        UsageReported,
        MergeLanded,
        MergeConflicted,
        MergeFailed,
        CancelAsked,
        PauseAsked,
        UnpauseAsked,
        RetryAsked,
    }
)


class Run(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the run stands."""

    plan: Plan | None = None  #: None before the first entry
    limits: Limits = Limits()
    accepted_at_us: Instant = 0
    finished_at_us: Instant = 0  #: of the last finish; 0 while it goes on
    outcome: Outcome | None = None
    paused: bool = False
    wants_pause: bool = False  #: what people last asked for
    interrupts: int = 0  #: of the present driver: 1 drains, more recall
    cancelled: bool = False  #: a person asked to stop the whole run
    head: str = ""  #: of the integration branch; the plan's base before the first merge
    merging: WorkstreamId | None = None  #: what the integration worker is at
    merge_seq: int = 0  #: of the decision to merge it
    merge_at_us: Instant = 0
    merged: int = 0
    parent: RunId | None = None  #: the run that this one was forked from
    forked_at_seq: int = 0
    forked_at_us: Instant = 0
    simulated: bool = False  #: nothing of it was executed
    inherited_nanousd: NanoUsd = 0  #: spent before the fork, by the parent
    inbox_version: int = 0  #: requests up to this one were admitted
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nanousd: NanoUsd = 0  #: of what has a price
    unpriced: int = 0  #: usage reports without a price


def evolve(was: Run, event: AnyObservation | AnyRunDecision, seq: int, at_us: Instant) -> Run:
    """The run after ``event``; most observations concern its parts and leave it as it was.

    Raises:
        KernelError: the decision cannot follow.
    """
    match event:
        case UsageReported():
            return replace(
                was,
                input_tokens=was.input_tokens + event.input_tokens,
                output_tokens=was.output_tokens + event.output_tokens,
                cost_nanousd=was.cost_nanousd + (event.cost_nanousd or 0),
                unpriced=was.unpriced + (event.cost_nanousd is None),
            )
        case MergeStarted(workstream=workstream) if was.merging is None:
            return replace(was, merging=workstream, merge_seq=seq, merge_at_us=at_us)
        case MergeLanded(commit=commit):
            return replace(was, merging=None, head=commit, merged=was.merged + 1)
        case MergeConflicted() | MergeFailed():
            return replace(was, merging=None)
        case PlanAccepted(plan=plan):
            return replace(
                was,
                plan=plan,
                limits=plan.limits,
                head=plan.base,
                accepted_at_us=at_us,
                simulated=event.simulated,
            )
        case RunForked():
            return _forked(was, event, at_us)
        case DriverResumed():
            return replace(was, interrupts=0)
        case DriverInterrupted():
            return replace(was, interrupts=was.interrupts + 1)
        case RunPaused() if not was.paused:
            return replace(was, paused=True)
        case RunUnpaused() if was.paused:
            return replace(was, paused=False)
        case RunReopened() if was.outcome is not None:
            return replace(was, outcome=None, finished_at_us=0, cancelled=False)
        case RunFinished(outcome=outcome) if was.outcome is None:
            return replace(was, outcome=outcome, finished_at_us=at_us)
        case Request():
            return _asked(was, event)
        case RunDecision():
            raise KernelError(f"entry {seq}: {event!r} cannot follow this run")
        case _:
            return was


def _forked(was: Run, event: RunForked, at_us: Instant) -> Run:
    """The child: it has an inbox of its own, and has spent nothing yet."""
    return replace(
        was,
        parent=event.parent,
        forked_at_seq=event.at_seq,
        forked_at_us=at_us,
        simulated=event.simulated,
        inherited_nanousd=was.inherited_nanousd + was.cost_nanousd,
        inbox_version=0,
        interrupts=0,
        input_tokens=0,
        output_tokens=0,
        cost_nanousd=0,
        unpriced=0,
    )


def admitted(was: Run, event: Request) -> Run:
    """The run after a request was taken from the inbox, whatever it asked for."""
    if event.inbox_version > was.inbox_version:
        return replace(was, inbox_version=event.inbox_version)
    return was


def _asked(was: Run, event: Request) -> Run:
    run = admitted(was, event)
    match event:
        case LimitsChanged(limits=limits):
            return replace(run, limits=limits)
        case PauseAsked():
            return replace(run, wants_pause=True)
        case UnpauseAsked():
            return replace(run, wants_pause=False)
        case CancelAsked(workstream=None):
            return replace(run, cancelled=True)
        case _:
            return run
