"""A run as metrics, each with one point: how it stood at its end, or at the end of the log.

Attempts that a fork inherited count in its parent. Simulated runs spend nothing.
"""

from collections.abc import Iterator

from uet_es.projections.exports.otlp import rows
from uet_es.projections.exports.otlp.rows import AttemptRow, RunRow
from uet_es.projections.exports.otlp.shapes import Attribute, Measured, Metric
from uet_es.projections.exports.otlp.tally import Counted, Spread
from uet_es.projections.exports.otlp.words import (
    FAILED,
    error_of_run,
    provider_of,
    result_of_attempt,
    result_of_run,
    state_of_worker,
)
from uet_es.projections.warehouse import Warehouse
from uet_es.values import SECOND_US

_SECONDS = (0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 28800, 86400)
#: As the conventions want them for tokens.
_TOKENS = tuple(float(4**power) for power in range(14))
#: Failures of what runs the attempts, not of what they do.
_OURS = frozenset({"lost", "start"})
_STATES = ("available", "busy", "offline")


def metrics_of(warehouse: Warehouse, subject: RunRow) -> Iterator[Metric]:
    """Everything that is measured of a run."""
    yield from _of_the_run(subject)
    yield from _of_attempts(warehouse, subject)
    yield _of_workers(warehouse, subject)
    yield from _of_usage(warehouse, subject)
    yield from _of_time(warehouse, subject)


def _of_the_run(subject: RunRow) -> Iterator[Metric]:
    result = result_of_run(subject.outcome)
    name: dict[str, Attribute | None] = {"cicd.pipeline.name": subject.pipeline}
    executing_us = subject.to_us if subject.dispatched_us is None else subject.dispatched_us
    durations = Spread(_SECONDS, unit=SECOND_US)
    durations.add(
        executing_us - subject.accepted_us,
        name | {"cicd.pipeline.run.state": "pending"},
    )
    if subject.dispatched_us is not None:
        durations.add(
            subject.to_us - executing_us,
            name
            | {
                "cicd.pipeline.run.state": "executing",
                "cicd.pipeline.result": result,
                "error.type": error_of_run(subject.codes) if result in FAILED else None,
            },
        )
    yield Metric(
        "cicd.pipeline.run.duration",
        "histogram",
        "s",
        "Duration of a pipeline run grouped by pipeline, state and result.",
        durations.points(),
        durations.bounds,
    )
    active = Counted()
    active.add(int(result is None), name | {"cicd.pipeline.run.state": "executing"})
    yield Metric(
        "cicd.pipeline.run.active",
        "updowncounter",
        "{run}",
        "The number of pipeline runs currently active in the system by state.",
        active.points(),
    )


def _of_attempts(warehouse: Warehouse, subject: RunRow) -> Iterator[Metric]:
    name: dict[str, Attribute | None] = {"cicd.pipeline.name": subject.pipeline}
    failed, broken, lasted = Counted(), Counted(), Spread(_SECONDS, unit=SECOND_US)
    for attempt in rows.attempts(warehouse, subject.run):
        if attempt.inherited:
            continue
        result = result_of_attempt(attempt.outcome, attempt.reason)
        if result is None:
            continue
        if result in FAILED:
            error: dict[str, Attribute | None] = {"error.type": attempt.code}
            if attempt.reason in _OURS:
                broken.add(1, {"cicd.system.component": "worker"} | error)
            else:
                failed.add(1, name | error)
        lasted.add(
            _ran_us(attempt),
            {"cicd.pipeline.task.run.result": result, "uet.tool": attempt.tool},
        )
    yield Metric(
        "cicd.pipeline.run.errors",
        "counter",
        "{error}",
        "The number of errors encountered in pipeline runs (eg. compile, test failures).",
        failed.points(),
    )
    yield Metric(
        "cicd.system.errors",
        "counter",
        "{error}",
        "The number of errors in a component of the CICD system (eg. controller, worker).",
        broken.points(),
    )
    yield Metric(
        "uet.attempt.duration",
        "histogram",
        "s",
        "Time that attempts ran, set-up excluded, by tool and result.",
        lasted.points(),
        lasted.bounds,
    )


