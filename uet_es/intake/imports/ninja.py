"""A build of ninja: the times of its log, the order of its graph."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from uet_es.errors import PlanError, Problem, UsageError
from uet_es.intake.graph import graph_of
from uet_es.intake.imports.ninja_graph import MANIFEST, Edge, edges_behind
from uet_es.intake.imports.ninja_log import Build, Made, NinjaLog, latest, read_log, side_by_side
from uet_es.intake.imports.recorded import Recorded, Task, refuse

LOG_NAME = ".ninja_log"
_PHONY = "phony"


class _Steps(NamedTuple):
    """What was done: each step, named by its first output, and what does not fit together."""

    made: Mapping[str, Made]
    passed_over: int  #: steps of the manifest that the log does not know
    gone: int  #: outputs in the log that the manifest does not know


def read_build(place: Path, *, build: int | None = None, in_order: bool = False) -> Recorded:
    """The build in the folder or the log at ``place``; of several builds all, or the one asked for.

    Raises:
        UsageError: no log there, no manifest beside it, no ninja, no such build.
        PlanError: log or manifest have mistakes.
    """
    path = place / LOG_NAME if place.is_dir() else place
    if not path.is_file():
        raise UsageError(f"{path}: no such file; name a folder in which ninja built, or its log")
    if not (path.parent / MANIFEST).is_file():
        raise UsageError(f"{path.parent}: holds no {MANIFEST}, which says what depends on what")
    log = read_log(path)
    chosen = _chosen(log, path, build, in_order=in_order)
    made = latest(chosen)
    last_first = sorted(made, key=lambda output: (-made[output].end_ms, output))
    edges = edges_behind(path.parent, last_first)
    steps = _steps(edges, made)
    if not steps.made:
        raise PlanError([Problem(str(path), "", "", f"records nothing that {MANIFEST} makes")])
    is_one = len(chosen) == 1
    folder = _text(path.parent.resolve().name)
    return Recorded(
        source=folder,
        format=f"ninja log v{log.version}",
        project=folder,
        tasks=_tasks(steps, edges, str(path.parent / MANIFEST), timed=is_one),
        makespan_s=_makespan_ms(chosen[0]) / 1000 if is_one else None,
        workers=max(_workers(each, edges) for each in chosen) or None,
        warnings=(*log.warnings, *_warnings(chosen, steps)),
    )


def _chosen(log: NinjaLog, path: Path, build: int | None, *, in_order: bool) -> tuple[Build, ...]:
    number = len(log.builds)
    if build is not None and not 1 <= build <= number:
        raise UsageError(f"{path}: has no build {build}; it holds {number}, counted from 1")
    if build is not None:
        return (log.builds[build - 1],)
    if in_order and number > 1:
        raise UsageError(
            f"{path}: holds {number} builds, whose times have nothing to do with each other;"
            " say which one with --build"
        )
    return log.builds


def _steps(edges: Mapping[str, Edge], made: Mapping[str, Made]) -> _Steps:
    times: dict[str, Made] = {}
    passed_over = 0
    for edge in {each.outputs: each for each in edges.values()}.values():
        times_of_edge = [made[output] for output in edge.outputs if output in made]
        if edge.rule == _PHONY:
            continue
        if times_of_edge:
            times[edge.outputs[0]] = times_of_edge[-1]
        else:
            passed_over += 1
    gone = sum(output not in edges for output in made)
    return _Steps(times, passed_over, gone)


def _tasks(steps: _Steps, edges: Mapping[str, Edge], file: str, *, timed: bool) -> tuple[Task, ...]:
    needs = _needs(steps, edges, file)
    tasks = []
    for name in sorted(steps.made):
        edge, made = edges[name], steps.made[name]
        kept: dict[str, object] = {}
        if edge.outputs[1:]:
            kept["outputs"] = [*map(_text, edge.outputs)]
        if timed:
            kept |= {"start_ms": made.start_ms, "end_ms": made.end_ms}
        tasks.append(
            Task(
                name=_text(name),
                after=tuple(sorted(map(_text, needs[name]))),
                took_s=(made.end_ms - made.start_ms) / 1000,
                group=_text(edge.rule),
                writes=tuple(map(_text, edge.outputs)),
                started_s=made.start_ms / 1000,
                kept=kept,
            )
        )
    return tuple(tasks)


def _needs(steps: _Steps, edges: Mapping[str, Edge], file: str) -> Mapping[str, frozenset[str]]:
    """For each step those it waits for, through everything between them that was not done."""
    first = {output: edge.outputs[0] for output, edge in edges.items()}
    above = {
        name: tuple(sorted({first[each] for each in edges[name].inputs if each in first}))
        for name in first.values()
    }
    refuse(file, [], {name: {"parents": needed} for name, needed in above.items()})
    graph = graph_of(above)
    found: dict[str, frozenset[str]] = {}
    for position in graph.order:
        name = graph.ids[position]
        found[name] = frozenset().union(
            *({each} if each in steps.made else found[each] for each in above[name])
        )
    return found


def _makespan_ms(build: Build) -> int:
    return max(each.end_ms for each in build) - min(each.start_ms for each in build)


def _workers(build: Build, edges: Mapping[str, Edge]) -> int:
    """How many steps ran at once at most; a step of several outputs is one."""
    spans = {
        edges[each.output].outputs[0]: (each.start_ms, each.end_ms)
        for each in build
        if each.output in edges
    }
    return side_by_side(spans.values())


def _warnings(chosen: tuple[Build, ...], steps: _Steps) -> list[str]:
    told = []
    if len(chosen) > 1:
        told.append(
            f"the log holds {len(chosen)} builds; each step counts as it was done last,"
            " and --build N takes one of them"
        )
    if steps.gone:
        told.append(f"{steps.gone} outputs in the log are not in {MANIFEST} and were left out")
    if steps.passed_over:
        told.append(f"{steps.passed_over} steps of {MANIFEST} are not in the log; left out")
    return told


def _text(name: str) -> str:
    """``name`` as text that can be recorded, whatever bytes it was made of."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
