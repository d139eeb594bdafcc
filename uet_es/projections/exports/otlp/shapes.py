"""Spans and metrics as plain values, before any library sees them."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Literal, NamedTuple

from uet_es.projections.exports.otlp.words import FAILED, Result
from uet_es.values import Instant

Attribute = str | bool | int | float | list[str]
Attributes = Mapping[str, Attribute]


class Ids(NamedTuple):
    """Where the ids of a run come from: derived, so that a second export names the same things."""

    store: str
    run: str

    @property
    def trace(self) -> int:
        """128 bits, never 0."""
        return self._derived(16, "trace")

    @property
    def root(self) -> int:
        """The span of the run itself."""
        return self.span("run")

    def span(self, *key: str | int) -> int:
        """64 bits, never 0; ``key`` begins with the level."""
        return self._derived(8, *key)

    @property
    def instance(self) -> str:
        """The run as 32 hexadecimal digits, for whoever must keep its series apart."""
        return f"{self._derived(16, 'instance'):032x}"

    def _derived(self, size: int, *key: str | int) -> int:
        words = "\0".join((self.store, self.run, *map(str, key)))
        return int.from_bytes(sha256(words.encode()).digest()[:size], "big") or 1


class Link(NamedTuple):
    """Another span that has to do with one, in this trace or in another."""

    trace: int
    span: int
    why: str  #: dependency, fork


class Moment(NamedTuple):
    """Something that happened within a span."""

    name: str
    at_us: Instant
    attributes: Attributes


class Span(NamedTuple):
    """Something that took time."""

    id: int
    parent: int  #: 0 for the root
    name: str
    kind: Literal["server", "internal", "client"]
    from_us: Instant
    to_us: Instant
    attributes: Attributes
    failure: str | None = None  #: message, if it ended in an error
    links: tuple[Link, ...] = ()
    moments: tuple[Moment, ...] = ()


class Measured(NamedTuple):
    """One number of a metric, or many of them counted by size."""

    attributes: Attributes
    value: int | float  #: their sum, if they are many
    counts: tuple[int, ...] = ()  #: of each bucket, if they are many
    least: int | float = 0
    most: int | float = 0


class Metric(NamedTuple):
    """A measured quantity of a run."""

    name: str
    kind: Literal["counter", "updowncounter", "gauge", "histogram"]
    unit: str
    about: str
    points: tuple[Measured, ...]
    bounds: tuple[float, ...] = ()  #: upper ones of the buckets of a histogram


def known(attributes: Mapping[str, Attribute | None]) -> dict[str, Attribute]:
    """Those that say something."""
    return {
        name: value
        for name, value in attributes.items()
        if value is not None and value not in ("", [])
    }


def task(
    ids: Ids, workstream: str, attempt: int | None, *, kind: str, result: Result | None
) -> dict[str, Attribute]:
    """What the conventions want to be said of a workstream, or of an attempt at it."""
    of_attempt = "" if attempt is None else f"/{attempt}"
    return known(
        {
            "uet.level": "workstream" if attempt is None else "attempt",
            "cicd.pipeline.task.name": workstream,
            "cicd.pipeline.task.type": kind,
            "cicd.pipeline.task.run.id": f"{ids.run}/ws/{workstream}{of_attempt}",
            "cicd.pipeline.task.run.result": result,
        }
    )


def failure(result: Result | None, code: str | None, reason: str | None) -> dict[str, Attribute]:
    """Why something ended as it did."""
    return known({"error.type": code if result in FAILED else None, "uet.reason": reason})
