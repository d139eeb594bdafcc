-- lineage: one row per stretch of a run's history and the run that owns it.
-- A run that was forked from none has one row; a fork has those of its parent, and its own.
-- from: fresh
--
--   run       run whose history it is
--   owner     run that wrote this stretch
--   from_seq  first seq of the stretch
--   to_seq    last seq of the stretch; NULL: as far as there are entries
CREATE TABLE lineage (
    run VARCHAR NOT NULL, owner VARCHAR NOT NULL, from_seq BIGINT NOT NULL, to_seq BIGINT
);

-- on every batch with plan.accepted
INSERT INTO lineage SELECT run, run, seq, NULL FROM fresh WHERE seq = 1;

-- on every batch with run.forked
INSERT INTO lineage
WITH forks AS (
    SELECT run, seq, payload->>'parent' AS parent, (payload->>'at_seq')::BIGINT AS at_seq
    FROM fresh
    WHERE type = 'run.forked' AND ignored = ''
)
SELECT forks.run, owner, from_seq, least(to_seq, at_seq)
FROM forks JOIN lineage ON lineage.run = forks.parent
WHERE from_seq <= at_seq
UNION ALL
SELECT run, run, seq, NULL FROM forks;
