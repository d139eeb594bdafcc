"""Adding up what is measured one by one, by what it is labelled with."""

from bisect import bisect_left
from collections.abc import Mapping
from operator import itemgetter

from uet_es.projections.exports.otlp.shapes import Attribute, Measured, known

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

    def __init__(self, bounds: tuple[float, ...], *, unit: int = 1) -> None:
        self.bounds = bounds
        self._unit = unit  #: what is added for one of what is told: sums stay exact
        self._found: dict[_Labels, _Sizes] = {}

    def add(self, size: int, labels: Mapping[str, Attribute | None]) -> None:
        """Count one more of that size; a bucket has its upper bound."""
        sizes = self._found.setdefault(tuple(known(labels).items()), _Sizes(len(self.bounds) + 1))
        sizes.counts[bisect_left(self.bounds, size / self._unit)] += 1
        sizes.total += size
        sizes.least = size if sizes.least is None else min(sizes.least, size)
        sizes.most = max(sizes.most, size)

    def points(self) -> tuple[Measured, ...]:
        """One for each set of labels, sorted by them."""
        return tuple(
            Measured(
                dict(key),
                self._told(sizes.total),
                tuple(sizes.counts),
                self._told(sizes.least or 0),
                self._told(sizes.most),
            )
            for key, sizes in sorted(self._found.items(), key=itemgetter(0))
        )

    def _told(self, size: int) -> int | float:
        return size if self._unit == 1 else size / self._unit


class _Sizes:
    def __init__(self, buckets: int) -> None:
        self.counts = [0] * buckets
        self.total = 0
        self.least: int | None = None
        self.most = 0
