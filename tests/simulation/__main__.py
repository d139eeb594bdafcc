"""``python -m tests.simulation --seeds 10000``: many stories over all cores; or one, told again."""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.reproduce import BrokenStoryError, commit, read_plan, told

BATCH = 50
SHOWN_MAX = 20  #: more failures than these say nothing new


def batch_of(seeds):
    """How many entries the stories of ``seeds`` have, and the failures among them as text."""
    entries, broken = 0, []
    for seed in seeds:
        try:
            entries += len(told(seed).entries)
        except BrokenStoryError as failure:
            broken.append(str(failure))
    return entries, broken


def many(seeds, processes):
    """Tell all of ``seeds``; print what broke, and how fast it went."""
    began, entries, broken = time.perf_counter(), 0, []
    batches = [seeds[start : start + BATCH] for start in range(0, len(seeds), BATCH)]
    with ProcessPoolExecutor(processes) as pool:
        for found, failures in pool.map(batch_of, batches):
            entries += found
            for failure in failures[: max(0, SHOWN_MAX - len(broken))]:
                print(failure, file=sys.stderr, flush=True)
            broken += failures
    took_s = time.perf_counter() - began
    print(
        f"{len(seeds)} seeds, {entries} entries, {len(broken)} broken: "
        f"{len(seeds) / took_s:.0f} seeds/s in {processes} processes, commit {commit()}"
    )
    return 1 if broken else 0


def one(seed, plan):
    """Tell one story again, with everything there is to say if it breaks."""
    story = told(seed, plan)
    entries, lives = len(story.entries), story.lives
    print(f"seed {seed}: {story.shadow.run.outcome}, {entries} entries, {lives} drivers")
    return 0


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="tell only this one")
    parser.add_argument("--plan", type=read_plan, help="with this plan (JSON) instead of its own")
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    if asked.seed is not None:
        return one(asked.seed, asked.plan)
    return many(range(asked.first, asked.first + asked.seeds), asked.jobs)


if __name__ == "__main__":
    sys.exit(main())
