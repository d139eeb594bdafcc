"""What the dice have in store: how attempts run and end, what they write, what people ask."""

from msgspec.structs import replace

from tests.simulation.ground import Process
from uet_es.events.observations import (
    AttemptExited,
    AttemptStarted,
    CancelAsked,
    HeartbeatReported,
    LimitsChanged,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    PauseAsked,
    ProgressReported,
    RetryAsked,
    SignalRefused,
    TextReported,
    UnpauseAsked,
    UsageReported,
    WorkerLost,
    WorkerStarted,
)
from uet_es.values import SECOND_US


class Fate:
    """One throw after another."""

    def __init__(self, plan, dice):
        self.specs = {w.id: w for w in plan.workstreams}
        self.ids = sorted(self.specs)
        self.limits = plan.limits
        self.dice = dice

    def process(self, effect, now_us):
        """How this attempt goes; None if it cannot be started."""
        dice, id, attempt = self.dice, effect.workstream, effect.attempt
        if dice.random() < 0.05:
            return None
        took_us = dice.choice((1, SECOND_US, SECOND_US, dice.randrange(1, 10 * SECOND_US)))
        roll = dice.random()
        commit = f"c-{id}.{attempt}" if self.specs[id].isolation == "worktree" else ""
        process = Process(
            workstream=id,
            attempt=attempt,
            worker=effect.worker,
            began_us=now_us,
            ends_us=now_us + took_us,
            status=dice.choice((0, 0, 0, 0, 1, 130, -9)),
            is_lost=roll < 0.06,
            commit=commit if roll < 0.8 else "",
            outside=("x/y",) if 0.06 < roll < 0.09 and commit else (),
        )
        times = sorted(dice.randrange(took_us + 1) for _ in range(dice.choice((0, 0, 1, 4))))
        for n, after_us in enumerate(times, start=1):
            process.signals.append((now_us + after_us, self._signal(id, attempt, 100 * n)))
        return process

    def _signal(self, id, attempt, offset):
        dice = self.dice
        names = dice.choice(("", "", "", "other.1"))
        place = {"workstream": id, "attempt": attempt, "offset": offset, "names": names}
        return dice.choice(
            (
                HeartbeatReported(**place),
                ProgressReported(percent=5, **place),
                TextReported(text="hello", **place),
                SignalRefused(message="garbage", **place),
                UsageReported(
                    model="m",
                    input_tokens=10,
                    output_tokens=1,
                    cost_nanousd=dice.choice((None, 7)),
                    key=dice.choice(("", "k1", "k2")),
                    **place,
                ),
            )
        )

    def merge(self, effect):
        """Why a merge does not land, None if it does; and how long that takes."""
        place = {"workstream": effect.workstream, "attempt": effect.attempt}
        roll, took_us = self.dice.random(), self.dice.choice((0, 0, SECOND_US))
        if roll < 0.08:
            return MergeConflicted(files=("f",), ours="o", theirs="t", **place), took_us
        if roll < 0.1:
            return MergeFailed(message="git broke", **place), took_us
        return None, took_us

    def foreign(self):
        """Something that concerns nobody, or somebody long gone."""
        dice = self.dice
        place = {"workstream": dice.choice([*self.ids, "foreign"]), "attempt": 99}
        return dice.choice(
            (
                AttemptExited(status=0, **place),
                AttemptStarted(**place),
                HeartbeatReported(**place),
                MergeLanded(commit="x", tree="x", **place),
                WorkerStarted(worker=99),
                WorkerLost(worker=99),
            )
        )

    def request(self):
        """What a person wants, wisely or not."""
        dice = self.dice
        id = dice.choice([*self.ids, "foreign"])
        return dice.choice(
            (
                PauseAsked(),
                UnpauseAsked(),
                CancelAsked(workstream=id),
                RetryAsked(workstream=id),
                RetryAsked(workstream=id),
                CancelAsked() if dice.random() < 0.2 else UnpauseAsked(),
                LimitsChanged(limits=self._other_limits()),
                LimitsChanged(limits=self._other_limits()),
            )
        )

    def _other_limits(self):
        """More or fewer workers, and more or fewer of each pool, never fewer than at first."""
        more = self.dice.choice((1, 2, 3))
        return replace(
            self.limits,
            max_workers=self.dice.randrange(1, 7),
            resources={pool: units + more for pool, units in self.limits.resources.items()},
        )
