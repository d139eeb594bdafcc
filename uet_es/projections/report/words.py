"""How a page says spans of time, money, and why something had to wait."""

from uet_es.values import NANOUSD_PER_USD, SECOND_US, DurationUs, NanoUsd

#: What a stretch of lead time was charged to, in the order in which it usually comes.
CAUSES = {
    "mode": "the run was paused or stopping",
    "dependency": "waiting for dependencies",
    "order": "kept in order",
    "backoff": "pausing before the next attempt",
    "conflict": "in conflict with others",
    "resource": "waiting for resources",
    "worker": "waiting for a free worker",
    "set-up": "setting up",
    "work": "at work",
    "merging": "merging",
}
#: Why a step of the critical path could not begin earlier.
BECAUSE = {
    "begin": "began with the run",
    "dependency": "depends on the one before",
    "order": "was to start after it",
    "conflict": "could not run beside it",
    "resource": "needed what it held",
    "worker": "needed its worker",
    "merging": "was merged after it",
}


def span(us: DurationUs) -> str:
    """A span of time: ``40 ms``, ``4.2 s``, ``3 min 20 s``, ``2 h 05 min``, ``9 d 04 h``."""
    if us < SECOND_US:
        return f"{us / 1000:.0f} ms"
    if us < 60 * SECOND_US:
        return f"{us / SECOND_US:.1f} s"
    whole = us // SECOND_US
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 100 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600:02d} h"


def money(nanousd: NanoUsd) -> str:
    """US dollars: cents where there are some, more digits where it is less."""
    usd = nanousd / NANOUSD_PER_USD
    return f"{usd:,.2f} USD" if usd >= 1 or not usd else f"{usd:.4f} USD"


def count(number: int, noun: str) -> str:
    """``1 entry``, ``2 entries``, ``12,000 tokens``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("y") else f"{number:,} {noun}s"


def percent(part: float, whole: float) -> str:
    """How much of ``whole`` that is, without decimals."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def shortened(text: str, longest: int) -> str:
    """``text`` with its middle left out where it is too long."""
    if len(text) <= longest:
        return text
    head = (longest - 1) * 2 // 3
    return f"{text[:head]}…{text[head + 1 - longest :]}"


def several(names: list[str], most: int = 4) -> str:
    """``a, b and c``; of many the first ones and how many more."""
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
