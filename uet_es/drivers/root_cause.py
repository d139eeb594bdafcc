"""Which entry did a failure begin with?"""

from collections.abc import Sequence

from uet_es.events.decisions import (
    AttemptRecalled,
    WorkstreamCancelled,
    WorkstreamCompleted,
    WorkstreamFailed,
    WorkstreamReopened,
)
from uet_es.events.entry import Entry
from uet_es.values import FailureReason, WorkstreamId

#: Ends that we chose ourselves: the decision to stop explains them, the exit only followed.
_RECALLED: frozenset[FailureReason] = frozenset({"timeout", "heartbeat"})


class Causes:
    """What of a history is needed to trace failures back; ``note`` takes every entry in order."""

    def __init__(self) -> None:
        self._ended: dict[WorkstreamId, Entry] = {}
        self._recalled: dict[tuple[WorkstreamId, int], Entry] = {}
        self._attempt: dict[WorkstreamId, int] = {}

    def note(self, entry: Entry) -> None:
        """Remember ``entry`` if it can be a link of the chain."""
        match entry.event:
            case WorkstreamFailed(workstream=id, attempt=attempt):
                self._attempt[id] = attempt
                self._ended[id] = entry
            case WorkstreamCancelled(workstream=id):
                self._ended[id] = entry
            case WorkstreamCompleted(workstream=id) | WorkstreamReopened(workstream=id):
                self._ended.pop(id, None)
            case AttemptRecalled(workstream=id, attempt=attempt):
                self._attempt[id] = attempt
                self._recalled[id, attempt] = entry
            case _:
                pass

    def end_of(self, id: WorkstreamId) -> Entry | None:
        """The entry that made ``id`` FAILED or CANCELLED, None if it is neither."""
        return self._ended.get(id)

    def root_of(self, id: WorkstreamId, entries: Sequence[Entry]) -> Entry | None:
        """The entry that the failure or cancellation of ``id`` began with, None if it has not one.

        An attempt's exit, its loss or that of its worker, a merge that failed, a limit that
        passed, a person's request. ``entries`` is the history from its first entry.
        """
        end = self._ended.get(id)
        while end is not None and isinstance(end.event, WorkstreamCancelled):
            if end.event.because is None:
                break
            further = self._ended.get(end.event.because)
            if further is None or further.seq >= end.seq:
                break  # what it was cancelled for was tried again since
            end = further
        return None if end is None else self._begun(end, entries)

    def _begun(self, end: Entry, entries: Sequence[Entry]) -> Entry:
        event = end.event
        assert isinstance(event, WorkstreamFailed | WorkstreamCancelled)
        recall = self._recalled.get((event.workstream, self._attempt.get(event.workstream, 0)))
        if recall is not None and isinstance(recall.event, AttemptRecalled):
            why = recall.event.reason
            asked = isinstance(event, WorkstreamCancelled) and why == "cancelled"
            failed = isinstance(event, WorkstreamFailed) and why == event.reason
            if failed and why in _RECALLED:
                return recall
            if asked or failed:
                return entries[recall.cause - 1]
        return entries[end.cause - 1]
