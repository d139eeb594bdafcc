"""What timing tells: spans of waiting and work, steps of the critical path, sums."""

from typing import Literal, NamedTuple

import msgspec

from uet_es.aggregates.waits import Cause
from uet_es.values import DurationUs, Instant, WorkstreamId

#: Why one step of a path follows the one before it; the first begins with the run.
Because = Literal["begin", "dependency", "order", "conflict", "resource", "worker", "merging"]


class Span(NamedTuple):
    """A stretch of a workstream's lead time, and the one thing it is charged to."""

    workstream: WorkstreamId
    opening: int  #: how often it had been reopened before: 0, 1, …
    cause: Cause
    on: str  #: as in ``waits.Wait``
    from_us: Instant
    to_us: Instant

    @property
    def took_us(self) -> DurationUs:
        """How long it lasted; never 0."""
        return self.to_us - self.from_us


class Step(NamedTuple):
    """A stretch of the critical path as it really was: this workstream is what all waited for."""

    position: int  #: from 1, in order of time
    workstream: WorkstreamId
    because: Because  #: what it had waited for of the workstream of the step before
    from_us: Instant
    to_us: Instant  #: where the next step begins; a step may be of length 0


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over a run, and what bounds its possible speed-up."""

    work_us: DurationUs = 0  #: attempts' own running time, of those that have ended
    idle_us: DurationUs = 0  #: nobody drove: between the fork point and the fork
    setup_us: DurationUs = 0  #: from a dispatch to the first sign of life
    merging_us: DurationUs = 0  #: the integration worker was at work
    longest_path_us: DurationUs = 0  #: longest chain of dependencies, by ``work_us``
    workers_max: int = 0  #: highest ``limits.max_workers`` that was in force
