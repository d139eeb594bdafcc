"""The two kinds of fact, and where each is written."""

from typing import ClassVar

import msgspec

from uet_es.values import Channel, WorkerId, WorkstreamId


class Fact(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
):
    """Something that happened. Never changed, never deleted."""

    channel: ClassVar[Channel] = "task_events"
    bus_name: ClassVar[str] = ""  #: what users of the earlier system called it; "" if nothing


class Observation(Fact, frozen=True, kw_only=True):
    """The world told us. Written by drivers, believed by the kernel, kept in the run's stream."""


class Decision(Fact, frozen=True, kw_only=True):
    """We chose. Written by the kernel, derived again by ``verify``."""


class RunDecision(Decision, frozen=True, kw_only=True):
    """A decision about the run as a whole, kept in its stream."""


class WorkstreamDecision(Decision, frozen=True, kw_only=True):
    """A decision about one workstream, kept in that workstream's stream."""

    workstream: WorkstreamId


class WorkerDecision(Decision, frozen=True, kw_only=True):
    """A decision about one worker, kept in that worker's stream."""

    channel: ClassVar[Channel] = "worker_status"
    worker: WorkerId
