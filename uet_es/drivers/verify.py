"""Would we decide the same today? No world at all: the record, and the kernel beside it."""

from collections.abc import Iterable
from typing import NamedTuple

from uet_es.aggregates.admission import why_ignored
from uet_es.events.base import Decision
from uet_es.events.decisions import AnyDecision
from uet_es.events.entry import Entry
from uet_es.kernel import Ledger, evolve, expected
from uet_es.values import RunId


class Divergence(NamedTuple):
    """The first entry that would not be written today."""

    seq: int
    recorded: Entry | None  #: None: the log ends where a decision is due
    expected: Entry | None  #: None: nothing is due, the run is at rest
    ignored: str | None = None  #: why the observation would be ignored today, if that differs

    def __str__(self) -> str:
        """What was recorded, and what would be today."""
        if self.ignored is not None and self.recorded is not None:
            was, now = self.recorded.ignored or "it counts", self.ignored or "it counts"
            return f"entry {self.seq}: recorded as ignored: {was}; today: {now}"
        return f"entry {self.seq}: recorded {_said(self.recorded)}; today {_said(self.expected)}"


def verify(run: RunId, entries: Iterable[Entry]) -> Divergence | None:
    """The first place where the record and the kernel part, if there is one."""
    ledger = Ledger(run)
    observed = 0
    for entry in entries:
        due = expected(ledger, observed)
        recorded = entry if isinstance(entry.event, Decision) else None
        if recorded != due:
            return Divergence(entry.seq, recorded, due)
        if not isinstance(entry.event, Decision):
            observed = entry.seq
            ignored = why_ignored(ledger, entry.event)
            if ignored != entry.ignored:
                return Divergence(entry.seq, entry, None, ignored)
        evolve(ledger, entry)
    due = expected(ledger, observed)  # a log may end between turns, never within one
    return None if due is None else Divergence(ledger.seq + 1, None, due)


def _said(entry: Entry | None) -> str:
    if entry is None:
        return "nothing"
    decision: AnyDecision | object = entry.event
    return f"{decision!r} in {entry.stream} (turn {entry.turn}, cause {entry.cause})"
