-- forecasts: one row per simulation of a plan that was written down.
-- from: fresh_predictions
--
--   plan         digest of the plan
--   version      place among what is known about that plan, from 1
--   at_us        instant, microseconds since 1970 UTC
--   max_workers  attempts that were to run at once
--   limits       all limits it was made under
--   learnt_from  run whose durations were used; NULL: estimates
--   makespan_us  what was predicted, microseconds
CREATE TABLE forecasts (
    plan VARCHAR NOT NULL, version BIGINT NOT NULL, at_us BIGINT NOT NULL, max_workers BIGINT,
    limits JSON, learnt_from VARCHAR, makespan_us BIGINT
);

-- on every batch with predictions
INSERT INTO forecasts
SELECT substr(stream, 13), version, at_us, coalesce((payload->>'$.limits.max_workers')::BIGINT, 4),
    payload->'limits', payload->>'learnt_from', (payload->>'makespan_us')::BIGINT
FROM fresh_predictions
WHERE type = 'prediction.made';
