"""An attempt as spans: the attempt itself, its set-up, the merge of its work, its use of models."""

from uet_es.projections.exports.otlp.rows import AttemptRow, MergeRow, UsageRow
from uet_es.projections.exports.otlp.shapes import Ids, Span, failure, known, task
from uet_es.projections.exports.otlp.words import (
    FAILED,
    provider_of,
    result_of_attempt,
    result_of_merge,
    state_of_change,
)
from uet_es.values import Instant


def attempt_span(ids: Ids, row: AttemptRow, until_us: Instant) -> Span:
    """One try, from being given to a worker to its end."""
    result = result_of_attempt(row.outcome, row.reason)
    branch = f"uet-attempts/{ids.run}/{row.workstream}.{row.attempt}"
    return Span(
        id=ids.span("attempt", row.workstream, row.attempt),
        parent=ids.span("workstream", row.workstream),
        name=f"{row.tool} {row.workstream}",
        kind="internal",
        from_us=row.dispatched_us,
        to_us=until_us if row.ended_us is None else row.ended_us,
        attributes=task(ids, row.workstream, row.attempt, kind=row.kind, result=result)
        | failure(result, row.code, row.reason)
        | known(
            {
                "cicd.worker.id": f"{ids.run}/worker/{row.worker}",
                "cicd.worker.name": f"worker {row.worker}",
                "process.exit.code": row.status,
                "vcs.ref.base.revision": row.base,
                "vcs.ref.head.name": branch if row.base and not row.inherited else None,
                "vcs.ref.head.revision": row.commit,
                "uet.tool": row.tool,
                "uet.attempt": row.attempt,
                "uet.inherited": row.inherited or None,
                "uet.took_us": row.took_us,
                "uet.cpu_us": row.cpu_us,
                "uet.changed_files": row.changed,
            }
        ),
        failure=(row.message or row.code or "") if result in FAILED else None,
    )


def setup_span(ids: Ids, row: AttemptRow) -> Span:
    """What an attempt needed before its process ran: a worktree, a shell."""
    assert row.started_us is not None
    return Span(
        id=ids.span("setup", row.workstream, row.attempt),
        parent=ids.span("attempt", row.workstream, row.attempt),
        name=f"setup {row.workstream}",
        kind="internal",
        from_us=row.dispatched_us,
        to_us=row.started_us,
        attributes={
            "uet.level": "setup",
            "cicd.pipeline.task.name": row.workstream,
            "uet.attempt": row.attempt,
        },
    )


def merge_span(ids: Ids, row: MergeRow, until_us: Instant) -> Span:
    """An attempt's work on its way to the integration branch, from its turn on."""
    result = result_of_merge(row.result)
    from_us = row.submitted_us if row.started_us is None else row.started_us
    target = None if row.inherited else f"uet/{ids.run}"
    return Span(
        id=ids.span("merge", row.workstream, row.attempt),
        parent=ids.span("workstream", row.workstream),
        name=f"merge {row.workstream}",
        kind="internal",
        from_us=from_us,
        to_us=until_us if row.ended_us is None else row.ended_us,
        attributes=known(
            {
                "uet.level": "merge",
                "cicd.pipeline.task.name": row.workstream,
                "vcs.change.id": f"{ids.run}/ws/{row.workstream}/{row.attempt}",
                "vcs.change.state": state_of_change(row.result),
                "vcs.ref.base.name": target,
                "vcs.ref.base.type": "branch" if target else None,
                "vcs.ref.head.revision": row.theirs,
                "error.type": (row.code or "E_UNKNOWN") if result in FAILED else None,
                "uet.attempt": row.attempt,
                "uet.inherited": row.inherited or None,
                "uet.wait.merging_us": from_us - row.submitted_us or None,
                "uet.merge.result": row.result,
                "uet.merge.commit": row.commit,
                "uet.merge.files": row.files,
            }
        ),
        failure=(row.message or row.result or "") if result in FAILED else None,
    )


def usage_span(ids: Ids, row: UsageRow) -> Span:
    """A report of model use: an instant, because how long the calls took is not recorded."""
    return Span(
        id=ids.span("usage", row.seq),
        parent=ids.span("attempt", row.workstream, row.attempt),
        name=f"chat {row.model}",
        kind="client",
        from_us=row.at_us,
        to_us=row.at_us,
        attributes=known(
            {
                "uet.level": "usage",
                "cicd.pipeline.task.name": row.workstream,
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": provider_of(row.model),
                "gen_ai.request.model": row.model,
                "gen_ai.usage.input_tokens": row.input_tokens,
                "gen_ai.usage.output_tokens": row.output_tokens,
                "gen_ai.usage.cache_read.input_tokens": row.cached_input_tokens or None,
                "uet.cost.nanousd": row.cost_nanousd,
                "uet.price.table": row.price_table,
                "uet.price.version": row.price_version,
                "uet.tool": row.tool,
                "uet.attempt": row.attempt,
            }
        ),
    )
