"""Reads a log with nothing but the plan beside it, and objects to what must never happen.

It knows the promises, not the policies: it says that two workstreams ran together which
exclude each other, not which of them should have run.
"""

from tests.simulation.excludes import clashing, overdrawn
from uet_es.events.decisions import (
    AttemptDiscarded,
    AttemptRecalled,
    MergeStarted,
    RetryScheduled,
    RunPaused,
    RunUnpaused,
    WorkerSpawned,
    WorkerTerminated,
    WorkstreamCancelled,
    WorkstreamCompleted,
    WorkstreamDispatched,
    WorkstreamFailed,
    WorkstreamReopened,
    WorkstreamSubmitted,
)
from uet_es.events.observations import (
    AttemptExited,
    AttemptStarted,
    DriverResumed,
    HeartbeatReported,
    LimitsChanged,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
)


class Judge:
    """What a run has promised so far."""

    def __init__(self, plan):
        self.limits = plan.limits
        self.specs = {w.id: w for w in plan.workstreams}
        self.clashes = clashing(plan)
        self.attempts = {}  #: latest number of each workstream
        self.workers = set()
        self.running = set()
        self.held = set()  #: from the start until merged or discarded
        self.completed = set()
        self.landed = set()
        self.merging = None
        self.counted = {}
        self.not_before = {}
        self.heard = {}  #: last sign of life of what promised heartbeats
        self.began = {}
        self.paused = False
        self.at_us = 0

    def read(self, entry):
        event, self.now_us = entry.event, entry.at_us
        self.seq = entry.seq
        if not entry.ignored:
            self._read(event)
        self.at_us = entry.at_us

    def objects(self, condition, *words):
        assert not condition, f"entry {self.seq}: {' '.join(map(str, words))}"

    def _read(self, event):
        match event:
            case LimitsChanged(limits=limits):
                self.limits = limits
            case DriverResumed():
                away = self.now_us - self.at_us
                self.heard = {id: at + away for id, at in self.heard.items()}
                self.began = {id: at + away for id, at in self.began.items()}
            case AttemptStarted(workstream=id):
                self.began[id] = self.now_us
                self.heard[id] = self.now_us
            case HeartbeatReported(workstream=id):
                self.heard[id] = self.now_us
            case AttemptExited(workstream=id, attempt=attempt):
                known = id in self.running and self.attempts[id] == attempt
                self.objects(not known, "the exit of", id, attempt, "counts, which does not run")
            case WorkstreamDispatched(workstream=id, attempt=attempt):
                self._start(id, attempt)
            case AttemptRecalled(workstream=id, reason="heartbeat"):
                limit = self.specs[id].heartbeat_us or self.limits.heartbeat_us
                silent = self.now_us - self.heard[id]
                self.objects(silent <= limit, id, "was silent for", silent, "of", limit)
            case AttemptRecalled(workstream=id, reason="timeout"):
                ran, limit = self.now_us - self.began[id], self.specs[id].timeout_us
                self.objects(ran <= limit, id, "ran for", ran, "of", limit)
            case RetryScheduled(workstream=id, counted=counted, not_before_us=not_before_us):
                self._end(id)
                self.counted[id] = self.counted.get(id, 0) + counted
                self.not_before[id] = not_before_us
            case WorkstreamSubmitted(workstream=id):
                self.running.discard(id)
            case MergeStarted(workstream=id):
                self.objects(self.merging, id, "is merged beside", self.merging)
                self.merging = id
            case MergeLanded(workstream=id):
                self.landed.add(id)
                self.merging = None
            case MergeConflicted() | MergeFailed():
                self.merging = None
            case WorkstreamCompleted(workstream=id, commit=commit):
                self.objects(id in self.completed, id, "is completed again")
                self.objects(commit and id not in self.landed, id, "is completed before its merge")
                self.completed.add(id)
                self.running.discard(id)
                self.held.discard(id)
            case WorkstreamFailed(workstream=id) | WorkstreamCancelled(workstream=id):
                self._end(id)
            case AttemptDiscarded(workstream=id):
                self.held.discard(id)
            case WorkstreamReopened(workstream=id):
                self.counted[id] = self.not_before[id] = 0
            case WorkerSpawned(worker=worker):
                self.workers.add(worker)
                alive, most = len(self.workers), self.limits.max_workers
                self.objects(alive > most, alive, "workers, though", most, "are allowed")
            case WorkerTerminated(worker=worker):
                self.workers.discard(worker)
            case RunPaused() | RunUnpaused():
                self.paused = isinstance(event, RunPaused)
            case _:
                pass

    def _start(self, id, attempt):
        spec, limits = self.specs[id], self.limits
        self.objects(id in self.completed, id, "was done and is done again")
        self.objects(attempt != self.attempts.get(id, 0) + 1, id, "cannot begin attempt", attempt)
        self.objects(spec.once and attempt > 1, id, "was to be executed once")
        self.objects(self.counted.get(id, 0) >= spec.max_attempts, id, "has had its attempts")
        self.objects(self.now_us < self.not_before.get(id, 0), id, "starts before its backoff")
        self.objects(self.paused, id, "starts while the run is paused")
        for needed in spec.depends_on:
            self.objects(needed not in self.completed, id, "starts before", needed)
        for other in sorted(self.held | self.running):
            self.objects(frozenset((id, other)) in self.clashes, id, "runs beside", other)
        for other in sorted(self.running):
            self.objects(spec.alone or self.specs[other].alone, id, "is not alone with", other)
        pools = overdrawn(spec, [self.specs[other] for other in self.running], limits)
        self.objects(pools, pools, "are overdrawn")
        self.attempts[id] = attempt
        self.running.add(id)
        self.held.add(id)
        self.objects(len(self.running) > limits.max_workers, len(self.running), "attempts run")

    def _end(self, id):
        self.running.discard(id)
        if self.specs[id].isolation == "none":
            self.held.discard(id)
