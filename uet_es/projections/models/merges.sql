-- merges: one row per attempt that was to be merged, as of the last entry loaded.
-- from: fresh_history
--
--   run           run
--   workstream    workstream
--   attempt       attempt whose work it is
--   inherited     whether it was submitted before the fork, by the parent
--   submitted_us  instant it joined the merge queue, microseconds since 1970 UTC
--   started_us    instant the integration worker took it; NULL if not yet
--   ended_us      instant the result was known; NULL if not yet
--   took_us       time that git took, microseconds
--   result        landed, conflicted, failed; NULL if not yet
--   commit        merge commit, if it landed
--   tree          exact tree that landed
--   files         files that collided, if it conflicted
--   message       what went wrong, if it failed
CREATE TABLE merges (
    run VARCHAR NOT NULL, workstream VARCHAR NOT NULL, attempt BIGINT NOT NULL, inherited BOOLEAN,
    submitted_us BIGINT, started_us BIGINT, ended_us BIGINT, took_us BIGINT, result VARCHAR,
    commit VARCHAR, tree VARCHAR, files VARCHAR[], message VARCHAR
);

-- on every batch with workstream.submitted, merge.started, merge.landed, merge.conflicted,
-- merge.failed
MERGE INTO merges AS m
USING (
    SELECT
        run,
        workstream,
        attempt,
        bool_or(inherited) FILTER (type = 'workstream.submitted') AS inherited,
        min(at_us) FILTER (type = 'workstream.submitted') AS submitted_us,
        min(at_us) FILTER (type = 'merge.started') AS started_us,
        min(at_us) FILTER (ended IS NOT NULL) AS ended_us,
        any_value(ended) AS ended,
        any_value(substr(type, 7)) FILTER (ended IS NOT NULL) AS result
    FROM (
        SELECT *, CASE WHEN type IN ('merge.landed', 'merge.conflicted', 'merge.failed')
            THEN from_json(payload, '{"took_us": "BIGINT", "commit": "VARCHAR", "tree": "VARCHAR",
                "files": ["VARCHAR"], "message": "VARCHAR"}') END AS ended
        FROM fresh_history
        WHERE type IN ('workstream.submitted', 'merge.started', 'merge.landed', 'merge.conflicted',
                       'merge.failed')
    )
    GROUP BY run, workstream, attempt
) AS b
ON m.run = b.run AND m.workstream = b.workstream AND m.attempt = b.attempt
WHEN MATCHED THEN UPDATE SET
    started_us = coalesce(m.started_us, b.started_us),
    ended_us = coalesce(m.ended_us, b.ended_us),
    took_us = CASE WHEN b.ended IS NULL THEN m.took_us ELSE coalesce(b.ended.took_us, 0) END,
    result = coalesce(m.result, b.result),
    commit = coalesce(m.commit, b.ended.commit),
    tree = coalesce(m.tree, b.ended.tree),
    files = coalesce(m.files, b.ended.files),
    message = coalesce(m.message, b.ended.message)
WHEN NOT MATCHED THEN INSERT VALUES (
    b.run, b.workstream, b.attempt, b.inherited, b.submitted_us, b.started_us, b.ended_us,
    CASE WHEN b.ended IS NOT NULL THEN coalesce(b.ended.took_us, 0) END, b.result, b.ended.commit,
    b.ended.tree, b.ended.files, b.ended.message
);
