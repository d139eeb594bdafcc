-- workstreams: one row per workstream of a run, as of the last entry loaded.
-- from: fresh_history
--
--   run                       run
--   workstream                id within the plan
--   project                   group it belongs to; '' if none
--   section                   group it belongs to; '' if none
--   phase                     group it belongs to; '' if none
--   kind                      design, impl, test, docs, infra, refactor, background, spike
--   priority                  foreground or background
--   tool                      what runs it: shell, aider, codex, …
--   isolation                 worktree or none
--   depends_on                workstreams it needs, sorted
--   writes                    path patterns it claims for writing
--   reads                     path patterns it claims for reading
--   expected_us               how long it was expected to take, microseconds
--   estimated_cost_nanousd    what it was expected to cost, billionths of a US dollar; 0 is unknown
--   estimated_context_tokens  what its prompt was expected to fill; 0 is unknown
--   state                     PENDING, READY, RUNNING, SUCCEEDED, FAILED, CANCELLED
--   attempts                  how often it was dispatched
--   readied_us                instant it last became READY; NULL if never
--   dispatched_us             instant of its first attempt; NULL if none
--   ended_us                  instant it reached its terminal state; NULL while it goes on
--   code                      error code, if FAILED
--   reason                    finer than code, if FAILED; why, if CANCELLED
--   message                   what went wrong, if FAILED
--   because                   workstream whose end cancelled it; NULL if none
--   commit                    merge commit, if SUCCEEDED; '' if it had nothing to merge
--   reopenings                how often a person had it tried again
--   last_seq                  seq of the last decision about it; 0 if none
CREATE TABLE workstreams (
    run VARCHAR NOT NULL, workstream VARCHAR NOT NULL, project VARCHAR, section VARCHAR,
    phase VARCHAR, kind VARCHAR, priority VARCHAR, tool VARCHAR, isolation VARCHAR,
    depends_on VARCHAR[], writes VARCHAR[], reads VARCHAR[], expected_us BIGINT,
    estimated_cost_nanousd BIGINT, estimated_context_tokens BIGINT, state VARCHAR, attempts BIGINT, readied_us BIGINT,
    dispatched_us BIGINT, ended_us BIGINT, code VARCHAR, reason VARCHAR, message VARCHAR,
    because VARCHAR, commit VARCHAR, reopenings BIGINT, last_seq BIGINT
);

-- on every batch with plan.accepted
INSERT INTO workstreams
SELECT
    run, w.id, coalesce(w.project, ''), coalesce(w.section, ''), coalesce(w.phase, ''),
    coalesce(w.kind, 'impl'), coalesce(w.priority, 'foreground'), coalesce(w.tool, 'shell'),
    coalesce(w.isolation, 'none'), coalesce(w.depends_on, []), coalesce(w.writes, []),
    coalesce(w.reads, []), coalesce(w.expected_us, 1000000),
    coalesce(w.estimated_cost_nanousd, 0), coalesce(w.estimated_context_tokens, 0), 'PENDING', 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, 0, 0
FROM (
    SELECT run, unnest(from_json(payload->'$.plan.workstreams', '[{"id": "VARCHAR",
        "project": "VARCHAR", "section": "VARCHAR", "phase": "VARCHAR", "kind": "VARCHAR",
        "priority": "VARCHAR", "tool": "VARCHAR", "isolation": "VARCHAR",
        "depends_on": ["VARCHAR"], "writes": ["VARCHAR"], "reads": ["VARCHAR"],
        "expected_us": "BIGINT", "estimated_cost_nanousd": "BIGINT",
        "estimated_context_tokens": "BIGINT"}]')) AS w
    FROM fresh_history
    WHERE type = 'plan.accepted'
);

-- on every batch
UPDATE workstreams AS w SET
    state = coalesce(b.state, w.state),
    attempts = greatest(w.attempts, b.attempts),
    readied_us = coalesce(b.readied_us, w.readied_us),
    dispatched_us = coalesce(w.dispatched_us, b.dispatched_us),
    ended_us = CASE WHEN b.state IS NULL THEN w.ended_us ELSE b.ended.at_us END,
    code = CASE WHEN b.state IS NULL THEN w.code ELSE b.ended.code END,
    reason = CASE WHEN b.state IS NULL THEN w.reason ELSE b.ended.reason END,
    message = CASE WHEN b.state IS NULL THEN w.message ELSE b.ended.message END,
    because = CASE WHEN b.state IS NULL THEN w.because ELSE b.ended.because END,
    commit = CASE WHEN b.state IS NULL THEN w.commit ELSE b.ended.commit END,
    reopenings = w.reopenings + b.reopenings,
    last_seq = b.last_seq
FROM (
    SELECT
        run,
        workstream,
        arg_max(state, seq) AS state,
        max(attempt) FILTER (type = 'workstream.dispatched') AS attempts,
        max(at_us) FILTER (type = 'workstream.readied') AS readied_us,
        min(at_us) FILTER (type = 'workstream.dispatched') AS dispatched_us,
        count(*) FILTER (type = 'workstream.reopened') AS reopenings,
        max(seq) AS last_seq,
        arg_max_null(ended, seq) FILTER (state IS NOT NULL) AS ended
    FROM (
        SELECT run, workstream, seq, at_us, type, attempt,
            workstream_state(type) AS state,
            CASE WHEN type IN ('workstream.completed', 'workstream.failed', 'workstream.cancelled')
            THEN {
                'at_us': at_us,
                'code': payload->>'code',
                'reason': CASE WHEN type = 'workstream.cancelled'
                    THEN coalesce(payload->>'reason', 'dependency') ELSE payload->>'reason' END,
                'message': payload->>'message',
                'because': payload->>'because',
                'commit': CASE WHEN type = 'workstream.completed'
                    THEN coalesce(payload->>'commit', '') END
            } END AS ended
        FROM fresh_history
        WHERE split_part(stream, '/', 2) = 'ws'
    )
    GROUP BY run, workstream
) AS b
WHERE w.run = b.run AND w.workstream = b.workstream;
