"""Units of named pools: who lacks them, and whose lack begins or ends when they move."""

from uet_es.plan import Limits, Plan
from uet_es.values import WorkstreamId


class Pools:
    """What is free of each pool, and who waits for how much of it."""

    __slots__ = ("_before", "_needs", "_used", "_waiting", "capacity")

    def __init__(self, plan: Plan) -> None:
        self.capacity = dict(plan.limits.resources)
        users = (w for w in plan.workstreams if w.resources)
        self._needs = {w.id: tuple(sorted(w.resources.items())) for w in users}
        self._used: dict[str, int] = {}
        self._waiting: dict[str, dict[int, set[WorkstreamId]]] = {}
        self._before: dict[str, int] = {}

    def start(self, id: WorkstreamId) -> None:
        """``id`` takes what it needs."""
        for pool, units in self._needs.get(id, ()):
            self._touch(pool)
            self._used[pool] = self._used.get(pool, 0) + units

    def end(self, id: WorkstreamId) -> list[str]:
        """``id`` gives back what it needed: units of these pools."""
        for pool, units in self._needs.get(id, ()):
            self._touch(pool)
            self._used[pool] -= units
        return [pool for pool, _ in self._needs.get(id, ())]

    def change(self, limits: Limits) -> None:
        """There is more or less of them now."""
        for pool in {**self.capacity, **limits.resources}:
            self._touch(pool)
        self.capacity = dict(limits.resources)

    def queue(self, id: WorkstreamId) -> None:
        """``id`` waits until it may start."""
        for pool, units in self._needs.get(id, ()):
            self._waiting.setdefault(pool, {}).setdefault(units, set()).add(id)

    def leave(self, id: WorkstreamId) -> None:
        """``id`` waits no more."""
        for pool, units in self._needs.get(id, ()):
            self._waiting.get(pool, {}).get(units, set()).discard(id)

    def lacking(self, id: WorkstreamId) -> str | None:
        """The first pool, by name, that has too little for ``id``."""
        for pool, units in self._needs.get(id, ()):
            if units > self._free(pool):
                return pool
        return None

    def stir(self, stirred: set[WorkstreamId]) -> None:
        """Add who lacks units and did not at the last call, or the other way round."""
        for pool, before in self._before.items():
            now = self._free(pool)
            for units, waiting in self._waiting.get(pool, {}).items():
                if (units > before) != (units > now):
                    stirred |= waiting
        self._before.clear()

    def _free(self, pool: str) -> int:
        return self.capacity.get(pool, 0) - self._used.get(pool, 0)

    def _touch(self, pool: str) -> None:
        self._before.setdefault(pool, self._free(pool))
