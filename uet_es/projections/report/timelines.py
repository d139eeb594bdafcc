"""What every worker and every workstream did, and what it waited for, over the time of the run."""

from collections.abc import Iterable

from bokeh.models import ColumnDataSource, Range1d
from bokeh.models.renderers import DataRenderer
from bokeh.plotting import figure

from uet_es.projections.report.drawing import OUTCOMES, PATH, WAITS, lanes, timeline, tip
from uet_es.projections.report.reading import Document, Reading
from uet_es.projections.report.words import CAUSES, span

_ATTEMPTS = """
SELECT workstream, attempt, worker, dispatched_us, started_us, ended_us, outcome, code, message
FROM attempts
WHERE run = ?
ORDER BY dispatched_us, workstream, attempt
"""
_WAITS = """
SELECT workstream, cause, waits_for, from_us, to_us
FROM waits
WHERE run = ? AND cause <> 'work'
ORDER BY from_us, workstream, cause
"""
_ORDER = """
SELECT workstream
FROM workstreams
WHERE run = ?
ORDER BY coalesce(dispatched_us, ended_us) NULLS LAST, dispatched_us IS NULL, workstream
"""
_PATH = "SELECT workstream, from_us, to_us FROM critical_path WHERE run = ? ORDER BY position"
_WORKERS = """
SELECT worker, coalesce(readied_us, spawned_us) AS from_us, terminated_us
FROM workers
WHERE run = ?
ORDER BY worker
"""
_COLUMNS = ("left", "right", "top", "bottom", "color", "what", "when", "why")


class Bars:
    """Rectangles on lanes, as the columns that Bokeh wants."""

    def __init__(self, reading: Reading) -> None:
        self.columns: dict[str, list[object]] = {name: [] for name in _COLUMNS}
        self._reading = reading

    def add(
        self,
        lane: float,
        stretch: tuple[int, int],
        *,
        half: float,
        color: str,
        told: tuple[str, str],
    ) -> None:
        """One from instant to instant, ``half`` a lane high above and below its middle."""
        from_us, to_us = stretch
        after = span(from_us - self._reading.begun_us)
        row = (
            self._reading.at(from_us),
            self._reading.at(to_us),
            round(lane - half, 3),
            round(lane + half, 3),
            color,
            told[0],
            f"{span(to_us - from_us)}, from {after} on",
            told[1],
        )
        for name, value in zip(_COLUMNS, row, strict=True):
            self.columns[name].append(value)

    def drawn(self, made: figure, name: str) -> DataRenderer:
        """Put them into ``made``."""
        return made.quad(
            left="left",
            right="right",
            top="top",
            bottom="bottom",
            fill_color="color",
            line_color=None,
            source=ColumnDataSource(self.columns),
            name=name,
        )


def workers_chart(reading: Reading, time: Range1d) -> figure:
    """A lane for each worker: its attempts by outcome."""
    made = timeline(100, time, reading.unit)
    workers = reading.documents(_WORKERS)
    lane = {each["worker"]: at for at, each in enumerate(workers)}
    there, tried = Bars(reading), Bars(reading)
    for each in workers:
        stretch = (each["from_us"], each["terminated_us"] or reading.ended_us)
        told = (f"worker {each['worker']}", "idle where nothing else is shown")
        there.add(lane[each["worker"]], stretch, half=0.08, color=WAITS["dependency"], told=told)
    _add_attempts(tried, reading, lane, by="worker")
    lanes(made, [f"worker {each['worker']}" for each in workers], 26)
    tip(made, [there.drawn(made, "workers"), tried.drawn(made, "attempts")])
    return made


def workstreams_chart(reading: Reading, time: Range1d) -> figure:
    """A lane for each workstream, in the order they began: its work, its waits, and the path."""
    made = timeline(100, time, reading.unit)
    ids = [each["workstream"] for each in reading.documents(_ORDER)]
    lane = {id: at for at, id in enumerate(ids)}
    waited, tried = Bars(reading), Bars(reading)
    for each in reading.documents(_WAITS):
        told = (each["workstream"], _told(each))
        stretch = (each["from_us"], each["to_us"])
        color = WAITS[each["cause"]]
        waited.add(lane[each["workstream"]], stretch, half=0.2, color=color, told=told)
    _add_attempts(tried, reading, lane, by="workstream")
    lanes(made, ids, 18)
    renderers = [waited.drawn(made, "waits"), tried.drawn(made, "attempts")]
    path = reading.documents(_PATH)
    made.line(
        [reading.at(step[end]) for step in path for end in ("from_us", "to_us")],
        [lane[step["workstream"]] for step in path for _ in range(2)],
        line_color=PATH,
        line_width=2,
        name="path",
    )
    tip(made, renderers)
    return made


def outcome_of(attempt: Document) -> str:
    """What came of an attempt, as a page says it."""
    return str(attempt["outcome"] or "running")


def _add_attempts(bars: Bars, reading: Reading, lane: dict[object, int], *, by: str) -> None:
    for each in reading.documents(_ATTEMPTS):
        if each[by] not in lane:
            continue
        at = lane[each[by]]
        ended_us = each["ended_us"] or reading.last_us
        started_us = each["started_us"] or ended_us
        named = f"{each['workstream']}.{each['attempt']} on worker {each['worker']}"
        for from_us, to_us, color, told in _parts(each, started_us, ended_us):
            if to_us > from_us:
                bars.add(at, (from_us, to_us), half=0.38, color=color, told=(named, told))


def _parts(
    attempt: Document, started_us: int, ended_us: int
) -> Iterable[tuple[int, int, str, str]]:
    yield attempt["dispatched_us"], started_us, WAITS["set-up"], "setting up worktree and process"
    outcome = outcome_of(attempt)
    why = f": {attempt['code']}, {attempt['message']}" if attempt["code"] else ""
    yield started_us, ended_us, OUTCOMES[outcome], f"{outcome}{why}"


def _told(wait: Document) -> str:
    cause, on = wait["cause"], wait["waits_for"]
    if cause == "merging" and on == wait["workstream"]:
        return "being merged"
    named = "" if cause in ("mode", "backoff") or not on else f": {on}"
    return f"{CAUSES[cause]}{named}"
