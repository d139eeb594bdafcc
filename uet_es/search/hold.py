"""How dispatch is made to follow a schedule: an order, and edges for whoever would be too early.

Dispatch starts whatever may start, so an order alone reaches only schedules in which nobody waits
without need. Whoever must wait although there is room for it gets an edge from one that ends
exactly when it is to start.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from uet_es.search.decode import Found
from uet_es.search.model import Model
from uet_es.search.online import Edge


def ranked_by_start(model: Model, found: Found) -> list[int]:
    """Positions in the order in which they start; dispatch puts background last in any case."""
    starts = [end - took for end, took in zip(found.ends_us, model.took_us, strict=True)]
    return sorted(range(len(starts)), key=lambda job: (model.background[job], starts[job], job))


def holding_edges(model: Model, found: Found) -> list[Edge]:
    """Edges with which dispatch by ``ranked_by_start`` starts everyone exactly as in ``found``.

    At every instant those that start then come first in rank, and whoever would start too early
    waits for an edge, so dispatch never leaves the schedule. Only a foreground one can come before
    a background one that starts first.
    """
    ends = found.ends_us
    starts = [end - took for end, took in zip(ends, model.took_us, strict=True)]
    ends_at: dict[int, int] = {}
    for job, end in enumerate(ends):
        ends_at.setdefault(end, job)
    times = sorted({0, *ends})
    room, foreground_room = _rooms(model, starts, ends, times)
    edges = []
    for job, start in enumerate(starts):
        ready = max((ends[first] for first in model.before[job]), default=0)
        rooms = room if model.background[job] else foreground_room
        for n in range(bisect_left(times, ready), bisect_left(times, start)):
            if (rooms[n] - model.want[job]) & model.guard == model.guard:
                edges.append((ends_at[start], job))
                break
    return edges


def _rooms(
    model: Model, starts: Sequence[int], ends: Sequence[int], times: Sequence[int]
) -> tuple[list[int], list[int]]:
    """The room that is left at each of ``times`` when all have started, and all in foreground."""
    change = dict.fromkeys(times, 0)
    late = dict.fromkeys(times, 0)
    for job, units in enumerate(model.want):
        change[starts[job]] -= units
        change[ends[job]] += units
        late[starts[job]] += units * model.background[job]
    left = model.room
    room = []
    for at in times:
        left += change[at]
        room.append(left)
    return room, [some + late[at] for some, at in zip(room, times, strict=True)]


def fewest(
    edges: Sequence[Edge], is_enough: Callable[[list[Edge]], bool], late: Callable[[], bool]
) -> list[Edge]:
    """``edges`` without those that are not needed: all, then halves, down to one by one.

    Source: the idea of delta debugging, Zeller and Hildebrandt (2002),
    https://doi.org/10.1109/32.988498
    """
    kept = list(edges)
    size = len(kept)
    while size:
        at = 0
        while at < len(kept):
            if late():
                return kept
            fewer = kept[:at] + kept[at + size :]
            if is_enough(fewer):
                kept = fewer
            else:
                at += size
        size //= 2
    return kept
