"""Makespans that somebody simulated for other numbers of workers."""

from collections.abc import Sequence
from typing import NamedTuple

#: A makespan that is within this of the best one is as good.
_AS_GOOD = 1.05


class Point(NamedTuple):
    """The makespan that so many workers would have had."""

    workers: int
    makespan_s: float


def knee(points: Sequence[Point]) -> Point:
    """The fewest workers that are as good as any."""
    best_s = min(point.makespan_s for point in points)
    return next(each for each in sorted(points) if each.makespan_s <= best_s * _AS_GOOD)
