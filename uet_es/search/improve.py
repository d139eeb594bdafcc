"""A better schedule within some seconds, found before the run."""

from collections.abc import Callable, Iterator
from math import isfinite
from random import Random

import msgspec

from uet_es.errors import UsageError
from uet_es.plan import Plan
from uet_es.search import exact as solver
from uet_es.search.anneal import annealed
from uet_es.search.bound import lower_bound
from uet_es.search.decode import Found
from uet_es.search.hold import fewest, holding_edges, ranked_by_start
from uet_es.search.improved import Improved, apply
from uet_es.search.model import Model, model_of, order_edges
from uet_es.search.online import Edge, makespan_of, online_starts, ranking
from uet_es.values import DurationUs

_WALKING = 0.9  #: of the seconds; the rest is for finding out which edges are needed
_WALKING_BEFORE_PROOF = 0.3  #: of the seconds, when a solver is asked too


def improve(
    plan: Plan,
    *,
    seconds: float,
    clock: Callable[[], float],
    seed: int = 0,
    workers: int | None = None,
    exact: bool = False,
) -> Improved:
    """The best that was found in ``seconds`` of ``clock``; never worse than dispatch alone.

    The same seed and the same number of tries give the same result. ``workers`` stands for the
    plan's ``max_workers``. With ``exact``, OR-tools goes on where the own search ends.

    Raises:
        PlanError: some workstream can never run.
        UsageError: ``seconds`` or ``workers`` is no sensible number, fewer workers are allowed
            than sorts of them are needed, OR-tools is asked for and not installed.

    """
    start = clock()
    _refuse_nonsense(seconds, workers)
    if exact:
        solver.refuse_unless_installed()
    asked = plan
    if workers is not None:
        limits = msgspec.structs.replace(plan.limits, max_workers=workers)
        asked = msgspec.structs.replace(plan, limits=limits)
    model = model_of(asked)
    starts = online_starts(model, ranking(asked))
    online_us, bound_us = makespan_of(model, starts), lower_bound(model)
    alone = Improved({}, (), online_us, online_us, bound_us, 0)

    def late(part: float) -> bool:
        return clock() - start >= seconds * part

    if alone.proven or not seconds:
        return alone
    part = _WALKING_BEFORE_PROOF if exact else _WALKING
    line = sorted(range(len(starts)), key=starts.__getitem__)
    best, tried = annealed(
        model,
        [line],
        Random(seed),
        lambda makespan_us: makespan_us <= bound_us or late(part),
    )
    if exact and best[0].makespan_us > bound_us:
        left = seconds * _WALKING - (clock() - start)
        shorter, proven_us = solver.solved(model, best[0], seconds=left, seed=seed)
        bound_us = max(bound_us, proven_us)
        if shorter.makespan_us < best[0].makespan_us:
            best = [shorter]
    alone = alone._replace(lower_bound_us=bound_us, tried=tried)
    choices = [alone, *_followed(asked, model, best, alone, lambda: late(1))]
    return min(choices, key=lambda each: (each.makespan_us, len(each.before)))


def _refuse_nonsense(seconds: float, workers: int | None) -> None:
    problems = []
    if not isfinite(seconds) or seconds < 0:
        problems.append(f"cannot search for {seconds} seconds; give a number from 0 on")
    if workers is not None and workers < 1:
        problems.append(f"cannot plan for {workers} workers; give a number from 1 on")
    if problems:
        raise UsageError("\n".join(problems))


def _followed(
    plan: Plan, model: Model, best: list[Found], alone: Improved, late: Callable[[], bool]
) -> Iterator[Improved]:
    """Each of ``best`` as what dispatch is to be told, and what it then does."""
    for found in best:
        if alone.online_us <= found.makespan_us:
            return
        ranked = ranked_by_start(model, found)
        edges = fewest(holding_edges(model, found), _reaches(model, ranked, found), late)
        order = {model.ids[job]: n for n, job in enumerate(ranked)}
        named = sorted((model.ids[first], model.ids[second]) for first, second in edges)
        told = _pinned(plan, alone._replace(order=order, before=tuple(named)))
        yield told._replace(makespan_us=dispatched_us(apply(plan, told)))
        if late():
            return


def _reaches(model: Model, ranked: list[int], found: Found) -> Callable[[list[Edge]], bool]:
    def is_enough(edges: list[Edge]) -> bool:
        return makespan_of(model, online_starts(model, ranked, edges)) <= found.makespan_us

    return is_enough


def _pinned(plan: Plan, told: Improved) -> Improved:
    """``told`` with the order of strict merging written down, where new edges would change it."""
    edges = {*order_edges(plan), *told.before}
    if {*order_edges(apply(plan, told))} == edges:
        return told
    return told._replace(before=tuple(sorted(edges.difference(plan.before))))


def dispatched_us(plan: Plan) -> DurationUs:
    """The makespan of what dispatch does with ``plan`` if all take as long as expected."""
    model = model_of(plan)
    return makespan_of(model, online_starts(model, ranking(plan)))
