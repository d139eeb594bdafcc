"""Tables that no SQL makes: where every run's time went, kept up with the log.

A run's fold goes on where it stood: its state lies in the warehouse with a digest, and is made
anew from the log when there is none or it is not what was written.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

import msgspec

from uet_es.errors import LogError
from uet_es.events import BY_TAG
from uet_es.events.base import WorkerDecision
from uet_es.events.decisions import RunFinished
from uet_es.events.observations import PlanAccepted
from uet_es.log.rows import Row
from uet_es.plan import Plan
from uet_es.projections.feed import Batch, Lines, Source
from uet_es.timing.tracker import Tracker
from uet_es.values import RunId

#: What a fold gives to a batch, with the type of each column.
TABLES = {
    "fresh_waits": {
        "run": "VARCHAR",
        "workstream": "VARCHAR",
        "opening": "BIGINT",
        "cause": "VARCHAR",
        "waits_for": "VARCHAR",
        "from_us": "BIGINT",
        "to_us": "BIGINT",
        "is_open": "BOOLEAN",
    },
    "fresh_steps": {
        "run": "VARCHAR",
        "position": "BIGINT",
        "workstream": "VARCHAR",
        "because": "VARCHAR",
        "from_us": "BIGINT",
        "to_us": "BIGINT",
    },
    "fresh_times": {
        "run": "VARCHAR",
        "work_us": "BIGINT",
        "idle_us": "BIGINT",
        "setup_us": "BIGINT",
        "merging_us": "BIGINT",
        "longest_path_us": "BIGINT",
        "workers_max": "BIGINT",
    },
    "folded": {"run": "VARCHAR", "anew": "BOOLEAN"},
}
#: Decisions about workers say nothing about time that others do not say, and happen at no time of
#: their own: a quarter of a log need not be read.
IDLE_TAGS = frozenset(tag for tag, event in BY_TAG.items() if issubclass(event, WorkerDecision))


class Saved(NamedTuple):
    """Where the fold of a run stood."""

    run: RunId
    state: bytes
    digest: str  #: of both

    @classmethod
    def of(cls, run: RunId, state: bytes) -> "Saved":
        """Sealed."""
        return cls(run, state, _digest(run, state))

    @property
    def is_whole(self) -> bool:
        """Whether it is what was written."""
        return self.digest == _digest(self.run, self.state)


def _digest(run: RunId, state: bytes) -> str:
    return sha256(f"{run}\n".encode() + state).hexdigest()


class Folds:
    """The folds of the runs that grow just now."""

    def __init__(
        self, source: Source, saved: Callable[[RunId], Saved | None], unreadable: dict[RunId, str]
    ) -> None:
        self._source = source
        self._saved = saved
        self._trackers: dict[RunId, Tracker] = {}
        self._grown: dict[RunId, bool] = {}  #: by this batch; whether the run has ended
        self._anew: set[RunId] = set()
        self.unreadable = unreadable  #: runs that cannot be folded any further, and why

    def note(self, row: Row) -> None:
        """Go on by one entry."""
        run = row.run
        if run in self.unreadable:
            return
        try:
            entry = self._source.arrivals.decode(row)
            tracker = self._trackers.get(run)
            if tracker is None:
                tracker = self._trackers[run] = self._resumed(run, entry.seq)
        except LogError as error:
            self.unreadable[run] = str(error)
            return
        tracker.note(entry)
        self._grown[run] = isinstance(entry.event, RunFinished)

    def end(self, batch: Batch) -> list[Saved]:
        """Write what is known now into the folder of ``batch``; where each run stands."""
        lines = {name: Lines(batch.path(name)) for name in TABLES}
        saved = []
        for run, is_over in self._grown.items():
            tracker = self._trackers[run]
            _tell(run, tracker, lines)
            lines["folded"].add({"run": run, "anew": run in self._anew})
            saved.append(Saved.of(run, tracker.state()))
            if is_over:
                del self._trackers[run]  # if it goes on, it goes on from what was saved
        for each in lines.values():
            each.close()
        self._grown.clear()
        self._anew.clear()
        return saved

    def _resumed(self, run: RunId, seq: int) -> Tracker:
        """The fold of everything before entry ``seq``."""
        if seq == 1:
            return Tracker()
        saved = self._saved(run)
        if saved is not None and saved.is_whole:
            return Tracker.from_state(saved.state, self._plan(run))
        self._anew.add(run)
        tracker = Tracker()
        for entry in self._source.entries(run):
            if entry.seq >= seq:
                break
            tracker.note(entry)
        return tracker

    def _plan(self, run: RunId) -> Plan:
        first = next(iter(self._source.entries(run)), None)
        if first is None or not isinstance(first.event, PlanAccepted):
            raise LogError(f"{run} does not begin with a plan")
        return first.event.plan


def _tell(run: RunId, tracker: Tracker, lines: dict[str, Lines]) -> None:
    waits = lines["fresh_waits"]
    for spans, is_open in ((tracker.closed(), False), (tracker.open(), True)):
        for id, opening, cause, on, from_us, to_us in spans:
            waits.add(
                {
                    "run": run,
                    "workstream": id,
                    "opening": opening,
                    "cause": cause,
                    "waits_for": on,
                    "from_us": from_us,
                    "to_us": to_us,
                    "is_open": is_open,
                }
            )
    for step in tracker.path():
        lines["fresh_steps"].add({"run": run, **step._asdict()})
    lines["fresh_times"].add({"run": run, **msgspec.structs.asdict(tracker.times())})
