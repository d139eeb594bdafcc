"""The ledger: the run, its workstreams and its workers, with the indexes that make turns cheap.

The values are frozen and each comes from its own stream; the indexes are kept in place by
``evolve``, so that deciding never scans all workstreams (ADR 0002). A fork or a replay makes a
ledger of its own by folding.
"""

from heapq import heappop, heappush
from typing import NamedTuple

from uet_es.aggregates.claims import Claims
from uet_es.aggregates.ready import Need, ReadyQueue
from uet_es.aggregates.run import Run
from uet_es.aggregates.timers import Timer, Timers
from uet_es.aggregates.worker import Worker
from uet_es.aggregates.workstream import Workstream
from uet_es.events.observations import (
    AttemptExited,
    AttemptLost,
    AttemptUnstarted,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
)
from uet_es.plan import Plan, WorkstreamSpec
from uet_es.values import (
    CancelReason,
    FailureReason,
    Instant,
    NanoUsd,
    RunId,
    State,
    StreamId,
    WorkerId,
    WorkstreamId,
)

#: What ends an attempt or a merge and waits to be judged.
Ending = (
    AttemptExited | AttemptUnstarted | AttemptLost | MergeLanded | MergeConflicted | MergeFailed
)


class Doom(NamedTuple):
    """Why a workstream is about to be cancelled."""

    because: WorkstreamId | None
    reason: CancelReason


