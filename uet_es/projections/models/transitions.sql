-- transitions: one row per change of a workstream's state.
-- from: run_entries, runs
--
--   run         run
--   workstream  workstream
--   seq         entry that changed it
--   at_us       instant, microseconds since 1970 UTC
--   from_state  state before
--   to_state    state after
--   in_from_us  time spent in the state before, retries included, microseconds; PENDING begins when
--               the plan is accepted
CREATE VIEW transitions AS
WITH changes AS (
    SELECT run, workstream, seq, at_us, state, lag(state, 1, 'PENDING') OVER story AS from_state
    FROM (
        SELECT run, workstream, seq, at_us, workstream_state(type) AS state
        FROM run_entries
        WHERE type IN ('workstream.readied', 'workstream.dispatched', 'workstream.completed',
            'workstream.failed', 'workstream.cancelled', 'workstream.reopened')
    )
    WINDOW story AS (PARTITION BY run, workstream ORDER BY seq)
    QUALIFY state <> from_state
)
SELECT
    run, workstream, seq, at_us, from_state, state AS to_state,
    at_us - lag(at_us, 1, accepted_us) OVER (PARTITION BY run, workstream ORDER BY seq) AS in_from_us
FROM changes JOIN runs USING (run);
