"""Demands that nothing configured can meet, told before anything waits for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from uet_es.intake.graph import Mistake
from uet_es.plan import WorkerGroup, WorkstreamSpec


def impossible(
    specs: Iterable[WorkstreamSpec], *, capacity: Mapping[str, int], workers: Sequence[WorkerGroup]
) -> Iterator[Mistake]:
    """What cannot ever start, and why; no ``workers`` means some without capabilities."""
    served: dict[tuple[str, tuple[str, ...]], bool] = {}
    for spec in specs:
        for pool, units in spec.resources.items():
            if told := _shortage(pool, units, capacity):
                yield Mistake(spec.id, f"resources.{pool}", told)
        need = (spec.tool, spec.capabilities)
        if need not in served:
            served[need] = any(
                _serves(group, *need) for group in workers or (WorkerGroup(count=1),)
            )
        if not served[need]:
            offers = " with " + ", ".join(spec.capabilities) if spec.capabilities else ""
            told = f"no worker runs tool {spec.tool!r}{offers}; add [[workers]] that do to uet.toml"
            yield Mistake(spec.id, "capabilities" if offers else "tool", told)


def unknown_tools(specs: Iterable[WorkstreamSpec], tools: Iterable[str]) -> Iterator[Mistake]:
    """Each tool that nobody said how to run, at the first workstream that wants it."""
    wanted: dict[str, list[str]] = {}
    for spec in specs:
        wanted.setdefault(spec.tool, []).append(spec.id)
    for tool in sorted(wanted.keys() - {"shell", *tools}):
        ids = wanted[tool]
        others = f" (and {len(ids) - 1} more workstreams want it)" if len(ids) > 1 else ""
        told = (
            f"tool {tool!r} is not configured{others}; add [tools.{tool}] command = … to uet.toml"
        )
        yield Mistake(ids[0], "tool", told)


def _shortage(pool: str, units: int, capacity: Mapping[str, int]) -> str:
    if pool not in capacity:
        return f"nobody declares the pool {pool!r}; add {pool} = {units} to [resources] in uet.toml"
    if units > capacity[pool]:
        return f"wants {units} of {pool!r}, but there are {capacity[pool]}; lower it or raise them"
    return ""


def _serves(group: WorkerGroup, tool: str, capabilities: Iterable[str]) -> bool:
    return (not group.tools or tool in group.tools) and set(capabilities) <= set(group.capabilities)
