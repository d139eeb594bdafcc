"""A recorded build as one JSON file: steps with start, end and parents."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from uet_es.intake.imports.foreign import (
    Cores,
    Foreign,
    Found,
    document_in,
    found_in,
    head_of,
    repeated,
    words,
)
from uet_es.intake.imports.ninja_log import side_by_side
from uet_es.intake.imports.recorded import Recorded, Task, refuse, related

_LONGEST_MS = 3_153_600_000_000


class Head(Foreign):
    """A whole document."""

    name: str = ""
    tasks: list[object] = Field(min_length=1)
    makespan_ms: int | None = Field(None, ge=0, le=_LONGEST_MS)
    max_concurrency: Cores | None = None


class Step(Foreign):
    """A step of the build."""

    id: str
    start_ms: int = Field(ge=0, le=_LONGEST_MS)
    end_ms: int = Field(ge=0, le=_LONGEST_MS)
    parents: list[str] = Field(default_factory=list)
    rule: str = ""

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.end_ms < self.start_ms:
            raise ValueError(f"ends at {self.end_ms} ms, before it starts at {self.start_ms} ms")
        return self


def read_trace(path: Path) -> Recorded:
    """The build in the JSON file at ``path``.

    Raises:
        UsageError: no such file, or one of another sort.
        PlanError: it has mistakes; all of them are told.
    """
    file = str(path)
    document = document_in(path)
    head = head_of(Head, document, file)
    found, problems = found_in(Step, head.tasks, file=file, at="tasks")
    relations = {each.name: {"parents": words(each.written, "parents")} for each in found}
    refuse(file, [*problems, *repeated((each.name for each in found), file)], relations)
    steps = [each.read for each in found if each.read]
    spans = [(step.start_ms, step.end_ms) for step in steps]
    ended_ms = max(end for _, end in spans) - min(start for start, _ in spans)
    return Recorded(
        source=path.name,
        format="trace of ninja",
        project=head.name,
        tasks=tuple(sorted(_tasks(found, related(relations)), key=lambda task: task.name)),
        makespan_s=(ended_ms if head.makespan_ms is None else head.makespan_ms) / 1000,
        workers=head.max_concurrency or side_by_side(spans) or None,
    )


def _tasks(found: list[Found[Step]], after: Mapping[str, tuple[str, ...]]) -> list[Task]:
    return [
        Task(
            name=each.name,
            after=after[each.name],
            took_s=(step.end_ms - step.start_ms) / 1000,
            group=step.rule,
            writes=(each.name,),
            started_s=step.start_ms / 1000,
            kept={"start_ms": step.start_ms, "end_ms": step.end_ms},
        )
        for each in found
        if (step := each.read)
    ]
