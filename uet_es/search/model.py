"""A plan as a scheduling problem on whole numbers: durations, precedence, pools.

Everything that keeps two workstreams apart becomes a pool of units, as in the resource-constrained
project scheduling problem: named resources and workers are pools already; a claimed path is one
where a reader takes a unit and a writer takes all; a conflict group has one unit; whoever runs
alone takes all of a pool of which everybody else takes one.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from uet_es.aggregates import order
from uet_es.errors import PlanError, Problem, UsageError
from uet_es.plan import Plan
from uet_es.search.workers import Need, able_workers, is_served, need_of, spawned
from uet_es.values import DurationUs, WorkstreamId


class Pool(NamedTuple):
    """Units that running workstreams share."""

    capacity: int
    wants: tuple[int, ...]  #: by position: the units it holds while it runs


class Model(NamedTuple):
    """The scheduling problem of a plan; positions are those of ``plan.workstreams``.

    The room of all pools is one integer, a field for each pool with a guard bit above it: if
    ``(room - want) & guard == guard``, no field borrowed from its guard, so all of it fits.
    """

    ids: tuple[WorkstreamId, ...]
    took_us: tuple[DurationUs, ...]
    before: tuple[tuple[int, ...], ...]  #: by position: what must have ended
    after: tuple[tuple[int, ...], ...]  #: by position: what waits for its end
    background: tuple[bool, ...]
    pools: tuple[Pool, ...]  #: those that can be exhausted
    room: int  #: of all pools while nothing runs, guard bits set
    guard: int
    want: tuple[int, ...]  #: by position: taken from ``room``
    workers: int
    able: tuple[tuple[int, ...], ...]  #: by position: the workers that can do it; empty: all can


def model_of(plan: Plan) -> Model:
    """The scheduling problem of ``plan``, in a world where integration costs nothing.

    Raises:
        PlanError: something can never run.
        UsageError: fewer workers are allowed than sorts of them are needed.

    """
    specs = plan.workstreams
    place = {w.id: n for n, w in enumerate(specs)}
    before: list[set[int]] = [{place[d] for d in w.depends_on} for w in specs]
    for first, second in order_edges(plan):
        before[place[second]].add(place[first])
    after: list[list[int]] = [[] for _ in specs]
    for job, firsts in enumerate(before):
        for one in sorted(firsts):
            after[one].append(job)
    staff = spawned(plan)
    able = able_workers(plan, staff)
    _refuse_impossible(plan, able)
    pools = _tight([*_worker_pools(plan, able), *_named(plan), *_exclusions(plan)])
    room, guard, want = _packed(pools, len(specs))
    return Model(
        ids=tuple(w.id for w in specs),
        took_us=tuple(w.expected_us for w in specs),
        before=tuple(tuple(sorted(firsts)) for firsts in before),
        after=tuple(map(tuple, after)),
        background=tuple(w.priority == "background" for w in specs),
        pools=pools,
        room=room,
        guard=guard,
        want=want,
        workers=len(staff),
        able=tuple(able[need_of(w)] for w in specs) if len(set(able.values())) > 1 else (),
    )


def order_edges(plan: Plan) -> list[order.Edge]:
    """The order-only edges that dispatch honours: those of the plan and of strict merging."""
    if plan.limits.merge_order == "ready":
        return sorted(plan.before)
    tail = order.tails(plan, plan.before)
    sequence = order.merge_order(plan, tail, order.followers_of(plan))
    return sorted({*plan.before, *order.strict_edges(plan, sequence)})


def _refuse_impossible(plan: Plan, able: Mapping[Need, Sequence[int]]) -> None:
    problems = []
    for spec in plan.workstreams:
        if not is_served(plan, spec):
            problems.append(Problem("", spec.id, "tool", "no worker can do it; add one that can"))
        for pool in sorted(spec.resources):
            capacity = plan.limits.resources.get(pool, 0)
            if spec.resources[pool] > capacity:
                said = f"wants {spec.resources[pool]} of {capacity}; raise the pool or want less"
                problems.append(Problem("", spec.id, f"resources.{pool}", said))
    if problems:
        raise PlanError(problems)
    if not all(able.values()):
        raise UsageError(
            f"cannot search for a schedule where workers of one sort make way for another: "
            f"max_workers is {plan.limits.max_workers}; raise it, or do not optimize"
        )


def _worker_pools(plan: Plan, able: Mapping[Need, tuple[int, ...]]) -> Iterable[Pool]:
    """For every set of workers: whoever needs one of them finds no more than there are."""
    everybody = tuple(sorted(set(chain.from_iterable(able.values()))))
    for workers in sorted({everybody, *able.values()}):
        among = {need: int(set(some) <= set(workers)) for need, some in able.items()}
        yield Pool(len(workers), tuple(among[need_of(w)] for w in plan.workstreams))


def _named(plan: Plan) -> Iterable[Pool]:
    for name, capacity in sorted(plan.limits.resources.items()):
        yield Pool(capacity, tuple(w.resources.get(name, 0) for w in plan.workstreams))


def _exclusions(plan: Plan) -> Iterable[Pool]:
    """Paths, groups and running alone."""
    specs = plan.workstreams
    claims: dict[str, dict[int, bool]] = {}
    for n, spec in enumerate(specs):
        for pattern, writes in chain(
            ((p, False) for p in spec.reads), ((p, True) for p in spec.writes)
        ):
            claims.setdefault(pattern, {})[n] = writes
    for pattern in sorted(claims):
        yield _shared(claims[pattern], len(specs))
    for one, other in plan.overlaps:
        both = dict(claims.get(one, {}))
        for n, writes in claims.get(other, {}).items():
            both[n] = both.get(n, False) or writes
        yield _shared(both, len(specs))
    for group in sorted({w.conflict_group for w in specs if w.conflict_group}):
        yield Pool(1, tuple(int(w.conflict_group == group) for w in specs))
    yield Pool(len(specs), tuple(len(specs) if w.alone else 1 for w in specs))


def _shared(claims: Mapping[int, bool], count: int) -> Pool:
    """One path: readers beside each other, a writer beside nobody."""
    wants = [0] * count
    for n, writes in claims.items():
        wants[n] = len(claims) if writes else 1
    return Pool(len(claims), tuple(wants))


def _tight(pools: Iterable[Pool]) -> tuple[Pool, ...]:
    """Each pool once, without those that everybody fits into together."""
    return tuple(dict.fromkeys(p for p in pools if sum(p.wants) > p.capacity))


def _packed(pools: Sequence[Pool], count: int) -> tuple[int, int, tuple[int, ...]]:
    room = guard = shift = 0
    wants = [0] * count
    for pool in pools:
        for n, units in enumerate(pool.wants):
            wants[n] |= units << shift
        bit = 1 << shift + pool.capacity.bit_length()
        room |= pool.capacity << shift | bit
        guard |= bit
        shift += pool.capacity.bit_length() + 1
    return room, guard, tuple(wants)
