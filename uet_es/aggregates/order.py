"""Who goes first: the order of dispatch and of merging, computed once from the plan.

Longest remaining path first, as in list scheduling (Graham 1969); see ADR 0005.
"""

from collections.abc import Mapping, Sequence

from uet_es.plan import Plan, WorkstreamSpec
from uet_es.values import DurationUs, WorkstreamId

#: With more workstreams than this asking for pools, nobody looks behind each of them.
AREA_USERS_MAX = 1000

Edge = tuple[WorkstreamId, WorkstreamId]


def followers_of(plan: Plan) -> dict[WorkstreamId, list[WorkstreamId]]:
    """For each workstream, those that depend on it, in id order."""
    followers: dict[WorkstreamId, list[WorkstreamId]] = {w.id: [] for w in plan.workstreams}
    for workstream in plan.workstreams:
        for needed in workstream.depends_on:
            followers[needed].append(workstream.id)
    return followers


def tails(plan: Plan, edges: Sequence[Edge] = ()) -> dict[WorkstreamId, DurationUs]:
    """The longest remaining path from the start of each workstream, by expected duration.

    ``edges`` are order-only ones beside ``depends_on``; together they have no cycle.
    """
    after = followers_of(plan)
    for first, second in edges:
        after[first].append(second)
    unmet = {w.id: 0 for w in plan.workstreams}
    for seconds in after.values():
        for second in seconds:
            unmet[second] += 1
    order = [id for id, count in unmet.items() if not count]
    for id in order:  # grows while it is walked: Kahn's algorithm
        for second in after[id]:
            unmet[second] -= 1
            if not unmet[second]:
                order.append(second)
    expected = {w.id: w.expected_us for w in plan.workstreams}
    tail: dict[WorkstreamId, DurationUs] = {}
    for id in reversed(order):
        tail[id] = expected[id] + max((tail[second] for second in after[id]), default=0)
    return tail


def dispatch_order(
    plan: Plan,
    tail: Mapping[WorkstreamId, DurationUs],
    followers: Mapping[WorkstreamId, Sequence[WorkstreamId]],
) -> list[WorkstreamId]:
    """All workstreams, the first to start first.

    Foreground before background; then the plan's own ``order``; then longest remaining path (and
    area, where the plan asks for it); then more dependents; then id.
    """
    area = areas(plan, followers) if plan.flags.ranks_by_area else {}

    def key(w: WorkstreamSpec) -> tuple[bool, int, DurationUs, int, WorkstreamId]:
        weight_us = tail[w.id] + area.get(w.id, 0)
        return (w.priority == "background", w.order, -weight_us, -len(followers[w.id]), w.id)

    return [w.id for w in sorted(plan.workstreams, key=key)]


def areas(
    plan: Plan, followers: Mapping[WorkstreamId, Sequence[WorkstreamId]]
) -> dict[WorkstreamId, DurationUs]:
    """For how long each workstream and all behind it fill the pool that they fill longest.

    Duration times units over capacity; empty where no pool is asked for, or by too many to look
    behind each.
    """
    users = [w for w in plan.workstreams if w.resources]
    if not users or len(users) > AREA_USERS_MAX:
        return {}
    place = {w.id: n for n, w in enumerate(users)}
    behind: dict[WorkstreamId, int] = {}
    for id in reversed(_each_after_its_needs(plan, followers)):
        mask = 1 << place[id] if id in place else 0
        for follower in followers[id]:
            mask |= behind[follower]
        behind[id] = mask
    pools = sorted({pool for w in users for pool in w.resources})
    weights = [
        [w.expected_us * w.resources.get(pool, 0) // plan.limits.resources[pool] for w in users]
        for pool in pools
        if plan.limits.resources.get(pool)
    ]
    found = {}
    for id, mask in behind.items():
        bits = bin(mask)[:1:-1]
        filled = [n for n, bit in enumerate(bits) if bit == "1"]
        found[id] = max((sum(weight[n] for n in filled) for weight in weights), default=0)
    return found


def _each_after_its_needs(
    plan: Plan, followers: Mapping[WorkstreamId, Sequence[WorkstreamId]]
) -> list[WorkstreamId]:
    unmet = {w.id: len(w.depends_on) for w in plan.workstreams}
    order = [id for id, count in unmet.items() if not count]
    for id in order:  # grows while it is walked: Kahn's algorithm
        for follower in followers[id]:
            unmet[follower] -= 1
            if not unmet[follower]:
                order.append(follower)
    return order


def merge_order(
    plan: Plan,
    tail: Mapping[WorkstreamId, DurationUs],
    followers: Mapping[WorkstreamId, Sequence[WorkstreamId]],
) -> list[WorkstreamId]:
    """All workstreams in the order of strict merging, which no finishing time can change.

    Longest remaining path first, then more dependents, then priority, then id. A workstream
    comes after all that it depends on, because its remaining path is shorter.
    """

    def key(w: WorkstreamSpec) -> tuple[DurationUs, int, bool, WorkstreamId]:
        return (-tail[w.id], -len(followers[w.id]), w.priority == "background", w.id)

    return [w.id for w in sorted(plan.workstreams, key=key)]


def strict_edges(plan: Plan, order: Sequence[WorkstreamId]) -> list[Edge]:
    """Order-only edges that make conflicting workstreams start in the order of merging.

    Scopes are held until merged; without these edges, strict merging could wait for a workstream
    that waits for the scope of one that waits to be merged (ADR 0012). For each pattern a chain
    of writers with the readers between them is enough, so their number grows with the claims.
    """
    specs = {w.id: w for w in plan.workstreams}
    claims: dict[str, list[tuple[WorkstreamId, bool]]] = {}
    for id in order:
        spec = specs[id]
        for pattern in spec.writes:
            claims.setdefault(pattern, []).append((id, True))
        for pattern in spec.reads:
            if pattern not in spec.writes:
                claims.setdefault(pattern, []).append((id, False))
        if spec.conflict_group:
            claims.setdefault(f"\0{spec.conflict_group}", []).append((id, True))
    place = {id: n for n, id in enumerate(order)}
    edges: set[Edge] = set()
    for held in claims.values():
        _chain(held, edges)
    for a, b in plan.overlaps:
        both = {id: False for id, _ in (*claims.get(a, ()), *claims.get(b, ()))}
        for id, writes in (*claims.get(a, ()), *claims.get(b, ())):
            both[id] = both[id] or writes
        _chain(sorted(both.items(), key=lambda claim: place[claim[0]]), edges)
    return sorted(edges)


def _chain(held: Sequence[tuple[WorkstreamId, bool]], edges: set[Edge]) -> None:
    writer: WorkstreamId | None = None
    readers: list[WorkstreamId] = []
    for id, writes in held:
        if not writes:
            readers.append(id)
            if writer is not None:
                edges.add((writer, id))
            continue
        for before in readers or ([writer] if writer is not None else []):
            edges.add((before, id))
        writer, readers = id, []
