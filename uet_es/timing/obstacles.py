"""What keeps a workstream now, and whom it concerns when something moves.

The same answers as ``waits.first_wait``, without a ledger: what a workstream is kept by is looked
at again only when an entry names it, or when what it waits for is another thing than before.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from uet_es.aggregates.waits import Cause
from uet_es.plan import Plan
from uet_es.timing.holders import Holders
from uet_es.timing.merge_turn import MergeTurn
from uet_es.timing.pools import Pools
from uet_es.timing.precedence import Precedence
from uet_es.timing.standing import ENDED, UNSTARTED, Standing
from uet_es.values import Instant, WorkstreamId


class Obstacles:
    """Everything that can stand in the way."""

    __slots__ = (
        "_claiming",
        "_mode_before",
        "_tools",
        "holders",
        "interrupts",
        "left",
        "paused",
        "pools",
        "precedence",
        "turn",
    )

    def __init__(self, plan: Plan) -> None:
        self._tools = {w.id: w.tool for w in plan.workstreams}
        self.paused = False
        self.interrupts = 0
        self.left = False  #: nobody drives: between the fork point and the fork
        self.precedence = Precedence(plan)
        self.holders = Holders(plan)
        self.pools = Pools(plan)
        self.turn = MergeTurn(plan)
        self._mode_before = ""
        # Most work claims nothing that others want, and needs no looking at.
        claiming = (w.id for w in plan.workstreams if w.resources or self.holders.knows(w.id))
        self._claiming = frozenset(claiming)

    @property
    def mode(self) -> str:
        """Why nothing starts at all; "" if it may."""
        return "paused" if self.paused else "draining" if self.interrupts else ""

    def queue(self, id: WorkstreamId) -> None:
        """``id`` waits until it may start."""
        if id in self._claiming:
            self.holders.queue(id)
            self.pools.queue(id)

    def leave(self, id: WorkstreamId) -> None:
        """``id`` waits no more."""
        if id in self._claiming:
            self.holders.leave(id)
            self.pools.leave(id)

    def start(self, id: WorkstreamId) -> None:
        """``id`` is at work."""
        if id in self._claiming:
            self.holders.start(id)
            self.pools.start(id)

    def end_work(self, id: WorkstreamId) -> Sequence[str]:
        """``id`` is at work no more; the pools to which it gives back units."""
        if id not in self._claiming:
            return ()
        self.holders.end_work(id)
        return self.pools.end(id)

    def end_scope(self, id: WorkstreamId) -> None:
        """What ``id`` did is merged or discarded."""
        if id in self._claiming:
            self.holders.end_scope(id)

    def keeping(
        self, id: WorkstreamId, standing: Standing, now_us: Instant
    ) -> tuple[Cause, str] | None:
        """The first thing that keeps ``id``; what it is called is "" until that is decided.

        At rest, whoever could start has started: what nothing else keeps waits for a worker.
        """
        stage = standing.stage
        if self.left and stage not in ENDED:
            return "mode", "forked"
        if stage == "working":
            return "work", attempt_name(standing.attempt)
        if stage == "set-up":
            return "work", _set_up(standing.attempt)
        if stage in ENDED:
            return None
        if stage == "merging":
            return "merging", self.turn.on
        if mode := self.mode:
            return "mode", mode
        if stage == "pending":
            return ("dependency" if self.precedence.unmet[id] else "order"), ""
        if stage == "pausing" and standing.not_before_us > now_us:
            return "backoff", str(standing.not_before_us)
        if id in self._claiming:
            if holder := self.holders.first(id):
                return "conflict", holder
            if pool := self.pools.lacking(id):
                return "resource", pool
        return "worker", self._tools[id]

    def stir(self, stirred: set[WorkstreamId], standings: Mapping[WorkstreamId, Standing]) -> None:
        """Add those who may be kept by something else than at the last call."""
        self.holders.stir(stirred)
        self.pools.stir(stirred)
        if self.mode != self._mode_before:
            self._mode_before = self.mode
            stirred.update(id for id, s in standings.items() if s.stage in UNSTARTED)
        self.turn.stir(stirred)


@lru_cache(maxsize=256)
def attempt_name(number: int) -> str:
    return f"attempt {number}"


@lru_cache(maxsize=256)
def _set_up(number: int) -> str:
    return f"set-up of attempt {number}"
