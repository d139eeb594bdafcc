"""The entry: a fact with its place and its time."""

import msgspec

from uet_es.events.decisions import AnyDecision
from uet_es.events.observations import AnyObservation
from uet_es.values import Instant, StreamId

AnyEvent = AnyObservation | AnyDecision


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of the log."""

    stream: StreamId
    version: int  #: within its stream, from 1, without gaps
    seq: int  #: within its run, from 1, without gaps
    turn: int  #: version of the run-stream entry that began its turn
    at_us: Instant  #: never smaller than that of the entry before
    event: AnyEvent
    cause: int = 0  #: seq of the entry that led to it; 0 for none
    #: Another observation was already waiting when this one was admitted: nothing new starts
    #: before the last of them, so that things that happen at once are seen together (ADR 0013).
    followed: bool = False
    ignored: str = ""  #: why this observation changed nothing; "" if it did
