"""A run as spans: the run, its workstreams, their attempts, merges and use of models.

What is not over ends where the log ends, and says no result.
"""

from collections.abc import Iterator

from uet_es.projections.exports.otlp import rows
from uet_es.projections.exports.otlp.attempts import (
    attempt_span,
    merge_span,
    setup_span,
    usage_span,
)
from uet_es.projections.exports.otlp.rows import RunRow, WorkstreamRow
from uet_es.projections.exports.otlp.shapes import Ids, Link, Moment, Span, failure, known, task
from uet_es.projections.exports.otlp.words import (
    FAILED,
    error_of_run,
    result_of_run,
    result_of_workstream,
)
from uet_es.projections.warehouse import Warehouse
from uet_es.values import Instant

_WAITS = ("dependency", "order", "conflict", "resource", "worker", "backoff", "mode", "merging")


def spans_of(warehouse: Warehouse, subject: RunRow) -> Iterator[Span]:
    """Every span of a run; a parent before its children."""
    ids = Ids(subject.store, subject.run)
    yield _run_span(ids, subject, _moments(warehouse, subject.run))
    for workstream in rows.workstreams(warehouse, subject.run):
        if workstream.readied_us or workstream.dispatched_us or workstream.ended_us:
            yield _workstream_span(ids, workstream, subject.to_us)
    for attempt in rows.attempts(warehouse, subject.run):
        yield attempt_span(ids, attempt, subject.to_us)
        if attempt.started_us is not None and attempt.started_us > attempt.dispatched_us:
            yield setup_span(ids, attempt)
    for merge in rows.merges(warehouse, subject.run):
        yield merge_span(ids, merge, subject.to_us)
    for usage in rows.usage(warehouse, subject.run):
        yield usage_span(ids, usage)


def _moments(warehouse: Warehouse, run: str) -> tuple[Moment, ...]:
    return tuple(
        Moment(
            each.type,
            each.at_us,
            known({"uet.workstream": each.workstream, "uet.by": each.by, "uet.why": each.reason}),
        )
        for each in rows.happened(warehouse, run)
    )


def _run_span(ids: Ids, of: RunRow, moments: tuple[Moment, ...]) -> Span:
    """The root."""
    result = result_of_run(of.outcome)
    links: tuple[Link, ...] = ()
    if of.parent is not None:
        parent = Ids(of.store, of.parent)
        links = (Link(parent.trace, parent.root, "fork"),)
    return Span(
        id=ids.root,
        parent=0,
        name=f"RUN {of.pipeline}",
        kind="server",
        from_us=of.accepted_us,
        to_us=of.to_us,
        attributes=known(
            {
                "uet.level": "run",
                "cicd.pipeline.action.name": "RUN",
                "cicd.pipeline.result": result,
                "cicd.pipeline.run.state": "executing" if result is None else None,
                "error.type": error_of_run(of.codes) if result in FAILED else None,
                "uet.plan": of.plan,
                "uet.max_workers": of.max_workers,
                "uet.workstreams": of.workstreams,
                "uet.forked_from": of.parent,
            }
        ),
        failure=", ".join(of.codes) if result in FAILED else None,
        links=links,
        moments=moments,
    )


def _workstream_span(ids: Ids, row: WorkstreamRow, until_us: Instant) -> Span:
    """A task of the pipeline, from being ready to its end."""
    began = [at_us for at_us in (row.readied_us, row.dispatched_us) if at_us is not None]
    to_us = until_us if row.ended_us is None else row.ended_us
    result = result_of_workstream(row.state, row.reason, began=row.attempts > 0)
    waited = {f"{cause}_us": getattr(row, f"{cause}_us") for cause in _WAITS}
    return Span(
        id=ids.span("workstream", row.workstream),
        parent=ids.root,
        name=row.workstream,
        kind="internal",
        from_us=min([*began, to_us]),
        to_us=to_us,
        attributes=task(ids, row.workstream, None, kind=row.kind, result=result)
        | failure(result, row.code, row.reason)
        | known({f"uet.wait.{name}": took_us or None for name, took_us in waited.items()})
        | known(
            {
                "uet.state": row.state,
                "uet.tool": row.tool,
                "uet.priority": row.priority,
                "uet.project": row.project,
                "uet.section": row.section,
                "uet.phase": row.phase,
                "uet.attempts": row.attempts,
                "uet.because": row.because,
                "uet.merge.commit": row.commit,
            }
        ),
        failure=(row.message or row.code or "") if result in FAILED else None,
        links=tuple(
            Link(ids.trace, ids.span("workstream", id), "dependency") for id in row.depends_on
        ),
    )
