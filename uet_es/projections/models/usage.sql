-- usage: one row per report of model use that counts: each once, in the run that made it.
-- A simulated run uses nothing, so it has no row here.
-- from: fresh, runs
--
--   run                  run that used it; never a fork that only inherited it
--   seq                  entry that recorded it
--   at_us                instant, microseconds since 1970 UTC
--   workstream           workstream
--   attempt              attempt
--   model                as the tool named it
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         billionths of a US dollar, at the price of that time; NULL if unpriced
--   price_table          which table set the price: tool, uet.toml, genai-prices, uet-1, assumed; '' if
--                        none
--   price_version        version of that table; '' if it has none
--   key                  name by which the report counts once; '' if none
CREATE TABLE usage (
    run VARCHAR NOT NULL, seq BIGINT NOT NULL, at_us BIGINT NOT NULL, workstream VARCHAR NOT NULL,
    attempt BIGINT NOT NULL, model VARCHAR NOT NULL, input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL, cached_input_tokens BIGINT NOT NULL, cost_nanousd BIGINT,
    price_table VARCHAR NOT NULL, price_version VARCHAR NOT NULL, key VARCHAR NOT NULL
);

-- on every batch with usage.reported
INSERT INTO usage
SELECT
    run, seq, at_us, workstream, attempt, coalesce(u.model, ''), coalesce(u.input_tokens, 0),
    coalesce(u.output_tokens, 0), coalesce(u.cached_input_tokens, 0), u.cost_nanousd,
    coalesce(u.price_table, ''), coalesce(u.price_version, ''), coalesce(u.key, '')
FROM (
    SELECT *, from_json(payload, '{"model": "VARCHAR", "input_tokens": "BIGINT",
        "output_tokens": "BIGINT", "cached_input_tokens": "BIGINT", "cost_nanousd": "BIGINT",
        "price_table": "VARCHAR", "price_version": "VARCHAR", "key": "VARCHAR"}') AS u
    FROM fresh
    WHERE type = 'usage.reported' AND ignored = ''
        AND run NOT IN (SELECT run FROM runs WHERE simulated)
);
