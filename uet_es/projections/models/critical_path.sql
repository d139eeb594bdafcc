-- critical_path: one row per step of the path that made a run take as long as it did.
-- Steps follow each other without gaps: they add up to the makespan.
-- from: folded, fresh_steps
--
--   run         run
--   position    place on the path, from 1
--   workstream  workstream that everything waited for
--   because     why it could not go on before the step before had ended: begin, dependency, order,
--               conflict, resource, worker, merging
--   from_us     instant it began, microseconds since 1970 UTC
--   to_us       instant it ended
--   took_us     its length, microseconds
CREATE TABLE critical_path (
    run VARCHAR NOT NULL, position BIGINT NOT NULL, workstream VARCHAR NOT NULL,
    because VARCHAR NOT NULL, from_us BIGINT NOT NULL, to_us BIGINT NOT NULL,
    took_us BIGINT GENERATED ALWAYS AS (to_us - from_us)
);

-- on every batch
DELETE FROM critical_path WHERE run IN (SELECT run FROM folded);
INSERT INTO critical_path
SELECT run, position, workstream, because, from_us, to_us FROM fresh_steps;
