"""Who holds what others may not run beside; of several the first by id, found without a search.

A key is a way of waiting: ``w:PATTERN`` to write, ``r:PATTERN`` to read, ``g:GROUP``, ``*`` for
nobody who runs alone, ``a`` for nobody at all. Who starts takes the keys of everybody that it
excludes, as far as others have them; so work with claims of its own costs nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from heapq import heappop, heappush

from uet_es.aggregates.claims import Claims
from uet_es.plan import Plan, WorkstreamSpec
from uet_es.values import WorkstreamId

_NOBODY_ALONE, _NOBODY = "*", "a"


class Holders:
    """What running and unmerged work keeps others from."""

    __slots__ = ("_alone", "_before", "_heaps", "_holding", "_scope", "_waiting", "_wants", "_work")

    def __init__(self, plan: Plan) -> None:
        overlapping = Claims(plan).overlapping
        claiming = [w for w in plan.workstreams if w.writes or w.reads or w.conflict_group]
        wants = {w.id: _scope_wants(w) for w in claiming}
        wanted = Counter(key for keys in wants.values() for key in keys)
        self._scope: dict[WorkstreamId, tuple[str, ...]] = {}
        for spec in claiming:
            own = wants[spec.id]
            taken = tuple(k for k in _scope_takes(spec, overlapping) if wanted[k] > (k in own))
            if taken:
                self._scope[spec.id] = taken
        takeable = {key for keys in self._scope.values() for key in keys}
        self._alone = {w.id for w in plan.workstreams if w.alone}
        self._wants: dict[WorkstreamId, tuple[str, ...]] = {}
        for spec in plan.workstreams if self._alone else claiming:
            keys = [key for key in wants.get(spec.id, ()) if key in takeable]
            keys += [_NOBODY_ALONE] if self._alone else []
            keys += [_NOBODY] if spec.alone else []
            if keys:
                self._wants[spec.id] = tuple(keys)
        self._holding: set[WorkstreamId] = set()
        self._work: set[WorkstreamId] = set()
        self._heaps: dict[str, list[WorkstreamId]] = {}
        self._waiting: dict[str, set[WorkstreamId]] = {}
        self._before: dict[str, WorkstreamId | None] = {}

    def knows(self, id: WorkstreamId) -> bool:
        """Whether there is anything that ``id`` may not run beside."""
        return id in self._wants

    def start(self, id: WorkstreamId) -> None:
        """``id`` is at work from now on."""
        self.hold(id)
        if self._alone:
            self._work.add(id)
            for key in self._alone_takes(id):
                self._touch(key)
                heappush(self._heaps.setdefault(key, []), id)

    def hold(self, id: WorkstreamId) -> None:
        """The scope of ``id`` is taken from now on."""
        keys = self._scope.get(id)
        if keys:
            self._holding.add(id)
            for key in keys:
                self._touch(key)
                heappush(self._heaps.setdefault(key, []), id)

    def end_work(self, id: WorkstreamId) -> None:
        """``id`` is at work no more."""
        if id in self._work:
            for key in self._alone_takes(id):
                self._touch(key)
            self._work.discard(id)

    def end_scope(self, id: WorkstreamId) -> None:
        """The scope of ``id`` is free again."""
        if id in self._holding:
            for key in self._scope[id]:
                self._touch(key)
            self._holding.discard(id)

    def queue(self, id: WorkstreamId) -> None:
        """``id`` waits until it may start."""
        for key in self._wants.get(id, ()):
            self._waiting.setdefault(key, set()).add(id)

    def leave(self, id: WorkstreamId) -> None:
        """``id`` waits no more."""
        for key in self._wants.get(id, ()):
            waiting = self._waiting.get(key)
            if waiting is not None:
                waiting.discard(id)

    def first(self, id: WorkstreamId) -> WorkstreamId | None:
        """The smallest of those that ``id`` may not run beside; None if it may start."""
        best: WorkstreamId | None = None
        for key in self._wants.get(id, ()):
            holder = self._first(key)
            if holder is not None and (best is None or holder < best):
                best = holder
        return best

    def stir(self, stirred: set[WorkstreamId]) -> None:
        """Add who waits for a key that has another first holder than at the last call."""
        for key, before in self._before.items():
            if self._first(key) != before:
                stirred |= self._waiting[key]
        self._before.clear()

    def clashing(self, id: WorkstreamId) -> list[WorkstreamId]:
        """Everything planned that scopes or groups keep apart from ``id``."""
        taken = set(self._scope.get(id, ()))
        return [
            other
            for other, keys in self._wants.items()
            if other != id and not taken.isdisjoint(keys)
        ]

    def _alone_takes(self, id: WorkstreamId) -> Iterable[str]:
        return (_NOBODY, _NOBODY_ALONE) if id in self._alone else (_NOBODY,)

    def _touch(self, key: str) -> None:
        if key not in self._before and self._waiting.get(key):
            self._before[key] = self._first(key)

    def _first(self, key: str) -> WorkstreamId | None:
        heap = self._heaps.get(key)
        if not heap:
            return None
        there = self._work if key in (_NOBODY, _NOBODY_ALONE) else self._holding
        while heap and heap[0] not in there:
            heappop(heap)
        return heap[0] if heap else None


def _scope_wants(spec: WorkstreamSpec) -> dict[str, None]:
    keys = [f"w:{pattern}" for pattern in spec.writes]
    keys += [f"r:{pattern}" for pattern in spec.reads]
    keys += [f"g:{spec.conflict_group}"] if spec.conflict_group else []
    return dict.fromkeys(keys)


def _scope_takes(spec: WorkstreamSpec, overlapping: Callable[[str], list[str]]) -> dict[str, None]:
    keys: dict[str, None] = {}
    for pattern in spec.writes:
        for other in overlapping(pattern):
            keys[f"w:{other}"] = keys[f"r:{other}"] = None
    for pattern in spec.reads:
        for other in overlapping(pattern):
            keys[f"w:{other}"] = None
    if spec.conflict_group:
        keys[f"g:{spec.conflict_group}"] = None
    return keys
