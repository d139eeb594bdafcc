"""Recorded runs, wherever they lie: in a store, in a file, in a folder of fixtures."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from uet_es.errors import LogError, UsageError
from uet_es.events.entry import Entry
from uet_es.events.observations import PlanAccepted
from uet_es.log import jsonl
from uet_es.log.rows import Row
from uet_es.log.store import Log
from uet_es.plan import Plan
from uet_es.values import RunId

LOG = "log.jsonl"
EXPECT = "expect.json"


class History(NamedTuple):
    """One recorded run; ``entries`` and ``rows`` read it anew each time."""

    name: str  #: as a person names it: ``run-3``, or a path
    entries: Callable[[], Iterator[Entry]]  #: from the first one on, checked like a store
    rows: Callable[[], Iterator[Row]]  #: those stored under its own name
    expect: Path | None = None  #: what it is known to lead to; may not be there

    @property
    def plan(self) -> Plan:
        """The plan that it was started with.

        Raises:
            LogError: it does not begin with one.
        """
        for entry in self.entries():
            if isinstance(entry.event, PlanAccepted):
                return entry.event.plan
            raise LogError(f"{self.name} does not begin with a plan")
        raise LogError(f"{self.name} holds no entry")


def of_run(log: Log, run: RunId) -> History:
    """A run of a store."""
    return History(run, lambda: log.entries(run), lambda: log.rows(run=run))


def of_file(path: Path) -> History:
    """A run that was written to a file."""
    is_its = path.name == LOG or len(list(path.parent.glob("*.jsonl"))) == 1
    return History(
        str(path),
        lambda: iter(jsonl.read_entries(path)),
        lambda: jsonl.read(path),
        path.with_name(EXPECT) if is_its else None,
    )


def logs_in(path: Path) -> list[Path]:
    """The logs at ``path``: itself, or every ``.jsonl`` below a folder, sorted.

    Raises:
        UsageError: there are none.
    """
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*.jsonl") if file.is_file())
    if not found:
        raise UsageError(f"{path}: there is no log in it: no file ends in .jsonl")
    return found


def the_log_in(path: Path) -> Path:
    """The one log at ``path``: itself, or that of a fixture's folder.

    Raises:
        UsageError: there is none, or more than one.
    """
    if path.is_dir() and (path / LOG).is_file():
        return path / LOG
    found = logs_in(path)
    if len(found) > 1:
        named = ", ".join(str(file.relative_to(path)) for file in found[:5])
        raise UsageError(f"{path} holds {len(found)} logs: name one of {named}")
    return found[0]
