"""What was true at an entry: the log folded up to there, and nothing touched.

Nothing is decided and nothing is asked of any world, so a replay may stop inside a turn.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from uet_es.drivers.status import Document, ready_document, status_document
from uet_es.errors import LogError, UsageError
from uet_es.events.base import Decision
from uet_es.events.entry import Entry
from uet_es.kernel import Ledger, before, evolve
from uet_es.values import SECOND_US, DurationUs, Instant


class Moment(msgspec.Struct, frozen=True):
    """A place in a run, said in one of three ways: the others are None."""

    seq: int | None = None  #: after that entry
    at_us: Instant | None = None  #: after everything up to that instant
    after_us: DurationUs | None = None  #: the same, counted from the first entry

    def takes(self, entry: Entry, begun_us: Instant) -> bool:
        """Whether ``entry`` lies before this moment or at it."""
        if self.seq is not None:
            return entry.seq <= self.seq
        until_us = self.at_us if self.at_us is not None else begun_us + (self.after_us or 0)
        return entry.at_us <= until_us


#: Everything there is.
END = Moment(at_us=1 << 62)


class Turn(NamedTuple):
    """One observation and what was decided because of it; the last one may be incomplete."""

    ledger: Ledger  #: after it; goes on changing with the next turn
    entries: Sequence[Entry]


def turns(entries: Iterable[Entry], until: Moment = END) -> Iterator[Turn]:
    """The turns of a run up to ``until``, each when its last entry has been folded.

    Shape:    entries of one run from its first, in order
    Raises:
        UsageError: ``until`` lies outside of the run.
        LogError: there is no entry.
    """
    ledger: Ledger | None = None
    begun_us = 0
    group: list[Entry] = []
    ended_within = False
    for entry in entries:
        if ledger is None:
            ledger, begun_us = before(entry), entry.at_us
        ended_within = not until.takes(entry, begun_us)
        if ended_within:
            break
        if group and not isinstance(entry.event, Decision):
            yield Turn(ledger, group)
            group = []
        evolve(ledger, entry)
        group.append(entry)
    if ledger is None:
        raise LogError("there is no entry to replay")
    if not group:
        begun = datetime.fromtimestamp(begun_us / SECOND_US, UTC).isoformat()
        raise UsageError(f"{ledger.id} had not begun by then: its first entry is of {begun}")
    if until.seq is not None and until.seq > ledger.seq and not ended_within:
        raise UsageError(f"{ledger.id} has no entry {until.seq}: its last one is {ledger.seq}")
    yield Turn(ledger, group)


def replayed(entries: Iterable[Entry], until: Moment = END) -> Ledger:
    """The exact state at ``until``.

    Raises:
        UsageError: ``until`` lies outside of the run.
        LogError: there is no entry.
    """
    *_, last = turns(entries, until)
    return last.ledger


def played(turns: Iterable[Turn], speed: float, sleep: Callable[[float], object]) -> Iterator[Turn]:
    """The turns, each as long after the one before as it was, divided by ``speed``."""
    now_us: Instant | None = None
    for turn in turns:
        at_us = turn.entries[0].at_us
        if now_us is not None and at_us > now_us:
            sleep((at_us - now_us) / SECOND_US / speed)
        now_us = at_us
        yield turn


def moment_document(ledger: Ledger) -> Document:
    """What ``replay --json`` prints: where the run stood, and what could start or why not."""
    ready = ready_document(ledger)
    return status_document(ledger) | {
        "driver": None,  # as in ``status``; nobody drives what is only looked at
        "seq": ledger.seq,
        "at_us": ledger.now_us,
        "ready": ready["ready"],
        "waiting": ready["waiting"],
    }
