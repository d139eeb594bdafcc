-- plans: one row per plan that was ever accepted, by its digest.
-- from: fresh
--
--   plan          digest of what was asked for, without limits and base commit
--   source        folder it was read from the first time, for people
--   workstreams   how many
--   dependencies  how many, over all workstreams
--   expected_us   expected durations of all workstreams in sum, microseconds
--   durations     where expected durations come from: unit, estimates, history
--   accepted_us   instant of its first run, microseconds since 1970 UTC
CREATE TABLE plans (
    plan VARCHAR NOT NULL, source VARCHAR NOT NULL, workstreams BIGINT NOT NULL,
    dependencies BIGINT NOT NULL, expected_us BIGINT NOT NULL, durations VARCHAR NOT NULL,
    accepted_us BIGINT NOT NULL
);

-- on every batch with plan.accepted
INSERT INTO plans
WITH accepted AS (
    SELECT
        at_us,
        from_json(payload->'plan', '{"digest": "VARCHAR", "source": "VARCHAR", "durations": "VARCHAR",
            "workstreams": [{"depends_on": ["VARCHAR"], "expected_us": "BIGINT"}]}') AS plan
    FROM fresh
    WHERE type = 'plan.accepted' AND ignored = ''
    QUALIFY row_number() OVER (PARTITION BY payload->>'$.plan.digest' ORDER BY position) = 1
)
SELECT
    coalesce(plan.digest, '') AS digest,
    coalesce(plan.source, ''),
    len(plan.workstreams),
    list_sum(list_transform(plan.workstreams, lambda w: coalesce(len(w.depends_on), 0)))::BIGINT,
    list_sum(list_transform(plan.workstreams, lambda w: coalesce(w.expected_us, 1000000)))::BIGINT,
    coalesce(plan.durations, 'unit'),
    at_us
FROM accepted
WHERE coalesce(plan.digest, '') NOT IN (SELECT plan FROM plans);
