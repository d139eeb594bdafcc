"""What went wrong: each failure with what it began with, what it led to, and its story."""

from uet_es.projections.report.reading import Document, Reading

#: So many are told in full; a page of more is read by nobody.
TOLD_MAX = 60
STORY_MAX = 60

_TROUBLED = """
SELECT workstream, tool, state, attempts, code, reason, message, last_seq
FROM workstreams AS w
WHERE run = $1 AND (state = 'FAILED' OR (state = 'CANCELLED' AND because IS NULL) OR EXISTS (
    FROM attempts AS a WHERE a.run = w.run AND a.workstream = w.workstream AND a.code IS NOT NULL))
ORDER BY state = 'FAILED' DESC, state = 'CANCELLED' DESC, last_seq, workstream
"""
_ATTEMPTS = """
SELECT workstream, attempt, worker, dispatched_us, ended_us, took_us, status, outcome, code, reason,
    message, outside
FROM attempts WHERE run = ? ORDER BY workstream, attempt
"""
_CANCELLED = """
SELECT workstream, because FROM workstreams
WHERE run = ? AND because IS NOT NULL ORDER BY workstream
"""
#: The decision that ended it names the entry that led to it. Where we stopped the attempt for that
#: very reason, its exit only followed: it began with our limit, or with what we were asked.
_BEGAN_WITH = """
WITH ended AS (
    SELECT workstream, max(seq) AS last, max_by(type, seq) AS type, max_by(cause, seq) AS cause,
        max_by(payload->>'reason', seq) AS reason, arg_max_null(attempt, seq) AS attempt
    FROM run_entries
    WHERE run = $1 AND type IN ('workstream.failed', 'workstream.cancelled', 'retry.scheduled')
    GROUP BY workstream
), recall AS (
    SELECT workstream, max(seq) AS seq, max_by(cause, seq) AS cause,
        max_by(payload->>'reason', seq) AS reason, max_by(attempt, seq) AS attempt
    FROM run_entries WHERE run = $1 AND type = 'attempt.recalled'
    GROUP BY workstream
)
SELECT ended.workstream, began.seq, began.at_us, began.type, {told}
FROM ended LEFT JOIN recall USING (workstream)
JOIN run_entries AS began ON began.run = $1 AND began.seq = CASE
    WHEN ended.type = 'workstream.cancelled' AND recall.reason = 'cancelled' THEN recall.cause
    WHEN (ended.reason, ended.attempt) IS DISTINCT FROM (recall.reason, recall.attempt)
        THEN ended.cause
    WHEN recall.reason IN ('timeout', 'heartbeat') THEN recall.seq
    ELSE recall.cause
END
"""
_STORY = """
SELECT seq, at_us, type, {told}
FROM run_entries AS began
WHERE run = $1 AND workstream = $2 AND type NOT IN ('heartbeat.reported', 'progress.reported')
ORDER BY seq LIMIT $3
"""
#: What an entry says, in one line; ``began`` is the entry.
TOLD = """
concat_ws(' ',
    began.workstream || coalesce('.' || began.attempt, ''),
    CASE WHEN began.worker IS NOT NULL THEN 'worker ' || began.worker END,
    CASE WHEN began.type = 'attempt.exited' THEN 'status ' || (began.payload->>'status') END,
    began.payload->>'code', began.payload->>'message', began.payload->>'model',
    began.payload->>'outcome',
    CASE WHEN began.type IN ('text.reported', 'progress.reported') THEN began.payload->>'text' END,
    CASE WHEN began.payload->>'because' IS NOT NULL
        THEN 'because of ' || (began.payload->>'because') END,
    CASE WHEN began.ignored <> '' THEN '[ignored: ' || began.ignored || ']' END
) AS told
"""


def failures(reading: Reading) -> list[Document]:
    """Workstreams that failed, were cancelled by a person, or needed another try; worst first."""
    troubled = reading.documents(_TROUBLED)
    tries = _by_workstream(reading.documents(_ATTEMPTS))
    began = {each["workstream"]: each for each in reading.documents(_BEGAN_WITH.format(told=TOLD))}
    led_to = _led_to(
        {each["workstream"]: each["because"] for each in reading.documents(_CANCELLED)}
    )
    for at, each in enumerate(troubled):
        id = each["workstream"]
        each["tries"] = tries.get(id, [])
        each["began"] = began.get(id)
        each["led_to"] = led_to.get(id, [])
        each["story"] = (
            reading.documents(_STORY.format(told=TOLD), [id, STORY_MAX]) if at < TOLD_MAX else []
        )
    return troubled


def _led_to(because: dict[str, str]) -> dict[str, list[str]]:
    """All that was cancelled in the end because of each that was not."""
    found: dict[str, list[str]] = {}
    for id in because:
        root, seen = because[id], {id}
        while root in because and root not in seen:
            seen.add(root)
            root = because[root]
        found.setdefault(root, []).append(id)
    return found


def _by_workstream(attempts: list[Document]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for each in attempts:
        found.setdefault(each["workstream"], []).append(each)
    return found
