"""Everything that can go wrong at the edge, as one tree.

    UetError
    ├── PlanError            the plan is wrong; the user can mend it          exit 1
    ├── UsageError           wrong flags, unknown run, no repository          exit 2
    ├── LogError             the record is corrupt, altered or newer          exit 5
    ├── TryLaterError        a driver is alive, store busy, disk full, fenced exit 75
    │   ├── StoreBusyError       another process writes; wait and try again
    │   └── FencedError          another driver wrote to this run
    └── KernelError          a bug in uet; carries the place                  exit 70

What a workstream does wrong is never an exception: it is an event.
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing wrong with what a person gave us."""

    file: str  #: as the user would open it; "" when no file is meant
    id: str  #: workstream id; "" when none is meant
    field: str  #: dotted path inside the document; "" when none is meant
    message: str  #: what is wrong and what to do

    def __str__(self) -> str:
        """``file: id: field: message`` without the empty parts."""
        return ": ".join(part for part in (self.file, self.id, self.field, self.message) if part)


class UetError(Exception):
    """The root; never raised itself."""

    exit_status: ClassVar[int] = 70


class PlanError(UetError):
    """The plan cannot be accepted; ``problems`` holds all reasons at once."""

    exit_status = 1

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(tuple(problems))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Sorted as they were found: by file, id, field."""
        problems: tuple[Problem, ...] = self.args[0]
        return problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class UsageError(UetError):
    """What was asked makes no sense here."""

    exit_status = 2


class LogError(UetError):
    """The record is corrupt, altered, or written by a newer uet."""

    exit_status = 5


class TryLaterError(UetError):
    """Nothing is wrong with the request; now is the wrong time."""

    exit_status = 75


class StoreBusyError(TryLaterError):
    """Another process is writing; the append may be tried again."""


class FencedError(TryLaterError):
    """Another driver wrote to this run: this one is out of date and must stop."""


class KernelError(UetError):
    """A bug in uet: an entry that cannot follow, policies that never rest."""
