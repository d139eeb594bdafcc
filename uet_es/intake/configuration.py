"""What `uet.toml` may say: every key, its type and its default."""

from typing import Annotated

from pydantic import AfterValidator, Field

from uet_es.intake.document import Attempts, Command, Model, Name, Pattern, Seconds, Units
from uet_es.plan import PriceTable
from uet_es.values import MergeOrder

#: What builds and editors leave behind; never committed, never judged as a change.
LITTER = (
    "**/*.pyc",
    "**/.DS_Store",
    "**/.aider*",
    "**/.coverage*",
    "**/.hypothesis",
    "**/.mypy_cache",
    "**/.pytest_cache",
    "**/.ruff_cache",
    "**/.venv",
    "**/__pycache__",
    "**/node_modules",
)

Workers = Annotated[int, Field(ge=1, le=10_000)]
UsdPerMillion = Annotated[float, Field(ge=0, le=1_000_000_000, allow_inf_nan=False)]


def _not_shell(name: str) -> str:
    if name == "shell":
        raise ValueError("'shell' runs what a workstream's 'run' says; give the tool another name")
    return name


class Retry(Model):
    """What a workstream gets that says nothing itself, and the pauses between attempts."""

    max_attempts: Attempts = 1
    backoff_s: Seconds = Field(default=1.0, description="Before the second attempt.")
    factor: Annotated[float, Field(ge=1, le=1000, allow_inf_nan=False)] = Field(
        default=2.0, description="Each further pause as a multiple of the one before."
    )
    max_backoff_s: Seconds = 60.0


class Timeouts(Model):
    """How long to wait."""

    attempt_s: Seconds | None = Field(default=None, description="For attempts without timeout_s.")
    worker_start_s: Seconds = 60.0


class Merge(Model):
    """How results are integrated."""

    order: MergeOrder = Field(
        default="ready", description="strict: independent of who finishes first."
    )


class Scope(Model):
    """How changes are compared with claims."""

    ignore: list[Pattern] = Field(
        default_factory=list, description=f"Build litter, in addition to {', '.join(LITTER)}."
    )


class Tool(Model):
    """How a named tool is run."""

    command: Command = Field(
        description="Words, or a shell line; {id} {files} {prompt_file} {worktree} are expanded.",
    )


class Price(Model):
    """What a model costs, in USD per million tokens."""

    input: UsdPerMillion
    output: UsdPerMillion
    cached_input: UsdPerMillion | None = Field(None, description="As input if not given.")


class Group(Model):
    """A group of workers of one sort."""

    count: Workers = 1
    capabilities: list[Name] = Field(default_factory=list, description="What they offer.")
    tools: list[Name] = Field(default_factory=list, description="Empty serves every tool.")


class Config(Model):
    """The configuration of uet: `uet.toml`, or `[tool.uet]` in `pyproject.toml`."""

    max_workers: Workers | None = Field(
        None, description="How many attempts run at once; as many as [[workers]] say, or 4."
    )
    default_duration_s: Seconds = Field(
        3600.0, description="For workstreams without an estimate where others have one."
    )
    resources: dict[Name, Units] = Field(
        default_factory=dict, description="Capacity of each named pool."
    )
    retry: Retry = Retry()
    timeouts: Timeouts = Timeouts()
    merge: Merge = Merge()
    scope: Scope = Scope()
    tools: dict[Annotated[Name, AfterValidator(_not_shell)], Tool] = Field(
        default_factory=dict, description="How each named tool is run."
    )
    price_table: PriceTable = Field(
        default="genai-prices", description="Prices of models that [prices] does not name."
    )
    prices: dict[str, Price] = Field(
        default_factory=dict,
        description="Over the table, by model; '*' is every model that nobody knows.",
    )
    workers: list[Group] = Field(
        default_factory=list, description="Groups of workers; else all are alike."
    )
