"""WfFormat 1.5 and 1.6: what was to be done, and beside it how it was executed."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from uet_es.errors import Problem
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

_SPECIFIED = "workflow.specification.tasks"
_EXECUTED = "workflow.execution.tasks"


class Cpu(Foreign):
    """The processors of a machine."""

    cores: Cores | None = Field(None, alias="coreCount")


class Machine(Foreign):
    """What tasks ran on."""

    cpu: Cpu | None = None


class Specification(Foreign):
    """What was to be done."""

    tasks: list[object] = Field(min_length=1)


class Execution(Foreign):
    """How it was done."""

    makespan_s: Measured | None = Field(None, alias="makespanInSeconds")
    tasks: list[object] = Field(default_factory=list)
    machines: list[Machine] = Field(default_factory=list)


class Workflow(Foreign):
    """Both together."""

    specification: Specification
    execution: Execution | None = None


class Head(Foreign):
    """A whole document."""

    name: str = ""
    version: str = Field(alias="schemaVersion")
    workflow: Workflow


class Specified(Foreign):
    """A task as it was to be done."""

    id: str
    name: str = ""
    parents: list[str] = Field(default_factory=list)
    children: list[str] = Field(default_factory=list)
    reads: list[str] = Field(default_factory=list, alias="inputFiles")
    writes: list[str] = Field(default_factory=list, alias="outputFiles")


class Command(Foreign):
    """What was called."""

    program: str | None = None
    arguments: list[str] = Field(default_factory=list)

    def line(self) -> str:
        """Program and arguments on one line, for people."""
        return " ".join([self.program or "", *self.arguments]).strip()


class Executed(Foreign):
    """A task as it was done."""

    id: str
    runtime_s: Measured = Field(alias="runtimeInSeconds")
    command: Command | None = None
    cores: float | None = Field(None, alias="coreCount")
    machine: str | None = None  #: until 1.5
    machines: list[str] = Field(default_factory=list)


def recorded(document: Mapping[str, object], path: Path) -> Recorded:
    """The workflow that ``document`` describes.

    Raises:
        PlanError: it has mistakes; all of them are told.
    """
    file = str(path)
    head = head_of(Head, document, file)
    execution = head.workflow.execution or Execution.model_validate({})
    specified, problems = found_in(
        Specified, head.workflow.specification.tasks, file=file, at=_SPECIFIED
    )
    executed, told = found_in(Executed, execution.tasks, file=file, at=_EXECUTED)
    relations = {
        each.name: {field: words(each.written, field) for field in ("parents", "children")}
        for each in specified
    }
    problems += told
    problems += repeated((each.name for each in specified), file)
    problems += repeated((each.name for each in executed), file, _EXECUTED)
    problems += [
        Problem(file, each.name, _EXECUTED, f"is not the id of a task in {_SPECIFIED}")
        for each in executed
        if each.name not in relations
    ]
    refuse(file, problems, relations)
    after = related(relations)
    runs = {each.name: each.read for each in executed}
    return Recorded(
        source=path.name,
        format=f"WfFormat {head.version}",
        project=head.name,
        tasks=tuple(
            _task(each, after[each.name], runs.get(each.name))
            for each in sorted(specified, key=lambda each: each.name)
        ),
        makespan_s=execution.makespan_s,
        workers=cores_of(each.cpu.cores for each in execution.machines if each.cpu),
    )


def _task(found: Found[Specified], after: tuple[str, ...], run: Executed | None) -> Task:
    task = found.read
    command = run.command if run else None
    another_name = task.name if task and task.name != task.id else ""
    kept = {
        "task": another_name,
        "command": command.line() if command else "",
        "machine": ", ".join(run.machines or [run.machine or ""]) if run else "",
        "cores": run.cores if run else None,
    }
    return Task(
        name=found.name,
        after=after,
        took_s=run.runtime_s if run else None,
        group=(command and command.program) or another_name,
        reads=tuple(task.reads) if task else (),
        writes=tuple(task.writes) if task else (),
        kept={key: value for key, value in kept.items() if value},
    )
