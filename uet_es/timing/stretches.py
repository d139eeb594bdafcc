"""From what keeps each workstream, whenever that changes, to its spans."""

from collections.abc import Mapping

from uet_es.aggregates.waits import Cause
from uet_es.timing.precedence import Precedence
from uet_es.timing.standing import Standing, Undecided
from uet_es.timing.words import Span
from uet_es.values import Instant, WorkstreamId


class Stretches:
    """The spans of all workstreams: those that are finished, and what the others look like.

    Which of several dependencies a wait is charged to is known at its end: until then its spans
    are kept with their workstream, one more for each pause of the run.
    """

    __slots__ = ("_needs", "_precedence", "_standings", "closed", "merging_us", "setup_us")

    def __init__(
        self,
        needs: Mapping[WorkstreamId, tuple[WorkstreamId, ...]],
        precedence: Precedence,
        standings: Mapping[WorkstreamId, Standing],
    ) -> None:
        self._needs = needs
        self._precedence = precedence
        self._standings = standings
        self.closed: list[Span] = []
        self.setup_us = 0
        self.merging_us = 0

    def charge(self, id: WorkstreamId, kept: tuple[Cause, str], now_us: Instant, seq: int) -> None:
        """From now on the time of ``id`` is charged to what it is ``kept`` by."""
        standing = self._standings[id]
        self._cut(id, standing, now_us)
        standing.cause, standing.on = kept
        standing.since_us, standing.since_seq = now_us, seq

    def decide(self, id: WorkstreamId, cause: Cause, on: WorkstreamId) -> None:
        """It has turned out what this wait of ``id`` was for."""
        standing = self._standings[id]
        if standing.cause == cause:
            standing.on = on
        for span in standing.undecided:
            if span.cause == cause:
                told = Span(id, standing.opening, cause, on, span.from_us, span.to_us)
                self.closed.append(told)
        standing.undecided = tuple(s for s in standing.undecided if s.cause != cause)

    def end(self, id: WorkstreamId, now_us: Instant) -> None:
        """``id`` has ended: no more is charged to it."""
        standing = self._standings[id]
        self._cut(id, standing, now_us)
        standing.cause = standing.on = ""
        if not standing.undecided:
            return
        for cause in dict.fromkeys(span.cause for span in standing.undecided):
            self.decide(id, cause, self.awaited(id, cause))

    def drain(self) -> list[Span]:
        """The finished spans, and none of them again."""
        closed, self.closed = self.closed, []
        return closed

    def open(self, now_us: Instant) -> list[Span]:
        """Spans that may still change, as if they ended now."""
        found: list[Span] = []
        for id, standing in self._standings.items():
            number = standing.opening
            for span in standing.undecided:
                need = self.awaited(id, span.cause)
                found.append(Span(id, number, span.cause, need, span.from_us, span.to_us))
            cause, on = standing.cause, standing.on
            if cause:
                if not on and (cause == "dependency" or cause == "order"):
                    on = self.awaited(id, cause)
                found.append(Span(id, number, cause, on, standing.since_us, now_us))
        return found

    def awaited(self, id: WorkstreamId, cause: Cause) -> WorkstreamId:
        """Of those that ``id`` still waits for, the first that fell, else the first by id."""
        if cause == "order":
            return min(self._precedence.preceding[id])
        unmet = [need for need in self._needs[id] if self._standings[need].stage != "succeeded"]
        return self.fallen(id) or min(unmet)

    def fallen(self, id: WorkstreamId) -> WorkstreamId | None:
        """The dependency of ``id`` that fell first, None if none did."""
        fallen = [need for need in self._needs[id] if self._standings[need].stage == "fallen"]
        return min(fallen, key=self._seq_of_end) if fallen else None

    def _seq_of_end(self, id: WorkstreamId) -> int:
        released = self._standings[id].released
        return 0 if released is None else released.seq

    def _cut(self, id: WorkstreamId, standing: Standing, now_us: Instant) -> None:
        cause, on, since_us = standing.cause, standing.on, standing.since_us
        if not cause:
            return
        if not on and (cause == "dependency" or cause == "order"):
            standing.undecided += (Undecided(cause, since_us, now_us),)
            return
        self.closed.append(Span(id, standing.opening, cause, on, since_us, now_us))
        if cause == "work" and on.startswith("set-up"):
            self.setup_us += now_us - since_us
        elif cause == "merging" and on == id:
            self.merging_us += now_us - since_us
