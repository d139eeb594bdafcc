-- The warehouse of uet: read models over the log, in DuckDB's SQL.
--
-- Made from uet_es/projections/models/ by `python -m uet_es.projections.schemas`; do not edit.
-- The warehouse is disposable: delete it, and it is made anew from the log.
-- Names that end in _us are instants or durations in whole microseconds, instants since 1970 UTC;
-- those that end in _nanousd are billionths of a US dollar. Macros make them
-- readable, and tell to which state a type of event leads:
CREATE MACRO instant(us) AS make_timestamp(us);
CREATE MACRO seconds(us) AS us / 1000000;
CREATE MACRO usd(nanousd) AS CAST(nanousd AS DECIMAL(28, 0)) * CAST(0.000000001 AS DECIMAL(10, 9));
CREATE MACRO workstream_state(type) AS CASE type
    WHEN 'workstream.readied' THEN 'READY'
    WHEN 'workstream.dispatched' THEN 'RUNNING'
    WHEN 'workstream.completed' THEN 'SUCCEEDED'
    WHEN 'workstream.failed' THEN 'FAILED'
    WHEN 'workstream.cancelled' THEN 'CANCELLED'
    WHEN 'workstream.reopened' THEN 'PENDING'
END;
CREATE MACRO worker_state(type) AS CASE type
    WHEN 'worker.spawned' THEN 'SPAWNING'
    WHEN 'worker.readied' THEN 'IDLE'
    WHEN 'worker.assigned' THEN 'BUSY'
    WHEN 'worker.released' THEN 'IDLE'
    WHEN 'worker.recalled' THEN 'DRAINING'
    WHEN 'worker.terminated' THEN 'TERMINATED'
END;

-- critical_path: one row per step of the path that made a run take as long as it did.
-- Steps follow each other without gaps: they add up to the makespan.
-- from: folded, fresh_steps
--
--   run         run
--   position    place on the path, from 1
--   workstream  workstream that everything waited for
--   because     why it could not go on before the step before had ended: begin, dependency, order,
--               conflict, resource, worker, merging
--   from_us     instant it began, microseconds since 1970 UTC
--   to_us       instant it ended
--   took_us     its length, microseconds
CREATE TABLE critical_path (
    run VARCHAR NOT NULL, position BIGINT NOT NULL, workstream VARCHAR NOT NULL,
    because VARCHAR NOT NULL, from_us BIGINT NOT NULL, to_us BIGINT NOT NULL,
    took_us BIGINT GENERATED ALWAYS AS (to_us - from_us)
);

-- entries: one row per entry that a run owns: everything that was ever recorded of it.
-- A fork owns what came after the fork; `run_entries` joins that to what came before.
-- from: arrived
--
--   run         run that wrote it
--   seq         place in the history of the run, from 1; a fork goes on where it branched off
--   stream      aggregate it is about: the run, `run/ws/ID` or `run/worker/N`
--   version     place in the stream, from 1
--   turn        version of the run's entry that began its turn
--   at_us       instant, in microseconds since 1970 UTC
--   type        what happened: tag of the event, as in docs/events.md
--   workstream  workstream it names; NULL if none
--   attempt     attempt it names, from 1; NULL if none
--   worker      worker it names; NULL if none
--   cause       seq of the entry that led to it; 0 if none
--   followed    whether another observation of that moment was already waiting
--   ignored     why it changed nothing; '' if it did
--   payload     the event itself, in its newest version
--   position    place in the store, in order of arrival over all runs
CREATE TABLE entries (
    run VARCHAR NOT NULL, seq BIGINT NOT NULL, stream VARCHAR NOT NULL, version BIGINT NOT NULL,
    turn BIGINT NOT NULL, at_us BIGINT NOT NULL, type VARCHAR NOT NULL, workstream VARCHAR,
    attempt BIGINT, worker BIGINT, cause BIGINT NOT NULL, followed BOOLEAN NOT NULL,
    ignored VARCHAR NOT NULL, payload JSON NOT NULL, position BIGINT NOT NULL
);

