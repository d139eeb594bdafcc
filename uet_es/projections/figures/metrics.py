"""How a run went, in numbers: as a whole, and by workstream, phase, project and worker."""

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from uet_es.projections.figures.measures import Measures, WorkerMeasures, percent, ratio
from uet_es.projections.warehouse import Warehouse
from uet_es.values import DurationUs, RunId

_T = TypeVar("_T")
#: Of the possible speed-up, what a run should achieve.
TARGET_PERCENT = 70
#: Parts of a plan that are measured, and the column that tells them apart.
_PARTS = {"total": "''", "workstreams": "workstream", "phases": "phase", "projects": "project"}
_MEASURES = """
WITH tried AS (
    SELECT workstream, count(*) AS attempts,
        count(*) FILTER (outcome = 'failed') AS failed_attempts,
        list(code) FILTER (code IS NOT NULL) AS codes
    FROM attempts WHERE run = $1 GROUP BY workstream
), used AS (
    SELECT workstream, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
        sum(cost_nanousd) AS cost_nanousd, count(*) - count(cost_nanousd) AS unpriced
    FROM spending WHERE run = $1 GROUP BY workstream
), passed AS (
    SELECT
        workstream,
        coalesce(lead_us, 0) AS lead_us,
        coalesce(dependency_us + order_us, 0) AS blocked_us,
        coalesce(mode_us + backoff_us + conflict_us + resource_us + worker_us, 0) AS queue_us,
        coalesce(l.work_us, 0) AS work_us,
        coalesce(l.merging_us, 0) AS merging_us
    FROM workstreams JOIN run_times USING (run) LEFT JOIN lead_time AS l USING (run, workstream)
    WHERE run = $1
)
SELECT
    {part} AS name,
    count(*) AS workstreams,
    count(*) FILTER (state = 'SUCCEEDED') AS succeeded,
    count(*) FILTER (state = 'FAILED') AS failed,
    count(*) FILTER (state = 'CANCELLED') AS cancelled,
    coalesce(sum(tried.attempts), 0) AS attempts,
    coalesce(sum(failed_attempts), 0) AS failed_attempts,
    sum(lead_us) AS lead_us,
    sum(blocked_us) AS blocked_us,
    sum(queue_us) AS queue_us,
    sum(work_us) AS work_us,
    sum(merging_us) AS merging_us,
    max(CASE WHEN dispatched_us IS NOT NULL THEN coalesce(ended_us, r.last_us) END)
        - min(dispatched_us) AS span_us,
    coalesce(sum(input_tokens), 0) AS input_tokens,
    coalesce(sum(output_tokens), 0) AS output_tokens,
    coalesce(sum(cost_nanousd), 0) AS cost_nanousd,
    coalesce(sum(unpriced), 0) AS unpriced,
    sum(estimated_cost_nanousd) AS estimated_cost_nanousd,
    coalesce(flatten(list(codes) FILTER (codes IS NOT NULL)), []) AS errors
FROM workstreams AS w
JOIN runs AS r USING (run)
LEFT JOIN tried USING (workstream)
LEFT JOIN used USING (workstream)
LEFT JOIN passed USING (workstream)
WHERE run = $1
GROUP BY ALL
ORDER BY name
"""
_WORKERS = """
WITH busy AS (
    SELECT worker, sum(coalesce(t.to_us, r.last_us) - t.from_us) AS busy_us
    FROM worker_timeline AS t JOIN runs AS r USING (run)
    WHERE run = $1 AND t.workstream IS NOT NULL
    GROUP BY worker
), tried AS (
    SELECT worker, count(*) FILTER (outcome = 'succeeded') AS succeeded,
        count(*) FILTER (outcome = 'failed') AS failed,
        list(code) FILTER (code IS NOT NULL) AS codes
    FROM attempts WHERE run = $1 GROUP BY worker
), used AS (
    SELECT worker, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
        sum(cost_nanousd) AS cost_nanousd, count(*) - count(cost_nanousd) AS unpriced
    FROM spending WHERE run = $1 GROUP BY worker
)
SELECT
    worker, state, attempts,
    coalesce(tried.succeeded, 0) AS succeeded,
    coalesce(tried.failed, 0) AS failed,
    coalesce(busy_us, 0) AS busy_us,
    coalesce(terminated_us, r.last_us) - spawned_us AS life_us,
    coalesce(input_tokens, 0) AS input_tokens,
    coalesce(output_tokens, 0) AS output_tokens,
    coalesce(cost_nanousd, 0) AS cost_nanousd,
    coalesce(unpriced, 0) AS unpriced,
    coalesce(codes, []) AS errors
FROM workers AS w
JOIN runs AS r USING (run)
LEFT JOIN busy USING (worker)
LEFT JOIN tried USING (worker)
LEFT JOIN used USING (worker)
WHERE run = $1
ORDER BY worker
"""
_RUN = """
SELECT
    run, parent, coalesce(r.simulated, false) AS simulated, plan, source, outcome,
    finished_us IS NULL AS is_open, resumes,
    coalesce(e.workers, max_workers) AS workers,
    coalesce(finished_us, last_us) - accepted_us - coalesce(t.idle_us, 0) AS makespan_us,
    e.work_us AS run_us, e.longest_path_us, e.lower_bound_us
FROM runs AS r LEFT JOIN efficiency AS e USING (run) LEFT JOIN run_times AS t USING (run)
WHERE run = $1
"""


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Of a fork, state and time are its whole history's, money and tokens its own."""

    run: RunId
    parent: RunId | None
    simulated: bool
    plan: str
    source: str
    outcome: str | None  #: None while it goes on
    is_open: bool
    resumes: int
    workers: int  #: attempts that may run at once, as last set
    makespan_us: DurationUs  #: to its last entry, while it goes on
    run_us: DurationUs | None  #: time that all attempts ran; None if the run cannot be folded
    longest_path_us: DurationUs | None
    lower_bound_us: DurationUs | None  #: no schedule of these attempts is shorter
    total: Measures
    workstreams: tuple[Measures, ...]
    phases: tuple[Measures, ...]
    projects: tuple[Measures, ...]
    worker_list: tuple[WorkerMeasures, ...]

    @property
    def speed_up(self) -> float | None:
        """Against one attempt at a time."""
        return ratio(self.run_us, self.makespan_us)

    @property
    def possible_speed_up(self) -> float | None:
        """What the plan and the workers allow."""
        return ratio(self.run_us, self.lower_bound_us)

    @property
    def efficiency_percent(self) -> float | None:
        """Of the possible speed-up, what was achieved."""
        return (
            None if self.lower_bound_us is None else percent(self.lower_bound_us, self.makespan_us)
        )

    @property
    def utilisation_percent(self) -> float | None:
        """Of what the workers could have run, what they ran."""
        return (
            None if self.run_us is None else percent(self.run_us, self.workers * self.makespan_us)
        )

    def document(self) -> dict[str, object]:
        """For scripts: integers are exact, ratios are rounded."""
        told = msgspec.structs.asdict(self)
        for name in ("total", "workstreams", "phases", "projects", "worker_list"):
            del told[name]
        efficiency = self.efficiency_percent
        return {
            "schema_version": 1,
            **told,
            "speed_up": self.speed_up,
            "possible_speed_up": self.possible_speed_up,
            "efficiency_percent": efficiency,
            "target_percent": TARGET_PERCENT,
            "on_target": None if efficiency is None else efficiency > TARGET_PERCENT,
            "utilisation_percent": self.utilisation_percent,
            "total": self.total.document(),
            "by_project": [each.document() for each in self.projects],
            "by_phase": [each.document() for each in self.phases],
            "by_workstream": [each.document() for each in self.workstreams],
            "by_worker": [each.document() for each in self.worker_list],
        }


def metrics(warehouse: Warehouse, run: RunId) -> Metrics:
    """How ``run`` went, as far as it got."""
    (told,) = warehouse.documents(_RUN, [run])
    parts = {
        name: tuple(_read(Measures, warehouse.documents(_MEASURES.format(part=part), [run])))
        for name, part in _PARTS.items()
    }
    (total,) = parts.pop("total")
    workers = tuple(_read(WorkerMeasures, warehouse.documents(_WORKERS, [run])))
    return msgspec.convert({**told, "total": total, "worker_list": workers, **parts}, Metrics)


def _read(kind: type[_T], rows: Iterable[dict[str, object]]) -> Iterable[_T]:
    for row in rows:
        codes = row["errors"]
        assert isinstance(codes, list)
        yield msgspec.convert(row | {"errors": dict(sorted(Counter(codes).items()))}, kind)
