"""A run as an object-centric event log: the same content for every form of OCEL 2.0."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from uet_es.projections.database import Connection
from uet_es.projections.exports.ocel.words import (
    OBJECTS,
    Attributes,
    Change,
    Event,
    Object,
    Related,
    Values,
    attributes_of,
    values_of,
)
from uet_es.projections.exports.subject import Subject, stream

#: Each pair of an entry and an object that it names. All objects are found in here, so none is
#: missing and none is without an event: readers throw such away.
_RELATIONS = """
CREATE OR REPLACE TEMP TABLE ocel_relations AS
WITH history AS (
    SELECT seq, type, workstream, attempt, worker, payload FROM run_entries WHERE run = $run
), accepted AS (
    SELECT seq FROM history WHERE type = 'plan.accepted'
), commits AS (
    SELECT seq, unnest(['commit', 'base', 'ours', 'theirs']) AS qualifier,
        unnest([payload->>'commit', coalesce(payload->>'base', payload->>'$.plan.base'),
            payload->>'ours', payload->>'theirs']) AS object
    FROM history
)
SELECT DISTINCT * FROM (
    SELECT seq, 'run' AS kind, $run AS object, 'run' AS qualifier FROM history
    UNION ALL
    SELECT seq, 'run', payload->>'parent', 'parent' FROM history WHERE type = 'run.forked'
    UNION ALL
    SELECT seq, 'workstream', $run || '/ws/' || workstream, 'planned'
    FROM accepted, workstreams WHERE run = $run
    UNION ALL
    SELECT seq, 'workstream', $run || '/ws/' || workstream, 'workstream'
    FROM history WHERE workstream IS NOT NULL
    UNION ALL
    SELECT seq, 'workstream', $run || '/ws/' || (payload->>'because'), 'because'
    FROM history WHERE type = 'workstream.cancelled' AND payload->>'because' IS NOT NULL
    UNION ALL
    SELECT seq, 'workstream', $run || '/ws/' || (payload->>'root'), 'root'
    FROM history WHERE type = 'workstream.reopened' AND payload->>'root' <> workstream
    UNION ALL
    SELECT seq, 'attempt', $run || '/ws/' || workstream || '/' || attempt, 'attempt'
    FROM history WHERE attempt IS NOT NULL AND workstream IS NOT NULL
    UNION ALL
    SELECT seq, 'worker', $run || '/worker/' || worker, 'worker'
    FROM history WHERE worker IS NOT NULL
    UNION ALL
    SELECT seq, 'commit', object, qualifier FROM commits WHERE object <> ''
)
"""
_LINKS = """
CREATE OR REPLACE TEMP TABLE ocel_links AS
WITH named AS (
    SELECT DISTINCT kind, object FROM ocel_relations
), plans AS (
    SELECT from_json(payload->'$.plan.before', '[["VARCHAR"]]') AS before
    FROM run_entries WHERE run = $run AND type = 'plan.accepted'
)
SELECT DISTINCT source, target, qualifier FROM (
    SELECT object AS source, $run AS target, 'part of' AS qualifier
    FROM named WHERE kind IN ('workstream', 'worker')
    UNION ALL
    SELECT $run, parent, 'forked from' FROM runs WHERE run = $run AND parent IS NOT NULL
    UNION ALL
    SELECT $run || '/ws/' || workstream, $run || '/ws/' || unnest(depends_on), 'depends on'
    FROM workstreams WHERE run = $run
    UNION ALL
    SELECT $run || '/ws/' || edge[2], $run || '/ws/' || edge[1], 'starts after'
    FROM (SELECT unnest(before) AS edge FROM plans)
    UNION ALL
    SELECT object, regexp_replace(object, '/[0-9]+$', ''), 'attempt at'
    FROM named WHERE kind = 'attempt'
    UNION ALL
    SELECT $run || '/ws/' || workstream || '/' || attempt, $run || '/worker/' || worker, 'ran on'
    FROM attempts WHERE run = $run
    UNION ALL
    SELECT commit, $run || '/ws/' || workstream || '/' || attempt, 'made by'
    FROM attempts WHERE run = $run
    UNION ALL
    SELECT commit, $run || '/ws/' || workstream, 'merge of' FROM merges WHERE run = $run
)
WHERE source IN (SELECT object FROM named) AND target IN (SELECT object FROM named)
"""
_EVENTS = """
SELECT owner || '#' || seq, type, at_us, seq, turn, cause, ignored, payload::VARCHAR, related
FROM run_entries JOIN (
    SELECT seq, list(struct_pack(o := object, q := qualifier) ORDER BY object, qualifier) AS related
    FROM ocel_relations
    GROUP BY seq
) USING (seq)
WHERE run = $run
ORDER BY seq
"""
#: All objects of a kind with what `{facts}` knows of them, what changed, and their links.
_OBJECTS = """
SELECT o.object, o.links, f.* EXCLUDE (object)
FROM (
    SELECT named.object, list(struct_pack(o := target, q := qualifier) ORDER BY target, qualifier)
        FILTER (target IS NOT NULL) AS links
    FROM (SELECT DISTINCT object FROM ocel_relations WHERE kind = '{kind}') AS named
    LEFT JOIN ocel_links ON source = named.object
    GROUP BY named.object
) AS o LEFT JOIN ({facts}) AS f ON f.object = o.object
ORDER BY o.object
"""
_FACTS = {
    "run": """
