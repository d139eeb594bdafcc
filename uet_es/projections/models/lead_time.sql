-- lead_time: one row per workstream of a run: where its time went since it was last opened.
-- The causes add up to the lead time to the microsecond.
-- from: waits
--
--   run            run
--   workstream     workstream
--   opening        how often a person had it tried again before
--   is_open        whether it is still going on
--   from_us        instant it was opened, microseconds since 1970 UTC
--   to_us          instant it ended; if it is open, that of the last entry
--   lead_us        the whole, microseconds
--   mode_us        the run was paused or draining
--   dependency_us  something it depends on had not succeeded
--   order_us       it had to start after another
--   backoff_us     it paused before the next attempt
--   conflict_us    it could not run beside another
--   resource_us    a pool had too few units
--   worker_us      no worker that can do it was idle
--   merging_us     it was merged, or waited to be
--   work_us        its own attempts, set-up included
CREATE VIEW lead_time AS
SELECT
    run,
    workstream,
    opening,
    bool_or(is_open) AS is_open,
    min(from_us) AS from_us,
    max(to_us) AS to_us,
    sum(took_us)::BIGINT AS lead_us,
    coalesce(sum(took_us) FILTER (cause = 'mode'), 0)::BIGINT AS mode_us,
    coalesce(sum(took_us) FILTER (cause = 'dependency'), 0)::BIGINT AS dependency_us,
    coalesce(sum(took_us) FILTER (cause = 'order'), 0)::BIGINT AS order_us,
    coalesce(sum(took_us) FILTER (cause = 'backoff'), 0)::BIGINT AS backoff_us,
    coalesce(sum(took_us) FILTER (cause = 'conflict'), 0)::BIGINT AS conflict_us,
    coalesce(sum(took_us) FILTER (cause = 'resource'), 0)::BIGINT AS resource_us,
    coalesce(sum(took_us) FILTER (cause = 'worker'), 0)::BIGINT AS worker_us,
    coalesce(sum(took_us) FILTER (cause = 'merging'), 0)::BIGINT AS merging_us,
    coalesce(sum(took_us) FILTER (cause = 'work'), 0)::BIGINT AS work_us
FROM (
    SELECT *, max(opening) OVER (PARTITION BY run, workstream) AS newest FROM waits
)
WHERE opening = newest
GROUP BY run, workstream, opening;
