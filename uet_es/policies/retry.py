"""Is a failed attempt tried again?"""

from hashlib import sha256

from uet_es.aggregates.ledger import Ledger, Usage
from uet_es.aggregates.verdict import Failure, first_ending
from uet_es.aggregates.workstream import Workstream
from uet_es.events.decisions import RetryScheduled, WorkstreamFailed
from uet_es.events.observations import UNCOUNTED
from uet_es.plan import Limits, WorkstreamSpec
from uet_es.values import DurationUs, FailureReason

#: Doing the same again would give the same: a person or another rung must act first.
FINAL: frozenset[FailureReason] = frozenset({"scope", "conflict", "merge"})


def propose(ledger: Ledger, limits: Limits) -> RetryScheduled | WorkstreamFailed | None:
    """A pause and another attempt, or the end."""
    found = first_ending(ledger)
    if found is None:
        return None
    id, _, failure = found
    if failure is None:
        return None
    workstream = ledger.workstreams[id]
    worker = workstream.worker
    if _may_retry(ledger, workstream, ledger.specs[id], failure, limits):
        counted = failure.reason not in UNCOUNTED
        pause_us = _pause_us(workstream.counted, limits) if counted else 0
        if ledger.run.plan is not None and ledger.run.plan.flags.spreads_backoff:
            pause_us = _spread_us(pause_us, f"{ledger.id}/ws/{id}#{workstream.attempt}")
        return RetryScheduled(
            workstream=id,
            attempt=workstream.attempt,
            worker=worker,
            code=failure.code,
            reason=failure.reason,
            message=failure.message,
            not_before_us=ledger.now_us + pause_us,
            counted=counted,
        )
    used = ledger.usage.get(id, Usage())
    return WorkstreamFailed(
        workstream=id,
        attempt=workstream.attempt,
        worker=worker,
        code=failure.code,
        reason=failure.reason,
        message=failure.message,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        cost_nanousd=used.cost_nanousd,
    )


def _may_retry(
    ledger: Ledger, workstream: Workstream, spec: WorkstreamSpec, failure: Failure, limits: Limits
) -> bool:
    if spec.once or ledger.fallen or failure.reason in FINAL:
        return False
    if failure.reason in ("interrupted", "forked"):
        return True
    if failure.reason == "lost":
        return workstream.losses < limits.max_losses
    return workstream.counted + 1 < spec.max_attempts


def _spread_us(pause_us: DurationUs, name: str) -> DurationUs:
    """Between half of the pause and all of it, by a digest of the name: no dice (ADR 0016).

    Attempts that a rate limit has failed together do not come back together.
    """
    half_us = pause_us // 2
    return pause_us - int(sha256(name.encode()).hexdigest()[:12], 16) % (half_us + 1)


def _pause_us(before: int, limits: Limits) -> DurationUs:
    """The pause after the attempt that followed ``before`` counted ones; exponential, capped."""
    pause_us = limits.backoff_us
    for _ in range(before):
        if pause_us >= limits.max_backoff_us:
            break
        pause_us = pause_us * limits.backoff_percent // 100
    return min(pause_us, limits.max_backoff_us)
