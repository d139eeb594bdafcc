"""The vocabulary of a run in OCEL 2.0: types of events and objects, and their attributes."""

from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

import msgspec
from msgspec import inspect

from uet_es.events import BY_TAG
from uet_es.plan import Plan

Type = Literal["string", "integer", "boolean"]
Attributes = Mapping[str, Type]
Value = str | int | bool
Values = dict[str, Value]

#: What every event says of its entry.
_OF_AN_ENTRY: dict[str, Type] = {
    "seq": "integer",
    "turn": "integer",
    "cause": "integer",
    "ignored": "string",
}
#: Related objects say these.
_RELATED = {
    "workstream",
    "attempt",
    "worker",
    "because",
    "root",
    "commit",
    "base",
    "ours",
    "theirs",
}
#: Types of objects, the ones that others belong to first. `state` changes, the rest does not.
OBJECTS: Mapping[str, Attributes] = {
    "run": {
        "state": "string",
        "plan": "string",
        "source": "string",
        "uet": "string",
        "simulated": "boolean",
    },
    "workstream": {
        "state": "string",
        "project": "string",
        "section": "string",
        "phase": "string",
        "kind": "string",
        "priority": "string",
        "tool": "string",
        "isolation": "string",
        "expected_us": "integer",
        "estimated_cost_nanousd": "integer",
    },
    "attempt": {
        "state": "string",
        "number": "integer",
        "setup_us": "integer",
        "took_us": "integer",
        "cpu_us": "integer",
        "status": "integer",
        "code": "string",
        "reason": "string",
    },
    "worker": {"state": "string", "number": "integer", "ended": "string"},
    "commit": {},
}


class Related(NamedTuple):
    """An object that an event or another object has to do with."""

    object: str
    qualifier: str  #: as what


class Event(NamedTuple):
    """One entry of the log."""

    id: str
    type: str
    at_us: int
    values: Values
    related: list[Related]


class Change(NamedTuple):
    """A new state."""

    at_us: int
    state: str


class Object(NamedTuple):
    """Something that entries are about."""

    id: str
    type: str
    values: Values  #: as they always were; `state` as it was at first
    changes: list[Change]
    related: list[Related]


@cache
def attributes_of(tag: str) -> Attributes:
    """What events of a type say beside the objects that they are about."""
    found = {**_OF_AN_ENTRY}
    for field in _fields(tag):
        found[field.name] = _type_of(field.type)
    return found


def values_of(tag: str, payload: str) -> Values:
    """What one event says, fields that were left out because they hold their default included."""
    kind = BY_TAG.get(tag)
    if kind is None:
        return {}
    try:
        event = msgspec.json.decode(payload, type=kind)
    except msgspec.ValidationError:  # a newer uet gave it a field
        return {}
    values: Values = {}
    for field in _fields(tag):
        value = getattr(event, field.name)
        if isinstance(value, str | int):
            values[field.name] = value
        elif value is not None:
            values[field.name] = msgspec.json.encode(value).decode()
    return values


@cache
def _fields(tag: str) -> tuple[inspect.Field, ...]:
    """Those that become attributes; a type that a newer uet recorded has none that we know."""
    kind = BY_TAG.get(tag)
    if kind is None:
        return ()
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return tuple(
        field
        for field in described.fields
        if field.name not in _RELATED and not _is_plan(field.type)
    )


def _is_plan(described: inspect.Type) -> bool:
    """A whole plan is no attribute: its workstreams are objects."""
    return isinstance(described, inspect.StructType) and described.cls is Plan


def _type_of(described: inspect.Type) -> Type:
    if isinstance(described, inspect.UnionType):
        (described,) = (part for part in described.types if not isinstance(part, inspect.NoneType))
    if isinstance(described, inspect.BoolType):
        return "boolean"
    return "integer" if isinstance(described, inspect.IntType) else "string"
