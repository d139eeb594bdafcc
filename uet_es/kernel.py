"""The kernel: one observation in, every decision it causes out. No clock, disk, network or dice.

``evolve`` says what is true, ``decide`` says the one next thing to do and changes nothing.
"""

from collections.abc import Iterable

from uet_es.aggregates.admission import why_ignored
from uet_es.aggregates.evolve import evolve
from uet_es.aggregates.ledger import Ledger
from uet_es.effects import (
    AnyEffect,
    Merge,
    OpenIntegration,
    RemoveWorktree,
    StartAttempt,
    StartWorker,
    StopAttempt,
    StopWorker,
)
from uet_es.errors import KernelError
from uet_es.events.base import WorkerDecision, WorkstreamDecision
from uet_es.events.decisions import (
    AnyDecision,
    AttemptDiscarded,
    AttemptRecalled,
    MergeStarted,
    WorkerSpawned,
    WorkerTerminated,
    WorkstreamCancelled,
    WorkstreamCompleted,
    WorkstreamDispatched,
)
from uet_es.events.entry import Entry
from uet_es.events.observations import (
    AnyObservation,
    AttemptExited,
    AttemptLost,
    AttemptStarted,
    AttemptUnstarted,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    PlanAccepted,
    RunForked,
    WorkerLost,
    WorkerStarted,
    WorktreePrepared,
)
from uet_es.policies import (
    dispatch,
    exchange,
    finish,
    health,
    merges,
    reopen,
    retry,
    settle,
    staffing,
    stop,
)
from uet_es.values import Instant, RunId, StreamId, worker_stream, workstream_stream

__all__ = [
    "Ledger",
    "before",
    "decide",
    "effects_of",
    "evolve",
    "expected",
    "fold",
    "in_doubt",
    "turn",
    "wake_at",
]

#: Asked in this order; the first to answer wins. The order is itself a policy: ADR 0005.
POLICIES = (
    reopen.propose,
    stop.propose,
    health.propose,
    settle.propose,
    retry.propose,
    merges.propose,
    staffing.propose,
    dispatch.propose,
    exchange.propose,
    finish.propose,
)
#: More decisions than this for each workstream in one turn is a loop.
DECISIONS_PER_WORKSTREAM_MAX = 12


def decide(ledger: Ledger) -> AnyDecision | None:
    """The one next decision, or None when the run is at rest."""
    run = ledger.run
    if run.plan is None or (run.outcome is not None and not ledger.reopening):
        return None
    for propose in POLICIES:
        decision: AnyDecision | None = propose(ledger, run.limits)
        if decision is not None:
            return decision
    return None


def turn(
    ledger: Ledger, at_us: Instant, seen: AnyObservation, *, followed: bool = False
) -> list[Entry]:
    """Admit one observation, then decide until at rest.

    A clock that stepped back is read as standing still, so time in a log never shrinks.
    ``followed`` says that another observation is waiting already (``Entry.followed``).

    Raises:
        KernelError: the policies never came to rest.

    """
    observation = observed(ledger, at_us, seen, followed=followed)
    evolve(ledger, observation)
    entries = [observation]
    most = 64 + DECISIONS_PER_WORKSTREAM_MAX * (len(ledger.workstreams) + len(ledger.workers) + 8)
    most += ledger.run.limits.max_workers
    while (decision := decide(ledger)) is not None:
        if len(entries) > most:
            raise KernelError(f"no rest after {len(entries)} entries, last {decision!r}")
        entry = _entry_of(ledger, decision, observation.seq)
        evolve(ledger, entry)
        entries.append(entry)
    return entries


def observed(
    ledger: Ledger, at_us: Instant, seen: AnyObservation, *, followed: bool = False
) -> Entry:
    """The entry with which ``seen`` would be admitted now."""
    stream = StreamId(seen.run if isinstance(seen, RunForked) else ledger.id)
    version = ledger.versions.get(StreamId(ledger.id), 0) + 1
    return Entry(
        stream=stream,
        version=version,
        seq=ledger.seq + 1,
        turn=version,
        at_us=max(at_us, ledger.now_us),
        cause=_cause_of(ledger, seen),
        followed=followed,
        ignored=why_ignored(ledger, seen),
        event=seen,
    )


def expected(ledger: Ledger, observation_seq: int) -> Entry | None:
    """The entry that would follow now, None at rest; what ``verify`` compares with."""
    decision = decide(ledger)
    return None if decision is None else _entry_of(ledger, decision, observation_seq)


