"""The kernel in virtual time: beside a bare SimPy model, and by the size of the plan."""

import simpy

from bench.measure import at_most, paired, timed
from bench.plans import layered, recorded
from uet_es.aggregates.order import tails
from uet_es.drivers.simulation.simulate import simulate

WORKERS = 8
#: SimPy sorts its queue at every request: the smaller the plan, the harder it is to keep up with.
FLOORS = {100: 8.0, 1000: 5.0, 10_000: 2.0}


def rows():
    """Simulated entries, each made by the production kernel."""
    for count, limit in FLOORS.items():
        plan = layered(count, max(2, count // 40), workers=WORKERS)
        assert abs(_simulated(plan) / _modelled(plan) - 1) < 0.05
        times = max(1, 1000 // count)
        ours, peer, ratio = paired(
            lambda p=plan, n=times: timed(lambda: [_simulated(p) for _ in range(n)]) / n,
            lambda p=plan, n=times: timed(lambda: [_modelled(p) for _ in range(n)]) / n,
        )
        yield at_most(f"simulate {count:,}, every entry / bare SimPy", limit, ours, peer, ratio)
    length = {count: len(recorded(count)) for count in FLOORS}
    for count in (1000, 10_000):
        ours, peer, ratio = paired(
            lambda c=count: timed(lambda: recorded(c)) / length[c],
            lambda: timed(lambda: [recorded(100) for _ in range(20)]) / 20 / length[100],
            rounds=3,
        )
        yield at_most(f"simulate: an entry at {count:,} / at 100", 2.0, ours, peer, ratio)


def _simulated(plan):
    """The makespan by the kernel, every entry kept."""
    expected = {w.id: w.expected_us for w in plan.workstreams}
    entries = []
    simulate(plan, lambda workstream, attempt: (expected[workstream], 0), entries.extend)
    return entries[-1].at_us


def _modelled(plan):
    """The makespan by a model that records nothing: dependencies, workers, longest tail first."""
    world = simpy.Environment()
    workers = simpy.PriorityResource(world, plan.limits.max_workers)
    done = {w.id: world.event() for w in plan.workstreams}
    tail = tails(plan, ())

    def workstream(w):
        for needed in w.depends_on:
            if not done[needed].processed:
                yield done[needed]
        with workers.request(priority=-tail[w.id]) as worker:
            yield worker
            yield world.timeout(w.expected_us)
        done[w.id].succeed()

    for w in plan.workstreams:
        world.process(workstream(w))
    world.run()
    return world.now
