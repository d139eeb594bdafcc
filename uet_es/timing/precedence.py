"""What must come before what: dependencies not met yet, and order-only edges that still hold."""

from collections.abc import Iterable, Mapping, Sequence

from uet_es.aggregates import order
from uet_es.plan import Plan
from uet_es.values import WorkstreamId


class Precedence:
    """Who still has to wait for whom."""

    __slots__ = ("_after", "_followers", "preceding", "unmet")

    def __init__(self, plan: Plan) -> None:
        self._followers = order.followers_of(plan)
        self.unmet = {w.id: len(w.depends_on) for w in plan.workstreams}
        #: Order-only predecessors that have not ended; those without any have no entry.
        self.preceding: dict[WorkstreamId, list[WorkstreamId]] = {}
        self._after: dict[WorkstreamId, list[WorkstreamId]] = {}
        edges = set(plan.before)
        if plan.limits.merge_order == "strict":
            edges.update(order.strict_edges(plan, merge_sequence(plan)))
        for first, second in sorted(edges):
            self.put_before(first, second)

    def put_before(self, first: WorkstreamId, second: WorkstreamId) -> None:
        """Let ``second`` wait for the end of ``first``."""
        preceding = self.preceding.setdefault(second, [])
        if first not in preceding:
            preceding.append(first)
            self._after.setdefault(first, []).append(second)

    def restore(
        self,
        preceding: Mapping[WorkstreamId, Sequence[WorkstreamId]],
        succeeded: Iterable[WorkstreamId],
    ) -> None:
        """Go on from where these edges hold and these dependencies are met."""
        self.preceding, self._after = {}, {}
        for second, firsts in preceding.items():
            for first in firsts:
                self.put_before(first, second)
        for id in succeeded:
            for follower in self._followers[id]:
                self.unmet[follower] -= 1

    def meet(self, id: WorkstreamId) -> list[WorkstreamId]:
        """``id`` has succeeded: those of which it was the last dependency."""
        met = []
        for follower in self._followers[id]:
            self.unmet[follower] -= 1
            if not self.unmet[follower]:
                met.append(follower)
        return met

    def end(self, id: WorkstreamId) -> list[WorkstreamId]:
        """``id`` has ended: those that had to wait for the end of nothing else.

        If it ended before what it waited for, they wait for that instead: edges are chains.
        """
        released = []
        for second in sorted(self._after.pop(id, ())):
            preceding = self.preceding[second]
            preceding.remove(id)
            for first in self.preceding.get(id, ()):
                self.put_before(first, second)
            if not preceding:
                del self.preceding[second]
                released.append(second)
        return released


def merge_sequence(plan: Plan) -> list[WorkstreamId]:
    """The order of strict merging, as the plan has it."""
    tail = order.tails(plan, plan.before)
    return order.merge_order(plan, tail, order.followers_of(plan))