def _entry_of(ledger: Ledger, decision: AnyDecision, observation_seq: int) -> Entry:
    cause = observation_seq
    if isinstance(decision, WorkstreamDecision):
        stream = workstream_stream(ledger.id, decision.workstream)
        if isinstance(decision, WorkstreamCancelled) and decision.because is not None:
            cause = ledger.workstreams[decision.because].last_seq
    elif isinstance(decision, WorkerDecision):
        stream = worker_stream(ledger.id, decision.worker)
    else:
        stream = StreamId(ledger.id)
    return Entry(
        stream=stream,
        version=ledger.versions.get(stream, 0) + 1,
        seq=ledger.seq + 1,
        turn=ledger.turn,
        at_us=ledger.now_us,
        cause=cause,
        event=decision,
    )


def _cause_of(ledger: Ledger, seen: AnyObservation) -> int:
    """The decision that asked for what was seen; 0 if nothing did."""
    match seen:
        case (
            AttemptStarted()
            | AttemptExited()
            | AttemptUnstarted()
            | AttemptLost()
            | WorktreePrepared()
            | MergeLanded()
            | MergeConflicted()
            | MergeFailed()
        ):
            return ledger.asked_seq.get(seen.workstream, 0)
        case WorkerStarted(worker=worker) | WorkerLost(worker=worker):
            return ledger.spawned_seq.get(worker, 0)
        case _:
            return 0


def wake_at(ledger: Ledger) -> Instant | None:
    """The next instant at which time alone could cause a decision; None if there is none."""
    if ledger.run.outcome is not None:
        return None
    head = ledger.timers.head
    return None if head is None else head.due_us


def effects_of(ledger: Ledger, entry: Entry) -> tuple[AnyEffect, ...]:
    """What to ask of the world once ``entry`` is durable."""
    event = entry.event
    match event:
        case WorkstreamDispatched(workstream=id, attempt=attempt, worker=worker):
            return (StartAttempt(workstream=id, attempt=attempt, worker=worker),)
        case MergeStarted(workstream=id, attempt=attempt, commit=commit):
            merge = Merge(
                workstream=id, attempt=attempt, commit=commit, seq=entry.seq, at_us=entry.at_us
            )
            return (merge,)
        case WorkstreamCompleted(workstream=id, attempt=attempt):
            if ledger.specs[id].isolation == "none":
                return ()
            return (RemoveWorktree(workstream=id, attempt=attempt, merged=True),)
        case AttemptDiscarded(workstream=id, attempt=attempt):
            return (RemoveWorktree(workstream=id, attempt=attempt, merged=False),)
        case AttemptRecalled(workstream=id, attempt=attempt):
            return (StopAttempt(workstream=id, attempt=attempt),)
        case WorkerSpawned(worker=worker):
            return (StartWorker(worker=worker),)
        case WorkerTerminated(worker=worker):
            return (StopWorker(worker=worker),)
        case PlanAccepted() | RunForked():
            return (OpenIntegration(base=ledger.run.head),) if ledger.run.head else ()
        case _:
            return ()


def in_doubt(ledger: Ledger) -> list[AnyEffect]:
    """What was asked of the world and not answered, in the order in which it was asked."""
    run = ledger.run
    if run.plan is None or run.outcome is not None:
        return []
    doubtful: list[AnyEffect] = []
    if run.head:
        doubtful.append(OpenIntegration(base=run.head))
    for worker in ledger.live:
        if ledger.workers[worker].state == "SPAWNING" and worker not in ledger.arrived:
            doubtful.append(StartWorker(worker=worker))
    for id in ledger.asked_seq:
        workstream = ledger.workstreams[id]
        if workstream.step != "attempting" or id in ledger.unsettled:
            continue
        attempt = workstream.attempt
        doubtful.append(StartAttempt(workstream=id, attempt=attempt, worker=workstream.worker))
        if workstream.recalled is not None:
            doubtful.append(StopAttempt(workstream=id, attempt=attempt))
    if run.merging is not None:
        merged = ledger.workstreams[run.merging]
        doubtful.append(
            Merge(
                workstream=merged.id,
                attempt=merged.attempt,
                commit=merged.commit,
                seq=run.merge_seq,
                at_us=run.merge_at_us,
            )
        )
    return doubtful


def fold(id: RunId, entries: Iterable[Entry]) -> Ledger:
    """The ledger after ``entries``: how a run is remembered; that of ``id`` if there are none."""
    ledger: Ledger | None = None
    for entry in entries:
        ledger = ledger or before(entry)
        evolve(ledger, entry)
    return ledger or Ledger(id)


def before(first: Entry) -> Ledger:
    """The empty ledger that ``first``, the first entry of a history, can follow.

    The history of a fork begins under the name of the run that it was forked from.
    """
    return Ledger(RunId(first.stream.partition("/")[0]))
