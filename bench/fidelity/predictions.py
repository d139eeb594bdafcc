"""What the log of one run says about runs with other numbers of workers, ours and naively."""

import os
from statistics import median_low
from typing import NamedTuple

from msgspec.structs import replace

from uet_es.drivers.simulation.learning import learn
from uet_es.drivers.simulation.simulate import simulate
from uet_es.events.observations import AttemptExited


class Prediction(NamedTuple):
    """One makespan in microseconds that was predicted in three ways, and measured."""

    seed: int
    sort: str
    source: int  #: workers of the run it was learnt from
    workers: int
    ours: int
    shared: int  #: naive: all work shared by the workers
    path: int  #: naive: the longest chain of dependencies
    measured: int
    least: int  #: of the repeats
    most: int

    def error(self, predicted=None):
        """Relative, without its sign."""
        predicted = self.ours if predicted is None else predicted
        return abs(predicted / self.measured - 1)


def predict(drawn, runs):
    """Every count from the middle run of every other one, and of itself."""
    cores = os.cpu_count() or 1
    middle = {count: sorted(repeats)[(len(repeats) - 1) // 2] for count, repeats in runs.items()}
    for source in runs:
        log = middle[source].entries
        model = learn(log, cores=cores)
        work, path = _naive(drawn.plan, log)
        for count, repeats in runs.items():
            spans = [run.makespan_us for run in repeats]
            yield Prediction(
                drawn.seed,
                drawn.sort,
                source,
                count,
                _simulated(drawn.plan, model, count),
                max(work // count, 1),
                path,
                median_low(spans),
                min(spans),
                max(spans),
            )


def chosen_right(predictions, source):
    """Whether the count that looks best from ``source`` is as good as the best one measured.

    Fewer workers win where more of them gain less than a hundredth.
    """
    mine = [p for p in predictions if p.source == source]
    least = min(p.ours for p in mine)
    chosen = min((p for p in mine if p.ours <= least * 1.01), key=lambda p: p.workers)
    best = min(mine, key=lambda p: p.measured)
    return chosen.measured <= best.most or chosen.least <= best.measured


def _simulated(plan, model, count):
    entries = []
    limited = replace(plan, limits=replace(plan.limits, max_workers=count))
    simulate(limited, model, entries.extend)
    return entries[-1].at_us - entries[0].at_us


def _naive(plan, log):
    took = {}
    for entry in log:
        if isinstance(entry.event, AttemptExited):
            id = entry.event.workstream
            took[id] = took.get(id, 0) + entry.event.took_us
    ends = {}
    for w in plan.workstreams:
        ends[w.id] = took.get(w.id, 0) + max((ends[id] for id in w.depends_on), default=0)
    return sum(took.values()), max(ends.values())
