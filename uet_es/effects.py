"""What we ask of the world. Derived from entries, never recorded (ADR 0006)."""

import msgspec

from uet_es.values import Instant, WorkerId, WorkstreamId


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """Something to begin; what comes of it returns as an observation."""


class OpenIntegration(Effect, frozen=True, kw_only=True):
    """Make the run's integration branch at the plan's base, if it is not there."""

    base: str


class StartWorker(Effect, frozen=True, kw_only=True):
    """Answered by ``worker.started`` or ``worker.lost``."""

    worker: WorkerId


class StopWorker(Effect, frozen=True, kw_only=True):
    """Never answered; harmless when repeated."""

    worker: WorkerId


class StartAttempt(Effect, frozen=True, kw_only=True):
    """Answered by ``attempt.started`` and ``attempt.exited``, or ``attempt.unstarted``."""

    workstream: WorkstreamId
    attempt: int
    worker: WorkerId


class StopAttempt(Effect, frozen=True, kw_only=True):
    """Answered by the attempt's ``attempt.exited``."""

    workstream: WorkstreamId
    attempt: int


class Merge(Effect, frozen=True, kw_only=True):
    """Answered by ``merge.landed``, ``merge.conflicted`` or ``merge.failed``."""

    workstream: WorkstreamId
    attempt: int
    commit: str
    seq: int  #: of the decision: named in the merge commit, so that a repeat is found
    at_us: Instant  #: of the decision: the merge commit's date


class RemoveWorktree(Effect, frozen=True, kw_only=True):
    """Never answered; harmless when repeated."""

    workstream: WorkstreamId
    attempt: int
    merged: bool  #: its branch goes with it; otherwise the branch is kept


AnyEffect = (
    OpenIntegration | StartWorker | StopWorker | StartAttempt | StopAttempt | Merge | RemoveWorktree
)
