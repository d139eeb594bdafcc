"""Do it: a run, or the rest of one, with real processes, a real repository and the durable log."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Protocol

import msgspec

from uet_es import __version__
from uet_es.drivers.loop import Seen, admit, drive, take
from uet_es.drivers.place import Place
from uet_es.drivers.predictions import score
from uet_es.effects import AnyEffect, Merge, RemoveWorktree, StartAttempt, StartWorker
from uet_es.errors import FencedError, StoreBusyError, TryLaterError, UsageError
from uet_es.events.entry import Entry
from uet_es.events.observations import (
    AnyRequest,
    AttemptLost,
    DriverResumed,
    LimitsChanged,
    PlanAccepted,
    RunForked,
)
from uet_es.kernel import Ledger, fold, in_doubt
from uet_es.log.store import Log
from uet_es.plan import Limits, Plan
from uet_es.values import RunId
from uet_es.world import repository, state_folder
from uet_es.world.driver_lock import DriverLock
from uet_es.world.live import LiveWorld

#: How often an append is tried again while another process holds the store; SQLite itself waits
#: seconds each time.
BUSY_TRIES = 5


class Watcher(Protocol):
    """Somebody who wants to see a run going on."""

    def opened(self, ledger: Ledger, interrupt: Callable[[int], None]) -> None:
        """A driver took the run; ``interrupt`` may be called from a signal handler."""

    def written(self, ledger: Ledger, entries: Sequence[Entry]) -> None:
        """These entries are durable."""


class Unwatched:
    """Nobody watches."""

    def opened(self, ledger: Ledger, interrupt: Callable[[int], None]) -> None:
        """Let it."""

    def written(self, ledger: Ledger, entries: Sequence[Entry]) -> None:
        """Let it."""


def run(place: Place, plan: Plan, watcher: Watcher | None = None) -> Ledger:
    """Execute ``plan`` as a new run until it is finished or its driver was interrupted.

    Raises:
        UsageError: a worktree is asked for and there is no repository, or no commit in it.
        TryLaterError: store busy or full, or fenced; the run can be resumed.
    """
    if any(w.isolation == "worktree" for w in plan.workstreams):
        if place.repository is None:
            raise UsageError(f"{place.root} is in no git repository, and worktrees need one")
        plan = msgspec.structs.replace(plan, base=repository.head_commit(place.repository))
    state_folder.prepare(place.root)
    with Log.open(place.store, create=True, max_page_count=place.max_page_count) as log:
        while True:
            id = next_run(place, log)
            with ExitStack() as stack:
                try:
                    stack.enter_context(DriverLock(place.state, id))
                except TryLaterError:
                    continue  # somebody takes this number just now
                if id in log.runs():
                    continue  # somebody took it, and has finished by now
                return Driver(place, log, id, plan, watcher).begin()


def resume(place: Place, id: RunId, watcher: Watcher | None = None) -> Ledger:
    """Go on with a run that has no driver; a finished run with nothing asked of it stays as it is.

    Raises:
        UsageError: no such run.
        TryLaterError: another driver is alive, store busy or full, or fenced.
    """
    with Log.open(place.store, max_page_count=place.max_page_count) as log:
        if id not in log.runs():
            raise UsageError(unknown_run(id, log.runs()))
        with DriverLock(place.state, id):
            ledger = fold(id, log.entries(id))
            plan = ledger.run.plan
            assert plan is not None  # the first entry of every run
            return Driver(place, log, id, plan, watcher).go_on(ledger)


def unknown_run(id: str, known: Sequence[str]) -> str:
    """What to tell somebody who named a run that is not in the store."""
    if not known:
        return f"there is no run {id}: nothing was run here yet (uet run PLAN)"
    return f"there is no run {id}: known are {', '.join(known[-5:])} (uet list)"


def next_run(place: Place, log: Log) -> RunId:
    taken = {*log.runs(), *(folder.name for folder in (place.state / "runs").iterdir())}
    if place.repository is not None:
        taken |= repository.runs_with_branches(place.repository)
    numbers = [int(name[4:]) for name in taken if name.startswith("run-") and name[4:].isdigit()]
    return RunId(f"run-{max(numbers, default=0) + 1}")


class Driver:
    """The loop thread of one run, and what it holds."""

    def __init__(
        self, place: Place, log: Log, id: RunId, plan: Plan, watcher: Watcher | None
    ) -> None:
        self._place = place
        self._log = log
        self._id = id
        self._watcher: Watcher = watcher or Unwatched()
        self._inbox_version = 0
        self._world = LiveWorld(
            run=id,
            plan=plan,
            root=place.root,
            state=place.state,
            repository=place.repository,
            store_id=log.store_id,
            inbox=self._requests,
        )
        self._plan = plan

    def begin(self) -> Ledger:
        """Accept the plan, then drive."""
        ledger = Ledger(self._id)
        accepted = PlanAccepted(plan=self._plan, uet=__version__)
        return self._drive(ledger, [(self._world.now_us(), accepted)])

    def go_on(self, ledger: Ledger) -> Ledger:
        """Find out what became of everything in doubt, before any time passes; then drive."""
        self._inbox_version = ledger.run.inbox_version
        asked = [(self._world.now_us(), request) for request in self._requests()]
        self._sweep(ledger)
        if ledger.run.outcome is not None and not asked:
            self._world.close(leave_running=False)
            return ledger
        for (workstream, attempt), offset in ledger.offsets.items():
            self._world.track(workstream, attempt, offset)
        known = {(id, ledger.workstreams[id].attempt) for id in ledger.started}
        resumed: list[Seen] = [(self._world.now_us(), DriverResumed(pid=self._world.pid))]
        resumed += self._world.reconcile(in_doubt(ledger), started=known)
        return self._drive(ledger, [*resumed, *asked])

    def branch_off(self, ledger: Ledger, forked: RunForked, limits: Limits | None) -> Ledger:
        """Go on as ``forked`` from where ``ledger`` stands; what runs there is not ours."""
        now_us = self._world.now_us()
        first: list[Seen] = [(now_us, forked)]
        if limits is not None:
            first.append((now_us, LimitsChanged(limits=limits)))
        unanswered: list[AnyEffect] = []
        for effect in in_doubt(ledger):
            match effect:
                case StartAttempt(workstream=workstream, attempt=attempt):
                    lost = AttemptLost(workstream=workstream, attempt=attempt, forked=True)
                    first.append((now_us, lost))
                case Merge() | StartWorker():
                    unanswered.append(effect)
                case _:
                    pass
        return self._drive(ledger, first, unanswered)

    def _drive(
        self, ledger: Ledger, first: Sequence[Seen], unanswered: Sequence[AnyEffect] = ()
    ) -> Ledger:
        leave_running = True
        try:
            self._watcher.opened(ledger, self._world.interrupt)
            ledger = take(ledger, self._world, self._write, first)
            for effect in unanswered:
                self._world.perform(effect)
            ledger = drive(ledger, self._world, self._write)
            score(self._log, ledger)
            leave_running = False
        finally:
            self._world.close(leave_running=leave_running)
        return ledger

    def _write(self, ledger: Ledger, seen: Sequence[Seen]) -> tuple[Ledger, Sequence[Entry]]:
        """Append one group; while the store is busy, fold again and admit again.

        A failed append poisons the ledger: it knows what nobody can read. What it did not know
        before, another driver wrote: what that one called for is not ours to forget.
        """
        known = ledger.seq
        for _ in range(BUSY_TRIES):
            entries = admit(ledger, seen)
            try:
                head = self._log.append(self._id, entries)
            except StoreBusyError:
                ledger = fold(self._id, self._log.entries(self._id))
                if ledger.seq != known:
                    raise FencedError(
                        f"{self._id}: another driver has written after entry {known} and goes on "
                        "from there; this one stops"
                    ) from None
                continue
            if ledger.run.outcome is not None or ledger.is_drained:
                state_folder.keep_head(self._place.state, self._id, head)
            self._watcher.written(ledger, entries)
            return ledger, entries
        raise TryLaterError(f"the store stays busy: resume with uet resume {self._id}")

    def _requests(self) -> Sequence[AnyRequest]:
        found = self._log.inbox(self._id, after_version=self._inbox_version)
        if found:
            self._inbox_version = found[-1][0]
        return [
            msgspec.structs.replace(request, inbox_version=version) for version, request in found
        ]

    def _sweep(self, ledger: Ledger) -> None:
        """Remove worktrees whose merge or discard is in the log; a crash may have left them."""
        for workstream in ledger.workstreams.values():
            for attempt in range(1, workstream.attempt + 1):
                if attempt == workstream.undiscarded:
                    continue
                merged = workstream.state == "SUCCEEDED" and attempt == workstream.attempt
                if self._world.has_worktree(workstream.id, attempt):
                    self._world.perform(
                        RemoveWorktree(workstream=workstream.id, attempt=attempt, merged=merged)
                    )
