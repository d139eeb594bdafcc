"""The processes and threads of a trace: where everything of a run is drawn."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Self

from uet_es.projections.database import Connection
from uet_es.projections.exports.subject import Subject
from uet_es.values import WorkerId, WorkstreamId

RUN, WORKERS, INTEGRATION, WORKSTREAMS = 1, 2, 3, 4
_NAMES = {
    RUN: "run",
    WORKERS: "workers",
    INTEGRATION: "integration worker",
    WORKSTREAMS: "workstreams",
}
#: Readers take a thread whose number is that of its process for something special, and some
#: take equal numbers in two processes for the same thread.
_FIRST_THREAD = 11

Event = dict[str, object]


class Track(NamedTuple):
    """One line of the picture."""

    process: int
    thread: int

    def event(self, phase: str, name: str, ts: int, **more: object) -> Event:
        """Something on it; ``ts`` in microseconds since the acceptance."""
        place = {"pid": self.process, "tid": self.thread}
        return {"ph": phase, "name": name, "ts": ts, **place, **more}


class Tracks(NamedTuple):
    """Every line of the picture."""

    title: str
    events: Track
    critical_path: Track
    merges: Track
    workers: Mapping[WorkerId, Track]
    workstreams: Mapping[WorkstreamId, Track]  #: in the order in which they are drawn

    @classmethod
    def of(cls, connection: Connection, about: Subject) -> Self:
        """Those of a run: workers by number, workstreams as they began."""
        workers = connection.execute(
            "SELECT worker FROM workers WHERE run = $1 "
            "UNION SELECT worker FROM attempts WHERE run = $1 AND worker IS NOT NULL ORDER BY 1",
            [about.run],
        ).fetchall()
        workstreams = connection.execute(
            "SELECT workstream FROM workstreams WHERE run = ? "
            "ORDER BY dispatched_us NULLS LAST, workstream",
            [about.run],
        ).fetchall()
        first = _FIRST_THREAD + 3
        below = first + len(workers)
        return cls(
            title=f"{about.run} {about.source}".rstrip(),
            events=Track(RUN, _FIRST_THREAD),
            critical_path=Track(RUN, _FIRST_THREAD + 1),
            merges=Track(INTEGRATION, _FIRST_THREAD + 2),
            workers={row[0]: Track(WORKERS, at) for at, row in enumerate(workers, first)},
            workstreams={
                row[0]: Track(WORKSTREAMS, at) for at, row in enumerate(workstreams, below)
            },
        )

    def metadata(self) -> Iterator[Event]:
        """Names and order of all processes and threads."""
        for process, name in _NAMES.items():
            title = f"{name}: {self.title}" if process == RUN else name
            yield _said("process_name", process, 0, name=title)
            yield _said("process_sort_index", process, 0, sort_index=process)
        named = [
            (self.events, "events"),
            (self.critical_path, "critical path"),
            (self.merges, "merges"),
            *((track, f"worker {worker}") for worker, track in self.workers.items()),
            *((track, id) for id, track in self.workstreams.items()),
        ]
        for track, name in named:
            yield _said("thread_name", track.process, track.thread, name=name)
            yield _said("thread_sort_index", track.process, track.thread, sort_index=track.thread)


def _said(what: str, process: int, thread: int, **values: object) -> Event:
    return {"ph": "M", "name": what, "pid": process, "tid": thread, "args": values}
