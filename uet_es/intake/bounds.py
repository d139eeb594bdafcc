"""How fast a plan can be at best, and what it is that makes it slow."""

from typing import NamedTuple

from uet_es.intake.graph import Graph
from uet_es.intake.transitive import Reach
from uet_es.plan import Plan
from uet_es.values import SECOND_US, DurationUs

_MOST_BOTTLENECKS = 10


class Bounds(NamedTuple):
    """What the order and the durations alone say about a plan."""

    work_us: DurationUs  #: all workstreams one after another
    path_us: DurationUs  #: the longest chain
    critical_path: tuple[str, ...]  #: that chain; of several, the one with the smallest ids
    slack_us: tuple[DurationUs, ...]  #: by position: how late it may end without delaying all
    profile: tuple[tuple[DurationUs, int], ...]  #: from when on how many run, without limits
    bottlenecks: tuple[str, ...]  #: without slack, those that most wait for first


def bounds_of(plan: Plan, graph: Graph, reach: Reach) -> Bounds:
    """The bounds of ``plan``, whose workstreams stand in the order of ``graph``."""
    took = [spec.expected_us for spec in plan.workstreams]
    starts, tails = [0] * len(took), list(took)
    for position in graph.order:
        starts[position] = max((starts[i] + took[i] for i in graph.after[position]), default=0)
    for position in reversed(graph.order):
        tails[position] += max((tails[i] for i in graph.before[position]), default=0)
    path_us = max(tails, default=0)
    slack_us = tuple(path_us - start - tail for start, tail in zip(starts, tails, strict=True))
    waiting = sorted(
        (-reach.below[i].bit_count(), id)
        for i, id in enumerate(graph.ids)
        if not slack_us[i] and reach.below[i]
    )
    return Bounds(
        work_us=sum(took),
        path_us=path_us,
        critical_path=_critical_path(graph, tails),
        slack_us=slack_us,
        profile=_profile(starts, took),
        bottlenecks=tuple(id for _, id in waiting[:_MOST_BOTTLENECKS]),
    )


def lower_bound(bounds: Bounds, *, max_workers: int, whole_units: bool) -> tuple[int, int]:
    """The least makespan with ``max_workers``, as a fraction of microseconds.

    With unit durations every schedule ends at a whole unit, so the bound is rounded up to one.
    """
    if bounds.path_us * max_workers >= bounds.work_us:
        return bounds.path_us, 1
    if whole_units:
        return -(-bounds.work_us // (max_workers * SECOND_US)) * SECOND_US, 1
    return bounds.work_us, max_workers


def _critical_path(graph: Graph, tails: list[int]) -> tuple[str, ...]:
    """Always the longest way on; positions follow ids, so ties go to the smallest id."""
    path = []
    ahead = tuple(i for i in range(len(tails)) if not graph.after[i])
    while ahead:
        best = max(ahead, key=lambda i: (tails[i], -i))
        path.append(graph.ids[best])
        ahead = graph.before[best]
    return tuple(path)


def _profile(starts: list[int], took: list[int]) -> tuple[tuple[int, int], ...]:
    changes: dict[int, int] = {}
    for start, duration in zip(starts, took, strict=True):
        changes[start] = changes.get(start, 0) + 1
        changes[start + duration] = changes.get(start + duration, 0) - 1
    running = 0
    profile = []
    for at in sorted(changes):
        running += changes[at]
        if changes[at]:
            profile.append((at, running))
    return tuple(profile)
