-- waits: one row per stretch of a workstream's lead time and the one thing it is charged to.
-- Stretches of one opening follow each other without gaps, so they add up to the lead time.
-- from: folded, fresh_waits
--
--   run         run
--   workstream  workstream
--   opening     0, and one more each time a person had it tried again
--   cause       mode, dependency, order, backoff, conflict, resource, worker, merging, work
--   waits_for   what it waits for: a workstream, a pool, a mode, a tool; for work, the attempt
--   from_us     instant it began, microseconds since 1970 UTC
--   to_us       instant it ended; if it is open, that of the last entry
--   is_open     whether later entries may still change it
--   took_us     its length, microseconds
CREATE TABLE waits (
    run VARCHAR NOT NULL, workstream VARCHAR NOT NULL, opening BIGINT NOT NULL,
    cause VARCHAR NOT NULL, waits_for VARCHAR NOT NULL, from_us BIGINT NOT NULL,
    to_us BIGINT NOT NULL, is_open BOOLEAN NOT NULL,
    took_us BIGINT GENERATED ALWAYS AS (to_us - from_us)
);

-- on every batch
DELETE FROM waits
WHERE run IN (SELECT run FROM folded) AND (is_open OR run IN (SELECT run FROM folded WHERE anew));
INSERT INTO waits
SELECT run, workstream, opening, cause, waits_for, from_us, to_us, is_open FROM fresh_waits;
