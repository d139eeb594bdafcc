"""How short a schedule can be at best: the longest path, and what the pools must carry."""

from collections.abc import Sequence
from math import gcd

from uet_es.search.model import Model, Pool
from uet_es.search.paths import heads, tails
from uet_es.values import DurationUs

#: Beyond so many users of a pool only all of them together are looked at: the rest is quadratic.
_MANY = 400


def lower_bound(model: Model) -> DurationUs:
    """A makespan that no schedule can beat.

    A pool must carry the work of all who want it. Nobody starts before the head of the one with
    the least, and after the last of them the least tail follows; the same holds for every part of
    them. Those that want more than half of a pool follow each other.
    Source: the energetic and the disjunctive subset bounds, Klein and Scholl (1999),
    https://doi.org/10.1016/S0377-2217(97)00406-3
    """
    if not model.took_us:
        return 0
    head, tail = heads(model), tails(model)
    best = max(h + t + q for h, t, q in zip(head, model.took_us, tail, strict=True))
    for pool in model.pools:
        for each in (pool, _one_by_one(pool)):
            best = max(best, _carried(model, each, head, tail))
    grain = gcd(*model.took_us)  # a left-justified schedule starts and ends at multiples of it
    return -(-best // grain) * grain


def _one_by_one(pool: Pool) -> Pool:
    return Pool(1, tuple(int(2 * units > pool.capacity) for units in pool.wants))


def _carried(model: Model, pool: Pool, head: Sequence[int], tail: Sequence[int]) -> DurationUs:
    users = [job for job, units in enumerate(pool.wants) if units]
    by_tail = sorted(users, key=tail.__getitem__, reverse=True)
    starts = sorted({head[job] for job in users})
    best = 0
    for start in starts if len(users) <= _MANY else starts[:1]:
        work = 0
        for job in by_tail:
            if head[job] >= start:
                work += model.took_us[job] * pool.wants[job]
                best = max(best, start + -(-work // pool.capacity) + tail[job])
    return best
