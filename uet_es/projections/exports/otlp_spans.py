"""A run as spans: the run, its workstreams, their attempts, merges and use of models.

What is not over ends where the log ends, and says no result.
"""

from collections.abc import Iterator

from uet_es.projections.exports import otlp_rows
from uet_es.projections.exports.otlp_rows import (
    AttemptRow,
    MergeRow,
    RunRow,
    UsageRow,
    WorkstreamRow,
)
from uet_es.projections.exports.otlp_shapes import Attribute, Ids, Link, Moment, Span, known
from uet_es.projections.exports.otlp_words import (
    FAILED,
    Result,
    error_of_run,
    provider_of,
    result_of_attempt,
    result_of_merge,
    result_of_run,
    result_of_workstream,
)
from uet_es.projections.warehouse import Warehouse

_WAITS = ("dependency", "order", "conflict", "resource", "worker", "backoff", "mode", "merging")


def spans_of(warehouse: Warehouse, subject: RunRow) -> Iterator[Span]:
    """Every span of a run; a parent before its children."""
    tell = _Teller(subject)
    moments = tuple(
        Moment(
            each.type,
            each.at_us,
            known({"uet.workstream": each.workstream, "uet.by": each.by, "uet.why": each.reason}),
        )
        for each in otlp_rows.happened(warehouse, subject.run)
    )
    yield tell.run(moments)
    for workstream in otlp_rows.workstreams(warehouse, subject.run):
        if workstream.readied_us or workstream.dispatched_us or workstream.ended_us:
            yield tell.workstream(workstream)
    for attempt in otlp_rows.attempts(warehouse, subject.run):
        yield tell.attempt(attempt)
        if attempt.started_us is not None and attempt.started_us > attempt.dispatched_us:
            yield tell.setup(attempt)
    for merge in otlp_rows.merges(warehouse, subject.run):
        yield tell.merge(merge)
    for usage in otlp_rows.usage(warehouse, subject.run):
        yield tell.usage(usage)


class _Teller:
    """Tells each row of one run as a span."""

    def __init__(self, subject: RunRow) -> None:
        self._subject = subject
        self._ids = Ids(subject.store, subject.run)
        self._root = self._ids.span("run")

    def run(self, moments: tuple[Moment, ...]) -> Span:
        """The root."""
        of = self._subject
        result = result_of_run(of.outcome)
        links: tuple[Link, ...] = ()
        if of.parent is not None:
            parent = Ids(of.store, of.parent)
            links = (Link(parent.trace, parent.span("run"), "fork"),)
        return Span(
            id=self._root,
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

    def workstream(self, row: WorkstreamRow) -> Span:
        """A task of the pipeline, from being ready to its end."""
        began = [at_us for at_us in (row.readied_us, row.dispatched_us) if at_us is not None]
        to_us = self._subject.to_us if row.ended_us is None else row.ended_us
        result = result_of_workstream(row.state, row.reason, began=row.attempts > 0)
        waited = {f"{cause}_us": getattr(row, f"{cause}_us") for cause in _WAITS}
        return Span(
            id=self._ids.span("workstream", row.workstream),
            parent=self._root,
            name=row.workstream,
            kind="internal",
            from_us=min([*began, to_us]),
            to_us=to_us,
            attributes=self._task("workstream", row.workstream, "", row.kind, result)
            | self._failure(result, row.code, row.reason)
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
                Link(self._ids.trace, self._ids.span("workstream", id), "dependency")
                for id in row.depends_on
            ),
        )

    def attempt(self, row: AttemptRow) -> Span:
        """One try, from being given to a worker to its end."""
        result = result_of_attempt(row.outcome, row.reason)
        branch = f"uet-attempts/{self._subject.run}/{row.workstream}.{row.attempt}"
        return Span(
            id=self._ids.span("attempt", row.workstream, row.attempt),
            parent=self._ids.span("workstream", row.workstream),
            name=f"{row.tool} {row.workstream}",
            kind="internal",
            from_us=row.dispatched_us,
            to_us=self._subject.to_us if row.ended_us is None else row.ended_us,
            attributes=self._task("attempt", row.workstream, f"/{row.attempt}", row.kind, result)
            | self._failure(result, row.code, row.reason)
            | known(
                {
                    "cicd.worker.id": f"{self._subject.run}/worker/{row.worker}",
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

    def setup(self, row: AttemptRow) -> Span:
        """What an attempt needed before its process ran: a worktree, a shell."""
        assert row.started_us is not None
        return Span(
            id=self._ids.span("setup", row.workstream, row.attempt),
            parent=self._ids.span("attempt", row.workstream, row.attempt),
            name=f"setup {row.workstream}",
            kind="internal",
            from_us=row.dispatched_us,
            to_us=row.started_us,
            attributes={"uet.level": "setup", "uet.attempt": row.attempt},
        )

    def merge(self, row: MergeRow) -> Span:
        """An attempt's work on its way to the integration branch, from its turn on."""
        result = result_of_merge(row.result)
        from_us = row.submitted_us if row.started_us is None else row.started_us
        target = None if row.inherited else f"uet/{self._subject.run}"
        return Span(
            id=self._ids.span("merge", row.workstream, row.attempt),
            parent=self._ids.span("workstream", row.workstream),
            name=f"merge {row.workstream}",
            kind="internal",
            from_us=from_us,
            to_us=self._subject.to_us if row.ended_us is None else row.ended_us,
            attributes=known(
                {
                    "uet.level": "merge",
                    "vcs.change.id": f"{self._subject.run}/ws/{row.workstream}/{row.attempt}",
                    "vcs.change.state": _CHANGE.get(row.result or "", "open"),
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

    def usage(self, row: UsageRow) -> Span:
        """A report of model use: an instant, because how long the calls took is not recorded."""
        return Span(
            id=self._ids.span("usage", row.seq),
            parent=self._ids.span("attempt", row.workstream, row.attempt),
            name=f"chat {row.model}",
            kind="client",
            from_us=row.at_us,
            to_us=row.at_us,
            attributes=known(
                {
                    "uet.level": "usage",
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

    def _task(
        self, level: str, workstream: str, suffix: str, kind: str, result: Result | None
    ) -> dict[str, Attribute]:
        return known(
            {
                "uet.level": level,
                "cicd.pipeline.task.name": workstream,
                "cicd.pipeline.task.type": kind,
                "cicd.pipeline.task.run.id": f"{self._subject.run}/ws/{workstream}{suffix}",
                "cicd.pipeline.task.run.result": result,
            }
        )

    @staticmethod
    def _failure(
        result: Result | None, code: str | None, reason: str | None
    ) -> dict[str, Attribute]:
        return known({"error.type": code if result in FAILED else None, "uet.reason": reason})


#: What the conventions call what became of a change.
_CHANGE = {"landed": "merged", "conflicted": "closed", "failed": "closed"}
