"""What a log can hold: UTF-8 JSON with 64-bit numbers, nested moderately."""

import math
from collections.abc import Iterator

DEEPEST = 64
_LARGEST = 2**63


def depth(value: object, above: int = 0) -> int:
    """How deep ``value`` is nested, counted no further than what is allowed."""
    if above > DEEPEST or not isinstance(value, dict | list):
        return above
    inner = value.values() if isinstance(value, dict) else value
    return max((depth(each, above + 1) for each in inner), default=above)


def is_recordable(value: object) -> bool:
    """Whether a log can hold ``value``."""
    if isinstance(value, str):
        return _is_text(value)
    if isinstance(value, dict):
        return all(is_recordable(key) and is_recordable(each) for key, each in value.items())
    if isinstance(value, list):
        return all(map(is_recordable, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -_LARGEST <= value < _LARGEST


def unrecordable(field: str, value: object) -> Iterator[tuple[str, str]]:
    """Where and why ``value`` is not recordable."""
    if isinstance(value, dict):
        for key, each in value.items():
            if is_recordable(key):
                yield from unrecordable(f"{field}.{key}".lstrip("."), each)
            else:
                yield field, "has a key that cannot be written as UTF-8; mend it"
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from unrecordable(f"{field}.{index}".lstrip("."), each)
    elif not is_recordable(value):
        if isinstance(value, str):
            yield field, "holds half of a surrogate pair; write the whole character"
        elif isinstance(value, float):
            yield field, f"must be a finite number, not {value}"
        else:
            yield field, "is a number beyond 64 bits; write it as text"


def _is_text(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
