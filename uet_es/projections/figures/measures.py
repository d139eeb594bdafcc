"""What is measured of some workstreams, and of a worker."""

from collections.abc import Mapping

import msgspec

from uet_es.values import DurationUs, NanoUsd


def percent(part: int, whole: int | None) -> float | None:
    """``part`` of ``whole``, to a hundredth of a percent; None of nothing."""
    return round(100 * part / whole, 2) if whole else None


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """Some workstreams of a run, added up. Lead time is blocked + queue + work + merging."""

    name: str
    workstreams: int
    succeeded: int
    failed: int
    cancelled: int
    attempts: int
    failed_attempts: int
    lead_us: DurationUs | None  #: None if the run cannot be folded
    blocked_us: DurationUs | None  #: others had to end first
    queue_us: DurationUs | None  #: a mode, a pause, a conflict, a pool, no idle worker
    work_us: DurationUs | None  #: its own attempts, set-up included
    merging_us: DurationUs | None
    span_us: DurationUs | None  #: from the first start to the last end; None if nothing started
    input_tokens: int
    output_tokens: int
    cost_nanousd: NanoUsd
    unpriced: int  #: reports of model use whose cost is not in the sum
    estimated_cost_nanousd: NanoUsd  #: as the plan says; 0 is unknown
    errors: Mapping[str, int]  #: failed attempts by code

    @property
    def success_percent(self) -> float | None:
        """Of the workstreams that are over, those that succeeded."""
        return percent(self.succeeded, self._over)

    @property
    def failure_percent(self) -> float | None:
        """Of the workstreams that are over, those that failed."""
        return percent(self.failed, self._over)

    @property
    def standing(self) -> str:
        """The end that all of them came to, "" if there are several, or some go on."""
        ends = (
            ("succeeded", self.succeeded),
            ("failed", self.failed),
            ("cancelled", self.cancelled),
        )
        return next((end for end, number in ends if number == self.workstreams), "")

    @property
    def _over(self) -> int:
        return self.succeeded + self.failed + self.cancelled

    @property
    def speed_up(self) -> float | None:
        """How many of them were at work at a time, from the first start to the last end."""
        return ratio(self.work_us, self.span_us)

    def document(self) -> dict[str, object]:
        """For scripts."""
        return {
            **msgspec.structs.asdict(self),
            "success_percent": self.success_percent,
            "failure_percent": self.failure_percent,
            "speed_up": self.speed_up,
        }


class WorkerMeasures(msgspec.Struct, frozen=True, kw_only=True):
    """One worker."""

    worker: int
    state: str
    attempts: int
    succeeded: int
    failed: int
    busy_us: DurationUs  #: it had an attempt
    life_us: DurationUs  #: since it was asked for
    input_tokens: int
    output_tokens: int
    cost_nanousd: NanoUsd
    unpriced: int
    errors: Mapping[str, int]

    @property
    def utilisation_percent(self) -> float | None:
        """Of its life, what it was busy."""
        return percent(self.busy_us, self.life_us)

    def document(self) -> dict[str, object]:
        """For scripts."""
        return {
            **msgspec.structs.asdict(self),
            "utilisation_percent": self.utilisation_percent,
        }


def ratio(part: DurationUs | None, whole: DurationUs | None) -> float | None:
    """``part`` for each ``whole``, to a hundredth; None of nothing."""
    return None if part is None or not whole else round(part / whole, 2)
