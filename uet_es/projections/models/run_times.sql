-- run_times: one row per run: what its time could have been.
-- from: folded, fresh_times
--
--   run              run
--   work_us          time that all attempts ran, in sum, microseconds; of lost ones what was seen
--   idle_us          time in which nobody drove it: between the fork point and the fork
--   setup_us         time from dispatch to first sign of life, in sum
--   merging_us       time that workstreams waited to be merged or were merged, in sum
--   longest_path_us  longest chain of dependencies, by the time their attempts really ran
--   workers_max      most attempts that were allowed to run at once
CREATE TABLE run_times (
    run VARCHAR NOT NULL, work_us BIGINT NOT NULL, idle_us BIGINT NOT NULL, setup_us BIGINT NOT NULL,
    merging_us BIGINT NOT NULL, longest_path_us BIGINT NOT NULL, workers_max BIGINT NOT NULL
);

-- on every batch
DELETE FROM run_times WHERE run IN (SELECT run FROM folded);
INSERT INTO run_times
SELECT run, work_us, idle_us, setup_us, merging_us, longest_path_us, workers_max FROM fresh_times;
