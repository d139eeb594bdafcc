"""How work reached the integration branch: the queue, what landed, and what collided."""

from bokeh.models import BasicTicker, ColumnDataSource, Range1d
from bokeh.plotting import figure

from uet_es.projections.report.drawing import OUTCOMES, WAITS, timeline, tip
from uet_es.projections.report.reading import Document, Reading
from uet_es.projections.report.words import several, span

_MERGES = """
SELECT workstream, attempt, submitted_us, started_us, ended_us, result, files, message
FROM merges WHERE run = ? AND submitted_us IS NOT NULL
ORDER BY submitted_us, workstream, attempt
"""
RESULTS = {"landed": OUTCOMES["succeeded"], "conflicted": "#e8953a", "failed": OUTCOMES["failed"]}


def merges(reading: Reading) -> list[Document]:
    """Everything that was to be merged, in the order in which it came."""
    found = reading.documents(_MERGES)
    for each in found:
        ended_us = each["ended_us"] or reading.last_us
        each["waited_us"] = (each["started_us"] or ended_us) - each["submitted_us"]
        each["merged_us"] = ended_us - (each["started_us"] or ended_us)
        each["why"] = _why(each)
    return found


def merges_chart(reading: Reading, time: Range1d, found: list[Document]) -> figure:
    """How many wait or are being merged, and below, the end of each."""
    made = timeline(220, time, reading.unit, "in the queue")
    xs, ys = _queue(reading, found)
    made.varea_step(xs, 0, ys, step_mode="after", fill_color=WAITS["merging"], fill_alpha=0.7)
    ended = [each for each in found if each["result"]]
    marks = made.scatter(
        "x",
        "y",
        marker="mark",
        size="size",
        fill_color="color",
        line_color=None,
        source=ColumnDataSource(
            {
                "x": [reading.at(each["ended_us"]) for each in ended],
                "y": [-0.5] * len(ended),
                "color": [RESULTS[each["result"]] for each in ended],
                "mark": ["circle" if each["result"] == "landed" else "diamond" for each in ended],
                "size": [8 if each["result"] == "landed" else 13 for each in ended],
                "what": [
                    f"{each['workstream']}.{each['attempt']} {each['result']}" for each in ended
                ],
                "when": [
                    f"waited {span(each['waited_us'])}, took {span(each['merged_us'])}"
                    for each in ended
                ],
                "why": [each["why"] for each in ended],
            }
        ),
        name="merges",
    )
    made.y_range = Range1d(start=-1, end=max(ys, default=0) + 1)
    made.yaxis.ticker = BasicTicker(min_interval=1, num_minor_ticks=0)
    made.yaxis.major_label_overrides = {-1: ""}
    tip(made, [marks])
    return made


def _queue(reading: Reading, found: list[Document]) -> tuple[list[float], list[int]]:
    changes = [(each["submitted_us"], 1) for each in found]
    changes += [(each["ended_us"], -1) for each in found if each["ended_us"]]
    xs, ys = [0.0], [0]
    for at_us, change in sorted(changes):
        xs.append(reading.at(at_us))
        ys.append(ys[-1] + change)
    return [*xs, reading.at(reading.ended_us)], [*ys, ys[-1]]


def _why(merge: Document) -> str:
    if merge["result"] == "conflicted":
        return f"collided in {several(merge['files'] or ['no file that is named'])}"
    return str(merge["message"] or "")
