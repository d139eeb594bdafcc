"""What `uet list` says of each run, without reading all of it where its end says enough."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from uet_es.cli.whereabouts import open_log
from uet_es.events.decisions import RunFinished
from uet_es.events.observations import PlanAccepted
from uet_es.kernel import fold
from uet_es.log.codec import Codec
from uet_es.world.driver_lock import driver_of

if TYPE_CHECKING:
    from uet_es.drivers.place import Place
    from uet_es.log.store import Log
    from uet_es.values import RunId

SCHEMA_VERSION = 1


def listed_runs(place: "Place", newest: int | None) -> list[dict[str, Any]]:
    """A document on each run, the newest last; none where nothing was run yet."""
    if not place.store.exists():
        return []
    with open_log(place) as log:
        runs = log.runs()
        return [
            _document(log, run)
            | {
                "driver": driver_of(place.state, run) or None,
                "simulated": log.is_simulated(run),
            }
            for run in (runs if newest is None else runs[-newest:])
        ]


def _document(log: "Log", run: "RunId") -> dict[str, Any]:
    codec = Codec()
    first = next(log.entries(run))
    plan = first.event.plan if isinstance(first.event, PlanAccepted) else None
    (row,) = log.rows(run=run, newest=1)
    last = codec.decode(row)
    outcome: str | None
    if isinstance(last.event, RunFinished):
        outcome = last.event.outcome
        counts = {
            "succeeded": last.event.succeeded,
            "failed": last.event.failed,
            "cancelled": last.event.cancelled,
        }
        ended_us = last.at_us
    else:
        # Something was observed or asked after the end, or there is no end yet.
        ledger = fold(run, log.entries(run))
        states = Counter(workstream.state for workstream in ledger.workstreams.values())
        counts = {
            "succeeded": states["SUCCEEDED"],
            "failed": states["FAILED"],
            "cancelled": states["CANCELLED"],
        }
        outcome = ledger.run.outcome
        ended_us = ledger.run.finished_at_us or ledger.now_us
    return {
        "schema_version": SCHEMA_VERSION,
        "run": run,
        "outcome": outcome,
        "plan": plan.source if plan else "",
        "digest": plan.digest if plan else "",
        "workstreams": len(plan.workstreams) if plan else 0,
        **counts,
        "started": _time(first.at_us),
        "started_at_us": first.at_us,
        "makespan_s": (ended_us - first.at_us) / 1e6,
        "entries": last.seq,
    }


def _time(at_us: int) -> str:
    """In UTC, so that it is the same for everybody."""
    then = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at_us)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")
