"""Where the workstreams of a graph stand: in columns, each to the right of what it depends on."""

from collections.abc import Mapping, Sequence
from math import isqrt
from typing import NamedTuple

_SWEEPS = 4
_ROWS_MIN = 24  #: a column is not cut before it has so many


class Place(NamedTuple):
    """Column from the left and place from the top; places may be fractions."""

    column: int
    row: float


def layered(depends_on: Mapping[str, Sequence[str]]) -> dict[str, Place]:
    """A place for each; what depends on nothing is at the left, lines cross seldom.

    Columns that are much higher than the graph is large are cut into several.
    """
    rows_max = max(_ROWS_MIN, 2 * isqrt(len(depends_on)))
    columns = []
    for column in _untangled(_columns(depends_on), depends_on):
        for begin in range(0, len(column), rows_max):
            columns.append(column[begin : begin + rows_max])
    tallest = max(map(len, columns), default=0)
    return {
        id: Place(at, row + (tallest - len(column)) / 2)
        for at, column in enumerate(columns)
        for row, id in enumerate(column)
    }


def _columns(depends_on: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """By the length of the longest chain before each."""
    depth: dict[str, int] = {}
    open_ids = sorted(depends_on, reverse=True)
    while open_ids:
        id = open_ids[-1]
        missing = [each for each in depends_on[id] if each not in depth]
        if missing:
            open_ids += missing
            continue
        open_ids.pop()
        depth[id] = max((depth[each] + 1 for each in depends_on[id]), default=0)
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for id in sorted(depth):
        columns[depth[id]].append(id)
    return columns


def _untangled(
    columns: list[list[str]], depends_on: Mapping[str, Sequence[str]]
) -> list[list[str]]:
    """Each where its neighbours are in the middle, from the left and from the right in turns."""
    needed_by: dict[str, list[str]] = {id: [] for id in depends_on}
    for id in sorted(depends_on):
        for needed in depends_on[id]:
            needed_by[needed].append(id)
    row = {id: _share(at, column) for column in columns for at, id in enumerate(column)}
    for sweep in range(_SWEEPS):
        neighbours = needed_by if sweep % 2 else depends_on
        for column in reversed(columns) if sweep % 2 else columns:
            middle = {id: _middle(row, neighbours[id], row[id]) for id in column}
            column.sort(key=lambda each: (middle[each], each))
            row.update((id, _share(at, column)) for at, id in enumerate(column))
    return columns


def _share(at: int, column: Sequence[str]) -> float:
    """How far down it is, so that columns of different heights compare."""
    return (at + 0.5) / len(column)


def _middle(row: Mapping[str, float], ids: Sequence[str], otherwise: float) -> float:
    return sum(row[id] for id in ids) / len(ids) if ids else otherwise
