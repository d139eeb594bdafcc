"""Tables that no SQL makes: what the kernel's own folds say of every run, kept up with the log.

A run's fold goes on where it stood: its state lies in the warehouse with a digest, and is made
anew from the log when there is none or it is not what was written.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

import msgspec

from uet_es.errors import LogError
from uet_es.events.entry import Entry
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
        "setup_us": "BIGINT",
        "merging_us": "BIGINT",
        "longest_path_us": "BIGINT",
        "workers_max": "BIGINT",
    },
    "folded": {"run": "VARCHAR", "anew": "BOOLEAN"},
}


class Saved(NamedTuple):
    """Where the fold of a run stood."""

    run: RunId
    seq: int  #: of the last entry in it
    state: bytes
    digest: str  #: of all that

    @classmethod
    def of(cls, run: RunId, seq: int, state: bytes) -> "Saved":
        """Sealed."""
        return cls(run, seq, state, _digest(run, seq, state))

    @property
    def is_whole(self) -> bool:
        """Whether it is what was written."""
        return self.digest == _digest(self.run, self.seq, self.state)


def _digest(run: RunId, seq: int, state: bytes) -> str:
    return sha256(f"{run} {seq}\n".encode() + state).hexdigest()


class Folds:
    """The folds of the runs that grow just now."""

    def __init__(self, source: Source, saved: Callable[[RunId], Saved | None]) -> None:
        self._source = source
        self._saved = saved
        self._trackers: dict[RunId, Tracker] = {}
        self._seqs: dict[RunId, int] = {}
        self._over: set[RunId] = set()
        self._anew: set[RunId] = set()
        self._lines: dict[str, Lines] = {}
        self.unreadable: dict[RunId, str] = {}  #: runs that cannot be folded, and why

    def begin(self, batch: Batch) -> None:
        """Write what comes of the next rows into the folder of ``batch``."""
        self._lines = {name: Lines(batch.folder / f"{name}.ndjson") for name in TABLES}
        self._anew.clear()
        self._seqs.clear()

    def note(self, row: Row) -> None:
        """Go on by one entry."""
        run = row.run
        if run in self.unreadable:
            return
        try:
            entry = self._source.decode(row)
            tracker = self._trackers.get(run)
            if tracker is None:
                tracker = self._trackers[run] = self._resumed(run, entry)
        except LogError as error:
            self.unreadable[run] = str(error)
            return
        tracker.note(entry)
        self._seqs[run] = entry.seq
        if isinstance(entry.event, RunFinished):
            self._over.add(run)
        else:
            self._over.discard(run)

    def end(self) -> list[Saved]:
        """Write down what is known now, and where each run stands."""
        saved = []
        for run, seq in self._seqs.items():
            tracker = self._trackers[run]
            self._tell(run, tracker)
            saved.append(Saved.of(run, seq, tracker.state()))
            if run in self._over:
                del self._trackers[run]  # if it goes on, it goes on from what was saved
        for lines in self._lines.values():
            lines.close()
        return saved

    def _tell(self, run: RunId, tracker: Tracker) -> None:
        self._lines["folded"].add({"run": run, "anew": run in self._anew})
        waits = self._lines["fresh_waits"]
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
            self._lines["fresh_steps"].add({"run": run, **step._asdict()})
        self._lines["fresh_times"].add({"run": run, **msgspec.structs.asdict(tracker.times())})

    def _resumed(self, run: RunId, next_entry: Entry) -> Tracker:
        """The fold of everything before ``next_entry``."""
        saved = self._saved(run)
        if saved is not None and saved.is_whole and saved.seq == next_entry.seq - 1:
            return Tracker.from_state(saved.state, self._plan(run))
        self._anew.add(run)
        tracker = Tracker()
        if next_entry.seq > 1:
            for entry in self._source.entries(run):
                if entry.seq >= next_entry.seq:
                    break
                tracker.note(entry)
        return tracker

    def _plan(self, run: RunId) -> Plan:
        for entry in self._source.entries(run):
            if isinstance(entry.event, PlanAccepted):
                return entry.event.plan
            break
        raise LogError(f"{run} does not begin with a plan")
