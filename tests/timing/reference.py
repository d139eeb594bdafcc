"""Timing by definition: everybody is asked at every rest, by the ledger; slow and plain."""

from uet_es.aggregates.waits import first_wait
from uet_es.events.decisions import (
    WorkstreamCancelled,
    WorkstreamCompleted,
    WorkstreamFailed,
    WorkstreamReopened,
)
from uet_es.events.observations import RunForked
from uet_es.kernel import before, evolve
from uet_es.timing.words import Span

LATE = ("dependency", "order")


class Life:
    """One workstream: its stretches [cause, on, from, to], of which the late ones are undecided."""

    def __init__(self, id):
        self.id, self.opening, self.stretches = id, 0, []
        self.awaited = {}  #: all that it had to come after, in this opening

    def add(self, wait, from_us, to_us):
        cause, on = wait
        on = None if cause in LATE else on
        last = self.stretches[-1] if self.stretches else None
        same = last is not None and last[3] == from_us and last[0] == cause
        if same and (cause in LATE or last[1] == on):
            last[3] = to_us
        else:
            self.stretches.append([cause, on, from_us, to_us])

    def decide(self, cause, on):
        for stretch in self.stretches:
            if stretch[:2] == [cause, None]:
                stretch[1] = on


class Reference:
    def __init__(self):
        self.ledger = None
        self.lives = {}
        self.told = []
        self.ended, self.met = {}, {}
        self.rested = {}  #: what it was kept by, and what it was, at the last real rest

    def note(self, entry):
        if self.ledger is None:
            self.ledger = before(entry)
            self.lives = {w.id: Life(w.id) for w in entry.event.plan.workstreams}
        elif entry.at_us > self.ledger.now_us:
            if isinstance(entry.event, RunForked) and not entry.ignored:
                self._lie_idle(self.ledger.now_us, entry.at_us)
            else:
                self._charge(self.ledger.now_us, entry.at_us)
        evolve(self.ledger, entry)
        match entry.event:
            case WorkstreamCompleted(workstream=id):
                self.met[id] = self.ended[id] = entry.seq
            case WorkstreamFailed(workstream=id) | WorkstreamCancelled(workstream=id):
                self.ended[id] = entry.seq
            case WorkstreamReopened(workstream=id):
                life = self.lives[id]
                self.told += self._spans(life)
                life.stretches, life.awaited, life.opening = [], {}, life.opening + 1
        for id, life in self.lives.items():
            life.awaited |= dict.fromkeys(self.ledger.preceding.get(id, ()))
            self._decide(life)

    def spans(self):
        """All of them, as they look now."""
        return self.told + [span for life in self.lives.values() for span in self._spans(life)]

    def _lie_idle(self, from_us, to_us):
        """Nobody drives between the fork point and the fork."""
        self.rested.clear()
        for id, life in self.lives.items():
            if not self.ledger.workstreams[id].is_terminal:
                life.add(("mode", "forked"), from_us, to_us)

    def _charge(self, from_us, to_us):
        ledger = self.ledger
        for id, life in self.lives.items():
            was = (ledger.workstreams[id], id in ledger.started)
            wait = first_wait(ledger, id)
            if ledger.followed and id in self.rested and self.rested[id][0] == was:
                wait = self.rested[id][1]  # more is to follow, and nothing named it
            elif not ledger.followed:
                self.rested[id] = (was, wait)
            if wait is not None:
                life.add(wait, from_us, to_us)

    def _decide(self, life):
        ledger, id = self.ledger, life.id
        needs = ledger.specs[id].depends_on
        unmet = [need for need in needs if ledger.workstreams[need].state != "SUCCEEDED"]
        is_over = ledger.workstreams[id].is_terminal
        undecided = [cause for cause, on, *_ in life.stretches if on is None]
        if "dependency" in undecided and (is_over or not unmet):
            life.decide("dependency", self._need(needs, unmet))
        preceding = ledger.preceding.get(id, ())
        if "order" in undecided and (is_over or not preceding):
            life.decide("order", self._first(life, preceding))

    def _need(self, needs, unmet):
        fallen = [n for n in unmet if self.ledger.workstreams[n].is_terminal]
        if fallen:
            return min(fallen, key=self.ended.get)
        return min(unmet) if unmet else max(needs, key=self.met.get)

    def _first(self, life, preceding):
        return min(preceding) if preceding else max(life.awaited, key=self.ended.get)

    def _spans(self, life):
        needs = self.ledger.specs[life.id].depends_on
        unmet = [need for need in needs if self.ledger.workstreams[need].state != "SUCCEEDED"]
        for cause, on, from_us, to_us in life.stretches:
            if on is None:
                preceding = self.ledger.preceding.get(life.id, ())
                late = {"dependency": lambda: self._need(needs, unmet)}
                late["order"] = lambda: self._first(life, preceding)  # noqa: B023
                yield Span(life.id, life.opening, cause, late[cause](), from_us, to_us)
            else:
                yield Span(life.id, life.opening, cause, on, from_us, to_us)
