"""Which entries a person wants to see."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import msgspec

from uet_es.errors import UsageError
from uet_es.events import BUS_NAMES, BUS_NAMES_WITHOUT_EVENT, BY_TAG
from uet_es.values import SECOND_US, Channel, Instant

if TYPE_CHECKING:
    from uet_es.log.rows import Row

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d)")
_UNIT_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}


class Shown(NamedTuple):
    """A stored row with what could be read of it."""

    row: "Row"
    tag: str
    fields: dict[str, Any]  #: of the whole stored state
    event: dict[str, Any]


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry must be to be shown; empty asks for nothing."""

    tags: frozenset[str] = frozenset()
    channel: str = ""
    workstream: str = ""
    worker: int | None = None
    since_us: Instant = 0

    def wants(self, shown: Shown) -> bool:
        """Whether the entry is one of those."""
        if self.tags and shown.tag not in self.tags:
            return False
        if self.since_us and shown.fields.get("at_us", 0) < self.since_us:
            return False
        if self.channel and _channel_of(shown.tag) != self.channel:
            return False
        if self.workstream and shown.event.get("workstream") != self.workstream:
            return False
        return self.worker is None or shown.event.get("worker") == self.worker


def opened(row: "Row") -> Shown:
    """``row`` as far as it can be read; nothing is refused."""
    tag = re.sub(r"\.v\d+$", "", row.topic)
    try:
        fields = msgspec.json.decode(row.state)
    except (msgspec.DecodeError, UnicodeDecodeError):
        fields = {"unreadable": row.state.decode(errors="backslashreplace")}
    if not isinstance(fields, dict):
        fields = {"unreadable": fields}
    event = fields.get("event")
    return Shown(row, tag, fields, event if isinstance(event, dict) else {})


def tags_of(names: Iterable[str]) -> frozenset[str]:
    """The event types that ``names`` mean: tags, or names of the earlier bus in any case.

    Raises:
        UsageError: names that mean nothing; all of them, each with what is spelt alike.
    """
    wanted: set[str] = set()
    problems = []
    for name in names:
        lower, upper = name.lower(), name.upper()
        if lower in BY_TAG:
            wanted.add(lower)
        elif upper in BUS_NAMES:
            wanted.add(BUS_NAMES[upper])
        elif upper in BUS_NAMES_WITHOUT_EVENT:
            wanted.add(lower)  # known, and never recorded: nothing will match
        else:
            problems.append(f"{name} is no type of event: {_near(lower, [*BY_TAG, *BUS_NAMES])}")
    if problems:
        raise UsageError("\n".join(problems))
    return frozenset(wanted)


def channel_of(name: str) -> str:
    """The channel called ``name``; "" stays ""."""
    known = get_args(Channel)
    if name and name not in known:
        raise UsageError(f"{name} is no channel: use one of {', '.join(known)}")
    return name


def instant_of(text: str, now_us: Instant) -> Instant:
    """The instant that ``text`` means: ``10m`` ago, or a date and time (of this place)."""
    span = _SPAN.fullmatch(text.strip())
    if span:
        return now_us - round(float(span[1]) * _UNIT_S[span[2]] * SECOND_US)
    try:
        then = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"--since {text}: write 30s, 10m, 2h, 1d, or a time such as 2025-01-31T12:00"
        ) from None
    return (then.astimezone() - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


def _channel_of(tag: str) -> str:
    event = BY_TAG.get(tag)
    return event.channel if event else ""


def _near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    by_lower = {each.lower(): each for each in known}
    near = get_close_matches(name, by_lower, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(by_lower[each] for each in near)}?"
    return f"known are {', '.join(sorted(BY_TAG))}"
