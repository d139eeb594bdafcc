"""A run as its report reads it from the warehouse: what it was, and a scale for its time."""

from collections.abc import Sequence
from typing import Any

from uet_es.errors import UsageError
from uet_es.projections.warehouse import Warehouse
from uet_es.values import SECOND_US, Instant, RunId

Document = dict[str, Any]

_UNITS = (
    (120 * SECOND_US, "seconds", SECOND_US),
    (7_200 * SECOND_US, "minutes", 60 * SECOND_US),
    (4 * 86_400 * SECOND_US, "hours", 3_600 * SECOND_US),
)
_LARGEST = ("days", 86_400 * SECOND_US)

_RUN = """
SELECT runs.*, plans.dependencies, plans.durations
FROM runs LEFT JOIN plans USING (plan)
WHERE run = ?
"""


class Reading:
    """One run of a warehouse; an unfinished one ends with its last entry."""

    def __init__(self, warehouse: Warehouse, run: RunId) -> None:
        self.warehouse = warehouse
        self.run = run
        found = self.documents(_RUN)
        if not found:
            raise UsageError(f"{run}: there is no such run in the warehouse")
        self.facts: Document = found[0]
        self.is_over = self.facts["finished_us"] is not None
        self.begun_us: Instant = self.facts["accepted_us"]
        self.ended_us: Instant = self.facts["finished_us"] or self.facts["last_us"]
        # What came after the finish, such as a request that was too late, is shown as well.
        self.last_us: Instant = max(self.ended_us, self.facts["last_us"])
        self.unit, self.unit_us = self._scale()

    def _scale(self) -> tuple[str, int]:
        for longest_us, unit, unit_us in _UNITS:
            if self.last_us - self.begun_us <= longest_us:
                return unit, unit_us
        return _LARGEST

    @property
    def makespan_us(self) -> int:
        """From acceptance to finish, or to the last entry."""
        return self.ended_us - self.begun_us

    @property
    def length(self) -> float:
        """How far the time axis goes; never 0."""
        return max(self.at(self.last_us), 1e-6)

    def at(self, at_us: Instant) -> float:
        """An instant on the time axis of every chart."""
        return round((at_us - self.begun_us) / self.unit_us, 9)

    def documents(self, statement: str, values: Sequence[object] = ()) -> list[Document]:
        """What is found of the run; it is the first value of ``statement``."""
        return self.warehouse.documents(statement, [self.run, *values])
