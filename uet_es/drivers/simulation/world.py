"""A world without processes: time jumps from one event to the next."""

from collections.abc import Callable, Sequence
from functools import partial

from uet_es.drivers.loop import Seen
from uet_es.drivers.simulation.attempts import SimulatedAttempts, commit_named
from uet_es.drivers.simulation.clockwork import Clockwork
from uet_es.drivers.simulation.durations import Fate, Lasting, Machine
from uet_es.drivers.simulation.loop import SimulatedLoop
from uet_es.effects import (
    AnyEffect,
    Merge,
    OpenIntegration,
    RemoveWorktree,
    StartAttempt,
    StartWorker,
    StopAttempt,
)
from uet_es.errors import KernelError
from uet_es.events.observations import (
    AnyObservation,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    TimePassed,
    WorkerStarted,
)
from uet_es.values import DurationUs, Instant, WorkstreamId

#: What an attempt does, by workstream and number; a duration and an exit status are enough.
Fates = Callable[[WorkstreamId, int], Fate | tuple[DurationUs, int]]


class SimulatedWorld:
    """Answers every effect at a virtual instant; ties keep the order of asking."""

    def __init__(self, fates: Fates, start_us: Instant = 0, machine: Machine | None = None) -> None:
        """Begin at ``start_us``, while the loop writes the first group."""
        self._fate = fates
        self._machine = machine or Machine()
        self._works = Clockwork(start_us, self._machine.cores)
        self._loop = SimulatedLoop(self._works, self._machine.turn_us)
        self.attempts = SimulatedAttempts(self._works, self._loop, self._machine, self.fate)

    @property
    def launch_us(self) -> DurationUs:
        """What starting a process takes."""
        return self._machine.launch_us

    def fate(self, key: tuple[WorkstreamId, int]) -> Fate:
        """What an attempt does."""
        return Fate(*self._fate(*key))

    def wait(self, until_us: Instant | None) -> Sequence[Seen]:
        """Everything that has happened when the loop looks, or ``time.passed``."""
        loop = self._loop
        loop.notice(loop.clock_us)
        while not loop.has_news:
            next_us = self._works.next_us
            if until_us is not None and (next_us is None or until_us < next_us):
                loop.notice(until_us)
                loop.saw(TimePassed())
                break
            if next_us is None:
                raise KernelError("nothing will ever happen: the run waits for nobody")
            loop.notice(next_us)
        seen = loop.taken()
        loop.spend(self._machine.turn_us)
        return seen

    def perform(self, effect: AnyEffect) -> None:
        """Begin ``effect``."""
        works, clock_us = self._works, self._loop.clock_us
        match effect:
            case StartAttempt(workstream=id, attempt=attempt):
                self.attempts.start((id, attempt))
            case StartWorker(worker=worker):
                self._loop.saw(WorkerStarted(worker=worker))
            case StopAttempt(workstream=id, attempt=attempt):
                self.attempts.stop((id, attempt))
            case Merge(workstream=id, attempt=attempt):
                fate = self.fate((id, attempt))
                works.at(clock_us, partial(self._merge, effect, fate, fate.merge_us))
            case OpenIntegration(base=base):
                self._loop.spend(self._machine.open_us)
                self.attempts.head = base
            case RemoveWorktree() if self._machine.remove_us:
                works.at(clock_us, partial(works.hold, self._machine.remove_us, 0, _nothing))
            case _:
                pass  # nothing to see of it here

    def see(self, at_us: Instant, observation: AnyObservation) -> None:
        """Have ``observation`` happen at ``at_us``, whatever the model says."""
        self._works.at(at_us, partial(self._loop.tell, observation))

    def merge_on(self, effect: Merge, began_us: Instant, left_us: DurationUs) -> None:
        """Let a merge that is under way go on for ``left_us``."""
        fate = self.fate((effect.workstream, effect.attempt))
        self._works.at(self._works.now_us, partial(self._merge, effect, fate, left_us, began_us))

    def _later(self, after_us: DurationUs, observation: AnyObservation) -> None:
        self.see(self._loop.clock_us + after_us, observation)

    def _merge(
        self, effect: Merge, fate: Fate, left_us: Lasting, began_us: Instant | None = None
    ) -> None:
        if began_us is None:
            began_us = self._works.now_us

        def merged() -> None:
            self._loop.tell(self._merged(effect, fate, self._works.now_us - began_us))

        self._works.work(left_us, left_us, merged)

    def _merged(self, effect: Merge, fate: Fate, took_us: DurationUs) -> AnyObservation:
        id, attempt = effect.workstream, effect.attempt
        if fate.unmerged:
            return MergeFailed(workstream=id, attempt=attempt, message=fate.unmerged)
        if fate.collides:
            return MergeConflicted(
                workstream=id,
                attempt=attempt,
                files=fate.collides,
                ours=self.attempts.head,
                theirs=effect.commit,
                took_us=took_us,
            )
        self.attempts.head = commit_named(f"merge {id}.{attempt}")
        return MergeLanded(
            workstream=id,
            attempt=attempt,
            commit=self.attempts.head,
            tree=self.attempts.head,
            took_us=took_us,
        )


def _nothing() -> None:
    """What follows when nothing does."""
