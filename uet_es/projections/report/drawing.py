"""Charts: how each of them looks, and how they become part of a page."""

import json
import re
from collections.abc import Mapping, Sequence

from bokeh.document import Document
from bokeh.models import (
    BasicTicker,
    BoxZoomTool,
    FixedTicker,
    HoverTool,
    PanTool,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.models.annotations import Span
from bokeh.models.renderers import DataRenderer
from bokeh.plotting import figure
from bokeh.resources import Resources

from uet_es.projections.report.words import shortened

#: What came of an attempt; the page's style sheet says the same.
OUTCOMES = {
    "succeeded": "#2a9d7f",
    "failed": "#d1495b",
    "cancelled": "#8a94a3",
    "running": "#3f83d4",
}
#: What a stretch of waiting is charged to.
WAITS = {
    "mode": "#59616d",
    "dependency": "#b0b9c6",
    "order": "#7f97bd",
    "backoff": "#dd92bd",
    "conflict": "#e8953a",
    "resource": "#9b7fd1",
    "worker": "#efca4d",
    "set-up": "#a9c7bd",
    "merging": "#4fa8c8",
}
#: Neighbours are told apart by people who see fewer colours, too.
SERIES = ("#3f83d4", "#e8953a", "#2a9d7f", "#9b7fd1", "#d1495b", "#4fa8c8", "#b8a13a", "#8a94a3")
PATH = "#d0309b"
NOW = "#7d52e0"
MARGIN_PX = 168  #: at the left of every chart, so that their time axes stand below each other
_LABEL_MAX = 24
_LABELLED_LANES_MAX = 60
_LANES_PX = 620  #: of many lanes together
_ID = re.compile(r"p\d+")


def chart(height: int, x_label: str, y_label: str = "") -> figure:
    """An empty chart as wide as the page, without colours that only one theme can show.

    A drag moves it, Ctrl and the wheel zoom, so the wheel alone scrolls the page.
    """
    made = figure(
        height=height,
        sizing_mode="stretch_width",
        x_axis_label=x_label,
        y_axis_label=y_label,
        tools=[
            PanTool(),
            BoxZoomTool(),
            WheelZoomTool(modifiers="ctrl"),
            ResetTool(),
        ],
        toolbar_location="right",
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border_left=MARGIN_PX,
        min_border_right=12,
        lod_threshold=None,
    )
    made.toolbar.logo = None
    made.toolbar.autohide = True
    made.xaxis.axis_label_text_font_style = "normal"
    made.yaxis.axis_label_text_font_style = "normal"
    return made


def timeline(height: int, time: Range1d, unit: str, y_label: str = "") -> figure:
    """A chart over the time of the run, with the line that says which moment is looked at."""
    made = chart(height, f"{unit} since the start", y_label)
    made.x_range = time
    made.add_layout(
        Span(location=0, dimension="height", line_color=NOW, line_width=2, name="moment")
    )
    return made


def time_range(length: float) -> Range1d:
    """The time axis that all timelines share: who moves one moves all."""
    return Range1d(start=-0.005 * length, end=1.015 * length, bounds=(-0.1 * length, 1.1 * length))


def lanes(made: figure, names: Sequence[str], lane_px: int) -> None:
    """Make the vertical axis one of named lanes, the first one at the top.

    Many of them share a fixed height; their names appear as one comes closer.
    """
    few = len(names) <= _LABELLED_LANES_MAX
    made.height = 62 + (max(1, len(names)) * lane_px if few else _LANES_PX)
    made.y_range = Range1d(start=len(names) - 0.4, end=-0.6, bounds=(-1, max(1, len(names))))
    ticker = (
        FixedTicker(ticks=list(range(len(names))))
        if few
        else BasicTicker(desired_num_ticks=30, num_minor_ticks=0, min_interval=1)
    )
    made.yaxis.ticker = ticker
    made.yaxis.major_label_overrides = {
        at: shortened(name, _LABEL_MAX) for at, name in enumerate(names)
    }
    made.ygrid.ticker = ticker


def tip(made: figure, renderers: Sequence[DataRenderer]) -> None:
    """Say under the pointer what there is; what comes from the log is escaped by Bokeh."""
    made.add_tools(
        HoverTool(
            renderers=list(renderers),
            point_policy="follow_mouse",
            tooltips='<div style="max-width:32em;white-space:normal">'
            "<b>@what</b><br>@when<br>@why</div>",
        )
    )


def embedded(charts: Mapping[str, figure]) -> str:
    """JSON that BokehJS draws into the elements named by the keys.

    Ids count from 1 in the order of the text, so the same charts are the same bytes.
    """
    document = Document()
    for made in charts.values():
        document.add_root(made)
    numbers: dict[str, str] = {}
    drawn = _renumbered(document.to_json(deferred=False), numbers)
    roots = {numbers[made.id]: element for element, made in charts.items()}
    return json.dumps(
        {
            "documents": {"report": drawn},
            "items": [{"docid": "report", "roots": roots, "root_ids": list(roots)}],
        },
        separators=(",", ":"),
        allow_nan=False,
    )


def library() -> str:
    """BokehJS itself, as it lies in the wheel."""
    scripts: list[str] = Resources(mode="inline", components=["bokeh"], log_level="warn").js_raw
    return scripts[0]  # what follows it sets a log level, and says so in the console


def _renumbered(node: object, numbers: dict[str, str]) -> object:
    """``node`` with ids that do not depend on what was drawn before in this process."""
    if isinstance(node, dict):
        return {
            key: numbers.setdefault(each, f"m{len(numbers) + 1}")
            if key == "id" and isinstance(each, str) and _ID.fullmatch(each)
            else _renumbered(each, numbers)
            for key, each in node.items()
        }
    if isinstance(node, list | tuple):
        return [_renumbered(each, numbers) for each in node]
    return node
