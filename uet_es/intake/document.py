"""One workstream as a person may write it: every field, its type and its meaning."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
)

from uet_es.scopes import normalise
from uet_es.values import Isolation, Kind, Priority

_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@=#-]{0,99}")
_HOURS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:[-–]\s*(\d+(?:\.\d+)?)\s*)?")
_HOUR_S = 3600
_CENTURY_S = 3_153_600_000  # keeps every instant far inside 64 bits


def _ref_safe(id: str) -> str:
    if not _ID.fullmatch(id) or ".." in id or id.endswith((".", ".lock")):
        raise ValueError(
            f"{id!r} cannot name a branch and a folder; use at most 100 letters, digits and"
            " any of _ - . + @ = #, beginning with a letter, a digit or _, without '..' and"
            " not ending in '.' or '.lock'"
        )
    return id


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; write something or leave the field out")
    return text


def _shape(list_shape: str, other: str) -> Discriminator:
    return Discriminator(lambda value: list_shape if isinstance(value, list) else other)


Id = Annotated[str, AfterValidator(_ref_safe)]
Pattern = Annotated[str, AfterValidator(normalise)]
Words = Annotated[str, AfterValidator(_filled)]
Lines = Annotated[list[Words], Field(min_length=1)]
Command = Annotated[
    Annotated[Words, Tag("line")] | Annotated[Lines, Tag("lines")], _shape("lines", "line")
]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*$", max_length=100)]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Units = Annotated[int, Field(ge=1, le=1_000_000_000)]
Seconds = Annotated[float, Field(gt=0, le=_CENTURY_S, allow_inf_nan=False)]
Usd = Annotated[float, Field(ge=0, le=1_000_000_000, allow_inf_nan=False)]
Attempts = Annotated[int, Field(ge=1, le=1000)]


class Model(BaseModel):
    """What is written by people: strict types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Scope(Model):
    """Claims told apart by what is done with the files; singular and plural mean the same."""

    reads: list[Pattern] = Field(
        default_factory=list, description="Paths or globs that are only read."
    )
    read: list[Pattern] = Field(default_factory=list, description="The same as reads.")
    writes: list[Pattern] = Field(
        default_factory=list, description="Paths or globs that may be changed."
    )
    write: list[Pattern] = Field(default_factory=list, description="The same as writes.")
    create: list[Pattern] = Field(
        default_factory=list, description="Paths that will be created; a write claim."
    )
    forbidden: list[Pattern] = Field(
        default_factory=list, description="Must not be changed, even if claimed."
    )


Claimed = Annotated[
    Annotated[list[Pattern], Tag("flat")] | Annotated[Scope, Tag("table")], _shape("flat", "table")
]


class CircuitBreaker(Model):
    """When to stop trying again."""

    max_attempts: Attempts | None = Field(None, description="Used unless max_attempts is given.")
    max_error_repeats: Attempts | None = None
    oscillation_threshold: Attempts | None = None


class Workstream(Model):
    """One unit of work, scheduled whole."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["run"]}, {"required": ["tool"]}]}
    )

    id: Id = Field(description="Unique in the plan; names a branch and a folder.")
    files_scope: Claimed = Field(
        description="Claimed files: a list (all for writing) or reads, writes, create, forbidden."
    )
    files_create: list[Pattern] = Field(
        default_factory=list, description="Files that will be created; write claims."
    )
    depends_on: list[str] = Field(
        default_factory=list, description="Ids that must have succeeded before."
    )
    after: list[str] = Field(
        default_factory=list,
        description="Ids that must have ended before, whether or not they succeeded.",
    )
    order: int = Field(0, description="Among ready ones of the same priority the lower goes first.")
    kind: Kind = Field("impl", description="background implies priority background.")
    priority: Priority = "foreground"
    parallel_ok: bool = Field(True, description="false: runs while nothing else runs.")
    conflict_group: str = Field("", description="Two of the same group never run together.")

    tool: Name | None = Field(None, description="shell if run is given, else a [tools.NAME].")
    run: Command | None = Field(None, description="Shell lines, for tool shell.")
    tasks: list[str] = Field(
        default_factory=list, description="What to do, in words; becomes the prompt."
    )
    acceptance_tests: list[str] = Field(
        default_factory=list, description="How to tell that it is done, in words."
    )
    capabilities: list[Name] = Field(
        default_factory=list, description="What its worker must offer."
    )
    resources: dict[Name, Units] = Field(
        default_factory=dict, description="Units of each pool held meanwhile."
    )
    env: list[Variable] = Field(
        default_factory=list, description="Names of variables that are passed through."
    )
    isolation: Isolation | None = Field(None, description="worktree in a repository, else none.")
    timeout_s: Seconds | None = Field(None, description="The longest an attempt may run.")
    heartbeat_s: Seconds | None = Field(None, description="The longest it promises to be silent.")
    max_attempts: Attempts | None = Field(None, description="How often it is tried in all.")
    once: bool = Field(False, description="Never executed a second time, whatever happens.")

    estimated_duration_s: Seconds | None = None
    estimated_cost_usd: Usd | None = None
    estimated_context_tokens: Annotated[int, Field(ge=0, le=1_000_000_000_000)] | None = None
    project: str = ""
    section: str = ""
    phase: str = Field("", description="metadata.phase is used if it is not given.")
    openspec_change: str | None = Field(None, description="The change it belongs to; kept.")
    ccpm_issue: int | str | None = Field(None, description="The ticket it belongs to; kept.")
    gate: int | None = Field(None, description="Kept.")
    circuit_breaker: CircuitBreaker | None = None
    metadata: dict[str, JsonValue] = Field(default_factory=dict, description="Anything; kept.")


def command_mistake(written: Mapping[str, object]) -> str | None:
    """What is wrong with how a document says what to run, whatever its other fields say."""
    tool, run = written.get("tool"), written.get("run")
    if tool is None and run is None:
        return "needs 'run', a shell line, or 'tool', the name of a tool"
    if tool == "shell" and run is None:
        return "tool 'shell' needs 'run', a shell line or a list of them"
    if tool not in (None, "shell") and run is not None:
        return f"'run' is for tool 'shell' only, not {tool!r}; remove one of them"
    return None


def estimate_s(document: Workstream) -> float | None:
    """How long ``document`` says it will take; a range of hours counts as its middle."""
    if document.estimated_duration_s is not None:
        return document.estimated_duration_s
    hours = document.metadata.get("estimated_effort_hours")
    low: float
    if isinstance(hours, int | float) and not isinstance(hours, bool):
        low = high = float(hours)
    elif isinstance(hours, str) and (match := _HOURS.fullmatch(hours)):
        low = float(match[1])
        high = float(match[2] or match[1])
    else:
        return None
    seconds = (low + high) / 2 * _HOUR_S
    return seconds if 0 < seconds <= _CENTURY_S else None
