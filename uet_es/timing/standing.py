"""What is remembered of each workstream while a history is read: plain data, easily stored."""

from typing import Literal

import msgspec

from uet_es.aggregates.waits import Cause
from uet_es.timing.words import Because
from uet_es.values import DurationUs, Instant, WorkerId, WorkstreamId

#: Where a workstream stands, as far as waiting is concerned.
Stage = Literal[
    "pending", "queued", "pausing", "set-up", "working", "merging", "succeeded", "fallen"
]

ENDED: frozenset[Stage] = frozenset({"succeeded", "fallen"})
AT_WORK: frozenset[Stage] = frozenset({"set-up", "working"})
#: It has not started, or not again: modes keep it from that.
UNSTARTED: frozenset[Stage] = frozenset({"pending", "queued", "pausing"})


class Release(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A workstream let go of what others may wait for: its attempt ended, or it did."""

    workstream: WorkstreamId
    seq: int
    at_us: Instant


class Jump(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A workstream went on at entry ``at_seq`` because another had let go.

    Invariant: it had let go at an earlier entry, so that walking back along jumps ends.
    """

    at_seq: int
    because: Because
    after: Release


#: Waits that are charged to the last of several, which is known at their end.
LateCause = Literal["dependency", "order"]
LATE: frozenset[str] = frozenset({"dependency", "order"})


class Undecided(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A span of which is not known yet what it was waiting for in the end."""

    cause: LateCause
    from_us: Instant
    to_us: Instant


class Standing(msgspec.Struct, array_like=True, gc=False):
    """Where one workstream stands."""

    stage: Stage = "pending"
    opening: int = 0
    attempt: int = 0
    worker: WorkerId = WorkerId(0)
    not_before_us: Instant = 0  #: of the next attempt while ``pausing``
    #: What it is charged to since ``since_us``; "" before the first rest of an opening.
    cause: Cause | Literal[""] = ""
    on: str = ""  #: "" while undecided
    since_us: Instant = 0
    since_seq: int = 0  #: what it waits for is let go after this entry, or was not the reason
    undecided: tuple[Undecided, ...] = ()
    released: Release | None = None  #: its latest
    because: Because = "begin"  #: the latest wait that another one ended, since it last went on
    after: Release | None = None  #: how that ended; None if there was no such wait
    jumps: tuple[Jump, ...] = ()  #: in order
    took_us: DurationUs | None = None  #: of its present attempt, once that has exited
    work_us: DurationUs = 0  #: of all its attempts
    path_us: DurationUs = 0  #: of it and of the longest chain of what it depends on

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it unless a person asks."""
        return self.stage in ENDED
