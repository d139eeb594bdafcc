"""How long workstreams took in earlier runs of the same store."""

from statistics import median_low
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uet_es.drivers.place import Place
    from uet_es.plan import Plan
    from uet_es.values import RunId


def with_history(plan: "Plan", place: "Place") -> "Plan":
    """``plan`` expecting what was measured: for the workstream itself, else for its tool."""
    from msgspec.structs import replace

    if not place.store.exists():
        return plan
    by_id, by_tool = _measured(place)
    workstreams = tuple(
        replace(
            spec,
            expected_us=max(
                1, by_id.get(spec.id, 0) or by_tool.get(spec.tool, 0) or spec.expected_us
            ),
        )
        for spec in plan.workstreams
    )
    return replace(plan, workstreams=workstreams)


def _measured(place: "Place") -> tuple[dict[str, int], dict[str, int]]:
    """Medians in microseconds of attempts that succeeded, by workstream and by tool."""
    from uet_es.cli.whereabouts import open_log
    from uet_es.events.observations import AttemptExited, PlanAccepted
    from uet_es.log.codec import Codec

    by_id: dict[str, list[int]] = {}
    by_tool: dict[str, list[int]] = {}
    tools: dict[tuple[RunId, str], str] = {}
    codec = Codec()
    with open_log(place) as log:
        for row in log.rows():
            if not row.topic.startswith(("plan.accepted", "attempt.exited")):
                continue
            match codec.decode(row).event:
                case PlanAccepted(plan=plan):
                    tools.update(((row.run, spec.id), spec.tool) for spec in plan.workstreams)
                case AttemptExited(status=0, workstream=id, took_us=took_us):
                    by_id.setdefault(id, []).append(took_us)
                    by_tool.setdefault(tools.get((row.run, id), ""), []).append(took_us)
                case _:
                    pass
    return _medians(by_id), _medians(by_tool)


def _medians(measured: dict[str, list[int]]) -> dict[str, int]:
    return {name: median_low(each) for name, each in measured.items()}
