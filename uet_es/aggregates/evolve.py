"""What is true after an entry: the only way a ledger changes.

``evolve`` is total for observations: it accepts every one in every state, those marked as ignored
change nothing but the place in the log. It refuses a broken envelope and a decision that cannot
follow.
"""

from typing import assert_never

from uet_es.aggregates import observed, progress, staff
from uet_es.aggregates import run as runs
from uet_es.aggregates import worker as workers
from uet_es.aggregates import workstream as workstreams
from uet_es.aggregates.ledger import Ledger
from uet_es.errors import KernelError
from uet_es.events.base import RunDecision, WorkerDecision, WorkstreamDecision
from uet_es.events.decisions import (
    AnyRunDecision,
    MergeStarted,
    RunFinished,
    RunPaused,
    RunReopened,
    RunUnpaused,
)
from uet_es.events.entry import Entry
from uet_es.events.observations import AnyObservation, DriverResumed, RunForked
from uet_es.values import StreamId


def evolve(ledger: Ledger, entry: Entry) -> None:
    """Make ``ledger`` what it is after ``entry``.

    Raises:
        KernelError: a gap, time running backwards, a decision that cannot follow.

    """
    event = entry.event
    if isinstance(event, RunForked) and not entry.ignored:
        _become(ledger, event)
    version = ledger.versions.get(entry.stream, 0) + 1
    if entry.seq != ledger.seq + 1 or entry.version != version or entry.at_us < ledger.now_us:
        raise KernelError(
            f"entry {entry.seq} ({entry.stream} {entry.version}) at {entry.at_us} cannot follow "
            f"{ledger.seq} ({entry.stream} {version - 1}) at {ledger.now_us}"
        )
    ledger.seq = entry.seq
    ledger.versions[entry.stream] = version
    if isinstance(event, WorkstreamDecision):
        was = ledger.workstreams.get(event.workstream)
        if was is None:
            raise KernelError(f"entry {entry.seq}: {event!r} about a workstream not planned")
        now = workstreams.evolve(was, event, entry.seq)
        ledger.workstreams[was.id] = now
        progress.advance(ledger, event, was, now)
    elif isinstance(event, WorkerDecision):
        worker = workers.evolve(ledger.workers.get(event.worker), event, entry.seq)
        ledger.workers[worker.id] = worker
        staff.advance(ledger, event, worker)
    elif isinstance(event, RunDecision):
        ledger.run = runs.evolve(ledger.run, event, entry.seq, entry.at_us)
        _decided(ledger, event)
    else:
        _observe(ledger, entry, event)
    if ledger.ready.stirred and ledger.idle:
        ledger.ready.settle(ledger.claims)


def _observe(ledger: Ledger, entry: Entry, event: AnyObservation) -> None:
    gap_us = entry.at_us - ledger.now_us
    ledger.now_us = entry.at_us
    ledger.turn = entry.version
    ledger.followed = entry.followed
    if isinstance(event, DriverResumed | RunForked):
        ledger.timers.postpone(gap_us)
    observed.expire(ledger)
    if entry.ignored:
        observed.admit_ignored(ledger, event)
        return
    if type(event) in runs.CONCERNED_BY:
        ledger.run = runs.evolve(ledger.run, event, entry.seq, entry.at_us)
    observed.observe(ledger, event)


def _become(ledger: Ledger, event: RunForked) -> None:
    """Go on as another run: the same streams under its name, each where the parent's stood."""
    if event.parent != ledger.id or event.at_seq != ledger.seq:
        raise KernelError(
            f"{event.run} was forked from {event.parent} at {event.at_seq}, "
            f"this is {ledger.id} at {ledger.seq}"
        )
    length = len(ledger.id)
    ledger.versions = {
        StreamId(event.run + stream[length:]): version
        for stream, version in ledger.versions.items()
    }
    ledger.id = event.run


def _decided(ledger: Ledger, event: AnyRunDecision) -> None:
    match event:
        case MergeStarted(workstream=id, attempt=attempt, commit=commit):
            merged = ledger.workstreams.get(id)
            if merged is None or (merged.step, merged.attempt, merged.commit) != (
                "merging",
                attempt,
                commit,
            ):
                raise KernelError(f"entry {ledger.seq}: {event!r} is about no candidate")
            ledger.dequeue(id)
            ledger.asked_seq[id] = ledger.seq
        case RunFinished() if ledger.unfinished:
            raise KernelError(f"entry {ledger.seq}: {event!r} with {ledger.unfinished} to do")
        case RunFinished() | RunPaused() | RunUnpaused() | RunReopened():
            pass
        case _:
            assert_never(event)
