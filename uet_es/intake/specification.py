"""One workstream of the accepted plan, from its document and what is configured."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from uet_es.intake.configuration import Config
from uet_es.intake.document import Scope, Workstream, estimate_s
from uet_es.plan import WorkstreamSpec
from uet_es.values import NANOUSD_PER_USD, SECOND_US, DurationUs, Isolation, WorkstreamId

Durations = Literal["unit", "estimates", "history"]


class Claims(NamedTuple):
    """What a workstream says about files, whichever way it was written."""

    writes: tuple[str, ...]
    reads: tuple[str, ...]
    forbidden: tuple[str, ...]


def microseconds(seconds: float | None) -> DurationUs:
    """``seconds`` as the record counts them; none is 0, and nothing else is."""
    return max(1, round(seconds * SECOND_US)) if seconds is not None else 0


def claims_of(document: Workstream) -> Claims:
    """The claims of ``document``: a flat scope and everything to be created is for writing."""
    scope = document.files_scope
    if not isinstance(scope, Scope):
        return Claims(_sorted([*scope, *document.files_create]), (), ())
    return Claims(
        _sorted([*scope.writes, *scope.write, *scope.create, *document.files_create]),
        _sorted([*scope.reads, *scope.read]),
        _sorted(scope.forbidden),
    )


def estimate_us(document: Workstream) -> DurationUs:
    """How long ``document`` says it takes; 0 if it does not say."""
    return microseconds(estimate_s(document))


def duration_of(
    document: Workstream, durations: Durations, *, default_us: int, history: Mapping[str, int]
) -> DurationUs:
    """How long it is expected to take when durations come from ``durations``."""
    if durations == "unit":
        return SECOND_US
    measured = history.get(document.id, 0) if durations == "history" else 0
    return max(measured, 0) or estimate_us(document) or default_us


def specification_of(
    document: Workstream, config: Config, *, expected_us: DurationUs, isolation: Isolation
) -> WorkstreamSpec:
    """The accepted workstream; ``isolation`` is for one that does not say."""
    claims = claims_of(document)
    background = document.kind == "background"
    breaker = document.circuit_breaker
    max_attempts = document.max_attempts or (breaker and breaker.max_attempts)
    run = document.run or ()
    return WorkstreamSpec(
        id=WorkstreamId(document.id),
        depends_on=tuple(WorkstreamId(id) for id in _sorted(document.depends_on)),
        kind=document.kind,
        priority="background" if background else document.priority,
        writes=claims.writes,
        reads=claims.reads,
        forbidden=claims.forbidden,
        order=document.order,
        alone=not document.parallel_ok,
        conflict_group=document.conflict_group,
        tool=document.tool or "shell",
        command=tuple(run) if isinstance(run, list) else run,
        tasks=tuple(document.tasks),
        capabilities=_sorted(document.capabilities),
        resources=dict(sorted(document.resources.items())),
        expected_us=expected_us,
        isolation=document.isolation or isolation,
        timeout_us=microseconds(document.timeout_s or config.timeouts.attempt_s),
        heartbeat_us=microseconds(document.heartbeat_s),
        max_attempts=max_attempts or config.retry.max_attempts,
        once=document.once,
        env=_sorted(document.env),
        project=document.project,
        section=document.section,
        phase=document.phase or _phase(document),
        acceptance_tests=tuple(document.acceptance_tests),
        estimated_cost_nanousd=round((document.estimated_cost_usd or 0) * NANOUSD_PER_USD),
        estimated_context_tokens=document.estimated_context_tokens or 0,
        extra=_extra(document),
    )


def _phase(document: Workstream) -> str:
    phase = document.metadata.get("phase")
    return phase if isinstance(phase, str) else ""


def _extra(document: Workstream) -> Mapping[str, object]:
    """What the kernel has no use for but the record keeps."""
    breaker = document.circuit_breaker
    kept = {
        "openspec_change": document.openspec_change,
        "ccpm_issue": document.ccpm_issue,
        "gate": document.gate,
        "circuit_breaker": breaker.model_dump(exclude_none=True) if breaker else None,
        "metadata": document.metadata or None,
    }
    return {key: value for key, value in kept.items() if value is not None}


def _sorted(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(words)))
