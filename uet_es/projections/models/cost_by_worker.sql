-- cost_by_worker: one row per worker of a run: what its attempts used, failed ones included.
-- from: spending
--
--   run                  run
--   worker               worker
--   reports              reports of model use
--   unpriced             reports whose model has no price: their cost is not in the sum
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         exact sum, billionths of a US dollar
CREATE VIEW cost_by_worker AS
SELECT
    run, worker,
    count(*) AS reports,
    count(*) - count(cost_nanousd) AS unpriced,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cached_input_tokens) AS cached_input_tokens,
    coalesce(sum(cost_nanousd), 0) AS cost_nanousd
FROM spending
GROUP BY run, worker;
