"""Why did a workstream take so long, and why did it fail?

Between two turns nothing changes, so what keeps a workstream is asked once for each stretch of
time that passed, and only of that workstream. Which of several dependencies a stretch is charged
to is known only afterwards: it is the one that was met last.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from uet_es.aggregates.waits import Cause, Wait, first_wait
from uet_es.drivers.root_cause import Causes
from uet_es.errors import LogError
from uet_es.events import tag_of
from uet_es.events.base import Decision
from uet_es.events.decisions import (
    WorkstreamCancelled,
    WorkstreamCompleted,
    WorkstreamFailed,
    WorkstreamReopened,
)
from uet_es.events.entry import Entry
from uet_es.kernel import Ledger, before, evolve
from uet_es.values import DurationUs, Instant, RunId, State, WorkstreamId

SCHEMA_VERSION = 1


class Span(NamedTuple):
    """A stretch of a workstream's lead time, and the one thing it is charged to."""

    cause: Cause
    on: str  #: as in ``Wait``
    from_us: Instant
    to_us: Instant

    @property
    def took_us(self) -> DurationUs:
        """How long it lasted; never 0."""
        return self.to_us - self.from_us


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A workstream's lead time: from the plan's acceptance, or its last reopening, to its end."""

    run: RunId
    workstream: WorkstreamId
    state: State
    begun_us: Instant  #: when the run began
    from_us: Instant
    to_us: Instant  #: of its end; of the last entry if it is not over
    spans: tuple[Span, ...]  #: without gaps from ``from_us`` to ``to_us``
    end: Entry | None  #: what made it FAILED or CANCELLED
    root: Entry | None  #: what that began with
    reopened: Entry | None  #: the last time it was tried again because a person asked

    def document(self) -> dict[str, object]:
        """What ``why --json`` prints."""
        root = self.root
        return {
            "schema_version": SCHEMA_VERSION,
            "run": self.run,
            "workstream": self.workstream,
            "state": self.state,
            "from_us": self.from_us,
            "to_us": self.to_us,
            "root_cause": None if root is None else {"seq": root.seq, "type": tag_of(root.event)},
            "spans": [span._asdict() for span in self.spans],
        }


class _Stretch(NamedTuple):
    """Time that passed between two turns."""

    wait: Wait
    among: tuple[WorkstreamId, ...]  #: one of these is meant; empty where ``wait`` names it
    from_us: Instant
    to_us: Instant


def explain(entries: Iterable[Entry], id: WorkstreamId) -> Explanation:
    """Where the time of ``id`` went, and what its failure began with.

    Shape:    the history of one run from its first entry; its plan has a workstream ``id``
    Raises:
        LogError: there is no entry.
    """
    history: list[Entry] = []
    causes, ends = Causes(), _Ends()
    stretches: list[_Stretch] = []
    ledger: Ledger | None = None
    from_us = at_us = 0
    reopened: Entry | None = None
    for entry in entries:
        if ledger is None:
            ledger = before(entry)
            from_us = entry.at_us
        elif entry.at_us > at_us and (wait := first_wait(ledger, id)) is not None:
            stretches.append(_Stretch(wait, _among(ledger, id, wait), at_us, entry.at_us))
        at_us = entry.at_us
        evolve(ledger, entry)
        history.append(entry)
        if not isinstance(entry.event, Decision):
            continue
        causes.note(entry)
        ends.note(entry)
        if isinstance(entry.event, WorkstreamReopened) and entry.event.workstream == id:
            reopened, from_us = entry, at_us
            stretches.clear()
    if ledger is None:
        raise LogError("there is no entry to explain anything with")
    return Explanation(
        run=ledger.id,
        workstream=id,
        state=ledger.workstreams[id].state,
        begun_us=history[0].at_us,
        from_us=from_us,
        to_us=ends.ended_us.get(id, at_us),
        spans=tuple(_spans(stretches, ends)),
        end=causes.end_of(id),
        root=causes.root_of(id, history),
        reopened=reopened,
    )


def _among(ledger: Ledger, id: WorkstreamId, wait: Wait) -> tuple[WorkstreamId, ...]:
    match wait.cause:
        case "dependency":
            return ledger.specs[id].depends_on
        case "order":
            return tuple(ledger.preceding[id])
        case _:
            return ()


def _spans(stretches: Sequence[_Stretch], ends: "_Ends") -> list[Span]:
    """The stretches with their causes named, neighbours of one cause as one."""
    spans: list[Span] = []
    for wait, among, from_us, to_us in stretches:
        on = wait.on
        if among:
            on = ends.last_met(among) if wait.cause == "dependency" else ends.last_ended(among)
        if spans and (spans[-1].cause, spans[-1].on) == (wait.cause, on):
            spans[-1] = spans[-1]._replace(to_us=to_us)
        else:
            spans.append(Span(wait.cause, on, from_us, to_us))
    return spans


class _Ends:
    """Which workstreams ended, how and when."""

    def __init__(self) -> None:
        self.ended_us: dict[WorkstreamId, Instant] = {}
        self._met: dict[WorkstreamId, int] = {}
        self._ended: dict[WorkstreamId, int] = {}

    def note(self, entry: Entry) -> None:
        match entry.event:
            case WorkstreamCompleted(workstream=id):
                self._met[id] = self._ended[id] = entry.seq
                self.ended_us[id] = entry.at_us
            case WorkstreamFailed(workstream=id) | WorkstreamCancelled(workstream=id):
                self._ended[id] = entry.seq
                self.ended_us[id] = entry.at_us
            case WorkstreamReopened(workstream=id):
                self._ended.pop(id, None)
                self.ended_us.pop(id, None)
            case _:
                pass

    def last_met(self, among: Sequence[WorkstreamId]) -> WorkstreamId:
        """The one that succeeded last; of those that never did, the one that fell first."""
        never = [id for id in among if id not in self._met]
        if not never:
            return max(among, key=self._met.__getitem__)
        fallen = [id for id in never if id in self._ended]
        return min(fallen, key=self._ended.__getitem__) if fallen else min(never)

    def last_ended(self, among: Sequence[WorkstreamId]) -> WorkstreamId:
        """The one that ended last, in whatever way; of those that never did, the first by id."""
        never = [id for id in among if id not in self._ended]
        return min(never) if never else max(among, key=self._ended.__getitem__)
