"""What was recorded of a workflow or a build, whichever format it was written in."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from uet_es.errors import PlanError, Problem
from uet_es.intake.graph import cycle_mistakes, edge_mistakes

#: Of each task by its name, and then by the field that says so: the names it is related to.
Relations = Mapping[str, Mapping[str, Sequence[str]]]


class Task(NamedTuple):
    """One thing that was done, and what is known about it."""

    name: str  #: as the record says it; unique there
    after: tuple[str, ...]  #: names of those it waited for
    took_s: float | None  #: None: not recorded
    group: str = ""  #: what sort of task it is: a program, a category, a rule
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    started_s: float | None = None  #: since the beginning; None: not recorded
    kept: Mapping[str, object] = {}  #: what has no field of its own in a plan


class Recorded(NamedTuple):
    """Everything that an import knows."""

    source: str  #: the name of the file or folder, without the way to it
    format: str  #: with its version, such as ``WfFormat 1.5``
    project: str
    tasks: tuple[Task, ...]  #: in order of names
    makespan_s: float | None
    workers: int | None  #: how many worked side by side; None: not recorded
    warnings: tuple[str, ...] = ()


def related(relations: Relations) -> dict[str, tuple[str, ...]]:
    """For each name those it waits for: its parents, and those whose child it is."""
    after: dict[str, set[str]] = {name: set(each["parents"]) for name, each in relations.items()}
    for name, each in relations.items():
        for child in each.get("children", ()):
            after[child].add(name)
    return {name: tuple(sorted(parents)) for name, parents in after.items()}


def refuse(file: str, problems: Sequence[Problem], relations: Relations) -> None:
    """Tell ``problems``, and everything that is wrong with who waits for whom.

    Raises:
        PlanError: there is anything to tell.
    """
    mistakes = edge_mistakes(relations, relations)
    if not any(each.field == "children" for each in mistakes):
        known = {
            name: [each for each in parents if each in relations]
            for name, parents in related(relations).items()
        }
        mistakes += [each._replace(field="parents") for each in cycle_mistakes(known)]
    told = [Problem(file, each.id, each.field, each.message) for each in mistakes]
    if found := sorted([*problems, *told]):
        raise PlanError(found)
