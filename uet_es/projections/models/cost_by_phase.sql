-- cost_by_phase: one row per phase of a run: what its attempts used, failed ones included.
-- from: spending
--
--   run                  run
--   project              project; '' if none
--   section              section; '' if none
--   phase                phase; '' if none
--   reports              reports of model use
--   unpriced             reports whose model has no price: their cost is not in the sum
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         exact sum, billionths of a US dollar
CREATE VIEW cost_by_phase AS
SELECT
    run, project, section, phase,
    count(*) AS reports,
    count(*) - count(cost_nanousd) AS unpriced,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cached_input_tokens) AS cached_input_tokens,
    coalesce(sum(cost_nanousd), 0) AS cost_nanousd
FROM spending
GROUP BY run, project, section, phase;
