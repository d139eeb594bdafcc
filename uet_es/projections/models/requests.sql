-- requests: one row per thing that a person asked of a run.
-- from: fresh, fresh_requests
--
--   run         run
--   version     place in the run's inbox, from 1
--   asked_us    instant it was asked, microseconds since 1970 UTC
--   type        what was asked: cancel.asked, pause.asked, …
--   workstream  workstream it is about; NULL: the whole run
--   by          who, as the operating system names them
--   reason      why, in their words; '' if they gave none
--   seq         entry by which the driver admitted it; NULL while it waits
--   ignored     why it changed nothing; '' if it did; NULL while it waits
--   payload     the request itself
CREATE TABLE requests (
    run VARCHAR NOT NULL, version BIGINT NOT NULL, asked_us BIGINT, type VARCHAR,
    workstream VARCHAR, "by" VARCHAR, reason VARCHAR, seq BIGINT, ignored VARCHAR, payload JSON
);

-- on every batch with requests
INSERT INTO requests
SELECT run, version, at_us, type, payload->>'workstream', coalesce(payload->>'by', ''),
    coalesce(payload->>'reason', ''), NULL, NULL, payload
FROM fresh_requests;

-- on every batch with cancel.asked, pause.asked, unpause.asked, retry.asked, limits.changed
UPDATE requests AS r SET seq = b.seq, ignored = b.ignored
FROM (
    SELECT run, (payload->>'inbox_version')::BIGINT AS version, min(seq) AS seq,
        arg_min(ignored, seq) AS ignored
    FROM fresh
    WHERE type IN ('cancel.asked', 'pause.asked', 'unpause.asked', 'retry.asked', 'limits.changed')
        AND payload->>'inbox_version' IS NOT NULL
    GROUP BY ALL
) AS b
WHERE r.run = b.run AND r.version = b.version AND r.seq IS NULL;
