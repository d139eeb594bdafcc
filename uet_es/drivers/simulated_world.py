"""A world without processes: time jumps from one event to the next."""

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256

from msgspec.structs import replace

from uet_es.drivers.clockwork import Clockwork, Step
from uet_es.drivers.durations import Fate, Lasting, Machine, Setup
from uet_es.drivers.loop import Seen
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
    AttemptExited,
    AttemptStarted,
    AttemptUnstarted,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    TimePassed,
    WorkerStarted,
    WorktreePrepared,
)
from uet_es.values import DurationUs, Instant, WorkstreamId

#: What an attempt does, by workstream and number; a duration and an exit status are enough.
Fates = Callable[[WorkstreamId, int], Fate | tuple[DurationUs, int]]

_STOPPED = -15


class Attempting:
    """One attempt from the effect that asks for it to the observation that ends it."""

    __slots__ = ("began_us", "cut", "fate", "is_over", "key", "told", "took_us", "work")

    def __init__(self, key: tuple[WorkstreamId, int], fate: Fate) -> None:
        self.key = key
        self.fate = fate
        self.began_us: Instant = 0  #: of its set-up, then of its process
        self.took_us: DurationUs = 0  #: its set-up, then its process
        self.work = -1  #: the number of its process in the clockwork; -1 before it runs
        self.cut: float | None = None  #: how much of it was done when it was stopped
        self.is_over = False
        self.told = 0  #: signals that were seen


