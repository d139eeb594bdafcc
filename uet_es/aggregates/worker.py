"""One worker: a reusable place to run attempts, as its own stream of decisions tells it."""

from typing import assert_never

import msgspec
from msgspec.structs import replace

from uet_es.errors import KernelError
from uet_es.events.decisions import (
    AnyWorkerDecision,
    WorkerAssigned,
    WorkerReadied,
    WorkerRecalled,
    WorkerReleased,
    WorkerSpawned,
    WorkerTerminated,
)
from uet_es.values import WorkerId, WorkerState, WorkstreamId

#: The states of R12.1: from each state, the ones that may follow.
MAY_BECOME: dict[WorkerState, frozenset[WorkerState]] = {
    "SPAWNING": frozenset({"IDLE", "TERMINATED"}),
    "IDLE": frozenset({"BUSY", "DRAINING", "TERMINATED"}),
    "BUSY": frozenset({"IDLE", "DRAINING", "TERMINATED"}),
    "DRAINING": frozenset({"TERMINATED"}),
    "TERMINATED": frozenset(),
}


class Worker(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where one worker stands."""

    id: WorkerId
    state: WorkerState = "SPAWNING"
    group: int = 0
    tools: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    workstream: WorkstreamId | None = None  #: whose attempt it runs while BUSY or DRAINING
    attempt: int = 0

    @property
    def is_alive(self) -> bool:
        """Whether it counts towards the pool."""
        return self.state != "TERMINATED"


def evolve(was: Worker | None, event: AnyWorkerDecision, seq: int) -> Worker:
    """The worker after ``event``.

    Raises:
        KernelError: the decision cannot follow.

    """
    if isinstance(event, WorkerSpawned):
        if was is not None:
            raise KernelError(f"entry {seq}: worker {was.id} exists already")
        return Worker(
            id=event.worker,
            group=event.group,
            tools=event.tools,
            capabilities=event.capabilities,
        )
    if was is None:
        raise KernelError(f"entry {seq}: {event!r} about a worker that was never spawned")
    match event:
        case WorkerAssigned(workstream=workstream, attempt=attempt):
            now = replace(was, state="BUSY", workstream=workstream, attempt=attempt)
        case WorkerReleased():
            if was.state != "BUSY":
                raise KernelError(f"entry {seq}: worker {was.id} {was.state} has nothing to end")
            now = replace(was, state="IDLE", workstream=None, attempt=0)
        case WorkerReadied():
            if was.state != "SPAWNING":
                raise KernelError(f"entry {seq}: worker {was.id} {was.state} was ready before")
            now = replace(was, state="IDLE")
        case WorkerRecalled():
            now = replace(was, state="DRAINING")
        case WorkerTerminated():
            now = replace(was, state="TERMINATED", workstream=None, attempt=0)
        case _:
            assert_never(event)
    if now.state not in MAY_BECOME[was.state]:
        raise KernelError(f"entry {seq}: worker {was.id} {was.state} cannot become {now.state}")
    return now
