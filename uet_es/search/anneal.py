"""A walk through lists: move a workstream, schedule again, now and then accept a longer one.

Simulated annealing, cooled down and heated up again. Every list is justified; a longer
schedule must be accepted sometimes, because justified ones are far apart.
Source: Bouleimen and Lecocq (2003), https://doi.org/10.1016/S0377-2217(02)00761-0 ·
Kolisch and Hartmann (2006), https://doi.org/10.1016/j.ejor.2005.01.065
"""

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from math import exp
from random import Random

from uet_es.search.decode import Found, justified
from uet_es.search.model import Model
from uet_es.search.paths import tails

_SAMPLES = 20  #: schedules that the walk may start from
_NOISE = 0.3  #: a sample shortens each remaining path by up to this part
_CYCLE = 1500  #: steps from hot to cold
_HEAT = 0.01  #: when hot, this part of the makespan more is accepted once in e times
_MOVES = 3  #: at most so many workstreams move at once
_KEPT = 8  #: of equally short schedules


def annealed(
    model: Model, lines: Iterable[list[int]], dice: Random, enough: Callable[[int], bool]
) -> tuple[list[Found], int]:
    """Different schedules of the least makespan found, at least one, and the number tried.

    ``lines`` are scheduled first. ``enough`` is asked before each further try with the least
    makespan so far.
    """
    best: list[Found] = []
    tried = 0
    for line in lines:
        tried += 1
        _keep(best, justified(model, line))
    remaining = [t + q for t, q in zip(model.took_us, tails(model), strict=True)]
    while tried < _SAMPLES and not enough(best[0].makespan_us):
        tried += 1
        _keep(best, justified(model, _sample(model, remaining, dice)))
    now, step = best[0], 0
    while not enough(best[0].makespan_us):
        heat = _HEAT * best[0].makespan_us * (1 - step % _CYCLE / _CYCLE)
        tried, step = tried + 1, step + 1
        line = order_of(model, now)
        for _ in range(1 + dice.randrange(_MOVES)):
            _move(model, line, dice)
        found = justified(model, line)
        longer = found.makespan_us - now.makespan_us
        if longer <= 0 or dice.random() < exp(-longer / heat):
            now = found
        _keep(best, found)
    return best, tried


def order_of(model: Model, found: Found) -> list[int]:
    """Positions by start: a list that gives the same schedule."""
    starts = [end - took for end, took in zip(found.ends_us, model.took_us, strict=True)]
    return sorted(range(len(starts)), key=starts.__getitem__)


def _keep(best: list[Found], found: Found) -> None:
    if best and found.makespan_us < best[0].makespan_us:
        best.clear()
    if not best or (
        found.makespan_us == best[0].makespan_us and len(best) < _KEPT and found not in best
    ):
        best.append(found)


def _move(model: Model, line: list[int], dice: Random) -> None:
    """Give one a new place, between the last it waits for and the first that waits for it."""
    place = dice.randrange(len(line))
    job = line[place]
    before, after = model.before[job], model.after[job]
    low = high = place
    while low and line[low - 1] not in before:
        low -= 1
    while high + 1 < len(line) and line[high + 1] not in after:
        high += 1
    del line[place]
    line.insert(dice.randrange(low, high + 1), job)


def _sample(model: Model, remaining: list[int], dice: Random) -> list[int]:
    """A list by longest remaining path, each shortened by chance."""
    key = [-length * (1 - _NOISE * dice.random()) for length in remaining]
    unmet = [len(firsts) for firsts in model.before]
    ready = [(key[job], job) for job, count in enumerate(unmet) if not count]
    heapify(ready)
    line = []
    while ready:
        _, job = heappop(ready)
        line.append(job)
        for second in model.after[job]:
            unmet[second] -= 1
            if not unmet[second]:
                heappush(ready, (key[second], second))
    return line
