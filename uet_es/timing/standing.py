"""What is remembered of each workstream while a history is read: plain data, easily stored."""

from typing import Literal, NamedTuple

import msgspec

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


class Release(NamedTuple):
    """A workstream let go of what others may wait for: its attempt ended, or it did."""

    workstream: WorkstreamId
    seq: int
    at_us: Instant


class Jump(NamedTuple):
    """A workstream went on at entry ``at_seq`` because another had let go at entry ``seq``.

    Invariant: ``seq`` < ``at_seq``, so that walking back along jumps ends.
    """

    at_seq: int
    because: Because
    to: WorkstreamId
    seq: int
    at_us: Instant


class Undecided(NamedTuple):
    """A span of which is not known yet what it was waiting for in the end."""

    cause: Literal["dependency", "order"]
    from_us: Instant
    to_us: Instant


class Standing(msgspec.Struct, array_like=True):
    """Where one workstream stands."""

    stage: Stage = "pending"
    opening: int = 0
    attempt: int = 0
    worker: WorkerId = WorkerId(0)
    not_before_us: Instant = 0  #: of the next attempt while ``pausing``
    #: What it is charged to since ``since_us``; "" before the first rest of an opening.
    cause: Literal[
        "",
        "mode",
        "dependency",
        "order",
        "backoff",
        "conflict",
        "resource",
        "worker",
        "merging",
        "work",
    ] = ""
    on: str = ""  #: "" while undecided
    since_us: Instant = 0
    since_seq: int = 0  #: what it waits for is let go after this entry, or was not the reason
    undecided: list[Undecided] = []
    released: Release | None = None  #: its latest
    jump: Jump | None = None  #: the latest that could explain why it goes on
    jumps: list[Jump] = []
    took_us: DurationUs | None = None  #: of its present attempt, once that has exited
    work_us: DurationUs = 0  #: of all its attempts
    path_us: DurationUs = 0  #: of it and of the longest chain of what it depends on
