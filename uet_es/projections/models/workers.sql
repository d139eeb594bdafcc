-- workers: one row per worker of a run, as of the last entry loaded.
-- from: fresh_history
--
--   run            run
--   worker         number within the run, from 1
--   inherited      whether it was spawned before the fork, by the parent
--   sort           index of its sort among the plan's workers; 0 if there is one sort
--   tools          tools it serves; empty: all
--   capabilities   what else it offers
--   state          SPAWNING, IDLE, BUSY, DRAINING, TERMINATED
--   spawned_us     instant it was asked for, microseconds since 1970 UTC
--   readied_us     instant it could first be given work; NULL if never
--   terminated_us  instant it was gone; NULL while it is there
--   ended          why it is gone: finished, drained, lost, start; NULL while it is there
--   attempts       attempts it was given
CREATE TABLE workers (
    run VARCHAR NOT NULL, worker BIGINT NOT NULL, inherited BOOLEAN, sort BIGINT, tools VARCHAR[],
    capabilities VARCHAR[], state VARCHAR, spawned_us BIGINT, readied_us BIGINT,
    terminated_us BIGINT, ended VARCHAR, attempts BIGINT
);

-- on every batch
MERGE INTO workers AS w
USING (
    SELECT
        run,
        worker,
        bool_or(inherited) FILTER (type = 'worker.spawned') AS inherited,
        any_value(from_json(payload, '{"group": "BIGINT", "tools": ["VARCHAR"], "capabilities": ["VARCHAR"]}'))
            FILTER (type = 'worker.spawned') AS spec,
        arg_max(
            worker_state(type), seq
        ) AS state,
        min(at_us) FILTER (type = 'worker.spawned') AS spawned_us,
        min(at_us) FILTER (type = 'worker.readied') AS readied_us,
        min(at_us) FILTER (type = 'worker.terminated') AS terminated_us,
        any_value(coalesce(payload->>'reason', 'finished')) FILTER (type = 'worker.terminated') AS ended,
        count(*) FILTER (type = 'worker.assigned') AS attempts
    FROM fresh_history
    WHERE split_part(stream, '/', 2) = 'worker'
    GROUP BY run, worker
) AS b
ON w.run = b.run AND w.worker = b.worker
WHEN MATCHED THEN UPDATE SET
    state = coalesce(b.state, w.state),
    readied_us = coalesce(w.readied_us, b.readied_us),
    terminated_us = coalesce(w.terminated_us, b.terminated_us),
    ended = coalesce(w.ended, b.ended),
    attempts = w.attempts + b.attempts
WHEN NOT MATCHED THEN INSERT VALUES (
    b.run, b.worker, b.inherited, coalesce(b.spec."group", 0), coalesce(b.spec.tools, []),
    coalesce(b.spec.capabilities, []), b.state, b.spawned_us, b.readied_us, b.terminated_us,
    b.ended, b.attempts
);
