"""What if there were other numbers of workers: makespans that somebody simulated."""

from collections.abc import Sequence

from bokeh.models import BasicTicker, ColumnDataSource, Range1d
from bokeh.models.renderers import DataRenderer
from bokeh.plotting import figure

from uet_es.projections.report.drawing import NOW, SERIES, chart, tip
from uet_es.projections.report.points import Point
from uet_es.projections.report.reading import Reading
from uet_es.projections.report.words import count, span
from uet_es.values import SECOND_US


def curve_chart(reading: Reading, points: Sequence[Point]) -> figure:
    """Makespan against workers, simulated, and where the run really was."""
    made = chart(260, "workers", f"makespan, {reading.unit}")
    scale = SECOND_US / reading.unit_us
    xs = [point.workers for point in points]
    ys = [point.makespan_s * scale for point in points]
    made.line(xs, ys, line_color=SERIES[0], line_width=2)
    simulated = _marks(
        made,
        xs,
        ys,
        SERIES[0],
        "simulated",
        [f"it would take {span(round(point.makespan_s * SECOND_US))}" for point in points],
    )
    real = []
    if reading.is_over:
        workers, took_us = reading.facts["max_workers"], reading.makespan_us
        told = [f"it took {span(took_us)}"]
        real = [_marks(made, [workers], [took_us / reading.unit_us], NOW, "as it was", told)]
        ys = [*ys, took_us / reading.unit_us]
    made.y_range = Range1d(start=0, end=max(ys) * 1.1 or 1)
    made.xaxis.ticker = BasicTicker(min_interval=1, num_minor_ticks=0)
    tip(made, [simulated, *real])
    return made


def _marks(
    made: figure, xs: list[int], ys: list[float], color: str, why: str, when: list[str]
) -> DataRenderer:
    source = ColumnDataSource(
        {
            "x": xs,
            "y": ys,
            "what": [count(each, "worker") for each in xs],
            "when": when,
            "why": [why] * len(xs),
        }
    )
    return made.scatter(
        "x", "y", size=9, fill_color=color, line_color=None, source=source, name=why
    )
