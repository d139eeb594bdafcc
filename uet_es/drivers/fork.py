"""What if, for real: another run goes on from an entry of this one, under other limits."""

from collections.abc import Sequence
from contextlib import ExitStack

from uet_es import __version__
from uet_es.drivers.live import Driver, Watcher, next_run, unknown_run
from uet_es.drivers.place import Place
from uet_es.errors import TryLaterError, UsageError
from uet_es.events.base import Decision
from uet_es.events.entry import Entry
from uet_es.events.observations import RunForked
from uet_es.kernel import Ledger, fold
from uet_es.log.store import Log
from uet_es.plan import Limits
from uet_es.values import RunId
from uet_es.world import repository
from uet_es.world.driver_lock import DriverLock


def fork(
    place: Place,
    parent: RunId,
    at_seq: int,
    limits: Limits | None = None,
    watcher: Watcher | None = None,
) -> Ledger:
    """Continue ``parent`` from entry ``at_seq`` as a new run, with the code as it was there.

    What had been merged by then is on the new integration branch and is not done again; attempts
    that ran at that instant belong to the parent and are made anew. The parent is not touched.

    Raises:
        UsageError: no such run or entry, inside a turn, or the repository is missing.
        TryLaterError: store busy or full.
    """
    with Log.open(place.store, max_page_count=place.max_page_count) as log:
        if parent not in log.runs():
            raise UsageError(unknown_run(parent, log.runs()))
        ledger = fold(parent, prefix(parent, list(log.entries(parent)), at_seq))
        plan = ledger.run.plan
        assert plan is not None  # the first entry of every run
        if ledger.run.simulated:
            raise UsageError(f"{parent} was simulated: there is no code to go on from")
        if ledger.run.head and place.repository is None:
            raise UsageError(f"{parent} ran in a git repository, and {place.root} is in none")
        while True:
            id = next_run(place, log)
            with ExitStack() as stack:
                try:
                    stack.enter_context(DriverLock(place.state, id))
                except TryLaterError:
                    continue  # somebody takes this number just now
                if ledger.run.head and place.repository is not None:
                    name = f"refs/uet/{id}/{at_seq}"
                    repository.keep_ref(place.repository, name, ledger.run.head)
                forked = RunForked(run=id, parent=parent, at_seq=at_seq, uet=__version__)
                return Driver(place, log, id, plan, watcher).branch_off(ledger, forked, limits)


def prefix(run: RunId, entries: Sequence[Entry], at_seq: int) -> Sequence[Entry]:
    """The entries up to and with ``at_seq``, which must end a turn.

    Raises:
        UsageError: there is no such entry, or it lies inside a turn; names the nearest ends.
    """
    if not 1 <= at_seq <= len(entries):
        raise UsageError(f"{run} has entries 1 to {len(entries)}: it cannot be forked at {at_seq}")
    if at_seq < len(entries) and isinstance(entries[at_seq].event, Decision):
        first = last = at_seq
        while isinstance(entries[first - 1].event, Decision):
            first -= 1
        while last < len(entries) and isinstance(entries[last].event, Decision):
            last += 1
        ends = f"{first - 1} or {last}" if first > 1 else str(last)
        raise UsageError(
            f"entry {at_seq} of {run} lies inside the turn of entries {first} to {last}: "
            f"a run is forked where a turn ends, at {ends}"
        )
    return entries[:at_seq]
