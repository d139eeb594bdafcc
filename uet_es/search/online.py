"""What dispatch will do: the kernel's list scheduling, on the whole numbers of a model.

Nothing of the kernel is asked here, because searching asks a thousand times; tests compare every
start with that of the kernel.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush

from uet_es.aggregates import order
from uet_es.plan import Plan
from uet_es.search.model import Model, order_edges
from uet_es.values import DurationUs, Instant

Edge = tuple[int, int]  #: positions: the first ends, then the second may start


def ranking(plan: Plan) -> list[int]:
    """Positions in the order in which dispatch prefers them."""
    place = {w.id: n for n, w in enumerate(plan.workstreams)}
    tail = order.tails(plan, order_edges(plan))
    return [place[id] for id in order.dispatch_order(plan, tail, order.followers_of(plan))]


def online_starts(model: Model, ranked: Sequence[int], edges: Iterable[Edge] = ()) -> list[Instant]:
    """When each starts if at every instant the first in rank that may start does."""
    took, guard, want, able = model.took_us, model.guard, model.want, model.able
    idle = [True] * model.workers
    unmet = [len(firsts) for firsts in model.before]
    after: Sequence[Sequence[int]] = model.after
    extra: dict[int, list[int]] = {}
    for first, second in edges:
        unmet[second] += 1
        extra.setdefault(first, []).append(second)
    rank = [0] * len(took)
    for n, job in enumerate(ranked):
        rank[job] = n
    ready = [n for n, job in enumerate(ranked) if not unmet[job]]  # ranks, ascending
    starts, room, now = [0] * len(took), model.room, 0
    running: list[tuple[Instant, int, int]] = []
    while ready or running:
        waiting = []
        for n in ready:
            job = ranked[n]
            if (room - want[job]) & guard != guard:
                waiting.append(n)
                continue
            worker = -1
            if able:
                worker = next((w for w in able[job] if idle[w]), -1)
                if worker < 0:
                    waiting.append(n)
                    continue
                idle[worker] = False
            room -= want[job]
            starts[job] = now
            heappush(running, (now + took[job], job, worker))
        ready = waiting
        now = running[0][0]
        while running and running[0][0] == now:
            _, job, worker = heappop(running)
            room += want[job]
            if able:
                idle[worker] = True
            for second in (*after[job], *extra.get(job, ())):
                unmet[second] -= 1
                if not unmet[second]:
                    insort(ready, rank[second])
    return starts


def makespan_of(model: Model, starts: Sequence[Instant]) -> DurationUs:
    """When the last one ends."""
    return max((s + t for s, t in zip(starts, model.took_us, strict=True)), default=0)
