"""A world that answers late, twice, in the wrong order or with noise, and says nothing false."""

from tests.simulation.fate import Fate
from tests.simulation.ground import Ground
from uet_es.effects import Merge, RemoveWorktree, StartAttempt, StartWorker, StopAttempt
from uet_es.events.observations import (
    AttemptExited,
    AttemptLost,
    AttemptStarted,
    AttemptUnstarted,
    DriverInterrupted,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    TimePassed,
    UnpauseAsked,
    WorkerLost,
    WorkerStarted,
    WorktreePrepared,
)
from uet_es.values import SECOND_US


class LyingWorld:
    """What a driver sees of the ground. It outlives drivers; ``forget`` is what a crash does."""

    pid = 1234  #: of whoever drives: a story has the same bytes in every process

    def __init__(self, plan, dice, moment):
        self.plan = plan
        self.dice = dice
        self.moment = moment  #: called wherever a driver may die
        self.ground = Ground(plan)
        self.fate = Fate(plan, dice)
        self.true_us = 1_000 * SECOND_US
        self.skew_us = 0
        self.coming = []
        self.told = 0
        self.said = []  #: of attempts; some of it is said again when it matters no more
        self.offsets = {}
        self.inbox = list  #: requests that wait, set by each driver
        self.ask = None  #: puts a person's request into the inbox
        self.is_durable = None  #: whether the decision behind an effect is in the log
        self.quiet = 0  #: waits in a row in which nothing could ever happen
        self.noise = dice.choice((0.0, 0.1, 0.3))
        self.people = dice.choice((0, 0, 3, 8))  #: requests still to come
        self.signals = dice.choice((0, 0, 1, 3))  #: interrupts still to come

    # --- what a driver asks -------------------------------------------------------------------

    def now_us(self):
        return self.true_us + self.skew_us

    def wait(self, until_us):
        """What happens next; sometimes a person, a signal, or a clock that steps."""
        self.moment()
        dice = self.dice
        if dice.random() < 0.02:
            step_us = dice.choice((-5, 5, -100, 100)) * SECOND_US
            self.skew_us = max(self.skew_us + step_us, -900 * SECOND_US)
        if self.people and dice.random() < 0.2:
            self.people -= 1
            self.ask(self.fate.request())
        if requests := self.inbox():
            return [(self.now_us(), request) for request in requests]
        if self.signals and dice.random() < 0.02:
            self.signals -= 1
            self.interrupt(2)
        due_us = None if until_us is None else until_us - self.skew_us
        self.coming.sort(key=lambda item: item[:2])
        if not self.coming and due_us is None:
            return self._wake_somebody()
        self.quiet = 0
        if due_us is not None and (not self.coming or due_us < self.coming[0][0]):
            late_us = dice.choice((0, 0, 0, 1, SECOND_US)) if self.noise else 0
            self.true_us = max(self.true_us, due_us + late_us)
            return [(self.now_us(), TimePassed())]
        self.true_us = max(self.true_us, self.coming[0][0])
        return self._arrived()

    def perform(self, effect):
        self.moment()
        assert self.is_durable(effect), f"{effect} is not called for by any durable entry"
        match effect:
            case StartWorker(worker=worker):
                self._start_worker(worker)
            case StartAttempt():
                self._start(effect)
            case StopAttempt(workstream=id, attempt=attempt):
                if self.ground.stop((id, attempt), self.true_us):
                    self._tell_ending(self.ground.processes[id, attempt])
            case Merge():
                self._merge(effect)
            case RemoveWorktree():
                self.ground.remove(effect, self.true_us)
            case _:
                pass
        self.moment()

    def reconcile(self, doubtful, started):
        """What became of effects that a dead driver had asked for."""
        seen = []
        for effect in doubtful:
            match effect:
                case StartAttempt(workstream=id, attempt=attempt):
                    seen += self._recover((id, attempt), (id, attempt) in started)
                case Merge(workstream=id, seq=seq) if self.ground.landed.get(id) == seq:
                    seen.append(self._landed(effect))
                case _:
                    self.perform(effect)
        return [(self.now_us(), observation) for observation in seen]

    def track(self, workstream, attempt, offset):
        self.offsets[workstream, attempt] = offset

    def has_worktree(self, workstream, attempt):
        return (workstream, attempt) in self.ground.worktrees

    def interrupt(self, signal):
        self.coming.append((self.true_us, 0, DriverInterrupted(signal=signal)))

    def close(self, *, leave_running):
        """A driver leaves in good order: what runs here goes on in any case."""

    def forget(self):
        """A driver is gone, and most of what it was about to see; sometimes the machine as well."""
        driver_bound = MergeLanded | MergeConflicted | MergeFailed | DriverInterrupted
        self.coming = [
            item
            for item in self.coming
            if self.dice.random() < self.noise / 5 and not isinstance(item[2], driver_bound)
        ]
        self.offsets = {}
        for process in self.ground.running(self.true_us):
            self._unsay_ending(process)
        if self.dice.random() < 0.1:
            self.ground.kill(self.true_us)

    # --- what happens -------------------------------------------------------------------------

    def tell(self, at_us, observation):
        """Let it be seen at ``at_us``, or later, or twice."""
        dice = self.dice
        if self.noise and dice.random() < self.noise:
            at_us += dice.randrange(2 * SECOND_US)
        self.told += 1
        self.coming.append((at_us, self.told, observation))
        if dice.random() < self.noise / 3:
            self.told += 1
            self.coming.append((at_us + dice.randrange(9 * SECOND_US), self.told, observation))

    def _arrived(self):
        seen = [item[2] for item in self.coming if item[0] <= self.true_us]
        self.coming = [item for item in self.coming if item[0] > self.true_us]
        for lost in [o.worker for o in seen if isinstance(o, WorkerLost)]:
            for process in self.ground.kill(self.true_us, lost):
                self._tell_ending(process)
        if self.dice.random() < self.noise:
            self.dice.shuffle(seen)
        if self.dice.random() < self.noise / 5:
            seen.insert(0, self.fate.foreign())
        if self.said and self.dice.random() < self.noise:
            seen.append(self.dice.choice(self.said))
        self.said += [o for o in seen if isinstance(o, AttemptStarted | AttemptExited)]
        skews = (0, 0, 0, -5 * SECOND_US)
        return [(self.now_us() + self.dice.choice(skews), observation) for observation in seen]

    def _wake_somebody(self):
        """Only a person can help; if that does not, the run waits for nothing."""
        self.quiet += 1
        assert self.quiet < 4, "the run waits for something that never comes"
        self.ask(UnpauseAsked())
        return [(self.now_us(), request) for request in self.inbox()]

    def _start_worker(self, worker):
        dice = self.dice
        if dice.random() < 0.05:
            return  # it never comes: only its start limit ends the waiting
        self.tell(self.true_us + dice.choice((0, 10)), WorkerStarted(worker=worker))
        if dice.random() < 0.03:
            self.tell(self.true_us + dice.randrange(20 * SECOND_US), WorkerLost(worker=worker))

    def _start(self, effect):
        id, attempt, now_us = effect.workstream, effect.attempt, self.true_us
        process = self.fate.process(effect, now_us)
        if process is None:
            refused = AttemptUnstarted(workstream=id, attempt=attempt, message="no")
            self.tell(now_us, refused)
            return
        self.ground.start(process)
        self._tell_start(process, self.tell)
        self._follow(process)

    def _tell_start(self, process, tell):
        id, attempt = process.workstream, process.attempt
        if (id, attempt) in self.ground.worktrees:
            tell(self.true_us, WorktreePrepared(workstream=id, attempt=attempt, base="b"))
        tell(self.true_us, AttemptStarted(workstream=id, attempt=attempt, pid=1))

    def _follow(self, process):
        read = self.offsets.get((process.workstream, process.attempt), 0)
        for at_us, signal in process.signals:
            if signal.offset > read and at_us <= process.ends_us:
                self.tell(max(at_us, self.true_us), signal)
        self._tell_ending(process)

    def _tell_ending(self, process):
        self._unsay_ending(process)
        self.tell(process.ends_us, process.ending())

    def _unsay_ending(self, process):
        key = (process.workstream, process.attempt)
        self.coming = [item for item in self.coming if not _ends(item[2], key)]

    def _recover(self, key, known):
        process, seen = self.ground.processes.get(key), []
        if process is None:
            return [AttemptLost(workstream=key[0], attempt=key[1])]
        if not known:
            self._tell_start(process, lambda _, observation: seen.append(observation))
        if process.ends_us <= self.true_us:
            return [*seen, process.ending()]
        self._follow(process)
        return seen

    def _merge(self, effect):
        refused, after_us = self.fate.merge(effect)
        if refused is None:
            self.ground.land(effect)
        self.tell(self.true_us + after_us, refused or self._landed(effect))

    def _landed(self, effect):
        id = effect.workstream
        return MergeLanded(workstream=id, attempt=effect.attempt, commit=f"m-{id}", tree=f"t-{id}")


def _ends(observation, key):
    ends = isinstance(observation, AttemptExited | AttemptLost)
    return ends and (observation.workstream, observation.attempt) == key
