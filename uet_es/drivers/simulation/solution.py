"""How long everything in a recorded run took alone."""

from collections.abc import Container

from uet_es.drivers.simulation.calibration import Bout, Slowness, settle, shortage
from uet_es.drivers.simulation.durations import Machine
from uet_es.drivers.simulation.lock_queue import LockQueue
from uet_es.drivers.simulation.recorded import Recorded, Tried
from uet_es.events.observations import AttemptExited, MergeConflicted, MergeLanded

_ROUNDS_MAX = 90
_LEAP_EVERY = 3
#: Part of the cores that real work does not get even while all are busy, and a little more: the
#: engine, starts of processes, and moments in which one core has run out of work already. Read as
#: waiting, a few hundredths of idle cores would make attempts wait for half of their time.
_LOST_PERCENT = 10


class Solution:
    """Attempts, collecting, worktrees and merges, each with what it takes alone."""

    def __init__(
        self,
        run: Recorded,
        machine: Machine,
        *,
        waiting: bool = False,
        lost_percent: int = 0,
        burners: Container[Tried] = (),
    ) -> None:
        """Solve, beginning with no waiting, or with as much as there can be; burners never wait."""
        self.ran: dict[Tried, Bout] = {}
        self.collected: dict[Tried, Bout] = {}
        self.merged: dict[Tried, Bout] = {}
        self.queue = LockQueue(run, machine)
        for tried in run.tried.values():
            self._add(tried, machine)
        bouts = [*self.ran.values(), *self.collected.values(), *self.merged.values()]
        if not waiting:
            for bout in bouts:
                bout.compute_all()
        for tried, bout in self.ran.items():
            if tried in burners:
                bout.compute_all()
                bout.is_solved = True
        cores = machine.cores * (100 - lost_percent) / 100
        slowness = Slowness([], cores)
        for number in range(1, _ROUNDS_MAX + 1):
            slowness = Slowness([*bouts, *self.queue.bouts], cores)
            moved = settle(bouts, slowness, leap=number % _LEAP_EVERY == 0)
            if not self.queue.settle(slowness) and not moved:
                break
        self.shortage_us = shortage(bouts, slowness)

    @property
    def burners(self) -> dict[Tried, None]:
        """Attempts that never waited."""
        return {t: None for t, bout in self.ran.items() if bout.cpu_us and not bout.waits}

    def _add(self, tried: Tried, machine: Machine) -> None:
        ending, merge = tried.ending, tried.merge
        if isinstance(ending, AttemptExited) and tried.started_us is not None:
            began_us = tried.started_us - machine.launch_us
            self.ran[tried] = Bout(began_us, began_us + ending.took_us, ending.cpu_us or 0)
            if ending.collect_us:
                since_us = tried.ended_us - ending.collect_us
                self.collected[tried] = Bout(since_us, tried.ended_us, None)
        if isinstance(merge, MergeLanded | MergeConflicted) and merge.took_us:
            begin_us = tried.merging_us + machine.turn_us
            self.merged[tried] = Bout(begin_us, begin_us + merge.took_us, None)


def solved(run: Recorded, machine: Machine) -> Solution:
    """What explains ``run`` best, and of equals the one with the least waiting.

    While all cores are busy a log cannot tell waiting for a core from any other waiting, so there
    may be several solutions. From no waiting at all every round can only add some, which leads to
    the least; only where that leaves computing without a core is the other end tried. A real run
    is noisy: who need not have waited if some of the cores had been lost is taken not to have.
    """
    if any(tried.pid for tried in run.tried.values()):
        burners = Solution(run, machine, lost_percent=_LOST_PERCENT).burners
        return Solution(run, machine, burners=burners)
    least = Solution(run, machine)
    if least.shortage_us < 1:
        return least
    most = Solution(run, machine, waiting=True)
    return most if most.shortage_us < least.shortage_us / 2 else least
