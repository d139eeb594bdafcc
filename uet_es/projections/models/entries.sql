-- entries: one row per entry that a run owns: everything that was ever recorded of it.
-- A fork owns what came after the fork; `run_entries` joins that to what came before.
-- from: arrived
--
--   run         run that wrote it
--   seq         place in the history of the run, from 1; a fork goes on where it branched off
--   stream      aggregate it is about: the run, `run/ws/ID` or `run/worker/N`
--   version     place in the stream, from 1
--   turn        version of the run's entry that began its turn
--   at_us       instant, in microseconds since 1970 UTC
--   type        what happened: tag of the event, as in docs/events.md
--   workstream  workstream it names; NULL if none
--   attempt     attempt it names, from 1; NULL if none
--   worker      worker it names; NULL if none
--   cause       seq of the entry that led to it; 0 if none
--   followed    whether another observation of that moment was already waiting
--   ignored     why it changed nothing; '' if it did
--   payload     the event itself, in its newest version
--   position    place in the store, in order of arrival over all runs
CREATE TABLE entries (
    run VARCHAR NOT NULL, seq BIGINT NOT NULL, stream VARCHAR NOT NULL, version BIGINT NOT NULL,
    turn BIGINT NOT NULL, at_us BIGINT NOT NULL, type VARCHAR NOT NULL, workstream VARCHAR,
    attempt BIGINT, worker BIGINT, cause BIGINT NOT NULL, followed BOOLEAN NOT NULL,
    ignored VARCHAR NOT NULL, payload JSON NOT NULL, position BIGINT NOT NULL
);

-- on every batch
INSERT INTO entries
SELECT
    run, seq, stream, version, turn, at_us, regexp_replace(type, '\.v[0-9]+$', ''),
    event->>'workstream', (event->>'attempt')::BIGINT, (event->>'worker')::BIGINT, cause,
    coalesce(followed, false), coalesce(ignored, ''), event, position
FROM arrived;
