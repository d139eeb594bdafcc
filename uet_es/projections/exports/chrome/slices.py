"""What lasts: attempts, merges, waits, the critical path; and the arrows between them."""

from collections.abc import Iterator

from uet_es.projections.database import Connection
from uet_es.projections.exports.chrome.tracks import Event, Track, Tracks
from uet_es.projections.exports.subject import Subject, stream
from uet_es.values import Instant

#: Attempts as they are drawn. No reader shows slices of one thread that overlap without one
#: lying inside the other, so none reaches into the next, whatever the log says.
_ATTEMPTS = """
SELECT *, greatest(dispatched_us, least(coalesce(started_us, until_us), until_us)) AS work_us
FROM (
    SELECT *, greatest(dispatched_us, least(
        coalesce(ended_us, $last_us),
        lead(dispatched_us) OVER (PARTITION BY worker ORDER BY dispatched_us, workstream, attempt)
    )) AS until_us
    FROM attempts
    WHERE run = $run AND worker IS NOT NULL AND dispatched_us IS NOT NULL
)
"""
_MERGES = """
SELECT workstream, attempt, started_us,
    greatest(started_us, coalesce(ended_us, $last_us)) AS until_us,
    result, commit, files, message, took_us
FROM merges
WHERE run = $run AND started_us IS NOT NULL
"""
#: From the end of each attempt that was merged to its merge; from there, or from the attempt,
#: to the first attempts of what depended on it.
_ARROWS = f"""
WITH drawn AS MATERIALIZED ({_ATTEMPTS}), merged AS MATERIALIZED ({_MERGES}), good AS (
    SELECT workstream, attempt, worker, dispatched_us, until_us FROM drawn WHERE accepted
), began AS (
    SELECT workstream, min_by(worker, attempt) AS worker, min(dispatched_us) AS at_us,
        min_by(until_us, attempt) AS until_us
    FROM drawn
    GROUP BY workstream
), ends AS (
    SELECT good.workstream, merged.workstream IS NULL AS by_attempt, worker,
        coalesce(merged.started_us, dispatched_us) AS from_us,
        coalesce(merged.until_us, good.until_us) AS until_us
    FROM good LEFT JOIN merged
        ON merged.workstream = good.workstream AND merged.attempt = good.attempt
        AND merged.result = 'landed'
)
SELECT 'merge', good.worker, good.until_us, NULL, merged.started_us, merged.workstream
FROM good JOIN merged ON merged.workstream = good.workstream AND merged.attempt = good.attempt
WHERE good.dispatched_us < good.until_us AND good.until_us <= merged.started_us
    AND merged.started_us < merged.until_us
UNION ALL
SELECT 'dependency', CASE WHEN by_attempt THEN ends.worker END, ends.until_us, began.worker,
    began.at_us, needs.workstream
FROM (
    SELECT workstream, unnest(depends_on) AS needed FROM workstreams WHERE run = $run
) AS needs
JOIN ends ON ends.workstream = needed
JOIN began ON began.workstream = needs.workstream
WHERE ends.from_us < ends.until_us AND ends.until_us <= began.at_us
    AND began.at_us < began.until_us
ORDER BY 5, 1, 6, 3, 2
"""
_WAITS = """
SELECT workstream, cause, waits_for, opening, from_us, to_us FROM waits WHERE run = ?
ORDER BY from_us, workstream, opening, to_us
"""
#: Colours by their names in chrome://tracing; other readers choose their own.
_COLOURS = {
    "succeeded": "good",
    "failed": "terrible",
    "cancelled": "grey",
    "landed": "good",
    "conflicted": "terrible",
    "work": "thread_state_running",
    "merging": "rail_response",
    "conflict": "terrible",
    "worker": "bad",
    "dependency": "thread_state_sleeping",
}


