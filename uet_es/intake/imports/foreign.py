"""Documents of other programs: what we need of them is checked, the rest is passed over."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from uet_es.errors import PlanError, Problem, UsageError
from uet_es.intake.files import read_files
from uet_es.intake.findings import Place, read_as

#: As long as an estimate may be; 0 where a clock was too coarse.
Measured = Annotated[float, Field(ge=0, le=3_153_600_000, allow_inf_nan=False)]
Cores = Annotated[int, Field(ge=1, le=1_000_000)]


class Foreign(BaseModel):
    """A part of a document that was not written for us: strict types, unknown fields allowed."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


M = TypeVar("M", bound=BaseModel)


class Found(NamedTuple, Generic[M]):
    """One item of a list: what it calls itself, what stands there, and what was understood."""

    name: str
    written: Mapping[str, object]
    read: M | None  #: None: it has mistakes, which were told


def document_in(path: Path) -> Mapping[str, object]:
    """The one object that the JSON file at ``path`` holds.

    Raises:
        UsageError: no such file, or one of another sort.
        PlanError: it cannot be read as that.
    """
    if not path.is_file():
        raise UsageError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}; name one")
    if path.suffix.lower() != ".json":
        raise UsageError(f"{path}: is not a JSON file; its name must end in .json")
    reading = read_files(path)
    if reading.problems:
        raise PlanError(reading.problems)
    first = reading.documents[0]
    if first.position is not None or not isinstance(first.value, Mapping):
        raise PlanError([Problem(str(path), "", "", "must hold one object with named fields")])
    return first.value


def head_of(kind: type[M], document: Mapping[str, object], file: str) -> M:
    """What ``document`` says beside its lists of tasks.

    Raises:
        PlanError: it lacks what everything else depends on.
    """
    head, problems = read_as(kind, document, place=Place(file), nested={})
    if head is None:
        raise PlanError(sorted(problems))
    return head


def found_in(
    kind: type[M], items: Sequence[object], *, file: str, at: str, key: str = "id"
) -> tuple[list[Found[M]], list[Problem]]:
    """Every item that has a name, and every mistake; ``at`` is where the list stands."""
    found: list[Found[M]] = []
    problems: list[Problem] = []
    for position, item in enumerate(items):
        name = item.get(key) if isinstance(item, Mapping) else None
        named = isinstance(name, str) and name != "" and name.isprintable()
        place = Place(file, str(name)) if named else Place(file, prefix=f"{at}[{position}]")
        read, told = read_as(kind, item, place=place, nested={})
        problems += told
        if named and isinstance(item, Mapping):
            found.append(Found(str(name), item, read))
        elif not told:
            problems.append(place.problem(key, "must be text that can be printed; mend it"))
    return found, problems


def repeated(names: Iterable[str], file: str, field: str = "id") -> list[Problem]:
    """A problem for each name that is used more than once."""
    told = "is used more than once; names must be unique"
    uses = sorted(Counter(names).items())
    return [Problem(file, name, field, told) for name, count in uses if count > 1]


def words(item: Mapping[str, object], field: str) -> list[str]:
    """The names listed in ``field``, as far as they can be understood."""
    listed = item.get(field)
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []


def cores_of(machines: Iterable[int | None]) -> int | None:
    """All cores of ``machines`` together, if any are known."""
    return sum(cores or 0 for cores in machines) or None
