"""Would we decide the same today? No world at all: the record, and the kernel beside it."""

from collections.abc import Iterable

import msgspec

from uet_es.drivers.divergence import Divergence, diverged
from uet_es.drivers.shape import alike
from uet_es.errors import KernelError, LogError
from uet_es.events.base import Decision
from uet_es.events.entry import Entry
from uet_es.kernel import Ledger, before, evolve, expected, observed
from uet_es.values import RunId


def verify(run: RunId, entries: Iterable[Entry], *, structural: bool = False) -> Divergence | None:
    """The first place where the record and the kernel part, if there is one.

    Raises:
        LogError: an entry cannot follow those before it.
    """
    return decided_again(run, entries, structural=structural)[1]


def decided_again(
    run: RunId, entries: Iterable[Entry], *, structural: bool = False
) -> tuple[Ledger, Divergence | None]:
    """The ledger after ``entries``, or up to where the record and the kernel part, and that place.

    Observations are taken from the record, every decision is made again. ``structural`` compares
    what was decided, not when, under which numbers and in which words.

    Raises:
        LogError: an entry cannot follow those before it.
    """
    ledger: Ledger | None = None
    observation_seq = 0
    for entry in entries:
        ledger = ledger or before(entry)
        due = expected(ledger, observation_seq)
        if due is None and not isinstance(entry.event, Decision):
            due = observed(ledger, entry.at_us, entry.event, followed=entry.followed)
            observation_seq = entry.seq
        if due != entry and (due is None or not _agree(entry, due, structural=structural)):
            return ledger, diverged(ledger, entry.seq, entry, due)
        try:
            evolve(ledger, entry)
        except KernelError as error:
            raise LogError(f"entry {entry.seq} cannot follow: {error}") from error
    if ledger is None:
        return Ledger(run), None
    due = expected(ledger, observation_seq)  # a log may end between turns, never within one
    return ledger, None if due is None else diverged(ledger, ledger.seq + 1, None, due)


def _agree(recorded: Entry, due: Entry, *, structural: bool) -> bool:
    if structural:
        return alike(recorded.event, due.event) and bool(recorded.ignored) == bool(due.ignored)
    # Which decision asked for what was seen is a note for readers: nothing is decided by it, and
    # it became known for more observations than it once was.
    seen = not isinstance(recorded.event, Decision)
    return seen and msgspec.structs.replace(recorded, cause=due.cause) == due
