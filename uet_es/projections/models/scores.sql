-- scores: one row per real run that ended after its plan had been simulated under its limits.
-- from: fresh_predictions
--
--   plan          digest of the plan
--   version       place among what is known about that plan, from 1
--   at_us         instant, microseconds since 1970 UTC
--   run           run that ended
--   predicted_us  makespan that was predicted, microseconds
--   measured_us   makespan that it had, microseconds
CREATE TABLE scores (
    plan VARCHAR NOT NULL, version BIGINT NOT NULL, at_us BIGINT NOT NULL, run VARCHAR,
    predicted_us BIGINT, measured_us BIGINT
);

-- on every batch with predictions
INSERT INTO scores
SELECT substr(stream, 13), version, at_us, payload->>'run', (payload->>'predicted_us')::BIGINT,
    (payload->>'measured_us')::BIGINT
FROM fresh_predictions
WHERE type = 'prediction.scored';
