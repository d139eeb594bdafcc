"""Making and removing worktrees in a recorded run: one at a time, and who waited for whom."""

from statistics import median_low
from typing import NamedTuple

from uet_es.drivers.simulation.calibration import AT_REST, Bout, Slowness, alone
from uet_es.drivers.simulation.durations import Machine, Setup
from uet_es.drivers.simulation.recorded import Recorded, Tried
from uet_es.values import DurationUs, Instant

#: Hundredths of making a worktree alone that need the lock of the repository. Measured with git
#: on small repositories; the log tells only the whole.
LOCKED_PERCENT = 60
#: Rounds in which the time of a removal is still guessed anew; then only the rest is solved for.
_GUESSES = 4
#: A split that moves by so little stays, so that what depends on it comes to rest.
_STILL: DurationUs = 3
_NEVER: Instant = 1 << 62


class _Claim(NamedTuple):
    """Somebody wants the lock."""

    asked_us: Instant
    tried: Tried | None  #: None removes a worktree, of which nobody tells the end
    until_us: Instant  #: when the worktree stood


class LockQueue:
    """Solves for how long each worktree takes alone, given how slow computing was."""

    def __init__(self, run: Recorded, machine: Machine) -> None:
        self.setups: dict[Tried, Setup] = {}
        self.bouts: list[Bout] = []
        #: Removing a worktree is taken to hold the lock as long as making one does.
        self.remove_us: DurationUs = 0
        self._claims = _claims(run, machine)
        self._patience_us = _earliest_behind(self._claims)
        self._rounds = 0
        self._most_us = _NEVER  #: that a removal can take by the record

    @property
    def usual(self) -> Setup:
        """What making a worktree usually takes."""
        if not self.setups:
            return Setup()
        return Setup(
            round(median_low(setup.lock_us for setup in self.setups.values())),
            round(median_low(setup.fill_us for setup in self.setups.values())),
        )

    def settle(self, slowness: Slowness) -> bool:
        """Solve again; whether anything moved."""
        self._rounds += 1
        before = self.setups, self.remove_us
        while not self._solve(slowness):
            self._most_us = self.remove_us = self.remove_us * 3 // 4
        if self._rounds <= _GUESSES:
            self.remove_us = min(self._most_us, round(self.usual.lock_us))
        return before[1] != self.remove_us or _differ(before[0], self.setups)

    def _solve(self, slowness: Slowness) -> bool:
        """Whether removals leave everybody behind them the time that the record shows."""
        before, self.setups, self.bouts = self.setups, {}, []
        free_us = 0
        for claim, patience_us in zip(self._claims, self._patience_us, strict=True):
            begin_us = max(claim.asked_us, free_us)
            if claim.tried is None:
                free_us = begin_us + self.remove_us
                if free_us >= patience_us and self.remove_us:
                    return False
                continue
            begin_us = min(begin_us, claim.until_us - 1)
            took_us = alone(slowness.between(begin_us, claim.until_us), None)
            lock_us = float(int(took_us * LOCKED_PERCENT / 100))
            if claim.tried in before and abs(before[claim.tried].lock_us - lock_us) <= _STILL:
                lock_us = before[claim.tried].lock_us
            free_us = min(slowness.done_at(begin_us, lock_us), claim.until_us)
            if free_us >= patience_us:
                # Somebody behind it was done before: it cannot have held the lock for so long.
                free_us = min(max(begin_us + 1, patience_us - 1), claim.until_us)
                lock_us = alone(slowness.between(begin_us, free_us), None)
            fill_us = alone(slowness.between(free_us, claim.until_us), None)
            self.setups[claim.tried] = Setup(lock_us, fill_us)
            self._occupy(begin_us, free_us)
            self._occupy(free_us, claim.until_us)
        return True

    def _occupy(self, begin_us: Instant, end_us: Instant) -> None:
        if end_us > begin_us:
            self.bouts.append(Bout(begin_us, end_us, None))


def _differ(before: dict[Tried, Setup], now: dict[Tried, Setup]) -> bool:
    if before.keys() != now.keys():
        return True
    pairs = ((before[tried], now[tried]) for tried in now)
    return any(abs(a - b) > AT_REST for was, is_ in pairs for a, b in zip(was, is_, strict=True))


def _earliest_behind(claims: list[_Claim]) -> list[Instant]:
    """By which instant whoever holds the lock must have let go of it, claim by claim."""
    earliest: list[Instant] = []
    soonest = _NEVER
    for claim in reversed(claims):
        earliest.append(soonest)
        if claim.tried is not None:
            soonest = min(soonest, claim.until_us) - 1
    return earliest[::-1]


def _claims(run: Recorded, machine: Machine) -> list[_Claim]:
    """In the order of asking; of one instant removals first, as their decisions are."""
    isolated = {w.id for w in run.plan.workstreams if w.isolation == "worktree"} if run.plan else ()
    claims = []
    asked_us = group_us = 0
    for tried in run.tried.values():
        if tried.dispatched_us != group_us or not tried.place:
            group_us = tried.dispatched_us
            asked_us = group_us + machine.turn_us
        if tried.setup_us is not None:
            claims.append(_Claim(asked_us, tried, asked_us + max(1, tried.setup_us)))
        else:
            asked_us += machine.launch_us
        if tried.removed_us is not None and tried.id in isolated:
            claims.append(_Claim(tried.removed_us + machine.turn_us, None, 0))
    return sorted(claims, key=lambda claim: (claim.asked_us, claim.tried is not None))
