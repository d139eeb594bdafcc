"""The transitive order of a plan as bit sets: bit n stands for position n."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from uet_es.intake.graph import Graph


class Reach(NamedTuple):
    """For each position, everything it waits for and everything that waits for it."""

    above: tuple[int, ...]
    below: tuple[int, ...]

    def unordered(self, position: int, everything: int) -> int:
        """What may be going on at the same time as ``position``, as far as the order goes."""
        return everything & ~(self.above[position] | self.below[position] | 1 << position)


def reach_of(graph: Graph) -> Reach:
    """What each position reaches in both directions."""
    return Reach(
        _closed(graph.order, graph.after),
        _closed(graph.order[::-1], graph.before),
    )


def _closed(order: Sequence[int], edges: Sequence[Sequence[int]]) -> tuple[int, ...]:
    reached = [0] * len(order)
    for position in order:
        bits = 0
        for other in edges[position]:
            bits |= reached[other] | 1 << other
        reached[position] = bits
    return tuple(reached)


def positions(bits: int) -> Iterator[int]:
    """The positions in ``bits``, ascending."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