-- forecasts: one row per simulation of a plan that was written down.
-- from: fresh_predictions
--
--   plan         digest of the plan
--   version      place among what is known about that plan, from 1
--   at_us        instant, microseconds since 1970 UTC
--   max_workers  attempts that were to run at once
--   limits       all limits it was made under
--   learnt_from  run whose durations were used; NULL: estimates
--   makespan_us  what was predicted, microseconds
CREATE TABLE forecasts (
    plan VARCHAR NOT NULL, version BIGINT NOT NULL, at_us BIGINT NOT NULL, max_workers BIGINT,
    limits JSON, learnt_from VARCHAR, makespan_us BIGINT
);

-- run_times: one row per run: what its time could have been.
-- from: folded, fresh_times
--
--   run              run
--   work_us          time that all attempts ran, in sum, microseconds; of lost ones what was seen
--   idle_us          time in which nobody drove it: between the fork point and the fork
--   setup_us         time from dispatch to first sign of life, in sum
--   merging_us       time that workstreams waited to be merged or were merged, in sum
--   longest_path_us  longest chain of dependencies, by the time their attempts really ran
--   workers_max      most attempts that were allowed to run at once
CREATE TABLE run_times (
    run VARCHAR NOT NULL, work_us BIGINT NOT NULL, idle_us BIGINT NOT NULL, setup_us BIGINT NOT NULL,
    merging_us BIGINT NOT NULL, longest_path_us BIGINT NOT NULL, workers_max BIGINT NOT NULL
);

-- scores: one row per real run that ended after its plan had been simulated under its limits.
-- from: fresh_predictions
--
--   plan          digest of the plan
--   version       place among what is known about that plan, from 1
--   at_us         instant, microseconds since 1970 UTC
--   run           run that ended
--   predicted_us  makespan that was predicted, microseconds
--   measured_us   makespan that it had, microseconds
CREATE TABLE scores (
    plan VARCHAR NOT NULL, version BIGINT NOT NULL, at_us BIGINT NOT NULL, run VARCHAR,
    predicted_us BIGINT, measured_us BIGINT
);

-- waits: one row per stretch of a workstream's lead time and the one thing it is charged to.
-- Stretches of one opening follow each other without gaps, so they add up to the lead time.
-- from: folded, fresh_waits
--
--   run         run
--   workstream  workstream
--   opening     0, and one more each time a person had it tried again
--   cause       mode, dependency, order, backoff, conflict, resource, worker, merging, work
--   waits_for   what it waits for: a workstream, a pool, a mode, a tool; for work, the attempt
--   from_us     instant it began, microseconds since 1970 UTC
--   to_us       instant it ended; if it is open, that of the last entry
--   is_open     whether later entries may still change it
--   took_us     its length, microseconds
CREATE TABLE waits (
    run VARCHAR NOT NULL, workstream VARCHAR NOT NULL, opening BIGINT NOT NULL,
    cause VARCHAR NOT NULL, waits_for VARCHAR NOT NULL, from_us BIGINT NOT NULL,
    to_us BIGINT NOT NULL, is_open BOOLEAN NOT NULL,
    took_us BIGINT GENERATED ALWAYS AS (to_us - from_us)
);

-- bottlenecks: one row per thing that others waited for in a run.
-- from: waits, critical_path
--
--   run            run
--   cause          how they waited: dependency, order, conflict, resource, worker, merging, …
--   waits_for      what they waited for: a workstream, a pool, a tool, a mode
--   waiting        workstreams that did
--   waited_us      how long, in sum, microseconds
--   longest_us     the longest stretch
--   on_path_us     time that it was on the critical path itself, if it is a workstream
CREATE VIEW bottlenecks AS
WITH on_path AS (
    SELECT run, workstream, sum(took_us)::BIGINT AS on_path_us FROM critical_path GROUP BY ALL
)
SELECT
    w.run, w.cause, w.waits_for,
    count(DISTINCT w.workstream) AS waiting,
    sum(w.took_us)::BIGINT AS waited_us,
    max(w.took_us) AS longest_us,
    coalesce(any_value(p.on_path_us) FILTER (w.cause IN ('dependency', 'order', 'conflict', 'merging')), 0)
        AS on_path_us
