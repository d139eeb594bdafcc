"""Plans and logs to measure with."""

import random

from uet_es.drivers.simulation.simulate import simulate
from uet_es.plan import Limits, Plan, WorkstreamSpec
from uet_es.values import SECOND_US


def layered(count: int, layers: int, *, workers: int = 2, command: str = "true") -> Plan:
    """``count`` workstreams in ``layers`` layers; each depends on up to two of the layer before."""
    dice = random.Random(count * 1000 + layers)
    width = max(1, count // layers)
    specs = []
    for n in range(count):
        layer = n // width
        earlier = range((layer - 1) * width, layer * width) if layer else ()
        after = dice.sample(earlier, min(2, len(earlier))) if earlier else ()
        specs.append(
            WorkstreamSpec(
                id=f"w{n:06d}",
                depends_on=tuple(sorted(f"w{d:06d}" for d in after)),
                command=(command,),
                expected_us=dice.randrange(1, 10) * SECOND_US,
            )
        )
    return Plan(workstreams=tuple(specs), limits=Limits(max_workers=workers))


def recorded(count: int, *, workers: int = 8) -> list:
    """The entries of a simulated run of ``count`` workstreams."""
    plan = layered(count, max(2, count // 40), workers=workers)
    expected = {w.id: w.expected_us for w in plan.workstreams}
    entries = []
    simulate(plan, lambda workstream, attempt: (expected[workstream], 0), entries.extend)
    return entries
