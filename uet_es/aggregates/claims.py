"""What running work holds: scopes, conflict groups, units of named pools.

Scopes and groups are held until the work is merged or discarded, everything else until the
attempt has ended.
"""

from typing import NamedTuple

from uet_es.plan import Plan, WorkstreamSpec


class Blocker(NamedTuple):
    """Something held that keeps a workstream from starting.

    ``key`` is ``*`` (something runs alone, or this wants to), ``p:PATTERN``, ``g:GROUP`` or
    ``r:POOL``; ``mode`` is ``r``, ``w`` or the units wanted: who waits for the same key in the
    same mode is freed by the same release.
    """

    key: str
    mode: str


class Claims:
    """Counts of what is held, by key."""

    __slots__ = (
        "alone",
        "attempting",
        "capacity",
        "groups",
        "neighbours",
        "readers",
        "units",
        "writers",
    )

    def __init__(self, plan: Plan) -> None:
        self.readers: dict[str, int] = {}
        self.writers: dict[str, int] = {}
        self.groups: set[str] = set()
        self.units: dict[str, int] = {}
        self.capacity = dict(plan.limits.resources)
        self.attempting = 0
        self.alone = 0
        self.neighbours: dict[str, list[str]] = {}
        for a, b in plan.overlaps:
            self.neighbours.setdefault(a, [a]).append(b)
            self.neighbours.setdefault(b, [b]).append(a)

    def overlapping(self, pattern: str) -> list[str]:
        """The claimed patterns that can name a file of ``pattern``, itself first."""
        return self.neighbours.get(pattern) or [pattern]

    def blocker(self, spec: WorkstreamSpec) -> Blocker | None:
        """The first thing held that ``spec`` may not run beside, None if it may start."""
        if self.alone:
            return Blocker("*", "r")
        if spec.alone and self.attempting:
            return Blocker("*", "w")
        if self.writers or self.readers:
            for pattern in spec.writes:
                for other in self.overlapping(pattern):
                    if other in self.writers or other in self.readers:
                        return Blocker("p:" + other, "w")
            for pattern in spec.reads:
                for other in self.overlapping(pattern):
                    if other in self.writers:
                        return Blocker("p:" + other, "r")
        if spec.conflict_group in self.groups:
            return Blocker("g:" + spec.conflict_group, "w")
        for pool in sorted(spec.resources):
            if spec.resources[pool] > self.free(pool):
                return Blocker("r:" + pool, str(spec.resources[pool]))
        return None

    def free(self, pool: str) -> int:
        """Units of ``pool`` that nobody holds; negative after its capacity was lowered."""
        return self.capacity.get(pool, 0) - self.units.get(pool, 0)

    def blocks(self, blocker: Blocker) -> bool:
        """Whether ``blocker`` still stands in the way."""
        key, mode = blocker
        if key == "*":
            return bool(self.alone if mode == "r" else self.attempting)
        name = key[2:]
        if key[0] == "p":
            return name in self.writers or (mode == "w" and name in self.readers)
        if key[0] == "g":
            return name in self.groups
        return int(mode) > self.free(name)

    def hold(self, spec: WorkstreamSpec) -> None:
        """Take everything ``spec`` needs."""
        self.attempting += 1
        self.alone += spec.alone
        for pool, units in spec.resources.items():
            self.units[pool] = self.units.get(pool, 0) + units
        for pattern in spec.writes:
            self.writers[pattern] = self.writers.get(pattern, 0) + 1
        for pattern in spec.reads:
            self.readers[pattern] = self.readers.get(pattern, 0) + 1
        if spec.conflict_group:
            self.groups.add(spec.conflict_group)

    def end_attempt(self, spec: WorkstreamSpec) -> list[str]:
        """Give back what only a running attempt needs.

        Returns:
            The keys that became freer.

        """
        self.attempting -= 1
        self.alone -= spec.alone
        for pool, units in spec.resources.items():
            self.units[pool] -= units
        keys = ["r:" + pool for pool in sorted(spec.resources)]
        return ["*", *keys] if spec.alone or not self.attempting else keys

    def end_scope(self, spec: WorkstreamSpec) -> list[str]:
        """Give back paths and group, after merge or discard.

        Returns:
            The keys that became freer.

        """
        for pattern in spec.writes:
            _drop(self.writers, pattern)
        for pattern in spec.reads:
            _drop(self.readers, pattern)
        self.groups.discard(spec.conflict_group)
        keys = ["p:" + pattern for pattern in (*spec.writes, *spec.reads)]
        return [*keys, "g:" + spec.conflict_group] if spec.conflict_group else keys


def _drop(counts: dict[str, int], pattern: str) -> None:
    counts[pattern] -= 1
    if not counts[pattern]:
        del counts[pattern]
