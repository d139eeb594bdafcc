"""What happens to workstreams, one after another, as far as their time is concerned."""

from heapq import heappop, heappush

from uet_es.plan import Plan
from uet_es.timing.jumps import Jumps
from uet_es.timing.obstacles import Obstacles, attempt_name
from uet_es.timing.standing import AT_WORK, UNSTARTED, LateCause, Stage, Standing
from uet_es.timing.stretches import Stretches
from uet_es.values import DurationUs, Instant, WorkerId, WorkstreamId


class Lives:
    """All workstreams of a plan: where they stand, what keeps them, what they were charged to."""

    def __init__(self, plan: Plan, standings: dict[WorkstreamId, Standing]) -> None:
        self._needs = {w.id: w.depends_on for w in plan.workstreams}
        self._in_turn = plan.limits.merge_order == "strict"
        self.standings = standings
        self.obstacles = Obstacles(plan)
        self.stretches = Stretches(self._needs, self.obstacles.precedence, standings)
        self.jumps = Jumps(standings)
        self.now_us: Instant = 0
        self.accepted_us: Instant = 0
        self.seq = 0
        self.followed = False  #: another observation of this instant is still to come
        self.told = True  #: something may have changed since the last rest
        #: To be asked at the next rest, even if more is to follow; and if nothing is.
        self.named: set[WorkstreamId] = set()
        self.stirred: set[WorkstreamId] = set()
        self.due: list[tuple[Instant, WorkstreamId]] = []
        self.workers_max = plan.limits.max_workers
        self.work_us: DurationUs = 0
        self.idle_us: DurationUs = 0
        self.longest_path_us: DurationUs = 0

    @classmethod
    def begun(cls, plan: Plan, seq: int, at_us: Instant, *, followed: bool) -> "Lives":
        """They begin with the acceptance of their plan."""
        lives = cls(plan, {w.id: Standing() for w in plan.workstreams})
        lives.now_us = lives.accepted_us = at_us
        lives.seq, lives.followed = seq, followed
        lives.named.update(lives.standings)
        return lives

    # --- time passes ------------------------------------------------------------------------

    def rest(self) -> None:
        """Charge the time from now on to what keeps everybody after all that was noted."""
        due = self.due
        if not self.told and not (due and due[0][0] <= self.now_us):
            return
        if self.followed:
            for id in sorted(self.named):
                self._ask(id)
            return
        self.told = False
        named = self.named
        while due and due[0][0] <= self.now_us:
            due_us, id = heappop(due)
            standing = self.standings[id]
            if standing.stage == "pausing" and standing.not_before_us == due_us:
                self._queue(id)
        self.obstacles.stir(self.stirred, self.standings)
        if self.stirred:
            named |= self.stirred
            self.stirred.clear()
        for id in sorted(named) if len(named) > 1 else named:
            self._ask(id)
        named.clear()

    def lie_idle(self, until_us: Instant) -> None:
        """Nobody drives until then: this history was left at its fork point, and goes on now."""
        self.idle_us += until_us - self.now_us
        for standing in self.standings.values():
            if standing.stage == "working" and standing.took_us is None:
                standing.took_us = self._seen_us(standing)
        self.obstacles.left, self.followed = True, False
        self._ask_all()
        self.rest()
        self.obstacles.left = False
        self._ask_all()

    def _ask_all(self) -> None:
        self.told = True
        self.named.update(id for id, standing in self.standings.items() if not standing.is_over)

    def _ask(self, id: WorkstreamId) -> None:
        standing = self.standings[id]
        kept = self.obstacles.keeping(id, standing, self.now_us)
        if kept is None or (kept[1] == standing.on and kept[0] == standing.cause):
            return
        self.jumps.consider(id)
        self.stretches.charge(id, kept, self.now_us, self.seq)

    # --- a workstream's life ------------------------------------------------------------------

    def ready(self, id: WorkstreamId) -> None:
        """All that it depends on is there."""
        self._queue(id)

    def dispatch(self, id: WorkstreamId, attempt: int, worker: WorkerId) -> None:
        """An attempt starts on ``worker``."""
        standing = self.standings[id]
        self.jumps.consider(id, worker)
        self.jumps.commit(id, self.seq)
        self.obstacles.leave(id)
        self.obstacles.start(id)
        standing.stage, standing.attempt, standing.worker = "set-up", attempt, worker
        standing.took_us = None
        self.named.add(id)

    def show_life(self, id: WorkstreamId) -> None:
        """Its process runs."""
        self.standings[id].stage = "working"
        self.named.add(id)

    def exit(self, id: WorkstreamId, took_us: DurationUs) -> None:
        """Its process has ended, and this is how long it ran."""
        self.standings[id].took_us = took_us

    def submit(self, id: WorkstreamId) -> None:
        """It waits to be merged."""
        self._let_go(id)
        self.standings[id].stage = "merging"
        self.obstacles.turn.waiting.add(id)
        self.named.add(id)

    def merge(self, id: WorkstreamId) -> None:
        """It is being merged."""
        self.jumps.consider(id)
        self.jumps.commit(id, self.seq)
        self.obstacles.turn.merging = id

    def end_merge(self) -> None:
        """The integration worker is free."""
        self.obstacles.turn.merging = None

    def schedule(self, id: WorkstreamId, not_before_us: Instant) -> None:
        """Another attempt may start from then on."""
        self._let_go(id)
        self.obstacles.end_scope(id)
        standing = self.standings[id]
        if not_before_us > self.now_us:
            standing.stage, standing.not_before_us = "pausing", not_before_us
            heappush(self.due, (not_before_us, id))
            self.named.add(id)
        else:
            self._queue(id)

    def succeed(self, id: WorkstreamId) -> None:
        """It is done, and merged where it had to be."""
        self._end(id, "succeeded")
        for follower in self.obstacles.precedence.meet(id):
            self._go_on(follower, "dependency", id)
        self._end_order(id)

    def fall(self, id: WorkstreamId) -> None:
        """It failed or was cancelled."""
        standing = self.standings[id]
        if standing.stage in UNSTARTED or standing.stage == "merging":
            self.jumps.consider(id)
            fallen = self.stretches.fallen(id)
            if fallen is not None:
                self.jumps.after(id, "dependency", fallen)
            self.jumps.commit(id, self.seq)
        self._end(id, "fallen")
        self._end_order(id)

    def reopen(self, id: WorkstreamId) -> None:
        """A person wants it tried again."""
        standing = self.standings[id]
        standing.stage, standing.after = "pending", None
        standing.opening += 1
        self.named.add(id)
        turn = self.obstacles.turn
        if self._in_turn and turn.has(id):
            turn.reopen(id)
            for other in self.obstacles.holders.clashing(id):
                if not self.standings[other].is_over:
                    self.obstacles.precedence.put_before(other, id)

    # --- what they have in common -------------------------------------------------------------

    def _queue(self, id: WorkstreamId) -> None:
        self.standings[id].stage = "queued"
        self.obstacles.queue(id)
        self.named.add(id)

    def _go_on(self, id: WorkstreamId, because: LateCause, other: WorkstreamId) -> None:
        """What ``id`` waited for is known now, and that was the last of it."""
        if self.standings[id].stage == "pending":
            self.jumps.after(id, because, other)
            self.stretches.decide(id, because, other)
            self.stirred.add(id)

    def _let_go(self, id: WorkstreamId) -> None:
        """Its attempt has ended."""
        standing = self.standings[id]
        pools = self.obstacles.end_work(id)
        release = self.jumps.release(id, self.seq, self.now_us)
        self.jumps.end_attempt(release, standing.worker, pools)
        took_us = standing.took_us
        if took_us is None:
            took_us = self._seen_us(standing)
        standing.work_us += took_us
        self.work_us += took_us

    def _seen_us(self, standing: Standing) -> DurationUs:
        """How long its present attempt has been seen at work."""
        if standing.cause != "work" or standing.stage != "working":
            return 0
        is_known = standing.on == attempt_name(standing.attempt)
        return self.now_us - standing.since_us if is_known else 0

    def _end(self, id: WorkstreamId, stage: Stage) -> None:
        standing = self.standings[id]
        was = standing.stage
        if was in AT_WORK:
            self._let_go(id)
        else:
            self.jumps.release(id, self.seq, self.now_us)
        if was in UNSTARTED:
            self.obstacles.leave(id)
        else:
            self.obstacles.end_scope(id)
            self.obstacles.turn.waiting.discard(id)
        standing.stage = stage
        self.stretches.end(id, self.now_us)
        longest_us = 0
        for need in self._needs[id]:
            longest_us = max(longest_us, self.standings[need].path_us)
        standing.path_us = standing.work_us + longest_us
        self.longest_path_us = max(self.longest_path_us, standing.path_us)

    def _end_order(self, id: WorkstreamId) -> None:
        self.obstacles.turn.end(id)
        for second in self.obstacles.precedence.end(id):
            self._go_on(second, "order", id)
