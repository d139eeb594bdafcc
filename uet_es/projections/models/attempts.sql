-- attempts: one row per try at a workstream, as of the last entry loaded.
-- from: fresh_history
--
--   run            run; a fork has its parent's attempts as well
--   workstream     workstream
--   attempt        number of the try, from 1
--   inherited      whether it was dispatched before the fork, by the parent
--   worker         worker it was given to
--   dispatched_us  instant it was given to a worker, microseconds since 1970 UTC
--   prepared_us    instant its worktree stood; NULL without one
--   started_us     instant of its first sign of life; NULL if none
--   ended_us       instant its end was seen; NULL while it runs
--   setup_us       from dispatch to first sign of life, microseconds
--   took_us        from its start to its end as measured beside it, microseconds; NULL if unknown
--   cpu_us         processor time of its whole process tree, microseconds; NULL if unknown
--   status         exit status 0-255, or minus the signal number; NULL if it left none
--   ending         exited, lost, unstarted; NULL while it runs
--   outcome        succeeded, failed, cancelled; NULL while it runs
--   code           error code, if it failed
--   reason         finer than code, if it failed
--   message        what went wrong, if it failed
--   counted        whether it used up one of max_attempts, if it failed
--   recalled       why it was told to stop; NULL if it was not
--   commit         what it changed, as committed on its branch; '' if nothing
--   changed        files it changed
--   outside        files it changed without having claimed them
--   base           commit its worktree was made from; NULL without one
--   stdout_bytes   length of its output
--   stderr_bytes   length of its errors
--   accepted       whether its work was submitted or complete; NULL if not
CREATE TABLE attempts (
    run VARCHAR NOT NULL, workstream VARCHAR NOT NULL, attempt BIGINT NOT NULL, inherited BOOLEAN,
    worker BIGINT, dispatched_us BIGINT, prepared_us BIGINT, started_us BIGINT, ended_us BIGINT,
    setup_us BIGINT GENERATED ALWAYS AS (started_us - dispatched_us),
    took_us BIGINT, cpu_us BIGINT, status BIGINT, ending VARCHAR,
    outcome VARCHAR GENERATED ALWAYS AS (
        CASE
            WHEN code IS NOT NULL THEN 'failed'
            WHEN accepted THEN 'succeeded'
            WHEN ended_us IS NOT NULL THEN 'cancelled'
        END
    ),
    code VARCHAR, reason VARCHAR, message VARCHAR, counted BOOLEAN, recalled VARCHAR,
    commit VARCHAR, changed BIGINT, outside VARCHAR[], base VARCHAR, stdout_bytes BIGINT,
    stderr_bytes BIGINT, accepted BOOLEAN
);

-- on every batch with workstream.dispatched, worktree.prepared, attempt.started, attempt.exited,
-- attempt.lost, attempt.unstarted, attempt.recalled, retry.scheduled, workstream.failed,
-- workstream.submitted, workstream.completed
MERGE INTO attempts AS a
USING (
    SELECT
        run,
        workstream,
        attempt,
        bool_or(inherited) FILTER (type = 'workstream.dispatched') AS inherited,
        any_value(worker) FILTER (type = 'workstream.dispatched') AS worker,
        min(at_us) FILTER (type = 'workstream.dispatched') AS dispatched_us,
        min(at_us) FILTER (type = 'worktree.prepared') AS prepared_us,
        min(at_us) FILTER (type = 'attempt.started') AS started_us,
        min(at_us) FILTER (ending IS NOT NULL) AS ended_us,
        any_value(exited.took_us) AS took_us,
        any_value(exited.cpu_us) AS cpu_us,
        any_value(exited.status) AS status,
        any_value(ending) AS ending,
        any_value(failure.code) AS code,
        any_value(failure.reason) AS reason,
        any_value(failure.message) AS message,
        any_value(coalesce(failure.counted, true)) FILTER (failure IS NOT NULL) AS counted,
        arg_max(payload->>'reason', seq) FILTER (type = 'attempt.recalled') AS recalled,
        any_value(exited.commit) AS commit,
        any_value(exited.changed) AS changed,
        any_value(exited.outside) AS outside,
        arg_min(payload->>'base', seq) FILTER (type = 'worktree.prepared') AS base,
        any_value(exited.stdout_bytes) AS stdout_bytes,
        any_value(exited.stderr_bytes) AS stderr_bytes,
        any_value(true) FILTER (type IN ('workstream.submitted', 'workstream.completed')) AS accepted
    FROM (
        SELECT
            run, workstream, attempt, inherited, worker, seq, at_us, type, payload,
            CASE WHEN type IN ('attempt.exited', 'attempt.lost', 'attempt.unstarted')
            THEN substr(type, 9) END AS ending,
            CASE WHEN type = 'attempt.exited' THEN from_json(
                json_merge_patch(
                    '{"took_us": 0, "commit": "", "changed": 0, "outside": [], "stdout_bytes": 0,
                      "stderr_bytes": 0}', payload),
                '{"status": "BIGINT", "took_us": "BIGINT", "cpu_us": "BIGINT", "commit": "VARCHAR",
                  "changed": "BIGINT", "outside": ["VARCHAR"], "stdout_bytes": "BIGINT",
                  "stderr_bytes": "BIGINT"}')
            END AS exited,
            CASE WHEN type IN ('retry.scheduled', 'workstream.failed') THEN from_json(payload,
                '{"code": "VARCHAR", "reason": "VARCHAR", "message": "VARCHAR", "counted": "BOOLEAN"}')
            END AS failure
        FROM fresh_history
        WHERE attempt IS NOT NULL AND type IN (
            'workstream.dispatched', 'worktree.prepared', 'attempt.started', 'attempt.exited',
            'attempt.lost', 'attempt.unstarted', 'attempt.recalled', 'retry.scheduled',
            'workstream.failed', 'workstream.submitted', 'workstream.completed')
    )
    GROUP BY run, workstream, attempt
) AS b
ON a.run = b.run AND a.workstream = b.workstream AND a.attempt = b.attempt
WHEN MATCHED THEN UPDATE SET
    prepared_us = coalesce(a.prepared_us, b.prepared_us),
    started_us = coalesce(a.started_us, b.started_us),
    ended_us = coalesce(a.ended_us, b.ended_us),
    took_us = coalesce(a.took_us, b.took_us),
    cpu_us = coalesce(a.cpu_us, b.cpu_us),
    status = coalesce(a.status, b.status),
    ending = coalesce(a.ending, b.ending),
    code = coalesce(a.code, b.code),
    reason = coalesce(a.reason, b.reason),
    message = coalesce(a.message, b.message),
    counted = coalesce(a.counted, b.counted),
    recalled = coalesce(b.recalled, a.recalled),
    commit = coalesce(a.commit, b.commit),
    changed = coalesce(a.changed, b.changed),
    outside = coalesce(a.outside, b.outside),
    base = coalesce(a.base, b.base),
    stdout_bytes = coalesce(a.stdout_bytes, b.stdout_bytes),
    stderr_bytes = coalesce(a.stderr_bytes, b.stderr_bytes),
    accepted = coalesce(a.accepted, b.accepted)
WHEN NOT MATCHED THEN INSERT BY NAME;
