-- transitions: one row per change of a workstream's state.
-- from: run_entries
--
--   run         run
--   workstream  workstream
--   seq         entry that changed it
--   at_us       instant, microseconds since 1970 UTC
--   from_state  state before
--   to_state    state after
--   in_from_us  time spent in the state before, microseconds; NULL for the first change
CREATE VIEW transitions AS
SELECT * FROM (
    SELECT
        run, workstream, seq, at_us,
        lag(state, 1, 'PENDING') OVER story AS from_state,
        state AS to_state,
        at_us - lag(at_us) OVER story AS in_from_us
    FROM (
        SELECT run, workstream, seq, at_us, CASE type
                WHEN 'workstream.readied' THEN 'READY'
                WHEN 'workstream.dispatched' THEN 'RUNNING'
                WHEN 'workstream.completed' THEN 'SUCCEEDED'
                WHEN 'workstream.failed' THEN 'FAILED'
                WHEN 'workstream.cancelled' THEN 'CANCELLED'
                WHEN 'workstream.reopened' THEN 'PENDING'
            END AS state
        FROM run_entries
        WHERE type IN ('workstream.readied', 'workstream.dispatched', 'workstream.completed',
            'workstream.failed', 'workstream.cancelled', 'workstream.reopened')
    )
    WINDOW story AS (PARTITION BY run, workstream ORDER BY seq)
)
WHERE from_state <> to_state;
