"""Schedules from lists: each workstream in turn as early as everything before it allows.

Source: the serial schedule generation scheme and double justification, Valls, Ballestín and
Quintanilla, "Justification and RCPSP" (2005), https://doi.org/10.1016/j.ejor.2004.04.008
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from uet_es.search.model import Model
from uet_es.values import DurationUs, Instant

_NEVER = 1 << 62


class Found(NamedTuple):
    """A schedule."""

    makespan_us: DurationUs
    ends_us: tuple[Instant, ...]  #: by position, since the start


def decoded(
    model: Model, before: Sequence[Sequence[int]], line: Sequence[int]
) -> tuple[DurationUs, list[Instant]]:
    """The makespan of ``line``, placed one by one in the first gap that is wide enough, and ends.

    ``before`` is that of the model, or its ``after`` to schedule from the end backwards; nobody
    stands in ``line`` ahead of what it waits for.
    """
    took, want, guard = model.took_us, model.want, model.guard
    ends = [0] * len(took)
    at, room = [0, _NEVER], [model.room, 0]  # the room from at[n] until at[n + 1]
    makespan = 0
    for job in line:
        start = 0
        for first in before[job]:
            if ends[first] > start:
                start = ends[first]
        end = start + took[job]
        units = want[job]
        if units:
            first = last = bisect_right(at, start) - 1
            while True:
                if (room[last] - units) & guard != guard:
                    last += 1
                    first = last
                    start = at[last]
                    end = start + took[job]
                elif at[last + 1] < end:
                    last += 1
                else:
                    break
            if at[last + 1] != end:
                at.insert(last + 1, end)
                room.insert(last + 1, room[last])
            if at[first] != start:
                first += 1
                last += 1
                at.insert(first, start)
                room.insert(first, room[first - 1])
            for n in range(first, last + 1):
                room[n] -= units
        ends[job] = end
        if end > makespan:
            makespan = end
    return makespan, ends


def justified(model: Model, line: Sequence[int]) -> Found:
    """``line`` scheduled, then pushed to the right end, then back to the left: never longer."""
    makespan, ends = decoded(model, model.before, line)
    for before in (model.after, model.before):
        # Whoever ends later comes first from the other side; who waits always ends later.
        backwards = sorted(range(len(ends)), key=ends.__getitem__, reverse=True)
        makespan, ends = decoded(model, before, backwards)
    return Found(makespan, tuple(ends))
