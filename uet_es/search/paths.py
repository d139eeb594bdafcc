"""Longest paths through a model."""

from collections.abc import Sequence

from uet_es.search.model import Model
from uet_es.values import DurationUs


def heads(model: Model) -> list[DurationUs]:
    """By position: the longest path that ends where it starts, without its own duration."""
    return _without_own(model.took_us, model.before, model.after)


def tails(model: Model) -> list[DurationUs]:
    """By position: the longest path that starts where it ends, without its own duration."""
    return _without_own(model.took_us, model.after, model.before)


def _without_own(
    took: Sequence[int], waits_for: Sequence[Sequence[int]], awaited_by: Sequence[Sequence[int]]
) -> list[DurationUs]:
    unmet = [len(others) for others in waits_for]
    order = [job for job, count in enumerate(unmet) if not count]
    length = [0] * len(took)
    for job in order:  # grows while it is walked: Kahn's algorithm
        through = length[job] + took[job]
        for other in awaited_by[job]:
            length[other] = max(length[other], through)
            unmet[other] -= 1
            if not unmet[other]:
                order.append(other)
    return length
