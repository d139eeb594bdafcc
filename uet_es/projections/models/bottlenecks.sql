-- bottlenecks: one row per thing that others waited for in a run.
-- from: waits, critical_path
--
--   run            run
--   cause          how they waited: dependency, order, conflict, resource, worker, merging, …
--   waits_for      what they waited for: a workstream, a pool, a tool, a mode
--   waiting        workstreams that did
--   waited_us      how long, in sum, microseconds
--   longest_us     the longest stretch
--   on_path_us     time that it was on the critical path itself, if it is a workstream
CREATE VIEW bottlenecks AS
WITH on_path AS (
    SELECT run, workstream, sum(took_us)::BIGINT AS on_path_us FROM critical_path GROUP BY ALL
)
SELECT
    w.run, w.cause, w.waits_for,
    count(DISTINCT w.workstream) AS waiting,
    sum(w.took_us)::BIGINT AS waited_us,
    max(w.took_us) AS longest_us,
    coalesce(any_value(p.on_path_us) FILTER (w.cause IN ('dependency', 'order', 'conflict', 'merging')), 0)
        AS on_path_us
FROM waits AS w LEFT JOIN on_path AS p ON p.run = w.run AND p.workstream = w.waits_for
WHERE w.cause <> 'work' AND NOT (w.cause = 'merging' AND w.waits_for = w.workstream)
GROUP BY w.run, w.cause, w.waits_for;
