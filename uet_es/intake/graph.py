"""Who waits for whom: unknown names and cycles, and the order that follows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

#: Searching for a near name costs a look at every name; after so many the point is made.
_SUGGESTIONS = 20


class Mistake(NamedTuple):
    """One edge, or one circle of edges, that cannot be obeyed."""

    id: str
    field: str
    message: str


class Graph(NamedTuple):
    """An acyclic plan by position; positions follow the sorted ids."""

    ids: tuple[str, ...]
    after: tuple[tuple[int, ...], ...]  #: for each, what must end before it, ascending
    before: tuple[tuple[int, ...], ...]  #: for each, what waits for it, ascending
    order: tuple[int, ...]  #: every position after those it waits for


def graph_of(edges: Mapping[str, Iterable[str]]) -> Graph:
    """The graph in which each id waits for the ids it is mapped to; they are known and acyclic."""
    ids = tuple(sorted(edges))
    position = {id: index for index, id in enumerate(ids)}
    after = tuple(tuple(sorted({position[each] for each in edges[id]})) for id in ids)
    before: list[list[int]] = [[] for _ in ids]
    for index, sources in enumerate(after):
        for source in sources:
            before[source].append(index)
    waiting = [len(sources) for sources in after]
    order = [index for index, count in enumerate(waiting) if not count]
    for index in order:  # grows while it is walked
        for target in before[index]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    return Graph(ids, after, tuple(map(tuple, before)), tuple(order))


def edge_mistakes(
    edges: Mapping[str, Mapping[str, Sequence[str]]], known: Iterable[str], *, hint: str = ""
) -> list[Mistake]:
    """Unknown ids and self-dependencies in ``edges``, which are by id and then by field."""
    names = dict.fromkeys(sorted(known))
    mistakes = []
    suggestions = 0
    for id in sorted(edges):
        for field, targets in edges[id].items():
            for target in dict.fromkeys(targets):
                if target == id:
                    mistakes.append(Mistake(id, field, "waits for itself; remove its own id"))
                elif target not in names:
                    near = _near(target, list(names)) if suggestions < _SUGGESTIONS else ""
                    suggestions += 1
                    told = f"{target!r} is not the id of a workstream{near}{hint}"
                    mistakes.append(Mistake(id, field, told))
    return mistakes


def _near(target: str, names: Sequence[str]) -> str:
    # Slow to import, and needed for mistakes only.
    from difflib import get_close_matches

    near = get_close_matches(target, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else "; add it or remove the name"


def cycle_mistakes(edges: Mapping[str, Iterable[str]]) -> list[Mistake]:
    """One cycle of each knot of ``edges``, as a path that starts at its smallest id."""
    known = {
        id: sorted({each for each in sources if each in edges and each != id})
        for id, sources in edges.items()
    }
    graph = graph_of(known)
    if len(graph.order) == len(graph.ids):
        return []
    # As slow to import as all the rest of uet, and needed for cycles only.
    import networkx

    free = {graph.ids[index] for index in graph.order}
    knotted: networkx.DiGraph[str] = networkx.DiGraph()
    for id in graph.ids:
        if id not in free:
            knotted.add_edges_from((id, each) for each in known[id] if each not in free)
    mistakes = []
    for knot in networkx.strongly_connected_components(knotted):
        if len(knot) > 1:
            start = min(knot)
            ways = (
                networkx.shortest_path(knotted, each, start)
                for each in knotted[start]
                if each in knot
            )
            path = [start, *min(ways, key=lambda way: (len(way), way))]
            told = f"dependency cycle: {' -> '.join(path)} (each waits for the next); remove one"
            mistakes.append(Mistake(start, "depends_on", told))
    return sorted(mistakes)
