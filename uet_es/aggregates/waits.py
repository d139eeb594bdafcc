"""Why does a workstream not run? Computed on demand, never recorded."""

from typing import Literal, NamedTuple

from uet_es.aggregates.clashes import conflicting
from uet_es.aggregates.ledger import Ledger
from uet_es.aggregates.ready import need_of
from uet_es.values import WorkstreamId

Cause = Literal[
    "mode", "dependency", "order", "backoff", "conflict", "resource", "worker", "merging", "work"
]


class Wait(NamedTuple):
    """One thing that a workstream waits for."""

    cause: Cause
    on: str  #: a workstream, a pool, a mode or a need; "" where there is nothing to name


def waits_of(ledger: Ledger, id: WorkstreamId) -> list[Wait]:
    """Everything that keeps ``id`` from starting or ending; empty if it may start now.

    In the order of causes; several may hold at once.
    """
    workstream = ledger.workstreams[id]
    if workstream.is_terminal:
        return []
    if workstream.step == "attempting":
        return [Wait("work", f"attempt {workstream.attempt}")]
    if workstream.step == "merging":
        return [Wait("merging", ledger.run.merging or ledger.awaited_merge or "")]
    spec = ledger.specs[id]
    waits = [Wait("mode", mode) for mode in _modes(ledger)]
    for needed in spec.depends_on:
        if ledger.workstreams[needed].state != "SUCCEEDED":
            waits.append(Wait("dependency", needed))
    for first in ledger.preceding.get(id, ()):
        waits.append(Wait("order", first))
    if workstream.step == "waiting" and workstream.not_before_us > ledger.now_us:
        waits.append(Wait("backoff", str(workstream.not_before_us)))
    waits += [Wait("conflict", other) for other in conflicting(ledger, id)]
    for pool in sorted(spec.resources):
        if spec.resources[pool] > ledger.claims.free(pool):
            waits.append(Wait("resource", pool))
    if ledger.idle_worker(need_of(spec)) is None:
        waits.append(Wait("worker", spec.tool))
    return waits


def _modes(ledger: Ledger) -> list[str]:
    run = ledger.run
    return [
        name
        for name, holds in (
            ("paused", run.paused),
            ("draining", run.interrupts > 0),
            ("finished", run.outcome is not None),
        )
        if holds
    ]
