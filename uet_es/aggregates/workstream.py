"""One workstream: its state, as its own stream of decisions tells it."""

from typing import assert_never

import msgspec
from msgspec.structs import replace

from uet_es.errors import KernelError
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
from uet_es.values import (
    ErrorCode,
    FailureReason,
    Instant,
    NanoUsd,
    State,
    Step,
    WorkerId,
    WorkstreamId,
)

TERMINAL: frozenset[State] = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})

#: Where each decision may find a workstream: (state, step). Docs and tests are made from it.
MAY_FOLLOW: dict[type[AnyWorkstreamDecision], frozenset[tuple[State, Step]]] = {
    WorkstreamReadied: frozenset({("PENDING", "")}),
    WorkstreamDispatched: frozenset({("READY", ""), ("RUNNING", "waiting")}),
    AttemptRecalled: frozenset({("RUNNING", "attempting")}),
    WorkstreamSubmitted: frozenset({("RUNNING", "attempting")}),
    WorkstreamCompleted: frozenset({("RUNNING", "attempting"), ("RUNNING", "merging")}),
    RetryScheduled: frozenset({("RUNNING", "attempting")}),
    AttemptDiscarded: frozenset({("RUNNING", "waiting"), ("FAILED", ""), ("CANCELLED", "")}),
    WorkstreamFailed: frozenset({("RUNNING", "attempting"), ("RUNNING", "merging")}),
    WorkstreamCancelled: frozenset(
        {
            ("PENDING", ""),
            ("READY", ""),
            ("RUNNING", "attempting"),
            ("RUNNING", "waiting"),
            ("RUNNING", "merging"),
        }
    ),
    WorkstreamReopened: frozenset({("FAILED", ""), ("CANCELLED", "")}),
}


#: Decisions about the latest attempt, which they name.
OF_AN_ATTEMPT = (
    AttemptRecalled,
    WorkstreamSubmitted,
    WorkstreamCompleted,
    RetryScheduled,
    AttemptDiscarded,
    WorkstreamFailed,
)


class Workstream(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where one workstream stands."""

    id: WorkstreamId
    state: State = "PENDING"
    step: Step = ""  #: what it does while RUNNING
    attempt: int = 0  #: the latest attempt; 0 before the first
    worker: WorkerId = WorkerId(0)  #: of the latest attempt; 0 before the first
    counted: int = 0  #: attempts used up of ``max_attempts`` since it was last opened
    losses: int = 0  #: attempts lost without counting since it was last opened
    not_before_us: Instant = 0  #: of the next attempt while ``waiting``
    recalled: FailureReason | None = None  #: why its running attempt is being stopped
    code: ErrorCode | None = None  #: of its latest failure
    reason: FailureReason | None = None
    message: str = ""
    because: WorkstreamId | None = None  #: whose failure or cancellation cancelled it
    commit: str = ""  #: of its attempt while ``merging``, of its merge when SUCCEEDED
    undiscarded: int = 0  #: attempt whose work is neither merged nor discarded; 0 for none
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nanousd: NanoUsd = 0
    last_seq: int = 0  #: of the last entry about it

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more will happen to it unless a person asks."""
        return self.state in TERMINAL


def evolve(was: Workstream, event: AnyWorkstreamDecision, seq: int) -> Workstream:
    """The workstream after ``event``.

    Raises:
        KernelError: the decision cannot follow.

    """
    if (was.state, was.step) not in MAY_FOLLOW[type(event)]:
        place = f"{was.state} {was.step}".strip()
        raise KernelError(f"entry {seq}: {event!r} cannot follow {was.id} {place}")
    if isinstance(event, OF_AN_ATTEMPT) and event.attempt != was.attempt:
        raise KernelError(f"entry {seq}: {event!r} is not about attempt {was.attempt} of {was.id}")
    match event:
        case WorkstreamReadied():
            return replace(was, state="READY", last_seq=seq)
        case WorkstreamDispatched(attempt=attempt, worker=worker):
            if attempt != was.attempt + 1:
                raise KernelError(f"entry {seq}: {was.id} attempt {attempt} after {was.attempt}")
            return replace(
                was,
                state="RUNNING",
                step="attempting",
                attempt=attempt,
                worker=worker,
                recalled=None,
                undiscarded=attempt,
                last_seq=seq,
            )
        case WorkstreamCompleted():
            return replace(
                was,
                state="SUCCEEDED",
                step="",
                commit=event.commit,
                undiscarded=0,
                code=None,
                reason=None,
                message="",
                input_tokens=event.input_tokens,
                output_tokens=event.output_tokens,
                cost_nanousd=event.cost_nanousd,
                last_seq=seq,
            )
        case WorkstreamSubmitted(commit=commit):
            return replace(was, step="merging", commit=commit, last_seq=seq)
        case AttemptRecalled(reason=reason):
            return replace(was, recalled=reason, last_seq=seq)
        case RetryScheduled():
            return replace(
                was,
                step="waiting",
                counted=was.counted + event.counted,
                losses=was.losses + (event.reason == "lost"),
                not_before_us=event.not_before_us,
                code=event.code,
                reason=event.reason,
                message=event.message,
                last_seq=seq,
            )
        case AttemptDiscarded():
            return replace(was, undiscarded=0, last_seq=seq)
        case WorkstreamFailed():
            return replace(
                was,
                state="FAILED",
                step="",
                code=event.code,
                reason=event.reason,
                message=event.message,
                input_tokens=event.input_tokens,
                output_tokens=event.output_tokens,
                cost_nanousd=event.cost_nanousd,
                last_seq=seq,
            )
        case WorkstreamCancelled(because=because):
            return replace(was, state="CANCELLED", step="", because=because, last_seq=seq)
        case WorkstreamReopened():
            return Workstream(
                id=was.id, attempt=was.attempt, undiscarded=was.undiscarded, last_seq=seq
            )
        case _:
            assert_never(event)
