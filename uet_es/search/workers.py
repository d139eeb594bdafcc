"""Which workers there will be, and what each of them can do.

Where fewer workers are allowed than the plan has needs, the kernel exchanges idle ones for others;
that is not foreseen here.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from uet_es.plan import Plan, WorkerGroup, WorkstreamSpec

Need = tuple[str, tuple[str, ...]]  #: the tool and the capabilities that a worker must offer


def spawned(plan: Plan) -> list[int]:
    """The group of each worker, in the order in which they will be spawned.

    One for every need of the plan, in the order of the plan, then the groups in theirs.
    """
    left = min(plan.limits.max_workers, len(plan.workstreams))
    groups = plan.workers or (WorkerGroup(count=left),)
    needs = {need_of(w): w for w in plan.workstreams}
    able = [[n for n, group in enumerate(groups) if _serves(group, w)] for w in needs.values()]
    staff: list[int] = []

    def spawn(wanted: Iterable[int]) -> bool:
        for n in wanted:
            if staff.count(n) < groups[n].count and len(staff) < left:
                staff.append(n)
                return True
        return False

    for some in able:
        if not any(n in staff for n in some):
            spawn(some)
    useful = sorted(set(chain.from_iterable(able)))
    while spawn(useful):
        pass
    return staff


def able_workers(plan: Plan, staff: Sequence[int]) -> dict[Need, tuple[int, ...]]:
    """For every need of the plan, the workers that can do it."""
    groups = plan.workers or (WorkerGroup(count=len(staff)),)
    return {
        need: tuple(n for n, group in enumerate(staff) if _serves(groups[group], w))
        for need, w in {need_of(w): w for w in plan.workstreams}.items()
    }


def is_served(plan: Plan, spec: WorkstreamSpec) -> bool:
    """Whether the plan has workers that can do ``spec``."""
    groups = plan.workers or (WorkerGroup(count=1),)
    return any(group.count and _serves(group, spec) for group in groups)


def need_of(spec: WorkstreamSpec) -> Need:
    """What ``spec`` needs of its worker."""
    return spec.tool, spec.capabilities


def _serves(group: WorkerGroup, spec: WorkstreamSpec) -> bool:
    able = not group.tools or spec.tool in group.tools
    return able and set(spec.capabilities) <= set(group.capabilities)
