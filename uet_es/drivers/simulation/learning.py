"""What a recorded run teaches: a model of how long its attempts, git and the engine take."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from uet_es.drivers.simulation.durations import Fate, History, Machine, Model, Usual
from uet_es.drivers.simulation.engine_costs import engine_of, middle
from uet_es.drivers.simulation.recorded import Recorded, Tried, recorded
from uet_es.drivers.simulation.solution import solved
from uet_es.events.entry import Entry
from uet_es.events.observations import (
    AttemptExited,
    AttemptUnstarted,
    MergeConflicted,
    MergeFailed,
)
from uet_es.plan import Plan, WorkstreamSpec
from uet_es.values import Instant, WorkstreamId

#: An attempt that was stopped for its time-out would have gone on: for this much longer, we say.
_UNSTOPPED = 2

K = TypeVar("K")


def learn(entries: Iterable[Entry], *, cores: int, history: History | None = None) -> Model:
    """The model of a recorded run on a machine with ``cores``.

    ``history`` of other runs stands in for what this one does not tell.
    """
    run = recorded(entries)
    machine, fates = _fates(run, cores)
    known: dict[WorkstreamId, dict[int, Fate]] = {}
    for (id, attempt), fate in sorted(fates.items()):
        known.setdefault(id, {})[attempt] = fate
    own = _history([(run.plan, fates)])
    return Model(machine=machine, known=known, history=_joined(own, history))


def history_of(runs: Iterable[Iterable[Entry]], *, cores: int) -> History:
    """What the attempts of several runs took, and how much that varies."""
    told = []
    for entries in runs:
        run = recorded(entries)
        told.append((run.plan, _fates(run, cores)[1]))
    return _history(told)


# --- what came of each --------------------------------------------------------------------------


def _fates(run: Recorded, cores: int) -> tuple[Machine, dict[tuple[WorkstreamId, int], Fate]]:
    machine = engine_of(run, cores)
    alone = solved(run, machine)
    machine = replace(
        machine,
        setup=alone.queue.usual,
        remove_us=alone.queue.remove_us,
        collect_us=middle([round(bout.took_us) for bout in alone.collected.values()]),
        merge_us=middle([round(bout.took_us) for bout in alone.merged.values()]),
    )
    isolated = {id for id, spec in _specs(run.plan).items() if spec.isolation == "worktree"}
    fates = {}
    for tried in run.tried.values():
        merge = alone.merged.get(tried)
        lasting = Fate(
            took_us=alone.ran[tried].took_us if tried in alone.ran else 0,
            status=0,
            setup=alone.queue.setups.get(tried, machine.setup) if tried.id in isolated else None,
            collect_us=alone.collected[tried].took_us if tried in alone.collected else 0,
            merge_us=merge.took_us if merge else machine.merge_us,
        )
        began_us = alone.ran[tried].begin_us if tried in alone.ran else 0
        if (fate := _fate(tried, lasting, began_us)) is not None:
            fates[tried.id, tried.attempt] = fate
    return machine, fates


def _fate(tried: Tried, lasting: Fate, began_us: Instant) -> Fate | None:
    """What came of it; None if the log does not tell what would have."""
    ending = tried.ending
    if isinstance(ending, AttemptUnstarted):
        return lasting._replace(status=1, unstarted=ending.message)
    if not isinstance(ending, AttemptExited) or tried.started_us is None:
        return None
    cpu_us, took_us = ending.cpu_us, lasting.took_us
    if tried.recalled in ("timeout", "heartbeat"):
        took_us *= _UNSTOPPED
        cpu_us = None if cpu_us is None else cpu_us * _UNSTOPPED
    elif tried.recalled is not None and ending.status:
        return None
    merge = tried.merge
    return lasting._replace(
        took_us=took_us,
        status=0 if tried.recalled else ending.status,
        cpu_us=cpu_us,
        commits=bool(ending.commit),
        changed=ending.changed,
        outside=ending.outside,
        collides=merge.files if isinstance(merge, MergeConflicted) else (),
        unmerged=merge.message if isinstance(merge, MergeFailed) else "",
        signals=tuple((max(0, at_us - began_us), signal) for at_us, signal in tried.signals),
    )


def _specs(plan: Plan | None) -> dict[WorkstreamId, WorkstreamSpec]:
    return {spec.id: spec for spec in plan.workstreams} if plan else {}


# --- history ------------------------------------------------------------------------------------


def _history(told: Sequence[tuple[Plan | None, dict[tuple[WorkstreamId, int], Fate]]]) -> History:
    by_workstream: dict[WorkstreamId, list[Usual]] = {}
    by_tool: dict[str, list[Usual]] = {}
    by_kind: dict[str, list[Usual]] = {}
    for plan, fates in told:
        specs = _specs(plan)
        for (id, _), fate in fates.items():
            if fate.status == 0 and not fate.unstarted:
                usual = Usual(round(fate.took_us), fate.cpu_us)
                by_workstream.setdefault(id, []).append(usual)
                by_tool.setdefault(specs[id].tool, []).append(usual)
                by_kind.setdefault(specs[id].kind, []).append(usual)
    spread = [
        each.took_us * 1000 // max(1, _usual(seen).took_us)
        for seen in by_workstream.values()
        if len(seen) > 1
        for each in seen
    ]
    return History(
        by_workstream=_usuals(by_workstream),
        by_tool=_usuals(by_tool),
        by_kind=_usuals(by_kind),
        spread=tuple(sorted(spread)),
    )


def _usuals(seen: dict[K, list[Usual]]) -> dict[K, Usual]:
    return {name: _usual(each) for name, each in seen.items()}


def _usual(seen: Sequence[Usual]) -> Usual:
    return sorted(seen, key=lambda usual: usual.took_us)[(len(seen) - 1) // 2]


def _joined(own: History, other: History | None) -> History:
    """``own`` before ``other``."""
    if other is None:
        return own
    return History(
        by_workstream={**other.by_workstream, **own.by_workstream},
        by_tool={**other.by_tool, **own.by_tool},
        by_kind={**other.by_kind, **own.by_kind},
        spread=other.spread or own.spread,
    )
