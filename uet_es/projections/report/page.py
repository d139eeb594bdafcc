"""The page: everything about one run in a single file that needs no network."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from uet_es.projections.report import drawing, words
from uet_es.projections.report.curve import curve_chart
from uet_es.projections.report.failures import TOLD_MAX, failures
from uet_es.projections.report.graph import STATES, graph_chart, path_steps
from uet_es.projections.report.merging import RESULTS, merges, merges_chart
from uet_es.projections.report.moments import harmless, moments
from uet_es.projections.report.money import Spent, money_charts, spent
from uet_es.projections.report.points import Point
from uet_es.projections.report.reading import Document, Reading
from uet_es.projections.report.summary import (
    bottlenecks,
    efficiency,
    occupied,
    sentences,
    where_time_went,
)
from uet_es.projections.report.timelines import outcome_of, workers_chart, workstreams_chart
from uet_es.projections.warehouse import Warehouse
from uet_es.values import Instant, RunId

#: Rows of tables that would be as long as the plan or the log.
_ROWS_MAX = 100
_LEAD_TIME = """
SELECT workstream, state, attempts, lead_us, work_us, merging_us,
    dependency_us + order_us AS needed_us, conflict_us + resource_us AS excluded_us, worker_us,
    mode_us + backoff_us AS paused_us
FROM lead_time JOIN workstreams USING (run, workstream)
WHERE run = ?
ORDER BY lead_us DESC, workstream
"""
_PREDICTION = "SELECT predicted_us, error_percent FROM predictions WHERE run = ?"


def write_page(warehouse: Warehouse, run: RunId, file: Path, points: Sequence[Point]) -> None:
    """Write the report of ``run`` into ``file``, piece by piece."""
    reading = Reading(warehouse, run)
    with file.open("w", encoding="utf-8", newline="\n") as page:
        page.writelines(_pieces(reading, points))


def _pieces(reading: Reading, points: Sequence[Point]) -> Iterator[str]:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        span=words.span, money=words.money, clock=_clock, after=lambda at: _after(reading, at)
    )
    environment.globals.update(count=words.count, percent=words.percent, several=words.several)
    template = environment.from_string(_part("page.html"))
    yield from template.generate(_content(reading, points))
    yield "\n"


def _content(reading: Reading, points: Sequence[Point]) -> Document:
    steps, used, merged = path_steps(reading), spent(reading), merges(reading)
    told = failures(reading)
    lead = reading.documents(_LEAD_TIME)
    return {
        "reading": reading,
        "facts": reading.facts,
        "bound": efficiency(reading),
        "occupied": occupied(reading),
        "prediction": next(iter(reading.documents(_PREDICTION)), None),
        "sentences": list(sentences(reading, steps, used, points)),
        "where": where_time_went(reading),
        "bottlenecks": bottlenecks(reading),
        "steps": steps[:_ROWS_MAX],
        "steps_more": max(0, len(steps) - _ROWS_MAX),
        "lead": lead[:_ROWS_MAX],
        "lead_more": max(0, len(lead) - _ROWS_MAX),
        "used": used,
        "merges": merged,
        "troubled_merges": [each for each in merged if each["result"] in ("conflicted", "failed")],
        "points": points,
        "failures": told[:TOLD_MAX],
        "failures_more": max(0, len(told) - TOLD_MAX),
        "outcome_of": outcome_of,
        "colors": {
            "outcomes": drawing.OUTCOMES,
            "waits": drawing.WAITS | {"work": drawing.OUTCOMES["succeeded"]},
            "states": STATES,
            "results": RESULTS,
            "series": drawing.SERIES,
            "path": drawing.PATH,
            "now": drawing.NOW,
        },
        "charts": Markup(harmless(_charts(reading, steps, used, merged, points))),
        "moments": map(Markup, moments(reading)),
        "style": Markup(_part("page.css")),
        "script": Markup(_part("page.js")),
        "library": Markup(drawing.library()),
    }


def _charts(
    reading: Reading,
    steps: list[Document],
    used: Spent,
    merged: list[Document],
    points: Sequence[Point],
) -> str:
    time = drawing.time_range(reading.length)
    charts = {
        "chart-workers": workers_chart(reading, time),
        "chart-workstreams": workstreams_chart(reading, time),
        "chart-graph": graph_chart(reading, steps),
    }
    if used.by_model:
        charts |= money_charts(reading, time, used)
    if merged:
        charts["chart-merges"] = merges_chart(reading, time, merged)
    if points:
        charts["chart-curve"] = curve_chart(reading, points)
    return drawing.embedded(charts)


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _clock(at_us: Instant) -> str:
    """A date and time in UTC, the same for everybody."""
    then = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at_us)
    return then.strftime("%Y-%m-%d %H:%M:%S UTC")


def _after(reading: Reading, at_us: Instant | None) -> str:
    return "" if at_us is None else words.span(at_us - reading.begun_us)