FROM waits AS w LEFT JOIN on_path AS p ON p.run = w.run AND p.workstream = w.waits_for
WHERE w.cause <> 'work' AND NOT (w.cause = 'merging' AND w.waits_for = w.workstream)
GROUP BY w.run, w.cause, w.waits_for;

-- lead_time: one row per workstream of a run: where its time went since it was last opened.
-- The causes add up to the lead time to the microsecond.
-- from: waits
--
--   run            run
--   workstream     workstream
--   opening        how often a person had it tried again before
--   is_open        whether it is still going on
--   from_us        instant it was opened, microseconds since 1970 UTC
--   to_us          instant it ended; if it is open, that of the last entry
--   lead_us        the whole, microseconds
--   mode_us        the run was paused or draining
--   dependency_us  something it depends on had not succeeded
--   order_us       it had to start after another
--   backoff_us     it paused before the next attempt
--   conflict_us    it could not run beside another
--   resource_us    a pool had too few units
--   worker_us      no worker that can do it was idle
--   merging_us     it was merged, or waited to be
--   work_us        its own attempts, set-up included
CREATE VIEW lead_time AS
SELECT
    run,
    workstream,
    opening,
    bool_or(is_open) AS is_open,
    min(from_us) AS from_us,
    max(to_us) AS to_us,
    sum(took_us)::BIGINT AS lead_us,
    coalesce(sum(took_us) FILTER (cause = 'mode'), 0)::BIGINT AS mode_us,
    coalesce(sum(took_us) FILTER (cause = 'dependency'), 0)::BIGINT AS dependency_us,
    coalesce(sum(took_us) FILTER (cause = 'order'), 0)::BIGINT AS order_us,
    coalesce(sum(took_us) FILTER (cause = 'backoff'), 0)::BIGINT AS backoff_us,
    coalesce(sum(took_us) FILTER (cause = 'conflict'), 0)::BIGINT AS conflict_us,
    coalesce(sum(took_us) FILTER (cause = 'resource'), 0)::BIGINT AS resource_us,
    coalesce(sum(took_us) FILTER (cause = 'worker'), 0)::BIGINT AS worker_us,
    coalesce(sum(took_us) FILTER (cause = 'merging'), 0)::BIGINT AS merging_us,
    coalesce(sum(took_us) FILTER (cause = 'work'), 0)::BIGINT AS work_us
FROM (
    SELECT *, max(opening) OVER (PARTITION BY run, workstream) AS newest FROM waits
)
WHERE opening = newest
GROUP BY run, workstream, opening;

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

-- run_entries: one row per entry in the history of a run, a fork's joined to its parent's.
-- For state, time and paths. Never add up money or tokens from it: a fork would be billed twice.
-- from: entries, lineage
--
--   run         run whose history it is
--   owner       run that wrote the entry
--   inherited   whether that was another run, before the fork
--   seq         place in the history
--   stream      aggregate it is about
--   version     place in the stream
--   turn        version of the run's entry that began its turn
--   at_us       instant, in microseconds since 1970 UTC
--   type        what happened
--   workstream  workstream it names; NULL if none
--   attempt     attempt it names, from 1; NULL if none
--   worker      worker it names; NULL if none
--   cause       seq of the entry that led to it; 0 if none
--   followed    whether another observation of that moment was already waiting
--   ignored     why it changed nothing; '' if it did
--   payload     the event itself, in its newest version
--   position    place in the store, in order of arrival over all runs
CREATE VIEW run_entries AS
SELECT lineage.run, owner, owner <> lineage.run AS inherited, entries.* EXCLUDE (run)
FROM lineage JOIN entries
  ON entries.run = owner AND seq >= from_seq AND seq <= coalesce(to_seq, 9223372036854775807);

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

-- worker_timeline: one row per stretch of a worker's life in one state.
-- from: fresh_history
--
--   run         run
--   worker      number within the run
--   version     entry of the worker's stream that began the stretch
--   inherited   whether that was before the fork
--   state       SPAWNING, IDLE, BUSY, DRAINING
--   workstream  what it is at; NULL if nothing
--   attempt     attempt it is at; NULL if none
--   from_us     instant it began, microseconds since 1970 UTC
--   to_us       instant it ended; NULL while it lasts
CREATE TABLE worker_timeline (
    run VARCHAR NOT NULL, worker BIGINT NOT NULL, version BIGINT NOT NULL, inherited BOOLEAN,
    state VARCHAR, workstream VARCHAR, attempt BIGINT, from_us BIGINT, to_us BIGINT
);

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

