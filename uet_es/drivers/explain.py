"""Why did a workstream take so long, and why did it fail?"""

from collections.abc import Iterable

import msgspec

from uet_es.aggregates.workstream import Workstream
from uet_es.aggregates.workstream import evolve as evolved
from uet_es.drivers.root_cause import Causes
from uet_es.errors import LogError
from uet_es.events import tag_of
from uet_es.events.base import Decision, WorkstreamDecision
from uet_es.events.decisions import WorkstreamReopened
from uet_es.events.entry import Entry
from uet_es.timing.tracker import Span, Tracker
from uet_es.values import Instant, RunId, State, WorkstreamId

SCHEMA_VERSION = 1


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
            "spans": [_document(span) for span in self.spans],
        }


def explain(entries: Iterable[Entry], id: WorkstreamId) -> Explanation:
    """Where the time of ``id`` went, and what its failure began with.

    Shape:    the history of one run from its first entry; its plan has a workstream ``id``
    Raises:
        LogError: there is no entry.
    """
    history: list[Entry] = []
    tracker, causes = Tracker(), Causes()
    workstream = Workstream(id=id)
    ended: Entry | None = None
    reopened: Entry | None = None
    for entry in entries:
        tracker.note(entry)
        history.append(entry)
        event = entry.event
        if not isinstance(event, Decision):
            continue
        causes.note(entry)
        if isinstance(event, WorkstreamDecision) and event.workstream == id:
            was, workstream = workstream, evolved(workstream, event, entry.seq)
            if workstream.is_terminal and not was.is_terminal:
                ended = entry
            if isinstance(event, WorkstreamReopened):
                reopened, ended = entry, None
    if not history:
        raise LogError("there is no entry to explain anything with")
    first, last = history[0], history[-1]
    return Explanation(
        run=RunId(last.stream.partition("/")[0]),
        workstream=id,
        state=workstream.state,
        begun_us=first.at_us,
        from_us=(reopened or first).at_us,
        to_us=(ended or last).at_us,
        spans=tuple(_spans_since(tracker, id, (reopened or first).at_us)),
        end=causes.end_of(id),
        root=causes.root_of(id, history),
        reopened=reopened,
    )


def _spans_since(tracker: Tracker, id: WorkstreamId, from_us: Instant) -> list[Span]:
    """In order of time; whatever is charged late was told late."""
    spans = (span for span in (*tracker.closed(), *tracker.open()) if span.workstream == id)
    return sorted((span for span in spans if span.from_us >= from_us), key=lambda s: s.from_us)


def _document(span: Span) -> dict[str, object]:
    return {"cause": span.cause, "on": span.on, "from_us": span.from_us, "to_us": span.to_us}
