"""Cores that everything which computes has to share."""

from collections.abc import Iterable
from math import isclose
from typing import NamedTuple

from uet_es.values import Instant

#: Work is counted in 2**-32 microseconds, so that nothing is lost however often speeds change.
_BITS = 32
_ONE = 1 << _BITS
#: An end that misses a microsecond by less than this is that microsecond.
_SLACK_BITS = 12


class Demand(NamedTuple):
    """What a piece of work asks of the cores while it goes on."""

    waiting: float  #: part of its time alone in which it needs no core
    computing: float  #: part of its time alone in which it does
    threads: float  #: cores it uses while it computes, more than 1 only if it has several threads


def demand_of(took_us: float, cpu_us: float) -> Demand:
    """The demand of work that alone takes ``took_us`` and computes for ``cpu_us``."""
    if cpu_us >= took_us:
        return Demand(0.0, 1.0, cpu_us / took_us)
    return Demand((took_us - cpu_us) / took_us, cpu_us / took_us, 1.0)


def stretch(demands: Iterable[Demand], cores: float) -> float:
    """By how much computing takes longer while all of ``demands`` go on; 1 if there are cores.

    Each waits as long as it would alone and shares the cores fairly while it computes, so that
    work of which the part c computes goes on at the speed 1 / (1 - c + c × stretch). The stretch
    is the one at which exactly all cores are in use: mean value analysis of a processor-sharing
    station beside a delay station (Reiser and Lavenberg 1980), taken at its fluid limit.
    """
    demands = tuple(demands)
    if sum(d.computing * d.threads for d in demands) <= cores:
        return 1.0
    if all(not d.waiting for d in demands):
        return sum(d.threads for d in demands) / cores
    found = 1.0
    while True:
        # What is in use falls and is convex in the stretch: Newton comes from below and stays.
        used = slope = 0.0
        for d in demands:
            slowed = d.waiting + d.computing * found
            in_use = d.computing * d.threads / slowed
            used += in_use
            slope += in_use * d.computing / slowed
        better = found + (used - cores) / slope
        if isclose(better, found, rel_tol=1e-14):
            return better
        found = better


class _Work:
    """One piece of work under way."""

    __slots__ = ("demand", "end_us", "left", "speed", "total")

    def __init__(self, took_us: float, cpu_us: float) -> None:
        self.total = self.left = int(took_us * _ONE)
        self.demand = demand_of(took_us, cpu_us)
        self.speed = _ONE
        self.end_us: Instant = 0


class Processor:
    """Work under way by number; time moves only forward."""

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self._now_us: Instant = 0
        self._works: dict[int, _Work] = {}
        self._first: tuple[Instant, int] | None = None

    @property
    def first(self) -> tuple[Instant, int] | None:
        """When the next piece of work ends if nothing changes before, and its number."""
        return self._first

    def add(self, number: int, took_us: float, cpu_us: float, now_us: Instant) -> None:
        """Begin work that alone takes ``took_us``, for ``cpu_us`` of it computing."""
        self._advance(now_us)
        self._works[number] = _Work(max(1e-3, took_us), cpu_us)
        self._share()

    def remove(self, number: int, now_us: Instant) -> float:
        """End work, finished or not; how much of it is done, from 0 to 1."""
        self._advance(now_us)
        work = self._works.pop(number)
        self._share()
        return 1 - work.left / work.total

    def _advance(self, now_us: Instant) -> None:
        passed_us = now_us - self._now_us
        if passed_us:
            for work in self._works.values():
                work.left = max(0, work.left - passed_us * work.speed)
        self._now_us = now_us

    def _share(self) -> None:
        works = self._works
        slower = stretch((work.demand for work in works.values()), self._cores)
        self._first = None
        for number, work in works.items():
            demand = work.demand
            work.speed = round(_ONE / (demand.waiting + demand.computing * slower))
            slack = work.speed >> _SLACK_BITS
            work.end_us = self._now_us + max(0, -(-(work.left - slack) // work.speed))
            if self._first is None or (work.end_us, number) < self._first:
                self._first = (work.end_us, number)
