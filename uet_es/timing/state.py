"""What a tracker remembers, as bytes: to go on where it was without reading it all again."""

from heapq import heappush
from typing import assert_never

import msgspec

from uet_es.plan import Plan
from uet_es.timing.lives import Lives
from uet_es.timing.standing import Release, Standing
from uet_es.values import DurationUs, Instant, WorkerId, WorkstreamId


class State(msgspec.Struct, array_like=True, kw_only=True):
    """Everything that the plan does not say."""

    now_us: Instant
    seq: int
    followed: bool
    accepted_us: Instant
    workers_max: int
    paused: bool
    interrupts: int
    capacity: dict[str, int]
    merging: WorkstreamId | None
    moved: list[WorkstreamId]
    preceding: dict[WorkstreamId, list[WorkstreamId]]
    by_worker: dict[WorkerId, Release]
    by_pool: dict[str, Release]
    named: list[WorkstreamId]
    work_us: DurationUs
    idle_us: DurationUs
    setup_us: DurationUs
    merging_us: DurationUs
    longest_path_us: DurationUs
    standings: list[Standing]  #: in the order of the plan


_DECODER = msgspec.msgpack.Decoder(State)
_ENCODER = msgspec.msgpack.Encoder()


def save(lives: Lives) -> bytes:
    """Everything about ``lives`` that neither the plan says nor can be found out from the rest."""
    obstacles, stretches, jumps = lives.obstacles, lives.stretches, lives.jumps
    return _ENCODER.encode(
        State(
            now_us=lives.now_us,
            accepted_us=lives.accepted_us,
            seq=lives.seq,
            followed=lives.followed,
            workers_max=lives.workers_max,
            paused=obstacles.paused,
            interrupts=obstacles.interrupts,
            capacity=obstacles.pools.capacity,
            merging=obstacles.turn.merging,
            moved=obstacles.turn.moved,
            preceding=obstacles.precedence.preceding,
            by_worker=jumps.by_worker,
            by_pool=jumps.by_pool,
            named=sorted(lives.named),
            work_us=lives.work_us,
            idle_us=lives.idle_us,
            setup_us=stretches.setup_us,
            merging_us=stretches.merging_us,
            longest_path_us=lives.longest_path_us,
            standings=list(lives.standings.values()),
        )
    )


def load(saved: bytes, plan: Plan) -> Lives:
    """The same again, for the same plan."""
    state = _DECODER.decode(saved)
    ids = [w.id for w in plan.workstreams]
    lives = Lives(plan, dict(zip(ids, state.standings, strict=True)))
    lives.now_us, lives.accepted_us = state.now_us, state.accepted_us
    lives.seq, lives.followed, lives.workers_max = state.seq, state.followed, state.workers_max
    lives.work_us, lives.longest_path_us = state.work_us, state.longest_path_us
    lives.idle_us = state.idle_us
    lives.stretches.setup_us, lives.stretches.merging_us = state.setup_us, state.merging_us
    lives.jumps.by_worker, lives.jumps.by_pool = state.by_worker, state.by_pool
    lives.named.update(state.named)
    # Whoever keeps its cause keeps it when asked once more, so everybody may be asked.
    lives.stirred.update(id for id, standing in lives.standings.items() if not standing.is_over)
    obstacles = lives.obstacles
    obstacles.paused, obstacles.interrupts = state.paused, state.interrupts
    obstacles.pools.capacity = state.capacity
    succeeded = (id for id, standing in lives.standings.items() if standing.stage == "succeeded")
    obstacles.precedence.restore(state.preceding, succeeded)
    for id in state.moved:
        obstacles.turn.reopen(id)
    obstacles.turn.merging = state.merging
    for id, standing in lives.standings.items():
        _place(lives, id, standing)
    return lives


def _place(lives: Lives, id: WorkstreamId, standing: Standing) -> None:
    """Put ``id`` where it stands into everything that knows its place."""
    obstacles = lives.obstacles
    match standing.stage:
        case "queued":
            obstacles.queue(id)
        case "pausing":
            heappush(lives.due, (standing.not_before_us, id))
        case "set-up" | "working":
            obstacles.start(id)
        case "merging":
            obstacles.holders.hold(id)
            obstacles.turn.waiting.add(id)
        case "succeeded" | "fallen":
            obstacles.turn.end(id)
        case "pending":
            pass
        case _:
            assert_never(standing.stage)
