"""WfFormat 1.0 to 1.4: every task with everything that is known about it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import AliasChoices, Field

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
from uet_es.intake.imports.wfformat_present import Command


class Cpu(Foreign):
    """The processors of a machine."""

    cores: Cores | None = Field(None, alias="count")


class Machine(Foreign):
    """What tasks ran on."""

    cpu: Cpu | None = None


class Workflow(Foreign):
    """The tasks, and how long all of them took."""

    tasks: list[object] = Field(min_length=1, validation_alias=AliasChoices("tasks", "jobs"))
    makespan_s: Measured | None = Field(
        None, validation_alias=AliasChoices("makespanInSeconds", "makespan")
    )
    machines: list[Machine] = Field(default_factory=list)


class Head(Foreign):
    """A whole document."""

    name: str = ""
    version: str = Field(alias="schemaVersion")
    workflow: Workflow


class File(Foreign):
    """A file of a task."""

    name: str
    path: str = ""
    link: str = ""


class Done(Foreign):
    """A task."""

    name: str
    id: str | None = None
    category: str = ""
    parents: list[str] = Field(default_factory=list)
    children: list[str] = Field(default_factory=list)
    files: list[File] = Field(default_factory=list)
    runtime_s: Measured | None = Field(
        None, validation_alias=AliasChoices("runtimeInSeconds", "runtime")
    )
    command: Command | None = None
    cores: float | None = None
    machine: str | None = None


def recorded(document: Mapping[str, object], path: Path) -> Recorded:
    """The workflow that ``document`` describes.

    Raises:
        PlanError: it has mistakes; all of them are told.
    """
    file = str(path)
    head = head_of(Head, document, file)
    at = "workflow.tasks" if "tasks" in _inside(document, "workflow") else "workflow.jobs"
    found, problems = found_in(Done, head.workflow.tasks, file=file, at=at, key="name")
    names = _names(found)
    known = _references(found, names)
    relations = {
        name: {
            field: [known.get(each, each) for each in words(task.written, field)]
            for field in ("parents", "children")
        }
        for name, task in zip(names, found, strict=True)
    }
    refuse(file, [*problems, *repeated(names, file, "name")], relations)
    after = related(relations)
    tasks = [_task(name, after[name], task.read) for name, task in zip(names, found, strict=True)]
    return Recorded(
        source=path.name,
        format=f"WfFormat {head.version}",
        project=head.name,
        tasks=tuple(sorted(tasks, key=lambda task: task.name)),
        makespan_s=head.workflow.makespan_s,
        workers=cores_of(each.cpu.cores for each in head.workflow.machines if each.cpu),
    )


def _inside(document: Mapping[str, object], field: str) -> Mapping[str, object]:
    value = document.get(field)
    return value if isinstance(value, Mapping) else {}


def _id(found: Found[Done]) -> str:
    id = found.written.get("id")
    return id if isinstance(id, str) else ""


def _names(found: Sequence[Found[Done]]) -> list[str]:
    """Of each task its name, with its id where several have the same."""
    uses = Counter(each.name for each in found)
    return [
        f"{each.name}_{_id(each)}" if uses[each.name] > 1 and _id(each) else each.name
        for each in found
    ]


def _references(found: Sequence[Found[Done]], names: Sequence[str]) -> dict[str, str]:
    """What tasks may call each other, an id where it is nobody else's."""
    uses = Counter(map(_id, found))
    ids = {_id(each): name for each, name in zip(found, names, strict=True) if uses[_id(each)] == 1}
    return ids | {name: name for name in names}


def _task(name: str, after: tuple[str, ...], task: Done | None) -> Task:
    if task is None:
        return Task(name, after, None)
    kept = {
        "task": task.name if task.name != name else "",
        "command": task.command.line() if task.command else "",
        "machine": task.machine,
        "cores": task.cores,
    }
    return Task(
        name=name,
        after=after,
        took_s=task.runtime_s,
        group=task.category or (task.command and task.command.program) or "",
        reads=_linked(task.files, "input"),
        writes=_linked(task.files, "output"),
        kept={key: value for key, value in kept.items() if value},
    )


def _linked(files: Sequence[File], link: str) -> tuple[str, ...]:
    return tuple(each.path + each.name for each in files if each.link.lower() == link)
