"""How long recorded work takes alone: solved for on the recorded times.

The log says when each piece of work began and ended, and of attempts how long they computed. What
it does not say is how much of that time they only shared the cores. The processor model says how
slow computing was at every instant, if it is known who computed; and who computed how densely
depends on how long each takes alone. So the two are solved for in turn until nothing moves, which
takes a few rounds because the second depends only weakly on the first.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from math import ceil

from uet_es.drivers.simulation.durations import Lasting
from uet_es.drivers.simulation.processor import Demand, demand_of, stretch
from uet_es.values import DurationUs, Instant

_HALVINGS = 64
#: Rounding of sums; far below a microsecond, far above what doubles lose.
_NEARLY = 1e-5
#: Moves of less than so many microseconds are none.
AT_REST = 1e-3
MIN = 1e-3


class Bout:
    """One piece of work between two recorded instants."""

    __slots__ = ("begin_us", "cpu_us", "end_us", "is_solved", "move", "took_us")

    def __init__(self, begin_us: Instant, end_us: Instant, cpu_us: DurationUs | None) -> None:
        self.begin_us = begin_us
        self.end_us = max(begin_us + 1, end_us)
        self.cpu_us = cpu_us  #: None: it does nothing but compute
        self.took_us: Lasting = self.end_us - begin_us  #: alone: what is solved for
        self.move = 0.0  #: of ``took_us`` in the last round
        self.is_solved = False  #: ``took_us`` is known and stays

    def compute_all(self) -> None:
        """Suppose that it never waits."""
        if self.cpu_us is not None:
            self.took_us = min(self.took_us, max(1, self.cpu_us))

    @property
    def waits(self) -> bool:
        """Whether it does something else than computing."""
        return self.cpu_us is not None and self.took_us > self.cpu_us

    @property
    def demand(self) -> Demand:
        """What it asks of the cores."""
        cpu_us = self.took_us if self.cpu_us is None else self.cpu_us
        return demand_of(self.took_us, cpu_us)


class Slowness:
    """By how much computing was slower, instant by instant."""

    def __init__(self, bouts: Sequence[Bout], cores: float) -> None:
        self._at: list[Instant] = []  #: from here on …
        self._by: list[float] = []  #: … by so much
        changes = sorted(
            (at_us, starts, n)
            for n, bout in enumerate(bouts)
            for at_us, starts in ((bout.begin_us, 1), (bout.end_us, 0))
        )
        active: dict[int, Demand] = {}
        for place, (at_us, starts, n) in enumerate(changes):
            if starts:
                active[n] = bouts[n].demand
            else:
                del active[n]
            if place + 1 == len(changes) or changes[place + 1][0] > at_us:
                self._at.append(at_us)
                self._by.append(stretch(active.values(), cores) if cores else 1.0)

    def between(self, begin_us: Instant, end_us: Instant) -> list[tuple[int, float]]:
        """Lengths and slowness of what lies between two instants."""
        if begin_us >= end_us:
            return []
        first = bisect_right(self._at, begin_us)
        last = bisect_left(self._at, end_us)
        edges = [begin_us, *self._at[first:last], end_us]
        by = [self._by[n - 1] if n else 1.0 for n in range(first, last + 1)]
        return [(b - a, s) for (a, b), s in zip(pairwise(edges), by, strict=True)]

    def done_at(self, begin_us: Instant, took_us: Lasting) -> Instant:
        """When computing of ``took_us`` that begins then is done."""
        left = float(took_us)
        place = bisect_right(self._at, begin_us)
        while True:
            slower = self._by[place - 1] if place else 1.0
            next_us = self._at[place] if place < len(self._at) else None
            if next_us is None or left * slower <= next_us - begin_us:
                return begin_us + ceil(left * slower - _NEARLY)
            left -= (next_us - begin_us) / slower
            begin_us, place = next_us, place + 1


def settle(bouts: Sequence[Bout], slowness: Slowness, *, leap: bool = False) -> bool:
    """Give every bout the time that it takes alone if that was the slowness; whether any moved.

    With ``leap`` go to where the last two moves point (Aitken 1926), if they point somewhere.
    """
    moved = False
    for bout in bouts:
        if bout.is_solved:
            continue
        took_us = alone(slowness.between(bout.begin_us, bout.end_us), bout.cpu_us)
        move, last = took_us - bout.took_us, bout.move
        moved |= abs(move) > AT_REST
        if leap and 0 < move * last < last * last:
            took_us = bout.took_us + move * last / (last - move)
            took_us = min(max(1.0, took_us), bout.end_us - bout.begin_us)
        bout.move = took_us - bout.took_us
        bout.took_us = took_us
    return moved


def shortage(bouts: Sequence[Bout], slowness: Slowness) -> float:
    """Microseconds of computing for which the model leaves no core."""
    return sum(
        max(0.0, bout.cpu_us - sum(length / slower for length, slower in pieces))
        for bout in bouts
        if bout.cpu_us is not None and bout.cpu_us <= bout.end_us - bout.begin_us
        for pieces in [slowness.between(bout.begin_us, bout.end_us)]
    )


def alone(pieces: Sequence[tuple[int, float]], cpu_us: DurationUs | None) -> Lasting:
    """How long work takes alone that took all of ``pieces``, ``cpu_us`` of it computing.

    What was slowed down ended, for us, in the middle of its last microsecond: a simulated end is
    rounded up, and so is the recorded one, whatever is lost in between.
    """
    whole = sum(length for length, _ in pieces)
    computing = sum(length / slower for length, slower in pieces)
    if computing == whole:
        return whole
    computing -= 0.5 / pieces[-1][1]
    if cpu_us is None:
        return max(MIN, computing)
    if cpu_us >= computing:
        # It computed all the time. That it had several threads is believed only of what computed
        # for longer than it took: else little noise makes some for everybody, who then share more.
        return float(min(cpu_us, whole))
    low, high = float(cpu_us), whole - 0.5
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        waiting = middle - cpu_us
        done = sum(length / (waiting + cpu_us * slower) for length, slower in pieces)
        if done - 0.5 / (waiting + cpu_us * pieces[-1][1]) > 1:
            low = middle
        else:
            high = middle
    return high
