"""What the end of an attempt or a merge means."""

from typing import NamedTuple, assert_never

from uet_es.aggregates.ledger import Ending, Ledger
from uet_es.aggregates.workstream import Workstream
from uet_es.events.observations import (
    AttemptExited,
    AttemptLost,
    AttemptUnstarted,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
)
from uet_es.values import SECOND_US, ErrorCode, FailureReason, WorkstreamId

FILES_NAMED_MAX = 10


class Failure(NamedTuple):
    """Why it was not a success."""

    code: ErrorCode
    reason: FailureReason
    message: str


def first_ending(ledger: Ledger) -> tuple[WorkstreamId, Ending, Failure | None] | None:
    """The oldest ending that waits to be judged, and its failure if it is one."""
    for id, ending in ledger.unsettled.items():
        return id, ending, failure_of(ledger, ledger.workstreams[id], ending)
    return None


def failure_of(ledger: Ledger, workstream: Workstream, ending: Ending) -> Failure | None:
    """How it failed; None if it succeeded.

    What a person cancelled is cancelled, however its attempt came to its end.
    """
    if workstream.recalled == "cancelled" and workstream.step == "attempting":
        return Failure("E_TOOL_FAILURE", "cancelled", "a person asked")
    match ending:
        case MergeLanded():
            return None
        case MergeConflicted(files=files):
            return Failure("E_MERGE_CONFLICT", "conflict", _conflict(ending, _named(files)))
        case MergeFailed(message=message):
            return Failure("E_TOOL_FAILURE", "merge", message)
        case AttemptUnstarted(message=message):
            return Failure("E_TOOL_FAILURE", "start", message)
        case AttemptLost(forked=True):
            return Failure(ending.code, "forked", "it runs on in the parent")
        case AttemptLost(code=code, message=message):
            return Failure(code, "lost", message or "nobody saw it end")
        case AttemptExited():
            return _failure_of_exit(ledger, workstream, ending)
        case _:
            assert_never(ending)


def _failure_of_exit(
    ledger: Ledger, workstream: Workstream, ending: AttemptExited
) -> Failure | None:
    spec = ledger.specs[workstream.id]
    match workstream.recalled:
        case "timeout" if not 0 < ending.took_us <= spec.timeout_us:  # else it was seen late
            limit_s = spec.timeout_us / SECOND_US
            return Failure("E_TOOL_FAILURE", "timeout", f"ran longer than {limit_s:g} s")
        case "heartbeat":
            limit_us = spec.heartbeat_us or ledger.run.limits.heartbeat_us
            silent = f"silent for longer than {limit_us / SECOND_US:g} s"
            return Failure("E_TOOL_FAILURE", "heartbeat", silent)
        case "interrupted" if ending.status:
            return Failure("E_TOOL_FAILURE", "interrupted", "the driver was told to stop")
        case _:
            pass
    if ending.status:
        return Failure("E_TOOL_FAILURE", "exit", _how(ending.status))
    if ending.outside:
        return Failure(
            "E_PLAN_CONSISTENCY", "scope", "changed outside its claims: " + _named(ending.outside)
        )
    return None


def _how(status: int) -> str:
    """An exit status in words; a shell says 127 for what it cannot find."""
    if status < 0:
        return f"signal {-status}"
    hint = {126: ": a command may not be executed", 127: ": a command was not found"}
    return f"exit status {status}{hint.get(status, '')}"


def _conflict(ending: MergeConflicted, files: str) -> str:
    return f"{files}: attempt {ending.theirs[:12]} against integration {ending.ours[:12]}"


def _named(files: tuple[str, ...]) -> str:
    more = len(files) - FILES_NAMED_MAX
    named = ", ".join(files[:FILES_NAMED_MAX])
    return f"{named} and {more} more" if more > 0 else named
