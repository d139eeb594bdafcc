"""Short words for plans and observations."""

import random

import msgspec

from uet_es.events.decisions import (
    AttemptDiscarded,
    AttemptRecalled,
    MergeStarted,
    RetryScheduled,
    RunFinished,
    WorkerAssigned,
    WorkerReadied,
    WorkerRecalled,
    WorkerReleased,
    WorkerSpawned,
    WorkerTerminated,
    WorkstreamCancelled,
    WorkstreamCompleted,
    WorkstreamDispatched,
    WorkstreamFailed,
    WorkstreamReadied,
    WorkstreamReopened,
    WorkstreamSubmitted,
)
from uet_es.events.observations import (
    AttemptExited,
    AttemptLost,
    AttemptStarted,
    AttemptUnstarted,
    CancelAsked,
    DriverInterrupted,
    DriverResumed,
    HeartbeatReported,
    LimitsChanged,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    PauseAsked,
    PlanAccepted,
    RetryAsked,
    RunForked,
    UnpauseAsked,
    UsageReported,
    WorkerLost,
    WorkerStarted,
    WorktreePrepared,
)
from uet_es.plan import Limits, Plan, WorkstreamSpec
from uet_es.values import SECOND_US


def spec(id, after=(), **fields):
    """A workstream that depends on ``after``."""
    return WorkstreamSpec(id=id, depends_on=tuple(sorted(after)), **fields)


def plan_of(*workstreams, max_workers=2, **fields):
    """A plan of specs, or of words like "b after a"."""
    specs = []
    for w in workstreams:
        if isinstance(w, str):
            id, _, after = w.partition(" after ")
            w = spec(id, after.split(" ") if after else ())
        specs.append(w)
    limits = fields.pop("limits", Limits(max_workers=max_workers))
    return Plan(workstreams=tuple(sorted(specs, key=lambda s: s.id)), limits=limits, **fields)


def accepted(*workstreams, **fields):
    return PlanAccepted(plan=plan_of(*workstreams, **fields))


def staffed(*workers):
    return [WorkerStarted(worker=n) for n in workers]


def started(id, attempt=1):
    return AttemptStarted(workstream=id, attempt=attempt)


def exited(id, status=0, attempt=1, **fields):
    return AttemptExited(workstream=id, attempt=attempt, status=status, **fields)


def prepared(id, attempt=1):
    return WorktreePrepared(workstream=id, attempt=attempt, base="base")


def unstarted(id, attempt=1, message="no such command"):
    return AttemptUnstarted(workstream=id, attempt=attempt, message=message)


def lost(id, attempt=1, **fields):
    return AttemptLost(workstream=id, attempt=attempt, **fields)


def lost_worker(worker, message=""):
    return WorkerLost(worker=worker, message=message)


def heartbeat(id, attempt=1, **fields):
    return HeartbeatReported(workstream=id, attempt=attempt, **fields)


def used(id, attempt=1, **fields):
    return UsageReported(workstream=id, attempt=attempt, model="m", **fields)


def landed(id, attempt=1):
    return MergeLanded(workstream=id, attempt=attempt, commit=f"m-{id}", tree=f"t-{id}")


def conflicted(id, attempt=1, files=("f",)):
    return MergeConflicted(workstream=id, attempt=attempt, files=files, ours="ours", theirs="c")


def merge_failed(id, attempt=1):
    return MergeFailed(workstream=id, attempt=attempt, message="git broke")


def cancel(id=None, **fields):
    return CancelAsked(workstream=id, **fields)


def retry(id, **fields):
    return RetryAsked(workstream=id, **fields)


def pause(**fields):
    return PauseAsked(**fields)


def unpause(**fields):
    return UnpauseAsked(**fields)


def limits_changed(inbox_version=0, **fields):
    return LimitsChanged(limits=Limits(**fields), inbox_version=inbox_version)


def forked(at_seq, run="run-2", parent="run-1", **fields):
    return RunForked(run=run, parent=parent, at_seq=at_seq, **fields)


def interrupted():
    return DriverInterrupted(signal=2)


def resumed():
    return DriverResumed(pid=7)


def spawned(worker, **fields):
    return WorkerSpawned(worker=worker, **fields)


def worker_readied(worker):
    return WorkerReadied(worker=worker)


def assigned(worker, id, attempt=1):
    return WorkerAssigned(worker=worker, workstream=id, attempt=attempt)


def released(worker):
    return WorkerReleased(worker=worker)


def worker_recalled(worker):
    return WorkerRecalled(worker=worker)


def terminated(worker, reason="finished"):
    return WorkerTerminated(worker=worker, reason=reason)


def readied(id):
    return WorkstreamReadied(workstream=id)


