"""Adding up what is measured one by one, by what it is labelled with."""

from bisect import bisect_left
from collections.abc import Mapping

from uet_es.projections.exports.otlp_shapes import Attribute, Measured, known

_Labels = tuple[tuple[str, Attribute], ...]


class Counted:
    """Sums, one for each set of labels."""

    def __init__(self) -> None:
        self._sums: dict[_Labels, int] = {}

    def add(self, amount: int, labels: Mapping[str, Attribute | None]) -> None:
        """Count ``amount`` more."""
        key = tuple(known(labels).items())
        self._sums[key] = self._sums.get(key, 0) + amount

    def points(self) -> tuple[Measured, ...]:
        """One for each set of labels, sorted by them."""
        return tuple(Measured(dict(key), total) for key, total in sorted(self._sums.items()))


class Spread:
    """Sizes, counted in buckets, for each set of labels."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self._found: dict[_Labels, Measured] = {}

    def add(self, size: int | float, labels: Mapping[str, Attribute | None]) -> None:
        """Count one more of that size; a bucket has its upper bound."""
        key = tuple(known(labels).items())
        so_far = self._found.get(key)
        if so_far is None:
            so_far = Measured(dict(key), 0, (0,) * (len(self.bounds) + 1), size, size)
        bucket = bisect_left(self.bounds, size)
        counts = so_far.counts
        self._found[key] = Measured(
            so_far.attributes,
            so_far.value + size,
            (*counts[:bucket], counts[bucket] + 1, *counts[bucket + 1 :]),
            min(so_far.least, size),
            max(so_far.most, size),
        )

    def points(self) -> tuple[Measured, ...]:
        """One for each set of labels, sorted by them."""
        return tuple(point for _, point in sorted(self._found.items()))
