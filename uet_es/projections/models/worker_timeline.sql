-- worker_timeline: one row per stretch of a worker's life in one state.
-- from: fresh_history
--
--   run         run
--   worker      number within the run
--   version     entry of the worker's stream that began the stretch
--   inherited   whether that was before the fork
--   state       SPAWNING, IDLE, BUSY, DRAINING
--   workstream  what it is at; NULL if nothing
--   attempt     attempt it is at; NULL if none
--   from_us     instant it began, microseconds since 1970 UTC
--   to_us       instant it ended; NULL while it lasts
CREATE TABLE worker_timeline (
    run VARCHAR NOT NULL, worker BIGINT NOT NULL, version BIGINT NOT NULL, inherited BOOLEAN,
    state VARCHAR, workstream VARCHAR, attempt BIGINT, from_us BIGINT, to_us BIGINT
);

-- on every batch
INSERT INTO worker_timeline
SELECT
    run, worker, version, inherited, state,
    CASE WHEN state = 'DRAINING' THEN coalesce(had, (
        SELECT t.workstream FROM worker_timeline AS t
        WHERE t.run = e.run AND t.worker = e.worker AND t.version = e.version - 1
    )) ELSE workstream END,
    CASE WHEN state = 'DRAINING' THEN coalesce(had_attempt, (
        SELECT t.attempt FROM worker_timeline AS t
        WHERE t.run = e.run AND t.worker = e.worker AND t.version = e.version - 1
    )) ELSE attempt END,
    at_us, next_us
FROM (
    SELECT
        run, worker, version, inherited, workstream, attempt, at_us,
        lag(workstream) OVER life AS had,
        lag(attempt) OVER life AS had_attempt,
        lead(at_us) OVER life AS next_us,
        worker_state(type) AS state
    FROM fresh_history
    WHERE split_part(stream, '/', 2) = 'worker'
    WINDOW life AS (PARTITION BY run, worker ORDER BY version)
) AS e
WHERE state <> 'TERMINATED';
UPDATE worker_timeline AS t SET to_us = b.at_us
FROM (
    SELECT run, worker, min(version) AS version, min(at_us) AS at_us
    FROM fresh_history
    WHERE split_part(stream, '/', 2) = 'worker'
    GROUP BY run, worker
) AS b
WHERE t.run = b.run AND t.worker = b.worker AND t.to_us IS NULL AND t.version = b.version - 1;
