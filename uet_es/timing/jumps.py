"""Which workstream another one could go on after: what the critical path is made of.

Of the waits before a start only the last that somebody ended counts, so what is remembered grows
with the attempts, not with the waits.
"""

from collections.abc import Iterable, Mapping

from uet_es.timing.standing import UNSTARTED, Jump, Release, Standing
from uet_es.timing.words import Because
from uet_es.values import Instant, WorkerId, WorkstreamId


class Jumps:
    """Who let go of what last, and who went on because of it."""

    __slots__ = ("_standings", "by_pool", "by_worker")

    def __init__(self, standings: Mapping[WorkstreamId, Standing]) -> None:
        self._standings = standings
        self.by_worker: dict[WorkerId, Release] = {}
        self.by_pool: dict[str, Release] = {}

    def release(self, id: WorkstreamId, seq: int, at_us: Instant) -> Release:
        """``id`` lets go of whatever it holds."""
        standing = self._standings[id]
        standing.released = release = Release(id, seq, at_us)
        return release

    def end_attempt(self, release: Release, worker: WorkerId, pools: Iterable[str]) -> None:
        """``worker`` is free again, and units of ``pools``."""
        self.by_worker[worker] = release
        for pool in pools:
            self.by_pool[pool] = release

    def after(self, id: WorkstreamId, because: Because, other: WorkstreamId) -> None:
        """``id`` may go on because ``other`` has just let go."""
        standing = self._standings[id]
        standing.because, standing.after = because, self._standings[other].released

    def consider(self, id: WorkstreamId, worker: WorkerId | None = None) -> None:
        """The wait of ``id`` is over, on ``worker`` if it starts: did somebody end it?"""
        standing = self._standings[id]
        if standing.stage != "merging" and standing.stage not in UNSTARTED:
            return
        because, release = self._ended_by(standing, worker)
        if release is not None and release.workstream != id and release.seq > standing.since_seq:
            standing.because, standing.after = because, release

    def _ended_by(
        self, standing: Standing, worker: WorkerId | None
    ) -> tuple[Because, Release | None]:
        on = standing.on
        match standing.cause:
            case "conflict" if standing.stage != "merging":
                return "conflict", self._standings[WorkstreamId(on)].released
            case "resource" if standing.stage != "merging":
                return "resource", self.by_pool.get(on)
            case "worker" if worker is not None:
                return "worker", self.by_worker.get(worker)
            case "merging" if standing.stage == "merging" and on:
                return "merging", self._standings[WorkstreamId(on)].released
            case _:
                return "begin", None

    def commit(self, id: WorkstreamId, seq: int) -> None:
        """``id`` goes on at entry ``seq``."""
        standing = self._standings[id]
        if standing.after is not None:
            standing.jumps += (Jump(seq, standing.because, standing.after),)
            standing.after = None
        standing.since_seq = seq
