-- error_frequency: one row per tool, error code and reason: how often attempts failed that way.
-- Real runs only; what a fork inherited counts in its parent.
-- from: attempts, runs, workstreams
--
--   tool              what ran the attempts
--   code              error code
--   reason            finer than code
--   failures          attempts that failed that way
--   attempts          attempts of that tool that ended, in all
--   percent           failures of attempts
--   workstreams       workstreams it happened to
--   runs              runs it happened in
--   lost_us           time that these attempts had run, in sum, microseconds
--   last_us           instant of the last one, microseconds since 1970 UTC
CREATE VIEW error_frequency AS
WITH own AS (
    SELECT a.*, w.tool
    FROM attempts AS a
    JOIN runs AS r ON r.run = a.run AND NOT coalesce(r.simulated, false)
    JOIN workstreams AS w ON w.run = a.run AND w.workstream = a.workstream
    WHERE NOT a.inherited
), of_tool AS (
    SELECT tool, count(*) AS attempts FROM own WHERE outcome IS NOT NULL GROUP BY tool
)
SELECT
    tool, code, reason,
    count(*) AS failures,
    any_value(of_tool.attempts) AS attempts,
    100.0::DOUBLE * count(*) / any_value(of_tool.attempts) AS percent,
    count(DISTINCT (run, workstream)) AS workstreams,
    count(DISTINCT run) AS runs,
    coalesce(sum(took_us), 0)::BIGINT AS lost_us,
    max(ended_us) AS last_us
FROM own JOIN of_tool USING (tool)
WHERE code IS NOT NULL
GROUP BY tool, code, reason;
