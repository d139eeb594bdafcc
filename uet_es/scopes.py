"""Path patterns: one spelling for each, and whether two can name the same file.

``*`` and ``?`` stay inside one part of a path, ``[…]`` is one character of a class (``[!…]`` one
outside it), and ``**`` as a whole part is any number of parts. A pattern also names what lies
below what it names (``docs`` covers ``docs/x.md``) and itself, letter by letter, so that
``app/[id]/page.tsx`` covers the file that is really called so.

Only a ``**`` needs to guess whether a name is a directory: there, a name with a short extension
(``readme.md``) is taken for a file, or every ``**/*.py`` would overlap with every path.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

_DRIVE = re.compile(r"[A-Za-z]:")
_WILD = re.compile(r"[*?\[]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FILE_NAME = re.compile(r".+\.(?!d$)[A-Za-z][A-Za-z0-9]{0,4}", re.DOTALL)
_CACHED = 65_536

#: The letters one place of a name may hold: whether the ranges are excluded, and the ranges.
_Letters = tuple[bool, tuple[tuple[int, int], ...]]
#: ``None`` is a star, any number of places.
_Place = _Letters | None


@lru_cache(maxsize=_CACHED)
def normalise(pattern: str) -> str:
    """The one spelling of ``pattern``: ``/`` between parts, no ``./``, ``//`` or trailing ``/``.

    A directory needs no slash at its end: every pattern also covers what lies below it.
    ``.`` is the whole repository and becomes ``**``.

    Raises:
        ValueError: absolute, empty, with a drive letter or with ``..`` in it.
    """
    if not pattern.strip():
        raise ValueError("is empty; name a path inside the repository, or leave it out")
    if _CONTROL.search(pattern):
        raise ValueError(f"{pattern!r} holds a control character; remove it")
    slashed = pattern.replace("\\", "/")
    if slashed.startswith("/"):
        raise ValueError(f"{pattern!r} is absolute; write it relative to the repository's root")
    if _DRIVE.match(slashed):
        raise ValueError(
            f"{pattern!r} has a drive letter; write it relative to the repository's root"
        )
    parts = [part for part in slashed.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ValueError(f"{pattern!r} contains '..'; write the path that is meant without it")
    kept = [p for i, p in enumerate(parts) if p != "**" or i == 0 or parts[i - 1] != "**"]
    return "/".join(kept) or "**"


def overlap(a: str, b: str, *, ignore_case: bool = False) -> bool:
    """Whether two normalised patterns can name the same file."""
    return _overlap(*_folded(a, b, ignore_case=ignore_case))


def covers(pattern: str, path: str, *, ignore_case: bool = False) -> bool:
    """Whether the normalised ``pattern`` names ``path`` or a directory above it."""
    pattern, path = _folded(pattern, path, ignore_case=ignore_case)
    if pattern == path or path.startswith(pattern + "/"):
        return True
    if not is_wild(pattern):
        return False
    return _covers(_parts(pattern), path.split("/"))


def is_wild(pattern: str) -> bool:
    """Whether ``pattern`` can name more than one path and what lies below it."""
    return _WILD.search(pattern) is not None


def literal_start(pattern: str) -> str:
    """What every path that ``pattern`` names begins with, when each path ends in ``/``.

    Two patterns can only overlap if one of their starts begins with the other.
    """
    wild = _WILD.search(pattern)
    return pattern[: wild.start()] if wild else pattern + "/"


def _folded(a: str, b: str, *, ignore_case: bool) -> tuple[str, str]:
    return (a.lower(), b.lower()) if ignore_case else (a, b)


@lru_cache(maxsize=_CACHED)
def _overlap(a: str, b: str) -> bool:
    if a == b or a.startswith(b + "/") or b.startswith(a + "/"):
        return True
    if not (is_wild(a) or is_wild(b)):
        return False
    return _meet_somewhere(_parts(a), _parts(b))


@lru_cache(maxsize=_CACHED)
def _parts(pattern: str) -> tuple[str, ...]:
    return tuple(pattern.split("/"))


def _meet_somewhere(a: Sequence[str], b: Sequence[str]) -> bool:
    """Whether some path is named by both, walked part by part over all choices of ``**``."""
    reached = {(0, 0)}
    open_ends = [(0, 0)]
    while open_ends:
        i, j = open_ends.pop()
        if i == len(a) or j == len(b):
            if _reaches_below(a, i, b[j:]) and _reaches_below(b, j, a[i:]):
                return True
            continue
        steps: tuple[tuple[int, int], ...]
        if a[i] == "**" or b[j] == "**":
            steps = ((i + 1, j), (i, j + 1))
        else:
            steps = ((i + 1, j + 1),) if _names_meet(a[i], b[j]) else ()
        fresh = [step for step in steps if step not in reached]
        reached.update(fresh)
        open_ends.extend(fresh)
    return False


def _reaches_below(pattern: Sequence[str], consumed: int, rest: Sequence[str]) -> bool:
    """Whether what ``pattern`` named can contain ``rest``, once all of it is consumed."""
    if consumed < len(pattern) or not rest or rest[0] != "**":
        return True
    needs_directory = any(part != "**" for part in rest)
    return not (needs_directory and _FILE_NAME.fullmatch(pattern[-1]))


def _covers(pattern: Sequence[str], names: Sequence[str]) -> bool:
    """Whether ``pattern`` names one of the directories that ``names`` leads through, or its end."""
    places = {0}
    for name in (*names, None):
        while (
            skipped := {i + 1 for i in places if i < len(pattern) and pattern[i] == "**"} - places
        ):
            places |= skipped
        if len(pattern) in places:
            return True
        if name is not None:
            places = {
                i if pattern[i] == "**" else i + 1
                for i in places
                if pattern[i] == "**" or _name_fits(pattern[i], name)
            }
    return False


def _names_meet(a: str, b: str) -> bool:
    """Whether some name of one part fits both; a part also fits its own letters."""
    if a == b or _name_fits(a, b) or _name_fits(b, a):
        return True
    if not (is_wild(a) and is_wild(b)):
        return False
    (head_a, tail_a), (head_b, tail_b) = _ends(a), _ends(b)
    return (
        (head_a.startswith(head_b) or head_b.startswith(head_a))
        and (tail_a.endswith(tail_b) or tail_b.endswith(tail_a))
        and _places_meet(_places(a), _places(b))
    )


def _name_fits(part: str, name: str) -> bool:
    if part in ("*", name):
        return True
    if not is_wild(part):
        return False
    head, tail = _ends(part)
    return (
        name.startswith(head)
        and name.endswith(tail)
        and _places_meet(_places(part), _letters(name))
    )


@lru_cache(maxsize=_CACHED)
def _ends(part: str) -> tuple[str, str]:
    """What every name that fits ``part`` begins and ends with; most names fail here already."""
    return re.split(r"[*?\[]", part, maxsplit=1)[0], re.split(r"[*?\]]", part)[-1]


@lru_cache(maxsize=_CACHED)
def _places_meet(a: tuple[_Place, ...], b: tuple[_Place, ...]) -> bool:
    reached = {(0, 0)}
    open_ends = [(0, 0)]
    while open_ends:
        i, j = open_ends.pop()
        if i == len(a) and j == len(b):
            return True
        steps = []
        if i < len(a) and a[i] is None:
            steps.append((i + 1, j))
        if j < len(b) and b[j] is None:
            steps.append((i, j + 1))
        if i < len(a) and j < len(b):
            left, right = a[i], b[j]
            if left is None or right is None:
                steps += [(i, j + 1)] if left is None else [(i + 1, j)]
            elif _share_a_letter(left, right):
                steps.append((i + 1, j + 1))
        fresh = [step for step in steps if step not in reached]
        reached.update(fresh)
        open_ends.extend(fresh)
    return False


def _share_a_letter(a: _Letters, b: _Letters) -> bool:
    excluded_a, ranges_a = a
    excluded_b, ranges_b = b
    if excluded_a and excluded_b:
        return True
    if excluded_a:
        return any(_is_not_within(span, ranges_a) for span in ranges_b)
    if excluded_b:
        return any(_is_not_within(span, ranges_b) for span in ranges_a)
    return any(lo <= high and low <= hi for lo, hi in ranges_a for low, high in ranges_b)


def _is_not_within(span: tuple[int, int], ranges: tuple[tuple[int, int], ...]) -> bool:
    """Whether ``span`` has a letter outside ``ranges``, which are sorted."""
    place, last = span
    for low, high in ranges:
        if low <= place <= high:
            place = high + 1
    return place <= last


@lru_cache(maxsize=_CACHED)
def _letters(name: str) -> tuple[_Place, ...]:
    return tuple((False, ((ord(letter), ord(letter)),)) for letter in name)


@lru_cache(maxsize=_CACHED)
def _places(part: str) -> tuple[_Place, ...]:
    """What each place of a name may hold; a ``[`` that nothing closes is a letter."""
    places: list[_Place] = []
    i = 0
    while i < len(part):
        letter = part[i]
        # A "]" directly after the opening belongs to the class, as in every shell.
        first = i + 2 if part[i + 1 : i + 2] in ("!", "^") else i + 1
        closing = part.find("]", first + 1) if letter == "[" else -1
        if letter == "*":
            if not places or places[-1] is not None:
                places.append(None)
        elif letter == "?":
            places.append((True, ()))
        elif closing > 0:
            places.append((first == i + 2, _ranges(part[first:closing])))
            i = closing
        else:
            places.extend(_letters(letter))
        i += 1
    return tuple(places)


def _ranges(inside: str) -> tuple[tuple[int, int], ...]:
    ranges: list[tuple[int, int]] = []
    i = 0
    while i < len(inside):
        if inside[i + 1 : i + 2] == "-" and i + 2 < len(inside):
            ranges.append((ord(inside[i]), ord(inside[i + 2])))
            i += 3
        else:
            ranges.append((ord(inside[i]), ord(inside[i])))
            i += 1
    return tuple(sorted(span for span in ranges if span[0] <= span[1]))
