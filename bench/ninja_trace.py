"""``python -m bench.ninja_trace FILE…``: recorded builds, replayed in the recorded start order.

A file holds ``tasks`` (``id``, ``start_ms``, ``end_ms``, ``parents``), ``makespan_ms`` and
``max_concurrency``, as they can be made from ``.ninja_log`` and ``build.ninja``.
"""

import json
import sys
from pathlib import Path

from uet_es.drivers.simulation.simulate import schedule
from uet_es.plan import Limits, Plan, WorkstreamSpec


def plan_of(trace):
    """The plan that says the same: each step where it started in the recorded order."""
    order = {t["id"]: n for n, t in enumerate(sorted(trace["tasks"], key=lambda t: t["start_ms"]))}
    specs = [
        WorkstreamSpec(
            id=f"s{order[task['id']]:05d}",
            depends_on=tuple(sorted({f"s{order[p]:05d}" for p in task["parents"]})),
            order=order[task["id"]],
            expected_us=max(1, (task["end_ms"] - task["start_ms"]) * 1000),
        )
        for task in trace["tasks"]
    ]
    return Plan(
        workstreams=tuple(sorted(specs, key=lambda spec: spec.id)),
        limits=Limits(max_workers=trace["max_concurrency"]),
    )


def main(files):
    """One line for each trace."""
    for file in files:
        trace = json.loads(Path(file).read_text())
        made_ms = max(slot.end_us for slot in schedule(plan_of(trace))) / 1000
        took_ms = trace["makespan_ms"]
        print(
            f"{trace['name']:<40} recorded {took_ms:>8} ms  replayed {made_ms:>10.0f} ms "
            f"{100 * (made_ms - took_ms) / took_ms:+6.2f} %"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
