"""Whose work is being merged, or whose turn it is."""

from uet_es.plan import Plan
from uet_es.timing.precedence import merge_sequence
from uet_es.values import WorkstreamId


class MergeTurn:
    """What everything in the merge queue waits for."""

    __slots__ = ("_before", "_ended", "_place", "_sequence", "merging", "moved", "waiting")

    def __init__(self, plan: Plan) -> None:
        strict = plan.limits.merge_order == "strict"
        worktrees = {w.id for w in plan.workstreams if w.isolation == "worktree"}
        self._sequence = [id for id in merge_sequence(plan) if id in worktrees] if strict else []
        self._place = 0
        self._before = ""
        self._ended: set[WorkstreamId] = set()
        self.merging: WorkstreamId | None = None
        #: Reopened ones have the last places, in this order.
        self.moved: list[WorkstreamId] = []
        self.waiting: set[WorkstreamId] = set()  #: the merge queue, and what is being merged

    @property
    def on(self) -> str:
        """What the integration worker is at, or what strict merging wants first; else ""."""
        if self.merging is not None:
            return self.merging
        return self._sequence[self._place] if self._place < len(self._sequence) else ""

    def has(self, id: WorkstreamId) -> bool:
        """Whether ``id`` has a place in strict merging."""
        return id in self._sequence

    def end(self, id: WorkstreamId) -> None:
        """Nothing of ``id`` will be merged any more, or all of it was."""
        sequence = self._sequence
        if not sequence:
            return
        self._ended.add(id)
        while self._place < len(sequence) and sequence[self._place] in self._ended:
            self._place += 1

    def reopen(self, id: WorkstreamId) -> None:
        """``id`` takes the last place."""
        place = self._sequence.index(id)
        del self._sequence[place]
        self._sequence.append(id)
        self._place -= place < self._place
        self._ended.discard(id)
        self.moved = [*(other for other in self.moved if other != id), id]

    def stir(self, stirred: set[WorkstreamId]) -> None:
        """Add the merge queue if it waits for another than at the last call."""
        if self.on != self._before:
            self._before = self.on
            stirred |= self.waiting
