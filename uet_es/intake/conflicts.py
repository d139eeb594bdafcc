"""Which workstreams may not run together, and because of what."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from uet_es.intake.graph import Graph
from uet_es.intake.transitive import Reach, positions
from uet_es.plan import WorkstreamSpec
from uet_es.scopes import literal_start, overlap

MOST_LISTED = 10_000

Reason = Literal["file_scope", "conflict_group", "parallel_ok"]


class Conflict(NamedTuple):
    """Two workstreams, unordered by the plan, that may not run together."""

    ws_a: str
    ws_b: str
    reason: Reason
    patterns: tuple[str, ...]  #: what each of the two claims; empty for other reasons


class Conflicts(NamedTuple):
    """All conflicts of a plan, counted; the first of them in order of ids, listed."""

    total: int
    listed: tuple[Conflict, ...]


def overlapping_patterns(specs: Iterable[WorkstreamSpec]) -> tuple[tuple[str, str], ...]:
    """Pairs of different claimed patterns, one at least for writing, that share a file.

    Shape: each pair sorted, the pairs sorted.
    """
    written: set[str] = set()
    claimed: set[str] = set()
    for spec in specs:
        written.update(spec.writes)
        claimed.update(spec.writes, spec.reads)
    pairs = (
        (a, b) if a < b else (b, a)
        for a, b in _candidates(claimed)
        if (a in written or b in written) and overlap(a, b)
    )
    return tuple(sorted(pairs))


def _candidates(claimed: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of which one begins like the other; only those can overlap.

    In sorted order, all that begins with a start follows it directly, so the starts that
    contain the present one are a stack.
    """
    stack: list[tuple[str, list[str]]] = []
    for start, pattern in sorted((literal_start(each), each) for each in claimed):
        while stack and not start.startswith(stack[-1][0]):
            stack.pop()
        for _, above in stack:
            for other in above:
                yield other, pattern
        if stack and stack[-1][0] == start:
            stack[-1][1].append(pattern)
        else:
            stack.append((start, [pattern]))


def conflicts_of(
    specs: Sequence[WorkstreamSpec],
    overlaps: Iterable[tuple[str, str]],
    *,
    graph: Graph,
    reach: Reach,
) -> Conflicts:
    """The conflicts between ``specs``, which stand in the order of ``graph``."""
    everything = (1 << len(specs)) - 1
    rivals = _rivals(specs, overlaps, everything)
    total = 0
    listed: list[Conflict] = []
    for position, spec in enumerate(specs):
        later = rivals[position] & reach.unordered(position, everything) >> position << position
        total += later.bit_count()
        for other in positions(later):
            if len(listed) == MOST_LISTED:
                break
            listed.append(_conflict(spec, specs[other]))
    return Conflicts(total, tuple(listed))


def _rivals(
    specs: Sequence[WorkstreamSpec], overlaps: Iterable[tuple[str, str]], everything: int
) -> list[int]:
    """For each position, with whom it may not run together, ordered or not."""
    writers: dict[str, int] = {}
    users: dict[str, int] = {}
    groups: dict[str, int] = {}
    alone = 0
    for position, spec in enumerate(specs):
        bit = 1 << position
        for pattern in spec.writes:
            writers[pattern] = writers.get(pattern, 0) | bit
        for pattern in (*spec.writes, *spec.reads):
            users[pattern] = users.get(pattern, 0) | bit
        if spec.conflict_group:
            groups[spec.conflict_group] = groups.get(spec.conflict_group, 0) | bit
        if spec.alone:
            alone |= bit
    touched_by_writers, touched_by_users = dict(writers), dict(users)
    for a, b in overlaps:
        for one, other in ((a, b), (b, a)):
            touched_by_writers[one] = touched_by_writers.get(one, 0) | writers.get(other, 0)
            touched_by_users[one] = touched_by_users.get(one, 0) | users.get(other, 0)
    rivals = []
    for spec in specs:
        bits = everything if spec.alone else alone | groups.get(spec.conflict_group, 0)
        for pattern in spec.writes:
            bits |= touched_by_users[pattern]
        for pattern in spec.reads:
            bits |= touched_by_writers.get(pattern, 0)
        rivals.append(bits)
    return rivals


def _conflict(a: WorkstreamSpec, b: WorkstreamSpec) -> Conflict:
    shared = _shared(a.writes, (*b.writes, *b.reads)) or _shared(a.reads, b.writes)
    if shared:
        return Conflict(a.id, b.id, "file_scope", shared)
    if a.conflict_group and a.conflict_group == b.conflict_group:
        return Conflict(a.id, b.id, "conflict_group", ())
    return Conflict(a.id, b.id, "parallel_ok", ())


def _shared(ours: Iterable[str], theirs: Sequence[str]) -> tuple[str, ...]:
    return next(((x, y) for x in ours for y in theirs if overlap(x, y)), ())
