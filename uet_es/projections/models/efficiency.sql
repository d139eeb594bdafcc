-- efficiency: one row per run: how much faster it was than one worker, and than it could have been.
-- from: runs, run_times, waits
--
--   run                    run
--   simulated              whether nothing was executed
--   workers                most attempts that were allowed to run at once
--   makespan_us            from acceptance to finish, or to the last entry, without idle time, microseconds
--   work_us                time that all attempts ran, in sum
--   longest_path_us        longest chain of dependencies, by the time its attempts really ran
--   lower_bound_us         max(longest_path_us, work_us / workers), rounded up
--   speed_up               work_us / makespan_us
--   possible_speed_up      work_us / lower_bound_us
--   efficiency_percent     of the possible speed-up, what was achieved
--   utilisation_percent    of workers x makespan, what attempts ran
--   queueing_us            time that workstreams waited for a worker, in sum
--   queueing_percent       of all lead time
CREATE VIEW efficiency AS
WITH queueing AS (
    SELECT run, coalesce(sum(took_us) FILTER (cause = 'worker'), 0)::BIGINT AS queueing_us,
        sum(took_us)::BIGINT AS lead_us
    FROM waits
    GROUP BY run
), measured AS (
    SELECT
        run, simulated, workers_max AS workers,
        coalesce(finished_us, last_us) - accepted_us - idle_us AS makespan_us,
        work_us, longest_path_us,
        greatest(longest_path_us, (work_us + greatest(workers_max, 1) - 1) // greatest(workers_max, 1)) AS lower_bound_us,
        coalesce(queueing_us, 0) AS queueing_us, lead_us
    FROM runs JOIN run_times USING (run) LEFT JOIN queueing USING (run)
)
SELECT
    run, simulated, workers, makespan_us, work_us, longest_path_us, lower_bound_us,
    work_us / nullif(makespan_us, 0) AS speed_up,
    work_us / nullif(lower_bound_us, 0) AS possible_speed_up,
    100.0::DOUBLE * lower_bound_us / nullif(makespan_us, 0) AS efficiency_percent,
    100.0::DOUBLE * work_us / nullif(workers * makespan_us, 0) AS utilisation_percent,
    queueing_us,
    100.0::DOUBLE * queueing_us / nullif(lead_us, 0) AS queueing_percent
FROM measured;
