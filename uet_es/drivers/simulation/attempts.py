"""Attempts of a simulated world, from the effect that asks for one to the end that is seen."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256

from msgspec.structs import replace

from uet_es.drivers.simulation.clockwork import Clockwork
from uet_es.drivers.simulation.durations import Fate, Lasting, Machine, Setup
from uet_es.drivers.simulation.loop import SimulatedLoop
from uet_es.events.observations import (
    AttemptExited,
    AttemptStarted,
    AttemptUnstarted,
    WorktreePrepared,
)
from uet_es.values import DurationUs, Instant, WorkstreamId

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


class SimulatedAttempts:
    """All attempts of one run."""

    def __init__(
        self,
        works: Clockwork,
        loop: SimulatedLoop,
        machine: Machine,
        fate: Callable[[tuple[WorkstreamId, int]], Fate],
    ) -> None:
        self.head = ""  #: of the integration branch: what worktrees are made from
        self._works = works
        self._loop = loop
        self._machine = machine
        self._fate = fate
        self._attempts: dict[tuple[WorkstreamId, int], Attempting] = {}

    def start(self, key: tuple[WorkstreamId, int]) -> None:
        """Begin an attempt: in a worktree once that stands."""
        attempting = self._attempts[key] = Attempting(key, self._fate(key))
        if attempting.fate.setup is None:
            self._launch(attempting)
        else:
            attempting.began_us = self._loop.clock_us
            self._works.at(
                self._loop.clock_us, partial(self._set_up, attempting, attempting.fate.setup)
            )

    def stop(self, key: tuple[WorkstreamId, int]) -> None:
        """Have an attempt stopped, if there is something to stop."""
        if (attempting := self._attempts.get(key)) is not None:
            self._works.at(self._loop.clock_us, partial(self._stop, attempting))

    def set_up_on(
        self, key: tuple[WorkstreamId, int], began_us: Instant, prepared_us: Instant
    ) -> None:
        """Let the set-up of an attempt, which is under way, end at ``prepared_us``."""
        attempting = self._attempts[key] = Attempting(key, self._fate(key))
        attempting.began_us = began_us
        self._works.at(prepared_us, partial(self._is_set_up, attempting))

    def run_on(self, key: tuple[WorkstreamId, int], began_us: Instant, left_us: Lasting) -> None:
        """Let an attempt whose process began go on for ``left_us``."""
        attempting = self._attempts[key] = Attempting(key, self._fate(key))
        attempting.began_us = began_us
        now_us = self._works.now_us
        past = [after_us for after_us, _ in attempting.fate.signals if began_us + after_us < now_us]
        attempting.told = len(past)
        self._works.at(now_us, partial(self._run, attempting, left_us))

    def _set_up(self, attempting: Attempting, setup: Setup) -> None:
        fill = partial(
            self._works.work, setup.fill_us, setup.fill_us, partial(self._is_set_up, attempting)
        )
        self._works.hold(setup.lock_us, setup.lock_us, fill)

    def _is_set_up(self, attempting: Attempting) -> None:
        attempting.took_us = self._works.now_us - attempting.began_us
        self._loop.arrive(partial(self._prepared, attempting))

    def _prepared(self, attempting: Attempting) -> None:
        id, attempt = attempting.key
        self._loop.saw(
            WorktreePrepared(
                workstream=id, attempt=attempt, base=self.head, took_us=attempting.took_us
            )
        )
        if attempting.is_over:
            self._loop.saw(AttemptExited(workstream=id, attempt=attempt, status=_STOPPED))
        else:
            self._launch(attempting)

    def _launch(self, attempting: Attempting) -> None:
        """Start the process; its time counts from before that, as it is measured in real runs."""
        id, attempt = attempting.key
        attempting.began_us = self._loop.clock_us
        self._loop.spend(self._machine.launch_us)
        if attempting.fate.unstarted:
            message = attempting.fate.unstarted
            self._loop.saw(AttemptUnstarted(workstream=id, attempt=attempt, message=message))
            return
        took_us = attempting.fate.took_us
        self._works.at(attempting.began_us, partial(self._run, attempting, took_us))
        self._loop.saw(AttemptStarted(workstream=id, attempt=attempt))

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
            self._loop.tell(replace(signal, workstream=id, attempt=attempt))

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
        self._loop.arrive(partial(settle, attempting))

    def _settle(self, attempting: Attempting) -> None:
        """Collect what it left; noticed by the loop first, which has it done elsewhere."""
        collect = partial(self._collect, attempting)
        self._works.at(self._loop.clock_us + self._machine.settle_us, collect)

    def _collect(self, attempting: Attempting) -> None:
        began_us, collect_us = self._works.now_us, attempting.fate.collect_us

        def collected() -> None:
            spent_us = self._works.now_us - began_us
            self._loop.arrive(partial(self._exited, attempting, spent_us))

        self._works.work(collect_us, collect_us, collected)

    def _exited(self, attempting: Attempting, collect_us: DurationUs = 0) -> None:
        (id, attempt), fate = attempting.key, attempting.fate
        for _, signal in fate.signals[attempting.told :] if attempting.cut is None else ():
            self._loop.saw(replace(signal, workstream=id, attempt=attempt))
        cpu_us, status = fate.cpu_us, fate.status
        if attempting.cut is not None:
            cpu_us = None if cpu_us is None else int(cpu_us * attempting.cut)
            status = _STOPPED
        self._loop.saw(
            AttemptExited(
                workstream=id,
                attempt=attempt,
                status=status,
                took_us=attempting.took_us,
                cpu_us=cpu_us,
                commit=commit_named(f"{id}.{attempt}") if fate.commits else "",
                changed=fate.changed,
                outside=fate.outside,
                collect_us=collect_us,
            )
        )


def commit_named(what: str) -> str:
    """A name for a commit that nobody made."""
    return sha256(what.encode()).hexdigest()[:40]
