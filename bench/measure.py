"""Time two things in turn, and keep the medians."""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table."""

    what: str
    ours: float  #: seconds, or a rate
    peer: float
    ratio: float
    floor: str  #: what the ratio must keep to, in words
    met: bool
    unit: str = "s"


def paired(ours: Callable[[], float], peer: Callable[[], float], *, rounds: int = 5):
    """Medians of ``rounds`` of each, in turn A B A B, and of the ratios round by round."""
    a, b = [], []
    for _ in range(rounds):
        a.append(ours())
        b.append(peer())
    ratio = statistics.median(x / y for x, y in zip(a, b, strict=True))
    return statistics.median(a), statistics.median(b), ratio


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def at_most(what: str, limit: float, ours: float, peer: float, ratio: float) -> Row:
    """A row whose ratio must not be larger than ``limit``."""
    return Row(what, ours, peer, ratio, f"≤ {limit:g} ×", ratio <= limit)


def at_least(
    what: str, limit: float, ours: float, peer: float, ratio: float, unit: str = "/s"
) -> Row:
    """A row of rates whose ratio must not be smaller than ``limit``."""
    return Row(what, ours, peer, ratio, f"≥ {limit:g} ×", ratio >= limit, unit)
