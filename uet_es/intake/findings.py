"""What pydantic finds wrong, told as problems that a person can mend."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from uet_es.errors import Problem
from uet_es.intake.recordable import DEEPEST, depth, is_recordable, unrecordable

_SHOWN = 60

M = TypeVar("M", bound=BaseModel)


class Place(NamedTuple):
    """Where a document was found."""

    file: str
    id: str = ""
    prefix: str = ""  #: of every field, where an id does not tell documents of a file apart

    def problem(self, field: str, message: str) -> Problem:
        return Problem(self.file, self.id, ".".join(filter(None, (self.prefix, field))), message)


def read_as(
    kind: type[M], value: object, *, place: Place, nested: Mapping[str, type[BaseModel]]
) -> tuple[M | None, list[Problem]]:
    """``value`` as one of ``kind``, or everything that is wrong with it.

    ``nested`` says which model stands at which dotted path (``*`` for any one key), so that an
    unknown field can be answered with the nearest known one.
    """
    if depth(value) > DEEPEST:
        told = f"is nested more than {DEEPEST} levels deep; flatten it"
        return None, [place.problem("", told)]
    read = None
    found = {} if is_recordable(value) else dict(unrecordable("", value))
    try:
        read = kind.model_validate(value)
    except ValidationError as error:
        found = _told(error, value, {"": kind, **nested}) | found
    problems = [place.problem(field, message) for field, message in found.items()]
    return (None if problems else read), problems


def _told(
    error: ValidationError, value: object, models: Mapping[str, type[BaseModel]]
) -> dict[str, str]:
    """What ``error`` finds wrong with ``value``, one message for each place."""
    messages: dict[str, list[str]] = {}
    for finding in error.errors(include_url=False, include_context=True):
        path = _path(finding["loc"], value)
        messages.setdefault(".".join(path), []).append(_message(finding, path, models))
    return {field: _joined(told) for field, told in messages.items()}


def _path(loc: Sequence[int | str], written: object) -> list[str]:
    """``loc`` without the names of alternatives, which stand in no document."""
    path: list[str] = []
    here = written
    for step in loc:
        if isinstance(here, Mapping):
            if step in here:
                here = here[step]
            elif path and step != loc[-1]:
                continue
            else:
                here = None
            if step != "[key]":
                path.append(str(step))
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
            path.append(str(step))
    return path


def _joined(told: list[str]) -> str:
    """Several findings at one place are the alternatives that were all tried."""
    kept = list(dict.fromkeys(told))
    if len(kept) == 1:
        return kept[0]
    return " or ".join([*(each.rpartition(", not ")[0] or each for each in kept[:-1]), kept[-1]])


def _message(finding: ErrorDetails, path: list[str], models: Mapping[str, type[BaseModel]]) -> str:
    kind, told = finding["type"], finding["msg"]
    shown = _shown(finding["input"])
    match kind:
        case "missing":
            return "is required; add it"
        case "extra_forbidden":
            return _unknown_field(path, models)
        case "value_error":
            return str(finding["ctx"]["error"])
        case "model_type" | "dict_type":
            return f"must be an object with named fields, not {shown}"
        case "too_short":
            return "must hold at least one item"
        case "finite_number":
            return f"must be a finite number, not {finding['input']}"
        case "literal_error":
            return f"must be one of {finding['ctx']['expected']}, not {shown}"
        case _:
            must = told.replace("Input should", "must")
            return f"{must}, not {shown}"


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, skipkeys=True)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _unknown_field(path: list[str], models: Mapping[str, type[BaseModel]]) -> str:
    # Slow to import, and needed for mistakes only.
    from difflib import get_close_matches

    model = next(
        (models[key] for key in models if _stands_at(key.split(".") if key else [], path[:-1])),
        None,
    )
    names = sorted(model.model_fields) if model else []
    near = get_close_matches(path[-1], names, n=1)
    if near:
        return f"is not a known field; did you mean {near[0]!r}?"
    return f"is not a known field; known here: {', '.join(names)}"


def _stands_at(key: list[str], path: list[str]) -> bool:
    return len(key) == len(path) and all(a in ("*", b) for a, b in zip(key, path, strict=True))
