"""The kernel in virtual time: how the cost of an entry changes with the size of the plan."""

from bench.measure import at_most, paired, timed
from bench.plans import recorded


def rows():
    """Simulated entries, each made by the production kernel."""
    length = {count: len(recorded(count)) for count in (100, 1000, 10_000)}
    for count in (1000, 10_000):
        ours, peer, ratio = paired(
            lambda c=count: timed(lambda: recorded(c)) / length[c],
            lambda: timed(lambda: [recorded(100) for _ in range(20)]) / 20 / length[100],
            rounds=3,
        )
        yield at_most(f"simulate: an entry at {count:,} / at 100", 2.0, ours, peer, ratio)