SELECT run AS object, 'running' AS state, plan, source, uet, simulated, (
    SELECT list(struct_pack(at_us := at_us, state := CASE type
        WHEN 'run.paused' THEN 'paused'
        WHEN 'run.finished' THEN payload->>'outcome'
        ELSE 'running' END) ORDER BY seq)
    FROM run_entries WHERE run = $run
        AND type IN ('run.paused', 'run.unpaused', 'run.finished', 'run.reopened')
) AS changes
FROM runs WHERE run = $run
""",
    "workstream": """
SELECT $run || '/ws/' || workstream AS object, 'PENDING' AS state, project, section, phase, kind,
    priority, tool, isolation, expected_us, estimated_cost_nanousd, changes
FROM workstreams LEFT JOIN (
    SELECT workstream, list(struct_pack(at_us := at_us, state := to_state) ORDER BY seq) AS changes
    FROM transitions WHERE run = $run GROUP BY workstream
) USING (workstream)
WHERE run = $run
""",
    "attempt": """
SELECT $run || '/ws/' || workstream || '/' || attempt AS object, 'starting' AS state,
    attempt AS number, setup_us, took_us, cpu_us, status, code, reason,
    list_filter([struct_pack(at_us := started_us, state := 'running'),
        struct_pack(at_us := ended_us, state := outcome)], lambda c: c.at_us IS NOT NULL) AS changes
FROM attempts WHERE run = $run
""",
    "worker": """
SELECT $run || '/worker/' || worker AS object, 'SPAWNING' AS state, worker AS number, ended,
    list_filter(lived, lambda c: c.state <> 'SPAWNING') || CASE WHEN terminated_us IS NULL THEN []
        ELSE [struct_pack(at_us := terminated_us, state := 'TERMINATED')] END AS changes
FROM workers LEFT JOIN (
    SELECT worker, list(struct_pack(at_us := from_us, state := state) ORDER BY version) AS lived
    FROM worker_timeline WHERE run = $run GROUP BY worker
) USING (worker)
WHERE run = $run
""",
    "commit": "SELECT NULL AS object, [] AS changes WHERE false",
}


class ObjectCentricLog:
    """One run; ``connection`` is its own while it is read."""

    def __init__(self, connection: Connection, about: Subject) -> None:
        self._connection = connection
        self._run = {"run": about.run}
        connection.execute(_RELATIONS, self._run)
        connection.execute(_LINKS, self._run)

    def event_types(self) -> dict[str, Attributes]:
        """The types that occur, with their attributes."""
        found = self._connection.execute(
            "SELECT DISTINCT type FROM run_entries WHERE run = $run ORDER BY type", self._run
        )
        return {tag: attributes_of(tag) for (tag,) in found.fetchall()}

    def object_types(self) -> Mapping[str, Attributes]:
        """All of them, whether they occur or not."""
        return OBJECTS

    def events(self) -> Iterator[Event]:
        """Every entry, in order."""
        for id, tag, at_us, *place, payload, related in stream(
            self._connection, _EVENTS, self._run
        ):
            names = ("seq", "turn", "cause", "ignored")
            values: Values = dict(zip(names, place, strict=True))
            yield Event(id, tag, at_us, values | values_of(tag, payload), _related(related))

    def objects(self) -> Iterator[Object]:
        """Everything that entries are about, kind by kind, sorted by id."""
        for kind, attributes in OBJECTS.items():
            names = [*attributes, "changes"]
            statement = _OBJECTS.format(kind=kind, facts=_FACTS[kind])
            values = self._run if "$run" in statement else {}
            for id, links, *facts in stream(self._connection, statement, values):
                told = dict(zip(names, facts, strict=True))
                changes = [Change(c["at_us"], c["state"]) for c in told.pop("changes") or ()]
                known = {name: value for name, value in told.items() if value is not None}
                yield Object(id, kind, known, _apart(changes), _related(links))


def _related(found: list[dict[str, str]] | None) -> list[Related]:
    return [Related(each["o"], each["q"]) for each in found or ()]


def _apart(changes: list[Change]) -> list[Change]:
    """Of several at one instant the last: an attribute has one value at a time."""
    return [a for a, b in pairwise(changes) if a.at_us != b.at_us] + changes[-1:]
