"""How a person says at which point of a run."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from uet_es.errors import UsageError
from uet_es.values import SECOND_US, Instant

if TYPE_CHECKING:
    from uet_es.drivers.replay import Moment

_SPAN = re.compile(r"\+\s*(\d+(?:\.\d+)?)\s*(us|ms|s|m|min|h|d)?")
_UNIT_US = {
    "us": 1,
    "ms": 1_000,
    "s": SECOND_US,
    "m": 60 * SECOND_US,
    "min": 60 * SECOND_US,
    "h": 3_600 * SECOND_US,
    "d": 86_400 * SECOND_US,
}


def moment_of(option: str, text: str) -> "Moment":
    """The moment that ``text`` means: an entry, ``+12.5s`` into the run, or a date and time.

    Raises:
        UsageError: none of these.
    """
    from uet_es.drivers.replay import Moment

    text = text.strip()
    if text.isdecimal() and int(text) > 0:
        return Moment(seq=int(text))
    span = _SPAN.fullmatch(text)
    if span:
        return Moment(after_us=round(float(span[1]) * _UNIT_US[span[2] or "s"]))
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option} {text}: write the number of an entry (from 1), a span since the start "
            "such as +12.5s, +10m or +2h, or a time such as 2025-01-31T12:00:05"
        ) from None
    epoch = datetime.fromtimestamp(0, UTC)
    return Moment(at_us=(then.astimezone() - epoch) // timedelta(microseconds=1))


def clock_text(at_us: Instant) -> str:
    """An instant for people, to the microsecond, in UTC."""
    then = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at_us)
    return then.isoformat(timespec="microseconds").replace("+00:00", "Z")
