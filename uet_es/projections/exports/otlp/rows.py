"""What the warehouse knows of a run, as typed rows, a chunk at a time, always in the same order."""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import msgspec

from uet_es.errors import UsageError
from uet_es.projections.warehouse import Warehouse
from uet_es.values import DurationUs, Instant, NanoUsd

_CHUNK = 1024
_RUNS = """(
    SELECT
        r.* REPLACE (
            coalesce(simulated, false) AS simulated, coalesce(source, '') AS source,
            coalesce(uet, '') AS uet
        ),
        store,
        coalesce(finished_us, last_us) AS to_us,
        (SELECT coalesce(list(DISTINCT code ORDER BY code), [])
         FROM workstreams AS w WHERE w.run = r.run AND state = 'FAILED') AS codes,
        (SELECT min(dispatched_us) FROM attempts AS a WHERE a.run = r.run) AS dispatched_us
    FROM runs AS r, (SELECT store FROM books.loaded)
)"""
#: What happened to the run as a whole and shows in no span of its own.
_MOMENTS = """(
    SELECT run, seq, type, at_us, coalesce(workstream, '') AS workstream,
        coalesce(payload->>'by', '') AS "by", coalesce(payload->>'reason', '') AS reason
    FROM run_entries
    WHERE ignored = '' AND type IN (
        'run.paused', 'run.unpaused', 'run.reopened', 'driver.resumed', 'driver.interrupted',
        'cancel.asked', 'pause.asked', 'unpause.asked', 'retry.asked', 'limits.changed')
)"""
_ATTEMPTS = """attempts JOIN (SELECT run, workstream, tool, kind FROM workstreams)
    USING (run, workstream)"""
_MERGES = """merges JOIN (SELECT run, workstream, attempt, code, commit AS theirs FROM attempts)
    USING (run, workstream, attempt)"""

Row = TypeVar("Row", bound=tuple[object, ...])


class RunRow(NamedTuple):
    """A row of ``runs``, and what else is true of the whole."""

    store: str
    run: str
    parent: str | None
    simulated: bool
    plan: str
    source: str
    uet: str
    workstreams: int
    max_workers: int
    accepted_us: Instant
    finished_us: Instant | None
    to_us: Instant  #: of its finish; of its last entry while it goes on
    outcome: str | None
    codes: list[str]  #: with which its workstreams failed
    dispatched_us: Instant | None  #: of its first attempt

    @property
    def pipeline(self) -> str:
        """What its plan is called."""
        return self.source or "plan"


class Happened(NamedTuple):
    """A row of what happened to the run as a whole."""

    type: str
    at_us: Instant
    workstream: str
    by: str
    reason: str


class WorkstreamRow(NamedTuple):
    """A row of ``workstreams``, and what it waited for."""

    workstream: str
    project: str
    section: str
    phase: str
    kind: str
    priority: str
    tool: str
    depends_on: list[str]
    state: str
    attempts: int
    readied_us: Instant | None
    dispatched_us: Instant | None
    ended_us: Instant | None
    code: str | None
    reason: str | None
    message: str | None
    because: str | None
    commit: str | None
    dependency_us: DurationUs | None
    order_us: DurationUs | None
    conflict_us: DurationUs | None
    resource_us: DurationUs | None
    worker_us: DurationUs | None
    backoff_us: DurationUs | None
    mode_us: DurationUs | None
    merging_us: DurationUs | None


class AttemptRow(NamedTuple):
    """A row of ``attempts``, and what ran it."""

    workstream: str
    attempt: int
    inherited: bool
    worker: int
    tool: str
    kind: str
    dispatched_us: Instant
    started_us: Instant | None
    ended_us: Instant | None
    took_us: DurationUs | None
    cpu_us: DurationUs | None
    status: int | None
    outcome: str | None
    code: str | None
    reason: str | None
    message: str | None
    commit: str | None
    changed: int | None
    base: str | None


class MergeRow(NamedTuple):
    """A row of ``merges``, and whose work it was."""

    workstream: str
    attempt: int
    inherited: bool
    submitted_us: Instant
    started_us: Instant | None
    ended_us: Instant | None
    result: str | None
    commit: str | None
    theirs: str | None  #: what was to be merged
    files: list[str] | None
    message: str | None
    code: str | None


class UsageRow(NamedTuple):
    """A row of ``spending``."""

    seq: int
    at_us: Instant
    phase: str
    workstream: str
    attempt: int
    tool: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cost_nanousd: NanoUsd | None
    price_table: str
    price_version: str


def run_row(warehouse: Warehouse, run: str) -> RunRow:
    """The run that is exported.

    Raises:
        UsageError: there is none of that name.
    """
    for subject in _stream(warehouse, RunRow, _RUNS, run, order="run"):
        return subject
    raise UsageError(f"there is no run {run}; `uet list` shows those that are there")


def happened(warehouse: Warehouse, run: str) -> Iterator[Happened]:
    """What people and drivers did to it."""
    return _stream(warehouse, Happened, _MOMENTS, run, order="seq")


def workstreams(warehouse: Warehouse, run: str) -> Iterator[WorkstreamRow]:
    """Its workstreams."""
    source = "workstreams LEFT JOIN lead_time USING (run, workstream)"
    return _stream(warehouse, WorkstreamRow, source, run, order="workstream")


def attempts(warehouse: Warehouse, run: str) -> Iterator[AttemptRow]:
    """Its attempts, with those that a fork inherited."""
    return _stream(warehouse, AttemptRow, _ATTEMPTS, run, order="workstream, attempt")


def merges(warehouse: Warehouse, run: str) -> Iterator[MergeRow]:
    """Its merges, with those that a fork inherited."""
    return _stream(warehouse, MergeRow, _MERGES, run, order="workstream, attempt")


def usage(warehouse: Warehouse, run: str) -> Iterator[UsageRow]:
    """What it used itself: a fork's parent has its own."""
    return _stream(warehouse, UsageRow, "spending", run, order="seq")


def _stream(
    warehouse: Warehouse, shape: type[Row], source: str, run: str, *, order: str
) -> Iterator[Row]:
    """Each row of ``source`` about ``run``, its columns named like the fields of ``shape``."""
    columns = ", ".join(f'"{name}"' for name in shape.__annotations__)
    cursor = warehouse.connection.cursor()
    try:
        cursor.execute(f"SELECT {columns} FROM {source} WHERE run = ? ORDER BY {order}", [run])
        while rows := cursor.fetchmany(_CHUNK):
            for row in rows:
                yield msgspec.convert(row, shape)
    finally:
        cursor.close()
