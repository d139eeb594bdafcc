"""What is at an instant: how many work, what was spent, what went wrong, what people asked."""

from collections.abc import Iterator

import msgspec

from uet_es.projections.database import Connection
from uet_es.projections.exports.chrome.tracks import Event, Tracks
from uet_es.projections.exports.subject import Subject, stream
from uet_es.values import NANOUSD_PER_USD

_STATES = """
SELECT at_us, max_by(ready, seq), max_by(running, seq)
FROM (
    SELECT at_us, seq,
        sum((to_state = 'READY')::INT - (from_state = 'READY')::INT) OVER story AS ready,
        sum((to_state = 'RUNNING')::INT - (from_state = 'RUNNING')::INT) OVER story AS running
    FROM transitions
    WHERE run = ?
    WINDOW story AS (ORDER BY seq)
)
GROUP BY at_us
ORDER BY at_us
"""
_SPENDING = """
SELECT at_us, max_by(input, seq), max_by(output, seq), max_by(cost_nanousd, seq)
FROM (
    SELECT at_us, seq,
        sum(input_tokens) OVER story AS input,
        sum(output_tokens) OVER story AS output,
        sum(coalesce(cost_nanousd, 0)) OVER story AS cost_nanousd
    FROM usage
    WHERE run = ?
    WINDOW story AS (ORDER BY seq)
)
GROUP BY at_us
ORDER BY at_us
"""
#: Said on the line of the workstream that it happened to.
_OF_A_WORKSTREAM = (
    "attempt.lost",
    "attempt.unstarted",
    "merge.conflicted",
    "merge.failed",
    "retry.scheduled",
    "workstream.cancelled",
    "workstream.failed",
    "workstream.reopened",
)
#: Said on the line of the run.
_OF_THE_RUN = (
    "cancel.asked",
    "driver.interrupted",
    "driver.resumed",
    "limits.changed",
    "pause.asked",
    "retry.asked",
    "run.finished",
    "run.forked",
    "run.paused",
    "run.reopened",
    "run.unpaused",
    "unpause.asked",
    "worker.lost",
)
_INSTANTS = """
SELECT type, workstream, at_us, seq, payload::VARCHAR
FROM run_entries
WHERE run = ? AND ignored = '' AND type IN (SELECT unnest(?::VARCHAR[]))
ORDER BY seq
"""


def states(connection: Connection, about: Subject, tracks: Tracks) -> Iterator[Event]:
    """How many workstreams are ready and how many run, whenever that changes."""
    for at_us, ready, running in stream(connection, _STATES, [about.run]):
        values = {"ready": int(ready), "running": int(running)}
        yield tracks.events.event("C", "workstreams", at_us - about.accepted_us, args=values)


def spending(connection: Connection, about: Subject, tracks: Tracks) -> Iterator[Event]:
    """Tokens and dollars until then; nothing where no model was used."""
    begun = False
    for at_us, input, output, cost_nanousd in stream(connection, _SPENDING, [about.run]):
        if not begun:
            yield from _spent(tracks, 0, 0, 0, 0)
            begun = True
        yield from _spent(
            tracks, at_us - about.accepted_us, int(input), int(output), int(cost_nanousd)
        )


def _spent(tracks: Tracks, ts: int, input: int, output: int, cost_nanousd: int) -> Iterator[Event]:
    yield tracks.events.event("C", "tokens", ts, args={"input": input, "output": output})
    dollars = cost_nanousd / NANOUSD_PER_USD
    yield tracks.events.event("C", "cost in USD", ts, args={"cost": dollars})


def instants(connection: Connection, about: Subject, tracks: Tracks) -> Iterator[Event]:
    """Failures, retries, pauses, drivers that took over: each with what its entry says."""
    wanted = [*_OF_A_WORKSTREAM, *_OF_THE_RUN]
    for tag, id, at_us, seq, payload in stream(connection, _INSTANTS, [about.run, wanted]):
        told: dict[str, object] = msgspec.json.decode(payload)
        told.pop("type", None)
        track = tracks.workstreams.get(id) if tag in _OF_A_WORKSTREAM else None
        yield (track or tracks.events).event(
            "i", tag, at_us - about.accepted_us, s="t", cat="entry", args={"seq": seq, **told}
        )
