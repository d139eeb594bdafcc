"""Does the engine agree with itself? Many seeds in a world that lies, through every crash."""

import os

import pytest

from tests.simulation.reproduce import told
from tests.simulation.story import tell

SEEDS = int(os.environ.get("UET_SEEDS", "500"))
BATCH = 25

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_every_seed_ends_with_all_promises_kept(first):
    for seed in range(first, min(first + BATCH, SEEDS)):
        told(seed)


def test_the_first_seeds_meet_every_kind_of_trouble():
    stories = [told(seed) for seed in range(40)]
    seen = {type(entry.event).__name__ for story in stories for entry in story.entries}
    assert {"DriverResumed", "RetryAsked", "RunReopened", "CancelAsked", "RunPaused"} <= seen
    assert {"WorkerLost", "AttemptLost", "AttemptUnstarted", "MergeConflicted"} <= seen
    assert {"AttemptRecalled", "RetryScheduled", "WorkstreamFailed", "DriverInterrupted"} <= seen
    assert {story.shadow.run.outcome for story in stories} >= {"succeeded", "failed"}
    assert any(entry.ignored for story in stories for entry in story.entries)
    assert sum(story.lives for story in stories) > 2 * len(stories)
    assert {type(story.storage).__name__ for story in stories} == {"File", "Memory"}


@pytest.mark.parametrize("seed", [3, 12])
def test_a_driver_may_die_at_any_moment_of_a_run(seed):
    """Between append and effect, between two effects, before the first entry: wherever it can."""
    moments = tell(seed, crash_at=0).moments
    assert moments > 100
    for moment in range(1, moments + 1, 1 + moments // 80):
        story = tell(seed, crash_at=moment)
        assert story.lives > 1, f"seed {seed}: nothing died at moment {moment}"
