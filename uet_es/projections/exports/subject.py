"""The run that is exported, and its rows as they stream out of the warehouse."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from uet_es.errors import UsageError
from uet_es.projections.database import Connection
from uet_es.projections.warehouse import Warehouse
from uet_es.values import SECOND_US, DurationUs, Instant, RunId

#: What was written: how many of which noun, in a good order for people.
Counts = Mapping[str, int]
Rows = Iterator[tuple[Any, ...]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHUNK = 10_000


class Subject(NamedTuple):
    """What is known about the run as a whole."""

    run: RunId
    plan: str
    source: str
    uet: str
    outcome: str | None  #: None while it goes on
    max_workers: int
    accepted_us: Instant
    last_us: Instant  #: where everything ends that has not ended yet
    last_seq: int
    forked: bool


def subject(warehouse: Warehouse, run: RunId) -> Subject:
    """The run called ``run``.

    Raises:
        UsageError: the warehouse does not have it.
    """
    found = warehouse.rows(
        "SELECT run, plan, source, uet, outcome, max_workers, accepted_us, last_us, last_seq, "
        "parent IS NOT NULL FROM runs WHERE run = ? AND accepted_us IS NOT NULL",
        [run],
    )
    if not found:
        raise UsageError(f"{run} has no entry: there is nothing to export")
    return Subject(*found[0])  # type: ignore[arg-type]  # columns in the order of the fields


def stream(
    connection: Connection, statement: str, values: Sequence[object] | Mapping[str, object] = ()
) -> Rows:
    """The rows of one of our own statements, a few at a time."""
    found = connection.execute(statement, values)
    while rows := found.fetchmany(_CHUNK):
        yield from rows


def iso(at_us: Instant) -> str:
    """``at_us`` as ISO 8601, always with all six digits of its microseconds."""
    at = _EPOCH + timedelta(microseconds=at_us)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}Z"


def in_seconds(us: DurationUs) -> float:
    """``us`` in seconds, exact to the microsecond."""
    return us / SECOND_US
