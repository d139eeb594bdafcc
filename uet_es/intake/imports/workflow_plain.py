"""A workflow boiled down to tasks with a runtime and parents, as studies of scheduling keep it."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from uet_es.intake.imports.foreign import (
    Cores,
    Foreign,
    Found,
    Measured,
    cores_of,
    found_in,
    head_of,
    repeated,
    words,
)
from uet_es.intake.imports.recorded import Recorded, Task, refuse, related


class Machine(Foreign):
    """What tasks ran on."""

    cores: Cores | None = None


class Head(Foreign):
    """A whole document."""

    name: str = ""
    tasks: list[object] = Field(min_length=1)
    makespan_s: Measured | None = None
    machines: dict[str, Machine] = Field(default_factory=dict)


class Plain(Foreign):
    """A task."""

    id: str
    runtime_s: Measured | None = None
    parents: list[str] = Field(default_factory=list)
    category: str | None = None
    cores: float | None = None
    machine: str | None = None


def recorded(document: Mapping[str, object], path: Path) -> Recorded:
    """The workflow that ``document`` describes.

    Raises:
        PlanError: it has mistakes; all of them are told.
    """
    file = str(path)
    head = head_of(Head, document, file)
    found, problems = found_in(Plain, head.tasks, file=file, at="tasks")
    relations = {each.name: {"parents": words(each.written, "parents")} for each in found}
    refuse(file, [*problems, *repeated((each.name for each in found), file)], relations)
    after = related(relations)
    return Recorded(
        source=path.name,
        format="plain workflow",
        project=head.name,
        tasks=tuple(
            _task(each, after[each.name]) for each in sorted(found, key=lambda each: each.name)
        ),
        makespan_s=head.makespan_s,
        workers=cores_of(machine.cores for machine in head.machines.values()),
    )


def _task(found: Found[Plain], after: tuple[str, ...]) -> Task:
    task = found.read
    if task is None:
        return Task(found.name, after, None)
    kept = {"machine": task.machine, "cores": task.cores}
    return Task(
        name=found.name,
        after=after,
        took_s=task.runtime_s,
        group=task.category if task.category and task.category != task.id else "",
        kept={key: value for key, value in kept.items() if value},
    )
