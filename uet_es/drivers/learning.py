"""What a recorded run teaches: a model of how long its attempts, git and the engine take."""

from collections.abc import Iterable, Sequence
from statistics import median_low
from typing import TypeVar

from msgspec.structs import replace

from uet_es.drivers.calibration import Bout, Slowness, settle
from uet_es.drivers.durations import Fate, History, Machine, Model, Usual
from uet_es.drivers.lock_queue import LockQueue
from uet_es.drivers.recorded import Recorded, Tried, recorded
from uet_es.events.entry import Entry
from uet_es.events.observations import (
    AttemptExited,
    AttemptUnstarted,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
)
from uet_es.plan import Plan, WorkstreamSpec
from uet_es.values import DurationUs, WorkstreamId

_ROUNDS_MAX = 90
#: An attempt that was stopped for its time-out would have gone on: for this much longer, we say.
_UNSTOPPED = 2

K = TypeVar("K")


def learn(entries: Iterable[Entry], *, cores: int, history: History | None = None) -> Model:
    """The model of a recorded run on a machine with ``cores``.

    ``history`` of other runs stands in for what this one does not tell.
    """
    run = recorded(entries)
    machine, fates = _solved(run, cores)
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
        told.append((run.plan, _solved(run, cores)[1]))
    return _history(told)


# --- how long each took alone -----------------------------------------------------------------


def _solved(run: Recorded, cores: int) -> tuple[Machine, dict[tuple[WorkstreamId, int], Fate]]:
    machine = _engine(run, cores)
    ran: dict[Tried, Bout] = {}
    collected: dict[Tried, Bout] = {}
    merged: dict[Tried, Bout] = {}
    for tried in run.tried.values():
        ending = tried.ending
        if isinstance(ending, AttemptExited) and tried.started_us is not None:
            began_us = tried.started_us - machine.launch_us
            ran[tried] = Bout(began_us, began_us + ending.took_us, ending.cpu_us or 0)
            if ending.collect_us:
                collected[tried] = Bout(tried.ended_us - ending.collect_us, tried.ended_us, None)
        if isinstance(tried.merge, MergeLanded | MergeConflicted) and tried.merge.took_us:
            begin_us = tried.merging_us + machine.turn_us
            merged[tried] = Bout(begin_us, begin_us + tried.merge.took_us, None)
    known = [*ran.values(), *collected.values(), *merged.values()]
    queue = LockQueue(run, machine)
    for number in range(1, _ROUNDS_MAX + 1):
        slowness = Slowness([*known, *queue.bouts], cores)
        moved = settle(known, slowness, leap=number % 3 == 0)
        moved |= queue.settle(slowness)
        import os

        if os.environ.get("DBG"):
            print("round", number, moved)
        if not moved:
            break
    machine = replace(
        machine,
        setup=queue.usual,
        remove_us=queue.remove_us,
        collect_us=_middle([round(bout.took_us) for bout in collected.values()]),
        merge_us=_middle([round(bout.took_us) for bout in merged.values()]),
    )
    specs = _specs(run.plan)
    fates = {}
    for tried in run.tried.values():
        collect, merge = collected.get(tried), merged.get(tried)
        lasting = Fate(
            took_us=ran[tried].took_us if tried in ran else 0,
            status=0,
            setup=queue.setups.get(tried, queue.usual) if _isolated(specs, tried) else None,
            collect_us=collect.took_us if collect else 0,
            merge_us=merge.took_us if merge else machine.merge_us,
        )
        if (fate := _fate(tried, lasting)) is not None:
            fates[tried.id, tried.attempt] = fate
    return machine, fates


def _fate(tried: Tried, lasting: Fate) -> Fate | None:
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
    began_us = tried.ended_us - ending.took_us if lasting.setup is None else tried.started_us
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


# --- what the engine takes ----------------------------------------------------------------------


def _engine(run: Recorded, cores: int) -> Machine:
    """Medians of what lies between entries that nothing else lies between."""
    launches, firsts, written, settling = [], [], [], []
    before: Tried | None = None
    for tried in run.tried.values():
        if tried.started_us is None:
            before = None
        elif tried.prepared_us is not None:
            launches.append(tried.started_us - tried.prepared_us)
            if not tried.place:
                written.append(tried.prepared_us - (tried.setup_us or 0) - tried.dispatched_us)
            before = None
        else:
            if not tried.place:
                firsts.append(tried.started_us - tried.dispatched_us)
            elif before is not None and before.started_us is not None:
                launches.append(tried.started_us - before.started_us)
            before = tried
        if isinstance(tried.merge, MergeLanded | MergeConflicted):
            written.append(tried.merged_us - tried.merge.took_us - tried.merging_us)
    launch_us = _middle(launches) if launches else max(0, _middle(firsts) - run.opening_us)
    if not written:
        written = [first - launch_us for first in firsts] or [run.opening_us]
    turn_us = max(0, _middle(written))
    for tried in run.tried.values():
        ending = tried.ending
        if tried.prepared_us is None or tried.started_us is None:
            continue
        if isinstance(ending, AttemptExited):
            over_us = tried.started_us - launch_us + ending.took_us
            settling.append(tried.ended_us - ending.collect_us - over_us)
    has_base = run.plan is not None and bool(run.plan.base)
    return Machine(
        cores=cores,
        turn_us=turn_us,
        launch_us=launch_us,
        open_us=max(0, run.opening_us - turn_us) if has_base else 0,
        settle_us=max(0, _middle(settling)),
    )


def _middle(values: Sequence[DurationUs]) -> DurationUs:
    return median_low(values) if values else 0


def _specs(plan: Plan | None) -> dict[WorkstreamId, WorkstreamSpec]:
    return {spec.id: spec for spec in plan.workstreams} if plan else {}


def _isolated(specs: dict[WorkstreamId, WorkstreamSpec], tried: Tried) -> bool:
    return specs[tried.id].isolation == "worktree"


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
