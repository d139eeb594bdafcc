"""``python -m bench.rcpsp FOLDER``: how far from the best known schedules dispatch and search end.

FOLDER holds a folder for each set; in it, one JSON file an instance: ``tasks`` (``id``,
``duration``, ``successors``, ``demands``), ``capacities`` and ``best_known``, as they can be made
from PSPLIB.
"""

import argparse
import json
import re
import time
from pathlib import Path
from typing import NamedTuple

from uet_es.drivers.simulation.simulate import schedule
from uet_es.plan import TODAY, Limits, Plan, WorkstreamSpec
from uet_es.search.improve import improve
from uet_es.search.improved import apply
from uet_es.values import SECOND_US


class Result(NamedTuple):
    """One instance."""

    online: float  #: how much longer than the best known, in percent
    ours: float
    edges: int
    proven: bool
    took_s: float


def plan_of(instance):
    """The plan that says the same: a second for each unit of time, R1, R2, … for resources."""
    needs = {task["id"]: [] for task in instance["tasks"]}
    for task in instance["tasks"]:
        for second in task["successors"]:
            needs[second].append(_name(task["id"]))
    specs = [
        WorkstreamSpec(
            id=_name(task["id"]),
            depends_on=tuple(sorted(needs[task["id"]])),
            expected_us=task["duration"] * SECOND_US,
            resources={f"R{n}": units for n, units in enumerate(task["demands"], 1) if units},
        )
        for task in instance["tasks"]
    ]
    capacities = {f"R{n}": units for n, units in enumerate(instance["capacities"], 1)}
    return Plan(
        workstreams=tuple(sorted(specs, key=lambda spec: spec.id)),
        limits=Limits(max_workers=len(specs), resources=capacities),
        flags=TODAY,
    )


def measure(instance, *, seconds, seed, exact):
    """What dispatch does without and with a search, by the production kernel."""
    plan, best = plan_of(instance), instance["best_known"]
    start = time.perf_counter()
    found = improve(plan, seconds=seconds, seed=seed, exact=exact, clock=time.perf_counter)
    took_s = time.perf_counter() - start
    made = _makespan(apply(plan, found))
    assert made == found.makespan_us, (instance["name"], made, found)
    return Result(
        online=_gap(_makespan(plan), best),
        ours=_gap(made, best),
        edges=len(found.before),
        proven=found.proven,
        took_s=took_s,
    )


def main():
    """Measure each set and print a line for it."""
    asked = argparse.ArgumentParser(prog="python -m bench.rcpsp", description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--seconds", type=float, default=5.0, help="for each instance")
    asked.add_argument("--every", type=int, default=1, help="only each K-th instance")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--exact", action="store_true", help="let OR-tools go on")
    options = asked.parse_args()
    if options.every < 1:
        asked.error("--every takes a number from 1 on")
    sets = sorted((f for f in options.folder.glob("*") if any(f.glob("*.json"))), key=_by_size)
    if not sets:
        asked.error(f"{options.folder} holds no folders with instances (*.json)")
    print(f"{'set':<8}{'n':>5}{'online %':>10}{'ours %':>8}{'edges':>7}{'proven':>8}{'s each':>8}")
    for folder in sets:
        results = [
            measure(json.loads(file.read_text()), **_how(options))
            for file in sorted(folder.glob("*.json"))[:: options.every]
        ]
        means = [sum(values) / len(results) for values in zip(*results, strict=True)]
        online, ours, edges, proven, took_s = means
        print(
            f"{folder.name:<8}{len(results):>5}{online:>10.2f}{ours:>8.2f}{edges:>7.1f}"
            f"{proven:>8.0%}{took_s:>8.2f}",
            flush=True,
        )


def _how(options):
    return {"seconds": options.seconds, "seed": options.seed, "exact": options.exact}


def _name(id):
    return f"t{id:04d}"


def _by_size(folder):
    digits = re.findall(r"\d+", folder.name)
    return [int(number) for number in digits], folder.name


def _makespan(plan):
    return max(slot.end_us for slot in schedule(plan))


def _gap(makespan_us, best):
    return 100 * (makespan_us / (best * SECOND_US) - 1)


if __name__ == "__main__":
    main()
