"""How a person says since when and until when: days are those of UTC, as in every bill."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from uet_es.errors import UsageError
from uet_es.values import Instant

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)")
_UNIT_S = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_EPOCH = datetime.fromtimestamp(0, UTC)
_ACCEPTED = (
    "write a span before now such as 24h, 7d or 2w, a date such as 2025-01-31, a time such as "
    "2025-01-31T12:00 (UTC, unless it says otherwise), today or yesterday"
)


class Period(NamedTuple):
    """From the first instant on, before the second; None is without end."""

    since_us: Instant | None
    until_us: Instant | None


def period_of(since: str | None, until: str | None, now_us: Instant) -> Period:
    """What ``--since`` and ``--until`` mean at ``now_us``; a day that is named last is included.

    Raises:
        UsageError: one of them means nothing, or nothing lies between them.
    """
    problems: list[str] = []
    found = Period(
        _instant("--since", since, now_us, problems), _instant("--until", until, now_us, problems)
    )
    if problems:
        raise UsageError("\n".join(problems))
    first, last = found
    if first is not None and last is not None and first >= last:
        raise UsageError(f"nothing lies between --since {since} and --until {until}")
    return found


def _instant(option: str, text: str | None, now_us: Instant, problems: list[str]) -> Instant | None:
    if text is None:
        return None
    try:
        return _read(text.strip().lower(), now_us, is_end=option == "--until")
    except (ValueError, OverflowError):
        problems.append(f"{option} {text}: {_ACCEPTED}")
        return None


def _read(text: str, now_us: Instant, *, is_end: bool) -> Instant:
    span = _SPAN.fullmatch(text)
    now = _EPOCH + timedelta(microseconds=now_us)
    if span:
        return _microseconds(now - timedelta(seconds=float(span[1]) * _UNIT_S[span[2]]))
    today = now.date()
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    if text in named or len(text) == len("2025-01-31"):
        day = named.get(text) or date.fromisoformat(text)
        midnight = datetime.combine(day, time(), UTC)
        return _microseconds(midnight + timedelta(days=int(is_end)))
    then = datetime.fromisoformat(text)
    return _microseconds(then if then.tzinfo else then.replace(tzinfo=UTC))


def _microseconds(then: datetime) -> Instant:
    return (then - _EPOCH) // timedelta(microseconds=1)