def _ran_us(attempt: AttemptRow) -> int:
    """As measured beside it; where nobody measured, as the log saw it."""
    if attempt.took_us is not None:
        return attempt.took_us
    began_us = attempt.started_us or attempt.dispatched_us
    return (attempt.ended_us or began_us) - began_us


def _of_workers(warehouse: Warehouse, subject: RunRow) -> Metric:
    counted = Counted()
    for state in _STATES:
        counted.add(0, {"cicd.worker.state": state})
    found = warehouse.rows("SELECT state FROM workers WHERE run = ?", [subject.run])
    for (now,) in found:
        counted.add(1, {"cicd.worker.state": state_of_worker(str(now))})
    return Metric(
        "cicd.worker.count",
        "updowncounter",
        "{count}",
        "The number of workers on the CICD system by state.",
        counted.points(),
    )


def _of_usage(warehouse: Warehouse, subject: RunRow) -> Iterator[Metric]:
    tokens, cost, unpriced = Spread(_TOKENS), Counted(), Counted()
    for row in rows.usage(warehouse, subject.run):
        model: dict[str, Attribute | None] = {
            "gen_ai.provider.name": provider_of(row.model),
            "gen_ai.request.model": row.model,
        }
        spent = model | {"uet.tool": row.tool, "uet.phase": row.phase}
        for type, count in (("input", row.input_tokens), ("output", row.output_tokens)):
            tokens.add(count, {"gen_ai.operation.name": "chat", "gen_ai.token.type": type} | model)
        if row.cost_nanousd is None:
            unpriced.add(1, spent)
        else:
            cost.add(row.cost_nanousd, spent)
    yield Metric(
        "gen_ai.client.token.usage",
        "histogram",
        "{token}",
        "Number of input and output tokens used.",
        tokens.points(),
        tokens.bounds,
    )
    yield Metric(
        "uet.cost",
        "counter",
        "{nanousd}",
        "What the use of models cost, in billionths of a US dollar, exact.",
        cost.points(),
    )
    yield Metric(
        "uet.usage.unpriced",
        "counter",
        "{report}",
        "Reports of model use whose model has no price: not in the cost.",
        unpriced.points(),
    )


def _of_time(warehouse: Warehouse, subject: RunRow) -> Iterator[Metric]:
    waited = Counted()
    for cause, took_us in warehouse.rows(
        "SELECT cause, sum(took_us)::BIGINT FROM waits WHERE run = ? GROUP BY cause", [subject.run]
    ):
        assert isinstance(took_us, int)
        waited.add(took_us, {"uet.wait.cause": str(cause)})
    yield Metric(
        "uet.wait.duration",
        "counter",
        "us",
        "Lead time of all workstreams by what it is charged to; `worker` is queueing.",
        waited.points(),
    )
    for shares in warehouse.rows(
        f"SELECT {', '.join(column for _, column, _ in _SHARES)} FROM efficiency WHERE run = ?",
        [subject.run],
    ):
        for (name, _, about), share in zip(_SHARES, shares, strict=True):
            if isinstance(share, float):
                yield Metric(name, "gauge", "1", about, (Measured({}, share),))


_SHARES = (
    (
        "uet.utilisation",
        "utilisation_percent / 100",
        "Of workers x makespan, the share that attempts ran.",
    ),
    (
        "uet.efficiency",
        "efficiency_percent / 100",
        "Of the possible speed-up, the share that was achieved.",
    ),
    ("uet.speed_up", "speed_up", "How often the work of all attempts fits into the makespan."),
    (
        "uet.queueing",
        "queueing_percent / 100",
        "Of all lead time, the share spent waiting for a worker.",
    ),
)
