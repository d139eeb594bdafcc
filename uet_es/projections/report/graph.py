"""The dependency graph: what came of each workstream, and the path that took the longest."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Literal, NamedTuple

from bokeh.models import ColumnDataSource, Range1d
from bokeh.models.renderers import DataRenderer
from bokeh.plotting import figure

from uet_es.projections.report.drawing import PATH, chart, tip
from uet_es.projections.report.layers import Place, layered
from uet_es.projections.report.reading import Document, Reading
from uet_es.projections.report.words import BECAUSE, shortened, span

#: Light enough for dark letters, in both themes.
STATES = {
    "PENDING": "#dfe3e8",
    "READY": "#f4df94",
    "RUNNING": "#a9cbf2",
    "SUCCEEDED": "#a8dcc9",
    "FAILED": "#f0a9b1",
    "CANCELLED": "#bfc6d0",
}
_NODES = """
SELECT workstream, depends_on, state, attempts, code, message, because,
    coalesce(took_us, 0) AS took_us
FROM workstreams LEFT JOIN (
    SELECT run, workstream, sum(coalesce(ended_us, $2) - dispatched_us)::BIGINT AS took_us
    FROM attempts GROUP BY run, workstream
) USING (run, workstream)
WHERE run = $1
ORDER BY workstream
"""
_PATH = """
SELECT position, workstream, because, from_us, to_us, took_us
FROM critical_path WHERE run = ? ORDER BY position
"""
_NAMED_MAX = 150  #: workstreams; more are told apart by pointing at them
_COLUMNS_MIN = 6  #: fewer are not drawn wider
_WIDTH_PX = 1_080  #: of a chart on a page of 1280
_LETTER_PX = 6.2
_HALF_BOX = 0.42  #: of a column
_BEND = 0.25
_BEZIER = ("x0", "y0", "x1", "y1", "cx0", "cy0", "cx1", "cy1")


class Look(NamedTuple):
    """How a line is drawn."""

    color: str
    alpha: float = 1
    width: float = 1
    dash: Literal["solid", "dashed"] = "solid"


def path_steps(reading: Reading) -> list[Document]:
    """The critical path as it really was, each step with its share of the makespan."""
    steps = reading.documents(_PATH)
    longest_us = max((step["took_us"] for step in steps), default=0)
    for step in steps:
        step["width"] = step["took_us"] / max(1, longest_us)
        step["share"] = step["took_us"] / max(1, reading.makespan_us)
        step["told"] = BECAUSE[step["because"]]
    return steps


def graph_chart(reading: Reading, steps: list[Document]) -> figure:
    """Boxes in columns, lines from what is needed to what needs it, the path in its colour."""
    nodes = reading.documents(_NODES, [reading.last_us])
    place = layered({each["workstream"]: each["depends_on"] for each in nodes})
    columns = 1 + max((each.column for each in place.values()), default=0)
    shown = max(columns, _COLUMNS_MIN)
    rows = max((each.row for each in place.values()), default=0)
    made = chart(round(min(900, 60 + 34 * (rows + 1))), "")
    made.min_border_left = made.min_border_right = 8
    made.x_range = Range1d(start=-0.5, end=shown - 0.5, bounds=(-1.5, shown + 0.5))
    made.y_range = Range1d(start=rows + 0.7, end=-0.7, bounds=(-3, rows + 3))
    made.axis.visible = False
    made.grid.visible = False
    edges = {(needed, each["workstream"]) for each in nodes for needed in each["depends_on"]}
    taken = [
        (one["workstream"], next_one["workstream"])
        for one, next_one in pairwise(steps)
        if one["workstream"] != next_one["workstream"]
    ]
    plain = sorted(edges - set(taken))
    others = [edge for edge in taken if edge not in edges]
    _edges(made, place, plain, Look("#8a94a3", alpha=0.45))
    _edges(made, place, [edge for edge in taken if edge in edges], Look(PATH, width=2.5))
    _edges(made, place, others, Look(PATH, alpha=0.8, dash="dashed"))
    first_steps = {step["workstream"]: step["position"] for step in reversed(steps)}
    boxes = _boxes(made, nodes, place, first_steps)
    if len(nodes) <= _NAMED_MAX:
        _names(made, nodes, place, first_steps)
    tip(made, [boxes])
    return made


def _edges(
    made: figure, place: dict[str, Place], edges: Iterable[tuple[str, str]], look: Look
) -> None:
    """Curves out of one box into another: to the right, or within a column around its right."""
    columns: dict[str, list[float]] = {name: [] for name in _BEZIER}
    for first, second in edges:
        a, b = place[first], place[second]
        out = -1 if b.column < a.column else 1
        into = 1 if b.column <= a.column else -1
        begin, end = a.column + out * _HALF_BOX, b.column + into * _HALF_BOX
        points = (begin, a.row, end, b.row, begin + out * _BEND, a.row, end + into * _BEND, b.row)
        for name, value in zip(_BEZIER, points, strict=True):
            columns[name].append(value)
    made.bezier(
        x0="x0",
        y0="y0",
        x1="x1",
        y1="y1",
        cx0="cx0",
        cy0="cy0",
        cx1="cx1",
        cy1="cy1",
        source=ColumnDataSource(columns),
        line_color=look.color,
        line_alpha=look.alpha,
        line_width=look.width,
        line_dash=look.dash,
    )


def _boxes(
    made: figure, nodes: list[Document], place: dict[str, Place], on_path: dict[str, int]
) -> DataRenderer:
    source = ColumnDataSource(
        {
            "x": [place[each["workstream"]].column for each in nodes],
            "y": [place[each["workstream"]].row for each in nodes],
            "fill": [STATES[each["state"]] for each in nodes],
            "line": [PATH if each["workstream"] in on_path else "#8a94a3" for each in nodes],
            "thick": [2.5 if each["workstream"] in on_path else 0.6 for each in nodes],
            "what": [each["workstream"] for each in nodes],
            "when": [_ran(each) for each in nodes],
            "why": [_why(each) for each in nodes],
        }
    )
    return made.rect(
        x="x",
        y="y",
        width=2 * _HALF_BOX,
        height=0.72,
        fill_color="fill",
        line_color="line",
        line_width="thick",
        border_radius=4,  # type: ignore[arg-type]  # the stub knows less than the property
        source=source,
        name="workstreams",
    )


def _names(
    made: figure, nodes: list[Document], place: dict[str, Place], on_path: dict[str, int]
) -> None:
    columns = max(_COLUMNS_MIN, 1 + max(each.column for each in place.values()))
    longest = max(3, int(_WIDTH_PX / columns * 0.82 / _LETTER_PX))
    made.text(
        x=[place[each["workstream"]].column for each in nodes],
        y=[place[each["workstream"]].row for each in nodes],
        text=[shortened(_numbered(each["workstream"], on_path), longest) for each in nodes],
        text_align="center",
        text_baseline="middle",
        text_font_size="11px",
        text_color="#1b2028",
    )


def _numbered(id: str, on_path: dict[str, int]) -> str:
    return f"{on_path[id]} · {id}" if id in on_path else id


def _ran(node: Document) -> str:
    state = str(node["state"]).lower()
    return f"{state}, ran for {span(node['took_us'])}" if node["attempts"] else state


def _why(node: Document) -> str:
    if node["because"]:
        return f"because of {node['because']}"
    if node["code"]:
        return f"{node['code']}: {node['message']}"
    needed = node["depends_on"]
    return f"depends on {', '.join(needed[:6])}{' …' if len(needed) > 6 else ''}" if needed else ""