-- efficiency: one row per run: how much faster it was than one worker, and than it could have been.
-- from: runs, run_times, waits
--
--   run                    run
--   simulated              whether nothing was executed
--   workers                most attempts that were allowed to run at once
--   makespan_us            from acceptance to finish, or to the last entry, without idle time, microseconds
--   work_us                time that all attempts ran, in sum
--   longest_path_us        longest chain of dependencies, by the time its attempts really ran
--   lower_bound_us         max(longest_path_us, work_us / workers), rounded up
--   speed_up               work_us / makespan_us
--   possible_speed_up      work_us / lower_bound_us
--   efficiency_percent     of the possible speed-up, what was achieved
--   utilisation_percent    of workers x makespan, what attempts ran
--   queueing_us            time that workstreams waited for a worker, in sum
--   queueing_percent       of all lead time
CREATE VIEW efficiency AS
WITH queueing AS (
    SELECT run, coalesce(sum(took_us) FILTER (cause = 'worker'), 0)::BIGINT AS queueing_us,
        sum(took_us)::BIGINT AS lead_us
    FROM waits
    GROUP BY run
), measured AS (
    SELECT
        run, simulated, workers_max AS workers,
        coalesce(finished_us, last_us) - accepted_us - idle_us AS makespan_us,
        work_us, longest_path_us,
        greatest(longest_path_us, (work_us + greatest(workers_max, 1) - 1) // greatest(workers_max, 1)) AS lower_bound_us,
        coalesce(queueing_us, 0) AS queueing_us, lead_us
    FROM runs JOIN run_times USING (run) LEFT JOIN queueing USING (run)
)
SELECT
    run, simulated, workers, makespan_us, work_us, longest_path_us, lower_bound_us,
    work_us / nullif(makespan_us, 0) AS speed_up,
    work_us / nullif(lower_bound_us, 0) AS possible_speed_up,
    100.0::DOUBLE * lower_bound_us / nullif(makespan_us, 0) AS efficiency_percent,
    100.0::DOUBLE * work_us / nullif(workers * makespan_us, 0) AS utilisation_percent,
    queueing_us,
    100.0::DOUBLE * queueing_us / nullif(lead_us, 0) AS queueing_percent
FROM measured;

-- error_frequency: one row per tool, error code and reason: how often attempts failed that way.
-- Real runs only; what a fork inherited counts in its parent.
-- from: attempts, runs, workstreams
--
--   tool              what ran the attempts
--   code              error code
--   reason            finer than code
--   failures          attempts that failed that way
--   attempts          attempts of that tool that ended, in all
--   percent           failures of attempts
--   workstreams       workstreams it happened to
--   runs              runs it happened in
--   lost_us           time that these attempts had run, in sum, microseconds
--   last_us           instant of the last one, microseconds since 1970 UTC
CREATE VIEW error_frequency AS
WITH own AS (
    SELECT a.*, w.tool
    FROM attempts AS a
    JOIN runs AS r ON r.run = a.run AND NOT coalesce(r.simulated, false)
    JOIN workstreams AS w ON w.run = a.run AND w.workstream = a.workstream
    WHERE NOT a.inherited
), of_tool AS (
    SELECT tool, count(*) AS attempts FROM own WHERE outcome IS NOT NULL GROUP BY tool
)
SELECT
    tool, code, reason,
    count(*) AS failures,
    any_value(of_tool.attempts) AS attempts,
    100.0::DOUBLE * count(*) / any_value(of_tool.attempts) AS percent,
    count(DISTINCT (run, workstream)) AS workstreams,
    count(DISTINCT run) AS runs,
    coalesce(sum(took_us), 0)::BIGINT AS lost_us,
    max(ended_us) AS last_us
FROM own JOIN of_tool USING (tool)
WHERE code IS NOT NULL
GROUP BY tool, code, reason;

-- predictions: one row per real run whose plan had been simulated under its limits before.
-- from: scores, forecasts, runs
--
--   run            run that ended
--   plan           digest of its plan
--   source         folder the plan was read from, for people
--   max_workers    attempts that were to run at once
--   learnt_from    run whose durations were used; NULL: estimates
--   forecast_us    instant of the prediction, microseconds since 1970 UTC
--   scored_us      instant of the comparison
--   predicted_us   makespan that was predicted, microseconds
--   measured_us    makespan that it had
--   error_us       predicted minus measured
--   error_percent  of what was measured; negative: predicted too short
CREATE VIEW predictions AS
SELECT
    s.run, s.plan, r.source, f.max_workers, f.learnt_from, f.at_us AS forecast_us,
    s.at_us AS scored_us, s.predicted_us, s.measured_us,
    s.predicted_us - s.measured_us AS error_us,
    100.0::DOUBLE * (s.predicted_us - s.measured_us) / nullif(s.measured_us, 0) AS error_percent
FROM scores AS s
ASOF LEFT JOIN forecasts AS f
    ON f.plan = s.plan AND f.makespan_us = s.predicted_us AND f.version <= s.version
LEFT JOIN runs AS r ON r.run = s.run;

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

-- usage: one row per report of model use that counts: each once, in the run that made it.
-- A simulated run uses nothing, so it has no row here.
-- from: fresh, runs
--
--   run                  run that used it; never a fork that only inherited it
--   seq                  entry that recorded it
--   at_us                instant, microseconds since 1970 UTC
--   workstream           workstream
--   attempt              attempt
--   model                as the tool named it
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         billionths of a US dollar, at the price of that time; NULL if unpriced
--   price_table          which table set the price: tool, uet.toml, genai-prices, uet-1, assumed; '' if
--                        none
--   price_version        version of that table; '' if it has none
--   key                  name by which the report counts once; '' if none
CREATE TABLE usage (
    run VARCHAR NOT NULL, seq BIGINT NOT NULL, at_us BIGINT NOT NULL, workstream VARCHAR NOT NULL,
    attempt BIGINT NOT NULL, model VARCHAR NOT NULL, input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL, cached_input_tokens BIGINT NOT NULL, cost_nanousd BIGINT,
    price_table VARCHAR NOT NULL, price_version VARCHAR NOT NULL, key VARCHAR NOT NULL
);

-- spending: one row per report of model use, with everything it can be grouped by.
-- Simulated runs spend nothing. A fork has only what it used itself.
-- from: usage, runs, workstreams, attempts
--
--   run                  run that used it
--   seq                  entry that recorded it
--   at_us                instant, microseconds since 1970 UTC
--   day                  date of that instant, UTC
--   project              of the workstream; '' if none
--   section              of the workstream; '' if none
--   phase                of the workstream; '' if none
--   workstream           workstream
--   attempt              attempt
--   outcome              of the attempt: succeeded, failed, cancelled; NULL while it runs
--   worker               worker that had the attempt
--   tool                 of the workstream
--   model                as the tool named it
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         billionths of a US dollar; NULL if unpriced
--   price_table          which table set the price; '' if none
--   price_version        version of that table; '' if it has none
CREATE VIEW spending AS
SELECT
    u.run, u.seq, u.at_us, make_timestamp(u.at_us)::DATE AS day, w.project, w.section, w.phase,
    u.workstream, u.attempt, a.outcome, a.worker, w.tool, u.model, u.input_tokens,
    u.output_tokens, u.cached_input_tokens, u.cost_nanousd, u.price_table, u.price_version
FROM usage AS u
JOIN runs AS r ON r.run = u.run AND NOT coalesce(r.simulated, false)
LEFT JOIN workstreams AS w ON w.run = u.run AND w.workstream = u.workstream
LEFT JOIN attempts AS a
    ON a.run = u.run AND a.workstream = u.workstream AND a.attempt = u.attempt;

-- cost_by_day: one row per day: what its attempts used, failed ones included.
-- from: spending
--
--   day                  date, UTC
--   reports              reports of model use
--   unpriced             reports whose model has no price: their cost is not in the sum
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         exact sum, billionths of a US dollar
CREATE VIEW cost_by_day AS
SELECT
    day,
    count(*) AS reports,
    count(*) - count(cost_nanousd) AS unpriced,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cached_input_tokens) AS cached_input_tokens,
    coalesce(sum(cost_nanousd), 0) AS cost_nanousd
