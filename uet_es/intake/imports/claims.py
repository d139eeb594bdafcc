"""Which recorded files can be claimed without setting tasks against each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from uet_es.intake.conflicts import overlapping_patterns
from uet_es.intake.graph import graph_of
from uet_es.intake.imports.recorded import Task
from uet_es.intake.transitive import positions, reach_of
from uet_es.plan import WorkstreamSpec
from uet_es.scopes import normalise
from uet_es.values import WorkstreamId


class Claims(NamedTuple):
    """What one task may claim, and the files for which it may not."""

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    unclaimed: tuple[str, ...]


def claims_of(tasks: Sequence[Task]) -> Mapping[str, Claims]:
    """For each task, by name, the claims to its files.

    The record shows that tasks without an order did run side by side, each perhaps in a folder
    of its own. A file that would keep two of them apart is therefore claimed by nobody.
    """
    readable = {task.name: _patterns(task.reads) for task in tasks}
    writable = {task.name: _patterns(task.writes) for task in tasks}
    specs = [
        WorkstreamSpec(
            id=WorkstreamId(task.name),
            depends_on=tuple(map(WorkstreamId, task.after)),
            reads=tuple(readable[task.name].values()),
            writes=tuple(writable[task.name].values()),
        )
        for task in tasks
    ]
    shared = frozenset(_shared(specs))
    return {
        task.name: _claims(task, readable[task.name], writable[task.name], shared) for task in tasks
    }


def _claims(
    task: Task, reads: Mapping[str, str], writes: Mapping[str, str], shared: frozenset[str]
) -> Claims:
    kept_writes = {each for each in writes.values() if each not in shared}
    kept_reads = {each for each in reads.values() if each not in shared} - kept_writes
    files = {name: reads.get(name) for name in task.reads} | {
        name: writes.get(name) for name in task.writes
    }
    unclaimed = (name for name, each in files.items() if each is None or each in shared)
    return Claims(tuple(sorted(kept_reads)), tuple(sorted(kept_writes)), tuple(sorted(unclaimed)))


def _patterns(names: Iterable[str]) -> dict[str, str]:
    """Those of ``names`` that can be patterns, an absolute one as if it began in the repository."""
    patterns = {}
    for name in names:
        try:
            patterns[name] = normalise(name.lstrip("/"))
        except ValueError:
            continue
    return patterns


def _shared(specs: Sequence[WorkstreamSpec]) -> Iterator[str]:
    """Every pattern over which two unordered ones of ``specs`` would meet."""
    graph = graph_of({spec.id: spec.depends_on for spec in specs})
    reach = reach_of(graph)
    place = {id: position for position, id in enumerate(graph.ids)}
    everything = (1 << len(specs)) - 1
    writers: dict[str, int] = {}
    users: dict[str, int] = {}
    for spec in specs:
        bit = 1 << place[spec.id]
        for pattern in spec.writes:
            writers[pattern] = writers.get(pattern, 0) | bit
        for pattern in (*spec.writes, *spec.reads):
            users[pattern] = users.get(pattern, 0) | bit

    def meet(written: str, used: str) -> bool:
        return any(
            users[used] & reach.unordered(writer, everything)
            for writer in positions(writers.get(written, 0))
        )

    yield from (pattern for pattern in writers if meet(pattern, pattern))
    for a, b in overlapping_patterns(specs):
        if meet(a, b) or meet(b, a):
            yield from (a, b)
