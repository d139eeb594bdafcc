-- spending: one row per report of model use, with everything it can be grouped by.
-- Simulated runs spend nothing. A fork has only what it used itself.
-- from: usage, runs, workstreams, attempts
--
--   run                  run that used it
--   seq                  entry that recorded it
--   at_us                instant, microseconds since 1970 UTC
--   day                  date of that instant, UTC
--   project              of the workstream; '' if none
--   section              of the workstream; '' if none
--   phase                of the workstream; '' if none
--   workstream           workstream
--   attempt              attempt
--   outcome              of the attempt: succeeded, failed, cancelled; NULL while it runs
--   worker               worker that had the attempt
--   tool                 of the workstream
--   model                as the tool named it
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         billionths of a US dollar; NULL if unpriced
--   price_table          which table set the price; '' if none
--   price_version        version of that table; '' if it has none
CREATE VIEW spending AS
SELECT
    u.run, u.seq, u.at_us, make_timestamp(u.at_us)::DATE AS day, w.project, w.section, w.phase,
    u.workstream, u.attempt, a.outcome, a.worker, w.tool, u.model, u.input_tokens,
    u.output_tokens, u.cached_input_tokens, u.cost_nanousd, u.price_table, u.price_version
FROM usage AS u
JOIN runs AS r ON r.run = u.run AND NOT coalesce(r.simulated, false)
LEFT JOIN workstreams AS w ON w.run = u.run AND w.workstream = u.workstream
LEFT JOIN attempts AS a
    ON a.run = u.run AND a.workstream = u.workstream AND a.attempt = u.attempt;