FROM spending
GROUP BY day;

-- cost_by_model: one row per model: what its attempts used, failed ones included.
-- from: spending
--
--   model                as the tools named it
--   reports              reports of model use
--   unpriced             reports whose model has no price: their cost is not in the sum
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         exact sum, billionths of a US dollar
CREATE VIEW cost_by_model AS
SELECT
    model,
    count(*) AS reports,
    count(*) - count(cost_nanousd) AS unpriced,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cached_input_tokens) AS cached_input_tokens,
    coalesce(sum(cost_nanousd), 0) AS cost_nanousd
FROM spending
GROUP BY model;

-- cost_by_phase: one row per phase of a run: what its attempts used, failed ones included.
-- from: spending
--
--   run                  run
--   project              project; '' if none
--   section              section; '' if none
--   phase                phase; '' if none
--   reports              reports of model use
--   unpriced             reports whose model has no price: their cost is not in the sum
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         exact sum, billionths of a US dollar
CREATE VIEW cost_by_phase AS
SELECT
    run, project, section, phase,
    count(*) AS reports,
    count(*) - count(cost_nanousd) AS unpriced,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cached_input_tokens) AS cached_input_tokens,
    coalesce(sum(cost_nanousd), 0) AS cost_nanousd
FROM spending
GROUP BY run, project, section, phase;