def attempts(connection: Connection, about: Subject, tracks: Tracks) -> Iterator[Event]:
    """On its worker each attempt, and inside it set-up and work."""
    found = stream(
        connection,
        "SELECT worker, workstream, attempt, dispatched_us, work_us, until_us, outcome, status, "
        f"code, reason, message, took_us, cpu_us FROM ({_ATTEMPTS}) "
        "ORDER BY dispatched_us, worker, workstream, attempt",
        {"run": about.run, "last_us": about.last_us},
    )
    for worker, id, attempt, from_us, work_us, until_us, outcome, *facts in found:
        track = tracks.workers[worker]
        names = ("status", "code", "reason", "message", "took_us", "cpu_us")
        arguments = {"workstream": id, "attempt": attempt, "outcome": outcome or "unfinished"}
        told = dict(zip(names, facts, strict=True))
        yield _slice(
            track, about, f"{id}.{attempt}", "attempt", from_us, until_us, outcome, arguments | told
        )
        for name, begin_us, end_us in (
            ("set-up", from_us, work_us),
            ("work", work_us, until_us),
        ):
            if begin_us < end_us:
                yield _slice(track, about, name, "attempt", begin_us, end_us, name, {})


def merges(connection: Connection, about: Subject, tracks: Tracks) -> Iterator[Event]:
    """What the integration worker did."""
    found = stream(
        connection,
        f"{_MERGES} ORDER BY started_us, workstream, attempt",
        {"run": about.run, "last_us": about.last_us},
    )
    for id, attempt, from_us, until_us, result, commit, files, message, took_us in found:
        told = {
            "workstream": id,
            "attempt": attempt,
            "result": result or "unfinished",
            "commit": commit,
            "files": files,
            "message": message,
            "took_us": took_us,
        }
        name = f"merge of {id}.{attempt}"
        yield _slice(tracks.merges, about, name, "merge", from_us, until_us, result, told)


def waits(connection: Connection, about: Subject, tracks: Tracks) -> Iterator[Event]:
    """On its own line each workstream, its lead time cut up by what it is charged to."""
    for id, cause, on, opening, from_us, to_us in stream(connection, _WAITS, [about.run]):
        track = tracks.workstreams.get(id)
        if track is None or from_us >= to_us:
            continue
        told = {"cause": cause, "waits_for": on, "opening": opening}
        name = _named(cause, "" if on == id else on)
        yield _slice(track, about, name, cause, from_us, to_us, cause, told)


def critical_path(connection: Connection, about: Subject, tracks: Tracks) -> Iterator[Event]:
    """What everything waited for, step after step."""
    found = stream(
        connection,
        "SELECT position, workstream, because, from_us, to_us FROM critical_path "
        "WHERE run = ? ORDER BY position",
        [about.run],
    )
    for position, id, because, from_us, to_us in found:
        if from_us < to_us:
            told = {"position": position, "because": because}
            yield _slice(
                tracks.critical_path, about, id, "critical path", from_us, to_us, because, told
            )


def arrows(connection: Connection, about: Subject, tracks: Tracks) -> Iterator[Event]:
    """From what had to be done to what came of it."""
    found = stream(connection, _ARROWS, {"run": about.run, "last_us": about.last_us})
    for number, (kind, giver, end_us, taker, begin_us, _) in enumerate(found, 1):
        source = tracks.merges if giver is None else tracks.workers[giver]
        target = tracks.merges if taker is None else tracks.workers[taker]
        # An arrow belongs to the slice that is open at its instant, so it leaves before the end.
        leaves = end_us - about.accepted_us - 1
        yield source.event("s", kind, leaves, cat=kind, id=number)
        yield target.event("f", kind, begin_us - about.accepted_us, cat=kind, id=number, bp="e")


def _slice(
    track: Track,
    about: Subject,
    name: str,
    category: str,
    from_us: Instant,
    to_us: Instant,
    colour: str | None,
    told: dict[str, object],
) -> Event:
    event = track.event("X", name, from_us - about.accepted_us, dur=to_us - from_us, cat=category)
    if colour in _COLOURS:
        event["cname"] = _COLOURS[colour]
    event["args"] = {key: value for key, value in told.items() if value is not None}
    return event


def _named(cause: str, on: str) -> str:
    if cause == "work":
        return on
    # Of a pause only its end is known, as an instant.
    return cause if not on or cause == "backoff" else f"{cause}: {on}"
