"""``given(*observations).decides(*decisions)``: the kernel in sentences."""

from uet_es.aggregates.invariants import broken
from uet_es.events.base import Decision
from uet_es.events.observations import TimePassed
from uet_es.kernel import Ledger, decide, effects_of, turn
from uet_es.values import SECOND_US


class Given:
    """A run to which some things have happened, a second apart."""

    def __init__(self, *observations):
        self.ledger = Ledger("run-1")
        self.entries = []
        self.last = []
        self.sees(*observations)

    def sees(self, *observations, at_us=None):
        """These as well; each a turn of its own."""
        for seen in observations:
            at = self.ledger.now_us + SECOND_US if at_us is None else at_us
            self.last = turn(self.ledger, at, seen)
            self.entries += self.last
            assert broken(self.ledger) == []
            assert decide(self.ledger) is None
        return self

    def together(self, *observations):
        """These at one instant, each but the last followed by another."""
        at_us = self.ledger.now_us + SECOND_US
        self.last = []
        for seen in observations:
            followed = seen is not observations[-1]
            self.last += turn(self.ledger, at_us, seen, followed=followed)
        self.entries += self.last
        assert broken(self.ledger) == []
        assert decide(self.ledger) is None
        return self

    def passes(self, us):
        """Nothing but time."""
        return self.sees(TimePassed(), at_us=self.now_us + us)

    @property
    def now_us(self):
        return self.ledger.now_us

    @property
    def decided(self):
        """What the last turn decided."""
        return [e.event for e in self.last if isinstance(e.event, Decision)]

    def decides(self, *decisions):
        """Exactly these, in this order, in the last turn."""
        assert self.decided == list(decisions)
        return self

    def ignores(self, why):
        """The last observation, for a reason that contains ``why``."""
        assert why in self.last[0].ignored
        assert self.decided == []
        return self

    def asks(self, *effects):
        """Of the world, after the last turn."""
        assert [f for e in self.last for f in effects_of(self.ledger, e)] == list(effects)
        return self

    def state(self, id):
        w = self.ledger.workstreams[id]
        return f"{w.state} {w.step}".strip()


def given(*observations):
    return Given(*observations)
