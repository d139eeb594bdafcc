"""Ids, instants, money and the closed sets of words of the record."""

from typing import Literal, NewType

RunId = NewType("RunId", str)  #: ``run-1``, ``run-2``, … taken by the first append
WorkstreamId = NewType("WorkstreamId", str)  #: as the plan says it; ref-safe
WorkerId = NewType("WorkerId", int)  #: 1, 2, … in a run, never used again
StreamId = NewType(
    "StreamId", str
)  #: ``run-1``, ``run-1/ws/api``, ``run-1/worker/2``, ``run-1/inbox``

Instant = int  #: microseconds since 1970-01-01 UTC
DurationUs = int  #: microseconds
NanoUsd = int  #: billionths of a US dollar

SECOND_US = 1_000_000
NANOUSD_PER_USD = 1_000_000_000

State = Literal["PENDING", "READY", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
#: What a RUNNING workstream is doing; "" in every other state.
Step = Literal["", "attempting", "waiting", "merging"]
WorkerState = Literal["SPAWNING", "IDLE", "BUSY", "DRAINING", "TERMINATED"]
Outcome = Literal["succeeded", "failed", "cancelled"]
Isolation = Literal["worktree", "none"]
Priority = Literal["foreground", "background"]
MergeOrder = Literal["ready", "strict"]
Kind = Literal["design", "impl", "test", "docs", "infra", "refactor", "background", "spike"]
Channel = Literal[
    "worker_status", "task_events", "resource_events", "error_events", "integration_events"
]

ErrorCode = Literal[
    "E_TOOL_FAILURE",
    "E_MCP_FAILURE",
    "E_RESOURCE_LIMIT",
    "E_OS_MODE_FAILURE",
    "E_PLAN_CONSISTENCY",
    "E_MERGE_CONFLICT",
    "E_ORCHESTRATOR_CRASH",
    "E_UNKNOWN",
]
#: Why a workstream was cancelled.
CancelReason = Literal["dependency", "asked", "fail_fast"]
#: Why an attempt or a workstream failed, finer than its code.
FailureReason = Literal[
    "exit",  # the command ended with a status other than 0
    "start",  # the command could not be started
    "timeout",  # it ran longer than ``timeout_s``
    "heartbeat",  # it was silent for longer than ``heartbeat_s``
    "scope",  # it changed files it had not claimed
    "conflict",  # git could not combine its work with what had landed before
    "merge",  # git failed in another way
    "lost",  # nobody saw it end: its driver died
    "forked",  # it runs on in the run that this one was forked from
    "interrupted",  # the driver was told to stop
    "cancelled",  # a person asked
]


def workstream_stream(run: RunId, workstream: WorkstreamId) -> StreamId:
    """The stream of decisions about ``workstream``."""
    return StreamId(f"{run}/ws/{workstream}")


def worker_stream(run: RunId, worker: WorkerId) -> StreamId:
    """The stream of decisions about ``worker``."""
    return StreamId(f"{run}/worker/{worker}")


def inbox_stream(run: RunId) -> StreamId:
    """The stream of what people asked of ``run``; outside its ``seq``."""
    return StreamId(f"{run}/inbox")
