"""The documents of a plan, judged one by one and then by their names."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from uet_es.errors import Problem
from uet_es.intake.document import (
    CircuitBreaker,
    Model,
    Scope,
    Workstream,
    command_mistake,
    estimate_s,
)
from uet_es.intake.files import Written
from uet_es.intake.findings import Place, read_as

_NESTED: Mapping[str, type[Model]] = {
    "files_scope": Scope,
    "circuit_breaker": CircuitBreaker,
}


class Judged(NamedTuple):
    """What the documents say, as far as they say it rightly."""

    workstreams: Mapping[str, Workstream]  #: by id, sorted; those without mistakes
    files: Mapping[str, str]  #: where each id was found first, mistaken documents included
    waits: Mapping[str, Mapping[str, Sequence[str]]]  #: by id and field, for whom it waits
    problems: Sequence[Problem]
    warnings: Sequence[Problem]


def judge(documents: Sequence[Written]) -> Judged:
    """Every workstream and every mistake in ``documents``."""
    workstreams: dict[str, Workstream] = {}
    files: dict[str, str] = {}
    waits: dict[str, Mapping[str, Sequence[str]]] = {}
    problems: list[Problem] = []
    for written in documents:
        place = _place(written)
        if place.id and place.id in files:
            problems.append(_duplicate(place, files[place.id]))
        elif place.id:
            files[place.id] = place.file
        workstream, found = read_as(Workstream, written.value, place=place, nested=_NESTED)
        problems += found
        if isinstance(written.value, Mapping) and (told := command_mistake(written.value)):
            problems.append(place.problem("run", told))
            workstream = None
        if place.id:
            waits.setdefault(place.id, _waits(written.value))
        if workstream is not None:
            workstreams.setdefault(workstream.id, workstream)
    return Judged(dict(sorted(workstreams.items())), files, waits, problems, _warnings(workstreams))


def _place(written: Written) -> Place:
    """Fields are counted from the id; from the place in the array where there is none."""
    id = written.value.get("id") if isinstance(written.value, Mapping) else None
    if isinstance(id, str) and id.isprintable() and id:
        return Place(written.file, id)
    return Place(written.file, prefix="" if written.position is None else f"[{written.position}]")


def _waits(value: object) -> Mapping[str, Sequence[str]]:
    """What can be understood of it even where the document is mistaken elsewhere."""
    waits = {}
    for field in ("depends_on", "after"):
        named = value.get(field) if isinstance(value, Mapping) else None
        waits[field] = (
            [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
        )
    return waits


def _duplicate(place: Place, first: str) -> Problem:
    where = "twice in this file" if first == place.file else f"in {first} too"
    return place.problem("id", f"is used {where}; ids must be unique, rename one")


def _warnings(workstreams: Mapping[str, Workstream]) -> list[Problem]:
    """Named by id alone, so that the report on a plan is independent of its files' names."""
    warnings = []
    spelled: dict[str, str] = {}
    for id, workstream in sorted(workstreams.items()):
        for field in ("depends_on", "after"):
            named: list[str] = getattr(workstream, field)
            for twice in sorted({each for each in named if named.count(each) > 1}):
                told = f"{twice!r} stands there more than once; once is enough"
                warnings.append(Problem("", id, field, told))
        other = spelled.setdefault(id.lower(), id)
        if other != id:
            told = f"differs from {other!r} in letter case only; some file systems confuse them"
            warnings.append(Problem("", id, "id", told))
        hours = "estimated_effort_hours"
        if hours in workstream.metadata and estimate_s(workstream) is None:
            told = "is no number or range of hours ('10-14') above 0; it is ignored"
            warnings.append(Problem("", id, f"metadata.{hours}", told))
    return warnings