-- cost_by_run: one row per run: what its attempts used, failed ones included.
-- from: spending
--
--   run                  run
--   reports              reports of model use
--   unpriced             reports whose model has no price: their cost is not in the sum
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         exact sum, billionths of a US dollar
CREATE VIEW cost_by_run AS
SELECT
    run,
    count(*) AS reports,
    count(*) - count(cost_nanousd) AS unpriced,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cached_input_tokens) AS cached_input_tokens,
    coalesce(sum(cost_nanousd), 0) AS cost_nanousd
FROM spending
GROUP BY run;

-- cost_by_tool: one row per tool: what its attempts used, failed ones included.
-- from: spending
--
--   tool                 what ran the workstreams
--   reports              reports of model use
--   unpriced             reports whose model has no price: their cost is not in the sum
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         exact sum, billionths of a US dollar
CREATE VIEW cost_by_tool AS
SELECT
    tool,
    count(*) AS reports,
    count(*) - count(cost_nanousd) AS unpriced,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cached_input_tokens) AS cached_input_tokens,
    coalesce(sum(cost_nanousd), 0) AS cost_nanousd
FROM spending
GROUP BY tool;

-- cost_by_worker: one row per worker of a run: what its attempts used, failed ones included.
-- from: spending
--
--   run                  run
--   worker               worker
--   reports              reports of model use
--   unpriced             reports whose model has no price: their cost is not in the sum
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         exact sum, billionths of a US dollar
CREATE VIEW cost_by_worker AS
SELECT
    run, worker,
    count(*) AS reports,
    count(*) - count(cost_nanousd) AS unpriced,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cached_input_tokens) AS cached_input_tokens,
    coalesce(sum(cost_nanousd), 0) AS cost_nanousd
FROM spending
GROUP BY run, worker;

-- cost_by_workstream: one row per workstream of a run: what its attempts used, failed ones included.
-- from: spending
--
--   run                  run
--   workstream           workstream
--   reports              reports of model use
--   unpriced             reports whose model has no price: their cost is not in the sum
--   input_tokens         all of them, cached ones included
--   output_tokens        all of them
--   cached_input_tokens  of input_tokens
--   cost_nanousd         exact sum, billionths of a US dollar
CREATE VIEW cost_by_workstream AS
SELECT
    run, workstream,
    count(*) AS reports,
    count(*) - count(cost_nanousd) AS unpriced,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cached_input_tokens) AS cached_input_tokens,
    coalesce(sum(cost_nanousd), 0) AS cost_nanousd
FROM spending
GROUP BY run, workstream;
