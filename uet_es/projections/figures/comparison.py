"""Two runs in numbers, and what got better or worse from the first to the second."""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import msgspec

from uet_es.projections.figures.measures import Measures
from uet_es.projections.figures.metrics import Metrics

Unit = Literal["us", "percent", "ratio", "count", "tokens", "nanousd"]
Verdict = Literal["better", "worse", "same", "other"]
Number = int | float


class _Kind(NamedTuple):
    """One number of a run."""

    name: str
    unit: Unit
    better: Literal["more", "less", ""]  #: "" is neither
    read: Callable[[Metrics], Number | None]


_KINDS = (
    _Kind("makespan", "us", "less", lambda m: m.makespan_us),
    _Kind("attempts' time", "us", "less", lambda m: m.run_us),
    _Kind("longest path", "us", "less", lambda m: m.longest_path_us),
    _Kind("lead time, in sum", "us", "less", lambda m: m.total.lead_us),
    _Kind("queueing, in sum", "us", "less", lambda m: m.total.queue_us),
    _Kind("merging, in sum", "us", "less", lambda m: m.total.merging_us),
    _Kind("speed-up", "ratio", "more", lambda m: m.speed_up),
    _Kind("efficiency", "percent", "more", lambda m: m.efficiency_percent),
    _Kind("utilisation", "percent", "more", lambda m: m.utilisation_percent),
    _Kind("succeeded", "percent", "more", lambda m: m.total.success_percent),
    _Kind("failed attempts", "count", "less", lambda m: m.total.failed_attempts),
    _Kind("input tokens", "tokens", "less", lambda m: m.total.input_tokens),
    _Kind("output tokens", "tokens", "less", lambda m: m.total.output_tokens),
    _Kind("cost", "nanousd", "less", lambda m: m.total.cost_nanousd),
    _Kind("reports without a price", "count", "less", lambda m: m.total.unpriced),
    _Kind("workstreams", "count", "", lambda m: m.total.workstreams),
    _Kind("workers", "count", "", lambda m: m.workers),
)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One number of both runs; None where it is not known."""

    name: str
    unit: Unit
    a: Number | None
    b: Number | None
    verdict: Verdict

    @property
    def difference(self) -> Number | None:
        """From the first to the second."""
        if self.a is None or self.b is None:
            return None
        return round(self.b - self.a, 2)

    @property
    def percent(self) -> float | None:
        """The difference, of the first."""
        if self.a is None or self.b is None or not self.a:
            return None
        return round(100 * (self.b - self.a) / self.a, 2)

    def document(self) -> dict[str, object]:
        """For scripts."""
        told = msgspec.structs.asdict(self)
        return {**told, "difference": self.difference, "percent": self.percent}


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A workstream that both runs have; differences are from the first to the second."""

    name: str
    state_a: str  #: succeeded, failed, cancelled; "" while it goes on
    state_b: str
    lead_us: int | None
    work_us: int | None
    attempts: int
    cost_nanousd: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What got better or worse comes first, the greatest change before others."""

    a: Metrics
    b: Metrics
    changes: tuple[Change, ...]
    errors: tuple[Change, ...]  #: failed attempts by code
    moved: tuple[Moved, ...]  #: workstreams of both that did not go the same, longest change first
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]

    @property
    def same_plan(self) -> bool:
        """Whether both were asked for the same work."""
        return self.a.plan == self.b.plan

    def document(self) -> dict[str, object]:
        """For scripts."""
        return {
            "schema_version": 1,
            "same_plan": self.same_plan,
            "changes": [each.document() for each in self.changes],
            "errors": [each.document() for each in self.errors],
            "workstreams": [msgspec.structs.asdict(each) for each in self.moved],
            "only_a": self.only_a,
            "only_b": self.only_b,
            "a": self.a.document(),
            "b": self.b.document(),
        }


def compare(a: Metrics, b: Metrics) -> Comparison:
    """Both, number by number."""
    changes = [
        _change(kind.name, kind.unit, kind.better, kind.read(a), kind.read(b)) for kind in _KINDS
    ]
    codes = sorted({*a.total.errors, *b.total.errors})
    errors = [
        _change(code, "count", "less", a.total.errors.get(code, 0), b.total.errors.get(code, 0))
        for code in codes
    ]
    of_a = {each.name: each for each in a.workstreams}
    of_b = {each.name: each for each in b.workstreams}
    return Comparison(
        a=a,
        b=b,
        changes=tuple(sorted(changes, key=_weight)),
        errors=tuple(sorted(errors, key=_weight)),
        moved=tuple(
            sorted(_moved(of_a, of_b), key=lambda each: (-abs(each.work_us or 0), each.name))
        ),
        only_a=tuple(sorted(of_a.keys() - of_b.keys())),
        only_b=tuple(sorted(of_b.keys() - of_a.keys())),
    )


def _change(name: str, unit: Unit, better: str, a: Number | None, b: Number | None) -> Change:
    verdict: Verdict = "other"
    if a is not None and b is not None:
        if a == b:
            verdict = "same"
        elif better:
            verdict = "better" if (b > a) == (better == "more") else "worse"
    return Change(name=name, unit=unit, a=a, b=b, verdict=verdict)


def _weight(change: Change) -> tuple[bool, bool, float, str]:
    is_verdict = change.verdict in ("better", "worse")
    from_nothing = change.percent is None
    return (not is_verdict, not from_nothing, -abs(change.percent or 0), change.name)


def _moved(of_a: dict[str, Measures], of_b: dict[str, Measures]) -> Iterator[Moved]:
    for name in of_a.keys() & of_b.keys():
        a, b = of_a[name], of_b[name]
        if a != b:
            yield Moved(
                name=name,
                state_a=a.standing,
                state_b=b.standing,
                lead_us=_minus(b.lead_us, a.lead_us),
                work_us=_minus(b.work_us, a.work_us),
                attempts=b.attempts - a.attempts,
                cost_nanousd=b.cost_nanousd - a.cost_nanousd,
            )


def _minus(b: int | None, a: int | None) -> int | None:
    return None if a is None or b is None else b - a
