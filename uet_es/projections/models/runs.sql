-- runs: one row per run, real, forked or simulated.
-- from: fresh, fresh_history
--
--   run            id, such as run-12
--   parent         run it was forked from; NULL if none
--   forked_at_seq  last entry it shares with its parent; 0 if none
--   simulated      whether nothing was executed: a what-if that was kept
--   plan           digest that names its plan
--   source         folder the plan was read from, for people
--   uet            version that accepted it
--   workstreams    how many its plan has
--   max_workers    attempts that may run at once, as last set
--   accepted_us    instant of its beginning (a fork's: of its parent's), microseconds since 1970 UTC
--   finished_us    instant of its last finish; NULL while it goes on
--   last_us        instant of its last entry
--   outcome        succeeded, failed, cancelled; NULL while it goes on
--   succeeded      workstreams that did, at the finish
--   failed         workstreams that did, at the finish
--   cancelled      workstreams that were, at the finish
--   resumes        drivers that took it over
--   last_seq       seq of its last entry
--   makespan_us    from acceptance to finish, microseconds; NULL while it goes on
CREATE TABLE runs (
    run VARCHAR NOT NULL, parent VARCHAR, forked_at_seq BIGINT, simulated BOOLEAN, plan VARCHAR,
    source VARCHAR, uet VARCHAR, workstreams BIGINT, max_workers BIGINT, accepted_us BIGINT,
    finished_us BIGINT, last_us BIGINT, outcome VARCHAR, succeeded BIGINT, failed BIGINT,
    cancelled BIGINT, resumes BIGINT, last_seq BIGINT,
    makespan_us BIGINT GENERATED ALWAYS AS (finished_us - accepted_us)
);

-- on every batch with plan.accepted, run.forked
INSERT INTO runs (run, forked_at_seq, resumes)
SELECT run, 0, 0 FROM fresh WHERE seq = 1 OR (type = 'run.forked' AND ignored = '');

-- on every batch
UPDATE runs SET last_us = b.last_us, last_seq = b.last_seq
FROM (SELECT run, max(at_us) AS last_us, max(seq) AS last_seq FROM fresh GROUP BY run) AS b
WHERE runs.run = b.run;

-- on every batch with plan.accepted, run.forked, limits.changed, driver.resumed, run.finished,
-- run.reopened
UPDATE runs SET
    parent = coalesce(b.parent, runs.parent),
    forked_at_seq = coalesce(b.forked_at_seq, runs.forked_at_seq),
    simulated = coalesce(b.simulated, runs.simulated),
    plan = coalesce(b.plan, runs.plan),
    source = coalesce(b.source, runs.source),
    uet = coalesce(b.uet, runs.uet),
    workstreams = coalesce(b.workstreams, runs.workstreams),
    max_workers = coalesce(b.max_workers, runs.max_workers),
    accepted_us = coalesce(b.accepted_us, runs.accepted_us),
    resumes = runs.resumes + b.resumes,
    finished_us = CASE WHEN b.turned THEN b.finished_us ELSE runs.finished_us END,
    outcome = CASE WHEN b.turned THEN b.outcome ELSE runs.outcome END,
    succeeded = CASE WHEN b.turned THEN b.succeeded ELSE runs.succeeded END,
    failed = CASE WHEN b.turned THEN b.failed ELSE runs.failed END,
    cancelled = CASE WHEN b.turned THEN b.cancelled ELSE runs.cancelled END
FROM (
    SELECT
        run,
        last(payload->>'parent' ORDER BY seq) FILTER (type = 'run.forked') AS parent,
        last((payload->>'at_seq')::BIGINT ORDER BY seq) FILTER (type = 'run.forked') AS forked_at_seq,
        last(coalesce((payload->>'simulated')::BOOLEAN, false) ORDER BY seq)
            FILTER (type IN ('plan.accepted', 'run.forked')) AS simulated,
        last(coalesce(payload->>'$.plan.digest', '') ORDER BY seq) FILTER (type = 'plan.accepted') AS plan,
        last(coalesce(payload->>'$.plan.source', '') ORDER BY seq) FILTER (type = 'plan.accepted') AS source,
        last(coalesce(payload->>'uet', '') ORDER BY seq)
            FILTER (type IN ('plan.accepted', 'run.forked')) AS uet,
        last(json_array_length(payload, '$.plan.workstreams')::BIGINT ORDER BY seq)
            FILTER (type = 'plan.accepted') AS workstreams,
        last(
            coalesce((payload->>'$.plan.limits.max_workers')::BIGINT,
                     (payload->>'$.limits.max_workers')::BIGINT, 4) ORDER BY seq
        ) FILTER (type IN ('plan.accepted', 'limits.changed')) AS max_workers,
        min(at_us) FILTER (type = 'plan.accepted') AS accepted_us,
        count(*) FILTER (type = 'driver.resumed') AS resumes,
        bool_or(type IN ('run.finished', 'run.reopened')) AS turned,
        last(CASE WHEN type = 'run.finished' THEN at_us END ORDER BY seq)
            FILTER (type IN ('run.finished', 'run.reopened')) AS finished_us,
        last(payload->>'outcome' ORDER BY seq)
            FILTER (type IN ('run.finished', 'run.reopened')) AS outcome,
        last(CASE WHEN type = 'run.finished' THEN coalesce((payload->>'succeeded')::BIGINT, 0) END ORDER BY seq)
            FILTER (type IN ('run.finished', 'run.reopened')) AS succeeded,
        last(CASE WHEN type = 'run.finished' THEN coalesce((payload->>'failed')::BIGINT, 0) END ORDER BY seq)
            FILTER (type IN ('run.finished', 'run.reopened')) AS failed,
        last(CASE WHEN type = 'run.finished' THEN coalesce((payload->>'cancelled')::BIGINT, 0) END ORDER BY seq)
            FILTER (type IN ('run.finished', 'run.reopened')) AS cancelled
    FROM fresh_history
    WHERE type IN ('plan.accepted', 'run.forked', 'limits.changed', 'driver.resumed',
                   'run.finished', 'run.reopened')
    GROUP BY run
) AS b
WHERE runs.run = b.run;