def dispatched(id, worker=1, attempt=1):
    """Both decisions of a start."""
    start = WorkstreamDispatched(workstream=id, attempt=attempt, worker=worker)
    return [start, assigned(worker, id, attempt)]


def recalled(id, reason, attempt=1):
    return AttemptRecalled(workstream=id, attempt=attempt, reason=reason)


def submitted(id, commit="c", attempt=1):
    return WorkstreamSubmitted(workstream=id, attempt=attempt, commit=commit)


def merging(id, commit="c", attempt=1):
    return MergeStarted(workstream=id, attempt=attempt, commit=commit)


def completed(id, attempt=1, **fields):
    return WorkstreamCompleted(workstream=id, attempt=attempt, **fields)


def scheduled(id, reason, message, not_before_us, **fields):
    """Another attempt."""
    words = {"attempt": 1, "worker": 1, "code": "E_TOOL_FAILURE", **fields}
    return RetryScheduled(
        workstream=id, reason=reason, message=message, not_before_us=not_before_us, **words
    )


def failed(id, reason, message, **fields):
    words = {"attempt": 1, "worker": 1, "code": "E_TOOL_FAILURE", **fields}
    return WorkstreamFailed(workstream=id, reason=reason, message=message, **words)


def discarded(id, attempt=1):
    return AttemptDiscarded(workstream=id, attempt=attempt)


def cancelled(id, because=None, reason=None):
    """Because of another workstream, unless nothing is said: then it was asked."""
    reason = reason or ("dependency" if because else "asked")
    return WorkstreamCancelled(workstream=id, because=because, reason=reason)


def reopened(id, root):
    return WorkstreamReopened(workstream=id, root=root)


def finished(outcome, **counts):
    return RunFinished(outcome=outcome, **counts)


def least(event):
    """An event of that class with nothing but its required fields, about ``a`` and worker 1."""
    words = {Plan: plan_of("a"), Limits: Limits(max_workers=3), str: "a", int: 1, tuple: ()}
    words |= {"reason": "exit", "code": "E_UNKNOWN", "outcome": "succeeded"}
    required = [f for f in msgspec.structs.fields(event) if f.required]
    fields = {f.name: words.get(f.name, _word_of(f.type, words)) for f in required}
    return event(**fields)


def _word_of(kind, words):
    kind = getattr(kind, "__supertype__", kind)
    return words.get(getattr(kind, "__origin__", kind))


def random_plan(seed, size=None):
    """Everything that a plan can hold, drawn by ``seed``."""
    dice = random.Random(f"plan {seed}")
    n = size or dice.randrange(1, 25)
    patterns = [f"d{k}" for k in range(4)] + [f"d{k}/f{j}" for k in range(4) for j in range(3)]
    pools = {"gpu": dice.randrange(1, 4), "db": 1}
    specs = []
    for i in range(n):
        after = {f"w{dice.randrange(i):03d}" for _ in range(dice.choice((0, 0, 1, 2)))} if i else ()
        resources = {}
        if dice.random() < 0.25:
            resources["gpu"] = dice.randrange(1, pools["gpu"] + 1)
        if dice.random() < 0.1:
            resources["db"] = 1
        many = dice.random() < 0.5
        specs.append(
            spec(
                f"w{i:03d}",
                after,
                writes=tuple(sorted(dice.sample(patterns, dice.randrange(3)))) if many else (),
                reads=tuple(sorted(dice.sample(patterns, dice.randrange(2)))),
                alone=dice.random() < 0.06,
                conflict_group=dice.choice(("", "", "", "g1", "g2")),
                priority=dice.choice(("foreground", "foreground", "background")),
                tool=dice.choice(("shell", "shell", "other")),
                expected_us=dice.randrange(1, 9) * SECOND_US,
                isolation=dice.choice(("none", "worktree")),
                timeout_us=dice.choice((0, 0, 6 * SECOND_US)),
                heartbeat_us=dice.choice((0, 0, 0, 7 * SECOND_US)),
                max_attempts=dice.randrange(1, 4),
                once=dice.random() < 0.1,
                resources=resources,
            )
        )
    overlaps = tuple(sorted((f"d{k}", f"d{k}/f{j}") for k in range(4) for j in range(3)))
    limits = Limits(
        max_workers=dice.randrange(1, 6),
        resources=pools,
        merge_order=dice.choice(("ready", "strict")),
        fail_fast=dice.random() < 0.1,
        max_losses=dice.randrange(0, 3),
    )
    ids = [s.id for s in specs]
    before = set()
    for _ in range(dice.choice((0, 0, 2))):
        a, b = sorted((dice.choice(ids), dice.choice(ids)))
        if a != b:
            before.add((a, b))
    return Plan(
        workstreams=tuple(specs),
        overlaps=overlaps,
        limits=limits,
        before=tuple(sorted(before)),
        base="0" * 40,
    )
