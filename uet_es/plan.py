"""The accepted plan: what was asked for, complete and frozen.

It is recorded whole in ``plan.accepted``, so later edits of the files change no run (ADR 0001).
Fields with a default are left out of the record when they hold it: a field added later
leaves old logs byte for byte what they were (ADR 0011).
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from uet_es.values import (
    SECOND_US,
    DurationUs,
    Isolation,
    Kind,
    MergeOrder,
    NanoUsd,
    Priority,
    WorkstreamId,
)

#: Where prices of models come from that the plan does not name itself (``world.prices``).
PriceTable = Literal["genai-prices", "uet-1", "none"]


class Recorded(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Plain data of the record. Fields only ever gain companions with defaults."""


class WorkstreamSpec(Recorded, frozen=True, kw_only=True):
    """One workstream as it was asked for, normalised."""

    id: WorkstreamId
    depends_on: tuple[WorkstreamId, ...] = ()  #: sorted, without repetitions
    kind: Kind = "impl"
    priority: Priority = "foreground"
    order: int = 0  #: among ready ones of the same priority the lower goes first
    writes: tuple[str, ...] = ()  #: claimed path patterns, normalised, sorted (``scopes``)
    reads: tuple[str, ...] = ()  #: the same, for reading
    forbidden: tuple[str, ...] = ()  #: patterns it must not change even inside its claims
    alone: bool = False  #: ``parallel_ok: false``: runs while nothing else runs
    conflict_group: str = ""
    tool: str = "shell"
    command: str | tuple[str, ...] = ()  #: shell lines for ``shell``; see ``Plan.tools``
    tasks: tuple[str, ...] = ()  #: what to do, in words: becomes the prompt file
    capabilities: tuple[str, ...] = ()  #: what its worker must offer, sorted
    resources: Mapping[str, int] = {}  #: units of each named pool held while an attempt runs
    expected_us: DurationUs = SECOND_US  #: for ordering and simulation; at least 1
    isolation: Isolation = "none"
    timeout_us: DurationUs = 0  #: longest an attempt may run; 0 is for ever
    heartbeat_us: DurationUs = 0  #: longest silence; 0 means it promises no heartbeats
    max_attempts: int = 1
    once: bool = False  #: never executed a second time, whatever happens
    env: tuple[str, ...] = ()  #: names of variables passed through; never their values
    project: str = ""
    section: str = ""
    phase: str = ""
    acceptance_tests: tuple[str, ...] = ()
    estimated_cost_nanousd: NanoUsd = 0  #: 0 is unknown
    estimated_context_tokens: int = 0  #: 0 is unknown
    extra: Mapping[str, object] = {}  #: what else the document said (metadata, ticket numbers)


class WorkerGroup(Recorded, frozen=True, kw_only=True):
    """Workers of one sort."""

    count: int
    capabilities: tuple[str, ...] = ()  #: sorted
    tools: tuple[str, ...] = ()  #: sorted; empty serves every tool


class Limits(Recorded, frozen=True, kw_only=True):
    """Numbers a run obeys; a change of them is an observation."""

    max_workers: int = 4
    resources: Mapping[str, int] = {}  #: capacity of each named pool
    backoff_us: DurationUs = SECOND_US  #: before the second attempt
    backoff_percent: int = 200  #: each further pause in percent of the one before
    max_backoff_us: DurationUs = 60 * SECOND_US
    heartbeat_us: DurationUs = 300 * SECOND_US  #: for attempts that sent one without promising
    worker_start_us: DurationUs = 60 * SECOND_US
    max_losses: int = 3  #: attempts of one workstream that may be lost without counting
    merge_order: MergeOrder = "ready"
    fail_fast: bool = False  #: the first failure starts nothing new


class Flags(Recorded, frozen=True, kw_only=True):
    """Behaviour switches, default old: an old log decides as it did (ADR 0008)."""

    spreads_backoff: bool = False  #: pauses before retries differ by workstream (ADR 0016)
    ranks_by_area: bool = False  #: who holds up scarce pools goes earlier (ADR 0017)


#: What plans are accepted with today.
TODAY = Flags(spreads_backoff=True, ranks_by_area=True)


class Plan(Recorded, frozen=True, kw_only=True):
    """A whole accepted plan."""

    workstreams: tuple[WorkstreamSpec, ...]  #: sorted by id
    #: Pairs of *different* claimed patterns that can name the same file, each pair sorted,
    #: pairs sorted. Equal patterns overlap without being listed. Found by ``intake`` and
    #: recorded, so that a better pattern matcher changes no old log.
    overlaps: tuple[tuple[str, str], ...] = ()
    before: tuple[tuple[WorkstreamId, WorkstreamId], ...] = ()  #: order-only edges: a ends, then b
    #: How named tools are run: words (expanded unsplit) or a shell line (expansions quoted).
    tools: Mapping[str, str | tuple[str, ...]] = {}
    workers: tuple[WorkerGroup, ...] = ()  #: empty: ``limits.max_workers`` of one sort
    limits: Limits = Limits()
    flags: Flags = Flags()
    scope_ignore: tuple[str, ...] = ()  #: patterns of build litter, never committed nor judged
    #: USD per million tokens over the table: model → {"input", "output", "cached_input"};
    #: ``*`` is every model that nobody knows
    prices: Mapping[str, Mapping[str, str]] = {}
    price_table: PriceTable = "genai-prices"
    base: str = ""  #: commit that worktrees start from; "" without a repository
    digest: str = ""  #: of what was asked for, without base and limits: names the plan
    source: str = ""  #: the folder's name, for people
    durations: str = "unit"  #: where ``expected_us`` comes from: unit, estimates, history
