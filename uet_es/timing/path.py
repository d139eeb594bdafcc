"""The critical path as it really was: backwards from the end, from each to what it waited for."""

from collections.abc import Mapping

from uet_es.timing.standing import AT_WORK, ENDED, Jump, Standing
from uet_es.timing.words import Because, Step
from uet_es.values import Instant, WorkstreamId


def walk(
    standings: Mapping[WorkstreamId, Standing],
    *,
    accepted_us: Instant,
    now_us: Instant,
    merging: WorkstreamId | None,
) -> list[Step]:
    """The steps from the plan's acceptance to the end of what ended last, in order of time.

    While something is not over, the last step goes on until now: of what is at work or being
    merged the latest to begin, else of what waits for nobody else's end, else of what waits the
    latest to begin to wait.
    """
    id, before_seq, to_us = _last(standings, now_us, merging)
    backwards: list[tuple[WorkstreamId, Because, Instant, Instant]] = []
    while (jump := _jump_before(standings[id], before_seq)) is not None:
        after = jump.after
        backwards.append((id, jump.because, after.at_us, to_us))
        id, before_seq, to_us = after.workstream, after.seq, after.at_us
    backwards.append((id, "begin", accepted_us, to_us))
    return [Step(n, *step) for n, step in enumerate(reversed(backwards), 1)]


def _last(
    standings: Mapping[WorkstreamId, Standing], now_us: Instant, merging: WorkstreamId | None
) -> tuple[WorkstreamId, int | None, Instant]:
    """What counts as ending last, the entry and the instant of that; no entry if it goes on."""
    going_on = [
        (
            standing.stage in AT_WORK or id == merging,
            standing.stage != "pending",
            standing.since_seq,
            id,
        )
        for id, standing in standings.items()
        if standing.stage not in ENDED
    ]
    if going_on:
        return max(going_on)[-1], None, now_us
    released = (standing.released for standing in standings.values())
    last = max((r for r in released if r is not None), key=lambda release: release.seq)
    return last.workstream, last.seq, last.at_us


def _jump_before(standing: Standing, seq: int | None) -> Jump | None:
    """The jump with which it came to what it did at entry ``seq``."""
    if seq is None and standing.after is not None:
        return Jump(0, standing.because, standing.after)
    return next((j for j in reversed(standing.jumps) if seq is None or j.at_seq <= seq), None)
