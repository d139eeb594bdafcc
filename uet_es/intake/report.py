"""What `validate` prints: the document on a plan, valid or not."""

from collections.abc import Mapping, Sequence

from uet_es.errors import Problem
from uet_es.intake.bounds import bounds_of, lower_bound
from uet_es.intake.conflicts import Conflicts, conflicts_of
from uet_es.intake.graph import Graph, graph_of
from uet_es.intake.transitive import reach_of
from uet_es.plan import Plan
from uet_es.values import NANOUSD_PER_USD, SECOND_US, DurationUs

SCHEMA_VERSION = 1

#: id, start and end in microseconds, as the kernel would run it.
Scheduled = tuple[str, DurationUs, DurationUs]
Document = dict[str, object]


def report(
    plan: Plan, warnings: Sequence[Problem], schedule: Sequence[Scheduled], *, max_workers: int
) -> Document:
    """The document on a valid plan and the schedule that ``max_workers`` would follow."""
    graph = plan_graph(plan)
    reach = reach_of(graph)
    bounds = bounds_of(plan, graph, reach)
    conflicts = conflicts_of(plan.workstreams, plan.overlaps, graph=graph, reach=reach)
    is_unit = plan.durations == "unit"
    makespan_us = max((end for _, _, end in schedule), default=0)
    bound_us, share = lower_bound(bounds, max_workers=max_workers, whole_units=is_unit)
    return {
        "schema_version": SCHEMA_VERSION,
        "valid": True,
        "errors": [],
        "warnings": _told(warnings),
        "workstreams": len(plan.workstreams),
        "dependencies": sum(len(spec.depends_on) for spec in plan.workstreams),
        "max_workers": max_workers,
        "durations": plan.durations,
        "time_unit": "unit" if is_unit else "s",
        "estimated_duration_seq": _time(bounds.work_us),
        "estimated_duration_par": _time(makespan_us),
        "makespan": _time(makespan_us),
        "lower_bound": _time(bound_us, share),
        "gap": _time(makespan_us * share - bound_us, share),
        "critical_path": list(bounds.critical_path),
        "critical_path_length": _time(bounds.path_us),
        "slack": {id: _time(us) for id, us in zip(graph.ids, bounds.slack_us, strict=True)},
        "bottlenecks": list(bounds.bottlenecks),
        "parallelism": {
            "max_parallelism": max((running for _, running in bounds.profile), default=0),
            "estimated_speedup": _ratio(bounds.work_us, makespan_us or 1),
            "waves": _waves(schedule),
            "profile": [{"at": _time(at), "running": count} for at, count in bounds.profile],
            "bottlenecks": list(bounds.bottlenecks),
            **_conflicts(conflicts),
        },
        "cost": _cost(plan),
        "context": _context(plan),
        "digest": plan.digest,
    }


def invalid_report(problems: Sequence[Problem], warnings: Sequence[Problem] = ()) -> Document:
    """The document on a plan that cannot be accepted: the same keys, as far as they are known."""
    return {
        "schema_version": SCHEMA_VERSION,
        "valid": False,
        "errors": _told(problems),
        "warnings": _told(warnings),
        "estimated_duration_seq": None,
        "estimated_duration_par": None,
        "bottlenecks": [],
        "parallelism": {
            "max_parallelism": None,
            "estimated_speedup": None,
            "waves": [],
            "bottlenecks": [],
            "conflicts": [],
        },
    }


def plan_graph(plan: Plan) -> Graph:
    """The order that ``plan`` asks for, by dependencies and by order alone."""
    edges: dict[str, list[str]] = {spec.id: list(spec.depends_on) for spec in plan.workstreams}
    for earlier, later in plan.before:
        edges[later].append(earlier)
    return graph_of(edges)


def _told(problems: Sequence[Problem]) -> list[Mapping[str, str]]:
    return [
        {"file": each.file, "id": each.id, "field": each.field, "message": each.message}
        for each in problems
    ]


def _time(us: int, share: int = 1) -> int | float:
    """Units or seconds: a unit is recorded as a second."""
    return _ratio(us, share * SECOND_US)


def _ratio(over: int, under: int) -> int | float:
    """A whole number where it is one."""
    return over // under if over % under == 0 else over / under


def _waves(schedule: Sequence[Scheduled]) -> list[list[str]]:
    waves: dict[DurationUs, list[str]] = {}
    for id, start, _ in schedule:
        waves.setdefault(start, []).append(id)
    return [sorted(waves[start]) for start in sorted(waves)]


def _conflicts(conflicts: Conflicts) -> Mapping[str, object]:
    return {
        "conflicts_total": conflicts.total,
        "conflicts": [
            {
                "ws_a": each.ws_a,
                "ws_b": each.ws_b,
                "reason": each.reason,
                "patterns": list(each.patterns),
            }
            for each in conflicts.listed
        ],
    }


def _cost(plan: Plan) -> Mapping[str, object] | None:
    given = [each.estimated_cost_nanousd for each in plan.workstreams]
    known = [cost for cost in given if cost]
    if not known:
        return None
    return {"estimated_usd": _ratio(sum(known), NANOUSD_PER_USD), "estimated_for": len(known)}


def _context(plan: Plan) -> Mapping[str, object] | None:
    given = [each.estimated_context_tokens for each in plan.workstreams]
    known = [tokens for tokens in given if tokens]
    if not known:
        return None
    return {
        "estimated_tokens": sum(known),
        "largest_tokens": max(known),
        "estimated_for": len(known),
    }
