"""Ids for what had another name: safe for branches and folders, unique, the same every time."""

import re
from collections.abc import Iterable

_FOREIGN = re.compile(r"[^A-Za-z0-9_.+@=#-]+")
_UNFIT_START = re.compile(r"^[^A-Za-z0-9_]+")
#: Ids have at most 100 letters, and a number may follow.
_LONGEST = 90


def ids_of(names: Iterable[str]) -> dict[str, str]:
    """An id for each of ``names``; one that is fit already is kept, unless case confuses it."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    last: dict[str, int] = {}
    fit = {name: _fit(name) for name in names}
    for name in sorted(fit, key=lambda name: (fit[name] != name, name)):
        stem = id = fit[name]
        while id.lower() in taken:
            last[stem] = last.get(stem, 1) + 1
            id = f"{stem}-{last[stem]}"
        taken.add(id.lower())
        ids[name] = id
    return ids


def _fit(name: str) -> str:
    """``name`` with nothing in it that an id may not hold; of a long one the end, which differs."""
    text = _FOREIGN.sub("-", name)
    text = re.sub(r"\.{2,}", ".", text)
    if len(text) > _LONGEST:
        text = text[-_LONGEST:]
    text = _UNFIT_START.sub("", text).rstrip(".-")
    if text.endswith(".lock"):
        text = f"{text[:-5]}-lock"
    return text or "task"
