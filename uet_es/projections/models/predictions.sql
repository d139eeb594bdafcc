-- predictions: one row per real run whose plan had been simulated under its limits before.
-- from: scores, forecasts, runs
--
--   run            run that ended
--   plan           digest of its plan
--   source         folder the plan was read from, for people
--   max_workers    attempts that were to run at once
--   learnt_from    run whose durations were used; NULL: estimates
--   forecast_us    instant of the prediction, microseconds since 1970 UTC
--   scored_us      instant of the comparison
--   predicted_us   makespan that was predicted, microseconds
--   measured_us    makespan that it had
--   error_us       predicted minus measured
--   error_percent  of what was measured; negative: predicted too short
CREATE VIEW predictions AS
SELECT
    s.run, s.plan, r.source, f.max_workers, f.learnt_from, f.at_us AS forecast_us,
    s.at_us AS scored_us, s.predicted_us, s.measured_us,
    s.predicted_us - s.measured_us AS error_us,
    100.0::DOUBLE * (s.predicted_us - s.measured_us) / nullif(s.measured_us, 0) AS error_percent
FROM scores AS s
ASOF LEFT JOIN forecasts AS f
    ON f.plan = s.plan AND f.makespan_us = s.predicted_us AND f.version <= s.version
LEFT JOIN runs AS r ON r.run = s.run;
