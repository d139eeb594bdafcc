"""Many runs: through crashes, requests and reopenings, full of contention, and forks of them."""

from tests.drivers.histories import drawn
from tests.timing.contention import forked_from, simulated
from uet_es.timing.tracker import Tracker

STORIES, CONTENTIONS = 60, 60


def histories():
    """Each with a name to find it again by."""
    for seed in range(STORIES):
        yield f"story {seed}", drawn(seed)
    for seed in range(0, STORIES, 6):
        yield f"fork of story {seed}", forked_from(drawn(seed), seed)
    for seed in range(CONTENTIONS):
        entries = simulated(seed)
        yield f"contention {seed}", entries
        yield f"fork of contention {seed}", forked_from(entries, seed)


def tracked(entries):
    tracker = Tracker()
    for entry in entries:
        tracker.note(entry)
    return tracker