class SimulatedWorld:
    """Answers every effect at a virtual instant.

    As in a live world there are two sides. The *loop* notices everything that has happened, one
    group at a time, and notices nothing while it writes a group and starts processes: it is blind
    until ``_clock_us``. The *machine* (``Clockwork``) goes on meanwhile; what has happened there
    waits in ``_arrived``.
    """

    def __init__(self, fates: Fates, start_us: Instant = 0, machine: Machine | None = None) -> None:
        self._fate = fates
        self._machine = machine or Machine()
        self._clock_us = start_us + self._machine.turn_us  # the first group is written now
        self._works = Clockwork(start_us, self._machine.cores)
        self._arrived: list[Step] = []
        self._news: list[Seen] = []
        self._attempts: dict[tuple[WorkstreamId, int], Attempting] = {}
        self.head = ""  #: of the integration branch

    # --- the loop -------------------------------------------------------------------------------

    def wait(self, until_us: Instant | None) -> Sequence[Seen]:
        """Everything that has happened when the loop looks, or ``time.passed``."""
        self._notice()
        while not self._news:
            next_us = self._works.next_us
            if until_us is not None and (next_us is None or until_us < next_us):
                self._clock_us = max(self._clock_us, until_us)
                self._saw(TimePassed())
                break
            if next_us is None:
                raise KernelError("nothing will ever happen: the run waits for nobody")
            self._clock_us = max(self._clock_us, next_us)
            self._notice()
        seen, self._news = self._news, []
        self._clock_us += self._machine.turn_us
        return seen

    def perform(self, effect: AnyEffect) -> None:
        """Begin ``effect``."""
        works, clock_us = self._works, self._clock_us
        match effect:
            case StartAttempt(workstream=id, attempt=attempt):
                self._start((id, attempt))
            case StartWorker(worker=worker):
                self._saw(WorkerStarted(worker=worker))
            case StopAttempt(workstream=id, attempt=attempt):
                if (attempting := self._attempts.get((id, attempt))) is not None:
                    works.at(clock_us, partial(self._stop, attempting))
            case Merge(workstream=id, attempt=attempt):
                fate = self.fate((id, attempt))
                works.at(clock_us, partial(self._merge, effect, fate, fate.merge_us))
            case OpenIntegration(base=base):
                self._clock_us += self._machine.open_us
                self.head = base
            case RemoveWorktree() if self._machine.remove_us:
                works.at(clock_us, partial(works.hold, self._machine.remove_us, 0, _nothing))
            case _:
                pass  # nothing to see of it here

    # --- what was under way before ----------------------------------------------------------------

    @property
    def launch_us(self) -> DurationUs:
        """What starting a process takes."""
        return self._machine.launch_us

    def fate(self, key: tuple[WorkstreamId, int]) -> Fate:
        """What an attempt does."""
        return Fate(*self._fate(*key))

    def set_up_on(
        self, key: tuple[WorkstreamId, int], began_us: Instant, prepared_us: Instant
    ) -> None:
        """Let the set-up of an attempt, which is under way, end at ``prepared_us``."""
        attempting = self._attempts[key] = Attempting(key, self.fate(key))
        attempting.began_us = began_us
        self._works.at(prepared_us, partial(self._is_set_up, attempting))

    def run_on(self, key: tuple[WorkstreamId, int], began_us: Instant, left_us: Lasting) -> None:
        """Let an attempt whose process began go on for ``left_us``."""
        attempting = self._attempts[key] = Attempting(key, self.fate(key))
        attempting.began_us = began_us
        now_us = self._works.now_us
        past = [after_us for after_us, _ in attempting.fate.signals if began_us + after_us < now_us]
        attempting.told = len(past)
        self._works.at(now_us, partial(self._run, attempting, left_us))

    def see(self, at_us: Instant, observation: AnyObservation) -> None:
        """Have ``observation`` happen at ``at_us``, whatever the model says."""
        self._works.at(at_us, partial(self._arrive, observation))

    def merge_on(self, effect: Merge, began_us: Instant, left_us: DurationUs) -> None:
        """Let a merge that is under way go on for ``left_us``."""
        fate = self.fate((effect.workstream, effect.attempt))
        self._works.at(self._works.now_us, partial(self._merge, effect, fate, left_us, began_us))

    # --- noticing -------------------------------------------------------------------------------

    def _saw(self, observation: AnyObservation) -> None:
        self._news.append((self._clock_us, observation))

    def _later(self, after_us: DurationUs, observation: AnyObservation) -> None:
        self._works.at(self._clock_us + after_us, partial(self._arrive, observation))

    def _arrive(self, observation: AnyObservation) -> None:
        self._arrived.append(partial(self._saw, observation))

    def _notice(self) -> None:
        works = self._works
        while (next_us := works.next_us) is not None and next_us <= self._clock_us:
            works.step()
        arrived, self._arrived = self._arrived, []
        for arrival in arrived:
            arrival()

    # --- attempts -------------------------------------------------------------------------------

    def _start(self, key: tuple[WorkstreamId, int]) -> None:
        attempting = self._attempts[key] = Attempting(key, self.fate(key))
        if attempting.fate.setup is None:
            self._launch(attempting)
        else:
            attempting.began_us = self._clock_us
            self._works.at(self._clock_us, partial(self._set_up, attempting, attempting.fate.setup))

    def _set_up(self, attempting: Attempting, setup: Setup) -> None:
        fill = partial(
            self._works.work, setup.fill_us, setup.fill_us, partial(self._is_set_up, attempting)
        )
        self._works.hold(setup.lock_us, setup.lock_us, fill)

    def _is_set_up(self, attempting: Attempting) -> None:
        attempting.took_us = self._works.now_us - attempting.began_us
        self._arrived.append(partial(self._prepared, attempting))

    def _prepared(self, attempting: Attempting) -> None:
        id, attempt = attempting.key
        self._saw(
            WorktreePrepared(
                workstream=id, attempt=attempt, base=self.head, took_us=attempting.took_us
            )
        )
        if attempting.is_over:
            self._saw(AttemptExited(workstream=id, attempt=attempt, status=_STOPPED))
        else:
            self._launch(attempting)

    def _launch(self, attempting: Attempting) -> None:
        """Start the process; its time counts from before that, as it is measured in real runs."""
        id, attempt = attempting.key
        attempting.began_us = self._clock_us
        self._clock_us += self._machine.launch_us
        if attempting.fate.unstarted:
            message = attempting.fate.unstarted
            self._saw(AttemptUnstarted(workstream=id, attempt=attempt, message=message))
            return
        took_us = attempting.fate.took_us
        self._works.at(attempting.began_us, partial(self._run, attempting, took_us))
        self._saw(AttemptStarted(workstream=id, attempt=attempt))

    def _run(self, attempting: Attempting, left_us: Lasting) -> None:
        if attempting.is_over:
            return
        fate, works = attempting.fate, self._works
        cpu_us = fate.cpu_us or 0
        share = cpu_us if left_us == fate.took_us else cpu_us * left_us / fate.took_us
        attempting.work = works.work(left_us, share, partial(self._end, attempting))
        for number, (after_us, _) in enumerate(fate.signals[attempting.told :], attempting.told):
            at_us = max(works.now_us, attempting.began_us + after_us)
            works.at(at_us, partial(self._signal, attempting, number))

    def _signal(self, attempting: Attempting, number: int) -> None:
        if number == attempting.told and not attempting.is_over:
            attempting.told += 1
            id, attempt = attempting.key
            signal = attempting.fate.signals[number][1]
            self._arrive(replace(signal, workstream=id, attempt=attempt))

    def _stop(self, attempting: Attempting) -> None:
        if attempting.is_over:
            return
        attempting.cut = self._works.cut(attempting.work) if attempting.work > 0 else 1.0
        if attempting.work >= 0:
            self._end(attempting)
        attempting.is_over = True

    def _end(self, attempting: Attempting) -> None:
        if attempting.is_over:
            return  # it was stopped, and this would have been its end
        attempting.is_over = True
        attempting.took_us = self._works.now_us - attempting.began_us
        settle = self._exited if attempting.fate.setup is None else self._settle
        self._arrived.append(partial(settle, attempting))

    def _settle(self, attempting: Attempting) -> None:
        """Collect what it left; noticed by the loop first, which has it done elsewhere."""
        collect = partial(self._collect, attempting)
        self._works.at(self._clock_us + self._machine.settle_us, collect)

    def _collect(self, attempting: Attempting) -> None:
        began_us, collect_us = self._works.now_us, attempting.fate.collect_us

        def collected() -> None:
            spent_us = self._works.now_us - began_us
            self._arrived.append(partial(self._exited, attempting, spent_us))

        self._works.work(collect_us, collect_us, collected)

    def _exited(self, attempting: Attempting, collect_us: DurationUs = 0) -> None:
        (id, attempt), fate = attempting.key, attempting.fate
        for _, signal in fate.signals[attempting.told :] if attempting.cut is None else ():
            self._saw(replace(signal, workstream=id, attempt=attempt))
        cpu_us, status = fate.cpu_us, fate.status
        if attempting.cut is not None:
            cpu_us = None if cpu_us is None else int(cpu_us * attempting.cut)
            status = _STOPPED
        self._saw(
            AttemptExited(
                workstream=id,
                attempt=attempt,
                status=status,
                took_us=attempting.took_us,
                cpu_us=cpu_us,
                commit=_commit(f"{id}.{attempt}") if fate.commits else "",
                changed=fate.changed,
                outside=fate.outside,
                collect_us=collect_us,
            )
        )

    # --- merges -----------------------------------------------------------------------------------

    def _merge(
        self, effect: Merge, fate: Fate, left_us: Lasting, began_us: Instant | None = None
    ) -> None:
        if began_us is None:
            began_us = self._works.now_us

        def merged() -> None:
            self._arrive(self._merged(effect, fate, self._works.now_us - began_us))

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
                ours=self.head,
                theirs=effect.commit,
                took_us=took_us,
            )
        self.head = _commit(f"merge {id}.{attempt}")
        return MergeLanded(
            workstream=id, attempt=attempt, commit=self.head, tree=self.head, took_us=took_us
        )


def _commit(what: str) -> str:
    """A name for a commit that nobody made."""
    return sha256(what.encode()).hexdigest()[:40]


def _nothing() -> None:
    """What follows when nothing does."""
