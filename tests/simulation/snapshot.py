"""A ledger as plain nested values, so that two of them can be compared to the last index."""

from functools import cache

import msgspec

FROZEN = (str, int, tuple, frozenset, msgspec.Struct, type(None))


def snapshot(value):
    """A copy of ``value`` with everything it holds, in the order in which it holds it."""
    if isinstance(value, dict):
        if _are_frozen(value.values()):
            return list(value.items())
        return [(k, snapshot(v)) for k, v in value.items()]
    if isinstance(value, list):
        return list(value) if _are_frozen(value) else [snapshot(v) for v in value]
    if isinstance(value, FROZEN):
        return value
    if isinstance(value, set):
        return sorted(value, key=repr)
    return [(name, snapshot(getattr(value, name))) for name in _slots(type(value))]


def _are_frozen(values):
    return all(issubclass(kind, FROZEN) for kind in set(map(type, values)))


@cache
def _slots(kind):
    return [name for base in kind.__mro__ for name in getattr(base, "__slots__", ())]