class Usage(NamedTuple):
    """What the attempts of one workstream used."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_nanousd: NanoUsd = 0


class Candidate(NamedTuple):
    """A place in the merge queue: longest remaining path, more dependents, oldest, priority, id."""

    minus_tail: int
    minus_followers: int
    submitted_seq: int
    background: bool
    id: WorkstreamId


class Ledger:
    """Everything true about one run after some entry."""

    __slots__ = (
        "after",
        "arrived",
        "asked_seq",
        "candidates",
        "claims",
        "counts",
        "discards",
        "doomed",
        "draining",
        "expired",
        "fallen",
        "followed",
        "followers",
        "freed",
        "gone",
        "id",
        "idle",
        "live",
        "live_by_group",
        "merge_place",
        "merge_sequence",
        "now_us",
        "offsets",
        "preceding",
        "rank",
        "readiable",
        "ready",
        "recalls",
        "reopening",
        "run",
        "seq",
        "serves",
        "spawned_seq",
        "specs",
        "started",
        "tail",
        "timers",
        "turn",
        "unassigned",
        "unmet",
        "unsettled",
        "usage",
        "usage_keys",
        "versions",
        "workers",
        "workstreams",
    )

    def __init__(self, id: RunId) -> None:
        self.id = id
        self.seq = 0  #: of the last entry
        self.turn = 0  #: version of the run-stream entry that began the present turn
        self.now_us: Instant = 0
        self.followed = False  #: another observation of this instant is still to come
        self.versions: dict[StreamId, int] = {}
        self.run = Run()
        self.workstreams: dict[WorkstreamId, Workstream] = {}
        self.workers: dict[WorkerId, Worker] = {}
        # --- the plan, by id ------------------------------------------------------------------
        self.specs: dict[WorkstreamId, WorkstreamSpec] = {}
        self.followers: dict[WorkstreamId, list[WorkstreamId]] = {}
        self.after: dict[WorkstreamId, list[WorkstreamId]] = {}  #: order-only successors
        self.preceding: dict[WorkstreamId, list[WorkstreamId]] = {}  #: order-only predecessors
        self.tail: dict[WorkstreamId, int] = {}
        self.rank: dict[WorkstreamId, int] = {}
        self.merge_sequence: list[WorkstreamId] = []  #: of strict merging
        self.merge_place = 0  #: in it, of the first that is not terminal
        # --- work that may start ----------------------------------------------------------------
        self.unmet: dict[WorkstreamId, int] = {}  #: predecessors that are not there yet
        self.readiable: list[int] = []  #: ranks of PENDING workstreams without unmet ones
        plan = Plan(workstreams=())
        self.claims = Claims(plan)
        self.ready = ReadyQueue((), {})
        # --- workers ----------------------------------------------------------------------------
        self.idle: dict[int, list[WorkerId]] = {}  #: by group, lowest number first
        self.live: dict[WorkerId, None] = {}  #: neither terminated nor draining
        self.draining: dict[WorkerId, None] = {}  #: finishing what they have
        self.live_by_group: dict[int, int] = {}  #: draining ones included
        self.spawned_seq: dict[WorkerId, int] = {}  #: of those that are SPAWNING
        self.serves: dict[Need, tuple[int, ...]] = {}  #: groups that can do it
        self.arrived: dict[WorkerId, None] = {}  #: started, not yet readied
        self.gone: dict[WorkerId, None] = {}  #: lost, not yet terminated
        self.freed: dict[WorkerId, None] = {}  #: their attempt is over, not yet released
        self.unassigned: WorkerId | None = None  #: was given work, was not yet told
        # --- work that is going on ----------------------------------------------------------------
        self.asked_seq: dict[WorkstreamId, int] = {}  #: of the decision whose answer is awaited
        self.started: dict[WorkstreamId, Instant] = {}  #: attempts that showed a sign of life
        self.unsettled: dict[WorkstreamId, Ending] = {}  #: endings to be judged
        self.recalls: dict[WorkstreamId, FailureReason] = {}  #: attempts to be stopped
        self.doomed: dict[WorkstreamId, Doom] = {}  #: workstreams to be cancelled
        self.discards: dict[WorkstreamId, int] = {}  #: attempts to be discarded
        self.reopening: dict[WorkstreamId, WorkstreamId] = {}  #: to be reopened, and for whom
        self.candidates: list[Candidate] = []
        self.timers = Timers()
        self.expired: dict[Timer, None] = {}
        self.fallen = False  #: something failed and the run fails fast
        # --- signals ------------------------------------------------------------------------------
        self.offsets: dict[tuple[WorkstreamId, int], int] = {}
        self.usage: dict[WorkstreamId, Usage] = {}
        self.usage_keys: set[tuple[WorkstreamId, int, str]] = set()
        self.counts: dict[State, int] = {}

    @property
    def unfinished(self) -> int:
        """Workstreams in no terminal state."""
        counts = self.counts
        return counts["PENDING"] + counts["READY"] + counts["RUNNING"]

    @property
    def is_drained(self) -> bool:
        """Whether an interrupted driver has nothing more to wait for."""
        return self.run.interrupts > 0 and not self.pool and not self.busy

    @property
    def pool(self) -> int:
        """Workers that take up a place: all but the terminated ones."""
        return len(self.live) + len(self.draining)

    @property
    def busy(self) -> bool:
        """Whether an attempt runs or a merge is under way."""
        return bool(self.claims.attempting) or self.run.merging is not None

    def idle_worker(self, need: Need) -> WorkerId | None:
        """The lowest idle worker that can do ``need``."""
        best: WorkerId | None = None
        for group in self.serves.get(need, ()):
            heap = self.idle.get(group)
            if heap and (best is None or heap[0] < best):
                best = heap[0]
        return best

    @property
    def awaited_merge(self) -> WorkstreamId | None:
        """In strict merging, whose turn it is; None if nobody's."""
        place = self.merge_place
        return self.merge_sequence[place] if place < len(self.merge_sequence) else None

    @property
    def candidate(self) -> Candidate | None:
        """The workstream that the integration worker takes next."""
        if not self.candidates:
            return None
        if self.run.limits.merge_order == "ready":
            return self.candidates[0]
        awaited = self.awaited_merge
        return next((c for c in self.candidates if c.id == awaited), None)

    def enqueue(self, id: WorkstreamId) -> None:
        """Put ``id`` into the merge queue."""
        spec = self.specs[id]
        background = spec.priority == "background"
        followers = len(self.followers[id])
        heappush(self.candidates, Candidate(-self.tail[id], -followers, self.seq, background, id))

    def dequeue(self, id: WorkstreamId) -> None:
        """Take ``id`` out of the merge queue."""
        if self.candidates and self.candidates[0].id == id:
            heappop(self.candidates)
            return
        self.candidates = sorted(c for c in self.candidates if c.id != id)
