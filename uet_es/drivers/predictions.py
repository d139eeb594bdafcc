"""Every real run scores the last prediction that was made for it."""

from uet_es.kernel import Ledger
from uet_es.log.predictions import PredictionMade, PredictionScored
from uet_es.log.store import Log
from uet_es.plan import Limits, Plan
from uet_es.values import SECOND_US, DurationUs, Instant, RunId


def predict(
    log: Log,
    plan: Plan,
    makespan_us: DurationUs,
    *,
    learnt_from: RunId | None,
    at_us: Instant,
) -> None:
    """Write down what simulation says that ``plan`` will take under its limits."""
    made = PredictionMade(
        plan=plan.digest, limits=plan.limits, makespan_us=makespan_us, learnt_from=learnt_from
    )
    log.predict(made, at_us)


def score(log: Log, ledger: Ledger) -> PredictionScored | None:
    """Score the last prediction for the plan and limits of a run that has just finished.

    Returns:
        What was written down; None if nothing was predicted, or the run is no fair test of it (a
        fork, a simulated one, or scored before).
    """
    run = ledger.run
    if run.plan is None or run.outcome is None or run.parent is not None or run.simulated:
        return None
    known = log.predictions(run.plan.digest)
    if any(isinstance(each, PredictionScored) and each.run == ledger.id for each in known):
        return None
    made = _last_made(known, run.limits)
    if made is None:
        return None
    scored = PredictionScored(
        plan=run.plan.digest,
        run=ledger.id,
        predicted_us=made.makespan_us,
        measured_us=run.finished_at_us - run.accepted_at_us,
    )
    log.predict(scored, run.finished_at_us)
    return scored


def score_document(log: Log, ledger: Ledger) -> dict[str, object] | None:
    """How the prediction for this run came out, for ``status``; None if there was none."""
    plan = ledger.run.plan
    if plan is None:
        return None
    for each in reversed(log.predictions(plan.digest)):
        if isinstance(each, PredictionScored) and each.run == ledger.id:
            off = each.predicted_us - each.measured_us
            return {
                "predicted_s": each.predicted_us / SECOND_US,
                "measured_s": each.measured_us / SECOND_US,
                "error_percent": round(100 * off / max(1, each.measured_us), 1),
            }
    return None


def _last_made(
    known: list[PredictionMade | PredictionScored], limits: Limits
) -> PredictionMade | None:
    for each in reversed(known):
        if isinstance(each, PredictionMade) and each.limits == limits:
            return each
    return None
