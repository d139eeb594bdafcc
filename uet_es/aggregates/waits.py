"""Why does a workstream not run? Computed on demand, never recorded."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from uet_es.aggregates.clashes import conflicting
from uet_es.aggregates.ledger import Ledger
from uet_es.aggregates.ready import need_of
from uet_es.values import WorkstreamId

#: In this order: of several that hold at once the first explains the waiting.
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
    return list(_waits(ledger, id))


def first_wait(ledger: Ledger, id: WorkstreamId) -> Wait | None:
    """The first of ``waits_of``, found without looking for the others."""
    return next(_waits(ledger, id), None)


def _waits(ledger: Ledger, id: WorkstreamId) -> Iterator[Wait]:
    workstream = ledger.workstreams[id]
    if workstream.is_terminal:
        return
    match workstream.step:
        case "attempting":
            attempt = f"attempt {workstream.attempt}"
            yield Wait("work", attempt if id in ledger.started else f"set-up of {attempt}")
        case "merging":
            yield Wait("merging", _merged_first(ledger))
        case _:
            found = False
            for wait in _before_start(ledger, id):
                found = True
                yield wait
            if not found and ledger.followed:
                # Nobody idle was told yet: that waits until all that happened at once was admitted.
                yield Wait("worker", ledger.specs[id].tool)


def _before_start(ledger: Ledger, id: WorkstreamId) -> Iterator[Wait]:
    workstream, spec = ledger.workstreams[id], ledger.specs[id]
    for mode in _modes(ledger):
        yield Wait("mode", mode)
    for needed in spec.depends_on:
        if ledger.workstreams[needed].state != "SUCCEEDED":
            yield Wait("dependency", needed)
    for first in ledger.preceding.get(id, ()):
        yield Wait("order", first)
    if workstream.step == "waiting" and workstream.not_before_us > ledger.now_us:
        yield Wait("backoff", str(workstream.not_before_us))
    for other in conflicting(ledger, id):
        yield Wait("conflict", other)
    for pool in sorted(spec.resources):
        if spec.resources[pool] > ledger.claims.free(pool):
            yield Wait("resource", pool)
    at_most = ledger.run.limits.max_workers  # lowered, while more of them were at work
    if ledger.claims.attempting >= at_most or ledger.idle_worker(need_of(spec)) is None:
        yield Wait("worker", spec.tool)


def _merged_first(ledger: Ledger) -> str:
    """What the integration worker is at, or what strict merging wants first; else ""."""
    if ledger.run.merging is not None:
        return ledger.run.merging
    place = ledger.merge_place
    if ledger.run.limits.merge_order == "strict" and place < len(ledger.merge_sequence):
        return ledger.merge_sequence[place]
    return ""


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
