"""Ready work: in heaps by what it needs of a worker, parked under what blocks it.

The heads of the heaps may start at once; whoever comes behind a head was not looked at yet.
Parked work is woken by the release of its blocker, one workstream for each way of waiting; when
that one leaves the heaps, it passes the baton to the next. So a release costs O(log n), even
when a thousand workstreams wait for the same file.

Invariant: a head is never blocked (``settle`` parks it), so that deciding needs no search.
"""

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from uet_es.aggregates.claims import Blocker, Claims
from uet_es.plan import WorkstreamSpec
from uet_es.values import WorkstreamId

#: What a workstream needs of its worker: a tool and capabilities.
Need = tuple[str, tuple[str, ...]]
#: Where a workstream is: in the heap of its need (None), or parked.
Place = Blocker | None


def need_of(spec: WorkstreamSpec) -> Need:
    """What ``spec`` needs of its worker."""
    return (spec.tool, spec.capabilities)


class ReadyQueue:
    """Work that may start as far as its dependencies are concerned."""

    __slots__ = ("_by_rank", "_heaps", "_origin", "_parked", "_place", "_rank", "_specs", "stirred")

    def __init__(
        self, order: Iterable[WorkstreamId], specs: Mapping[WorkstreamId, WorkstreamSpec]
    ) -> None:
        self.stirred = False  #: a head may have changed since they were settled
        self._by_rank = list(order)
        self._rank = {id: rank for rank, id in enumerate(self._by_rank)}
        self._specs = specs
        self._heaps: dict[Need, list[int]] = {}
        self._place: dict[WorkstreamId, Place] = {}
        self._parked: dict[str, dict[tuple[str, Need], list[int]]] = {}
        self._origin: dict[WorkstreamId, Blocker] = {}  # what a woken one was parked under

    def __contains__(self, id: object) -> bool:
        return id in self._place

    def __len__(self) -> int:
        return len(self._place)

    def needs(self) -> Iterable[Need]:
        """The needs that somebody had, in order of appearance."""
        return self._heaps

    def head(self, need: Need) -> int | None:
        """The rank of the first that may start, among those with ``need``."""
        heap = self._heaps.get(need)
        return heap[0] if heap else None

    def named(self, rank: int) -> WorkstreamId:
        """The workstream of that rank."""
        return self._by_rank[rank]

    def add(self, id: WorkstreamId) -> None:
        """Let ``id`` compete for a worker."""
        self.stirred = True
        self._place[id] = None
        heappush(self._heaps.setdefault(need_of(self._specs[id]), []), self._rank[id])

    def remove(self, id: WorkstreamId, claims: Claims) -> None:
        """Take ``id`` out, because it starts or never will."""
        self.stirred = True
        if id in self._place:
            del self._place[id]
            self._pass_baton(id, claims)

    def released(self, keys: Iterable[str], claims: Claims) -> None:
        """Wake who waited for ``keys``, as far as they may go on."""
        self.stirred = True
        for key in keys:
            ways = self._parked.get(key)
            if ways:
                for mode, need in sorted(ways):
                    self._wake(Blocker(key, mode), need, claims)

    def settle(self, claims: Claims) -> None:
        """Park blocked heads until every head may start."""
        if claims.alone:
            return  # nothing starts at all: parking everything would only be undone
        self.stirred = False
        for need, heap in self._heaps.items():
            while heap:
                id = self._by_rank[heap[0]]
                if id not in self._place or self._place[id] is not None:
                    heappop(heap)  # it left, or was parked: the heap had not noticed
                    continue
                blocker = claims.blocker(self._specs[id])
                if blocker is None:
                    break
                heappop(heap)
                self._park(id, need, blocker, claims)

    def _park(self, id: WorkstreamId, need: Need, blocker: Blocker, claims: Claims) -> None:
        self._place[id] = blocker
        ways = self._parked.setdefault(blocker.key, {})
        heappush(ways.setdefault((blocker.mode, need), []), self._rank[id])
        self._pass_baton(id, claims)

    def _pass_baton(self, id: WorkstreamId, claims: Claims) -> None:
        origin = self._origin.pop(id, None)
        if origin is not None:
            self._wake(origin, need_of(self._specs[id]), claims)

    def _wake(self, blocker: Blocker, need: Need, claims: Claims) -> None:
        if claims.blocks(blocker):
            return
        ways = self._parked.get(blocker.key, {})
        waiting = ways.get((blocker.mode, need), [])
        while waiting:
            id = self._by_rank[heappop(waiting)]
            if self._place.get(id) == blocker:
                self._origin[id] = blocker
                self._place[id] = None
                heappush(self._heaps[need], self._rank[id])
                break
        if not waiting:
            ways.pop((blocker.mode, need), None)
