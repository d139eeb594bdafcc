"""A simulated world that lies, forgets and repeats, for one seed."""

import random

from uet_es.effects import Merge, StartAttempt, StartWorker, StopAttempt
from uet_es.events.observations import (
    AttemptExited,
    AttemptLost,
    AttemptStarted,
    AttemptUnstarted,
    CancelAsked,
    DriverInterrupted,
    HeartbeatReported,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    PauseAsked,
    ProgressReported,
    RetryAsked,
    SignalRefused,
    TextReported,
    TimePassed,
    UnpauseAsked,
    UsageReported,
    WorkerLost,
    WorkerStarted,
    WorktreePrepared,
)
from uet_es.values import SECOND_US


class LyingWorld:
    """Answers effects late, twice, wrongly or with noise; never leaves one unanswered."""

    def __init__(self, seed, plan):
        self.dice = random.Random(f"world {seed}")
        self.plan = plan
        self.specs = {w.id: w for w in plan.workstreams}
        self.ids = sorted(self.specs)
        self.now_us = 0
        self.coming = []
        self.asked = 0
        self.noise = self.dice.choice((0.0, 0.1, 0.3))
        self.paused = False
        self.people = self.dice.choice((0, 0, 3, 8))  #: requests still to come

    def later(self, after_us, observation):
        self.asked += 1
        self.coming.append((self.now_us + after_us, self.asked, observation))
        if self.dice.random() < self.noise / 3:
            self.coming.append((self.now_us + 2 * after_us, self.asked, observation))

    def take(self):
        return self.dice.choice((0, SECOND_US, SECOND_US, self.dice.randrange(10 * SECOND_US)))

    def perform(self, effect):
        dice = self.dice
        match effect:
            case StartWorker(worker=worker):
                if dice.random() < 0.05:
                    return  # it never comes: only its start limit ends the waiting
                self.later(dice.choice((0, 10)), WorkerStarted(worker=worker))
                if dice.random() < 0.03:
                    self.later(self.take() * 3, WorkerLost(worker=worker))
            case StartAttempt(workstream=id, attempt=n):
                at = dice.choice((0, 5))
                if dice.random() < 0.05:
                    self.later(at, AttemptUnstarted(workstream=id, attempt=n, message="no"))
                    return
                if self.specs[id].isolation == "worktree":
                    self.later(at, WorktreePrepared(workstream=id, attempt=n, base="b"))
                self.later(at, AttemptStarted(workstream=id, attempt=n, pid=1))
                took = at + self.take()
                for _ in range(dice.choice((0, 0, 1, 4))):
                    self.later(dice.randrange(took + 2), self.signal(id, n))
                self.later(took, self.ending(id, n, took))
            case StopAttempt(workstream=id, attempt=n):
                self.later(1, AttemptExited(workstream=id, attempt=n, status=-15))
            case Merge(workstream=id, attempt=n):
                took = dice.choice((0, 0, SECOND_US))
                roll = dice.random()
                if roll < 0.08:
                    seen = MergeConflicted(
                        workstream=id, attempt=n, files=("f",), ours="o", theirs="t"
                    )
                elif roll < 0.1:
                    seen = MergeFailed(workstream=id, attempt=n, message="git broke")
                else:
                    seen = MergeLanded(workstream=id, attempt=n, commit=f"m-{id}", tree=f"t-{id}")
                self.later(took, seen)
            case _:
                pass

    def ending(self, id, n, took):
        roll = self.dice.random()
        if roll < 0.06:
            return AttemptLost(workstream=id, attempt=n)
        status = self.dice.choice((0, 0, 0, 0, 1, 130, -9))
        commit = f"c-{id}.{n}" if self.specs[id].isolation == "worktree" and roll < 0.8 else ""
        outside = ("x/y",) if roll > 0.97 and commit else ()
        return AttemptExited(
            workstream=id, attempt=n, status=status, took_us=took, commit=commit, outside=outside
        )

    def signal(self, id, n):
        dice = self.dice
        if dice.random() < 0.2:
            id, n = dice.choice([*self.ids, "foreign"]), dice.randrange(1, 4)
        offset = dice.randrange(1, 500)
        names = dice.choice(("", "", "", "other.1"))
        return dice.choice(
            (
                HeartbeatReported(workstream=id, attempt=n, offset=offset, names=names),
                ProgressReported(workstream=id, attempt=n, offset=offset, percent=5),
                TextReported(workstream=id, attempt=n, offset=offset, text="hello"),
                SignalRefused(workstream=id, attempt=n, offset=offset, message="garbage"),
                UsageReported(
                    workstream=id,
                    attempt=n,
                    offset=offset,
                    model="m",
                    input_tokens=10,
                    output_tokens=1,
                    cost_nanousd=dice.choice((None, 7)),
                    key=dice.choice(("", "k1", "k2")),
                ),
            )
        )

    def request(self):
        dice = self.dice
        id = dice.choice([*self.ids, "foreign"])
        return dice.choice(
            (
                PauseAsked(inbox_version=0),
                UnpauseAsked(),
                CancelAsked(workstream=id),
                RetryAsked(workstream=id),
                RetryAsked(workstream=id),
                CancelAsked() if dice.random() < 0.2 else UnpauseAsked(),
                DriverInterrupted(signal=2) if dice.random() < 0.3 else UnpauseAsked(),
            )
        )

    def wait(self, until_us):
        """What happens next, sometimes with a person's wish or a clock that jumps."""
        dice = self.dice
        self.coming.sort(key=lambda item: item[:2])
        if self.people and dice.random() < 0.2:
            self.people -= 1
            return [(self.now_us, self.request())]
        if not self.coming and until_us is None:
            return [(self.now_us, UnpauseAsked())]
        if until_us is not None and (not self.coming or until_us < self.coming[0][0]):
            self.now_us = until_us
            return [(self.now_us, TimePassed())]
        self.now_us = max(self.now_us, self.coming[0][0])
        seen = []
        while self.coming and self.coming[0][0] <= self.now_us:
            observation = self.coming.pop(0)[2]
            skew = dice.choice((0, 0, 0, -5 * SECOND_US))
            seen.append((self.now_us + skew, observation))
        return seen
