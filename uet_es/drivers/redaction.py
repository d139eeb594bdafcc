"""Taking paths, host names and command lines out of a history before it is given away.

Only observations hold what people and tools wrote. They are rewritten, the same text to the same
substitute everywhere, and the kernel decides again what follows from them: so a redacted history
verifies like any other, and one that would decide differently without its texts is refused.
"""

import platform
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest
from typing import Literal, cast, get_args

import msgspec

from uet_es.drivers.shape import alike
from uet_es.errors import LogError, UsageError
from uet_es.events import AnyObservation, observations
from uet_es.events.base import Decision
from uet_es.events.entry import Entry
from uet_es.kernel import Ledger, before, turn
from uet_es.log.redaction import FREE_TEXT, REDACTED
from uet_es.plan import Plan, WorkstreamSpec

Kind = Literal["paths", "hosts", "commands"]
Fields = Mapping[type[msgspec.Struct], frozenset[str]]

#: What was to be executed, and what says so when it cannot be.
COMMANDS: Fields = {
    Plan: frozenset({"tools"}),
    WorkstreamSpec: frozenset({"command", "tasks", "acceptance_tests", "extra"}),
    observations.AttemptUnstarted: frozenset({"message"}),
}
PATHS: Fields = {
    Plan: frozenset({"overlaps", "scope_ignore", "source"}),
    WorkstreamSpec: frozenset({"writes", "reads", "forbidden"}),
    observations.AttemptExited: frozenset({"outside"}),
    observations.MergeConflicted: frozenset({"files"}),
}
PEOPLE: Fields = {observations.Request: frozenset({"by"})}

_WORD = re.compile(r"[\w.~+@%*/-]+")
_FILE = re.compile(r"(?=.*[A-Za-z_]).*\.[A-Za-z]\w{0,9}")
_ADDRESS = r"(?:\d{1,3}\.){3}\d{1,3}|(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}|\w[\w.-]*@[\w.-]+"


def kinds_of(words: str) -> frozenset[Kind]:
    """The kinds named in a list such as ``paths,hosts``.

    Raises:
        UsageError: one of them is none; names all such.
    """
    known = get_args(Kind)
    named = [word.strip() for word in words.split(",") if word.strip()]
    unknown = [word for word in named if word not in known]
    if unknown or not named:
        raise UsageError(f"--redact {','.join(unknown)}: name some of {', '.join(known)}")
    return frozenset(cast("list[Kind]", named))


def redacted(entries: Iterable[Entry], kinds: frozenset[Kind]) -> list[Entry]:
    """The same run without texts of those kinds.

    Raises:
        LogError: today's kernel decides it differently, with or without its texts.
    """
    originals = list(entries)
    veil = _Veil(kinds)
    ledger: Ledger | None = None
    copies: list[Entry] = []
    for entry in originals:
        if isinstance(entry.event, Decision):
            continue
        ledger = ledger or before(entry)
        seen = cast("AnyObservation", veil.over(entry.event))
        copies += turn(ledger, entry.at_us, seen, followed=entry.followed)
    for original, copy in zip_longest(originals, copies):
        if original is None or copy is None or not _same(original, copy):
            seq = (original or copy).seq
            raise LogError(
                f"entry {seq} would be decided differently today, so that a redacted copy would "
                "not verify: uet verify says more; record it without --redact"
            )
    return copies


def _same(original: Entry, copy: Entry) -> bool:
    place = msgspec.structs.replace(
        copy, event=original.event, ignored=original.ignored, cause=original.cause
    )
    if place != original or bool(original.ignored) != bool(copy.ignored):
        return False
    if isinstance(original.event, Decision):
        return original.cause == copy.cause and alike(original.event, copy.event)
    return type(original.event) is type(copy.event)


class _Veil:
    """Substitutes texts, the same one by the same."""

    def __init__(self, kinds: frozenset[Kind]) -> None:
        self._kinds = kinds
        self._names: dict[str, str] = {}
        own = re.escape(platform.node())
        self._host = re.compile(rf"{_ADDRESS}|\b{own}\b" if own else _ADDRESS)

    def over(self, value: object) -> object:
        """``value`` with every field in it that is to be redacted substituted."""
        if isinstance(value, tuple):
            return tuple(map(self.over, value))
        if not isinstance(value, msgspec.Struct):
            return value
        changes = {name: self._field(value, name) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **changes)

    def _field(self, value: msgspec.Struct, name: str) -> object:
        field = getattr(value, name)
        if "commands" in self._kinds and _declares(COMMANDS, value, name):
            return _each_text(field, lambda text: REDACTED if text else "")
        if "hosts" in self._kinds and _declares(PEOPLE, value, name):
            return REDACTED if field else ""
        if "paths" in self._kinds and _declares(PATHS, value, name):
            return _sorted(_each_text(field, self._pattern))
        if _declares(FREE_TEXT, value, name):
            return _each_text(field, self._prose)
        return self.over(field)

    def _pattern(self, pattern: str) -> str:
        """Wildcards and depth stay, so that what contains what stays."""
        return "/".join(
            part if set(part) <= set("*.") else self._names.setdefault(part, self._next())
            for part in pattern.split("/")
        )

    def _next(self) -> str:
        return f"p{len(self._names) + 1}"

    def _prose(self, text: str) -> str:
        if "paths" in self._kinds:
            text = _WORD.sub(lambda word: "[path]" if _is_path(word[0]) else word[0], text)
        return self._host.sub("[host]", text) if "hosts" in self._kinds else text


def _declares(fields: Fields, value: msgspec.Struct, name: str) -> bool:
    return any(name in fields.get(kind, ()) for kind in type(value).__mro__)


def _is_path(word: str) -> bool:
    return "/" in word or _FILE.fullmatch(word) is not None


def _each_text(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_each_text(item, change) for item in value)
    return value


def _sorted(value: object) -> object:
    """The plan holds its patterns, and its pairs of patterns, in order."""
    if isinstance(value, tuple):
        return tuple(sorted(map(_sorted, value)))  # type: ignore[type-var]  # texts, or pairs
    return value
