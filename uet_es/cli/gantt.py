"""A run as bars over time, for a terminal of any width."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, get_args

from rich.console import Console
from rich.text import Text

from uet_es.cli.printing import seconds
from uet_es.projections.report.lanes import Bar, Kind, Lane, worker_lanes, workstream_lanes
from uet_es.projections.report.reading import Reading
from uet_es.projections.report.words import shortened

if TYPE_CHECKING:
    from uet_es.projections.warehouse import Warehouse
    from uet_es.values import RunId

_LANES_MAX = 60  #: workstreams; of more than that workers are shown instead
_NAME_MAX = 28
_BAR_MIN = 10
_GLUE = "\N{NO-BREAK SPACE}"
#: What is drawn over what in the same cell: a later one over an earlier one.
_KINDS: tuple[Kind, ...] = get_args(Kind)
_SIGNS = dict(zip(_KINDS, " ·▒░▬▶█✗", strict=True))
_PLAIN_SIGNS = dict(zip(_KINDS, " .m:->#x", strict=True))
_STYLES = {
    "waiting": "yellow",
    "merging": "cyan",
    "set-up": "green",
    "cancelled": "bright_black",
    "running": "blue",
    "succeeded": "green",
    "failed": "bold red",
}


def print_gantt(warehouse: "Warehouse", run: "RunId") -> None:
    """Print ``run``, a line for each workstream, or for each worker where there are many."""
    reading = Reading(warehouse, run)
    facts = reading.facts
    lanes = worker_lanes if facts["workstreams"] > _LANES_MAX else workstream_lanes
    console = Console(highlight=False, soft_wrap=True)
    standing = facts["outcome"] or "not over"
    console.print(
        f"{run}: {standing}, {seconds(reading.makespan_us)} with up to "
        f"{facts['max_workers']} at once"
    )
    for line in _drawn(reading, lanes(reading), console.width, _signs()):
        console.print(line)


def _signs() -> Mapping[Kind, str]:
    """Those that standard output can say."""
    try:
        "".join(_SIGNS.values()).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return _PLAIN_SIGNS
    return _SIGNS


def _drawn(
    reading: Reading, lanes: Sequence[Lane], width: int, signs: Mapping[Kind, str]
) -> Iterator[Text]:
    names = [shortened(lane.name, min(_NAME_MAX, width // 3)) for lane in lanes]
    told = [shortened(lane.told, width // 4) for lane in lanes]
    margin = max(map(len, names), default=0) + 3
    tail = max((len(each) + 1 for each in told if each), default=0)
    cells = max(_BAR_MIN, width - margin - tail - 1)
    yield Text(f"{'':{margin}}{_scale(reading, cells)}", "bright_black")
    for name, lane, end in zip(names, lanes, told, strict=True):
        line = Text(f"{name:<{margin - 3}} {'*' if lane.is_on_path else ' '} ")
        if lane.is_on_path:
            line.stylize("bold")
        for kind in _cells(reading, lane.bars, cells):
            line.append(signs[kind] if kind else " ", _STYLES.get(kind or "", ""))
        line.append(f" {end}", "bold red" if lane.is_bad else "")
        line.rstrip()
        yield line
    used = {bar.kind for lane in lanes for bar in lane.bars}
    legend = [f"{signs[kind]} {kind}" for kind in _KINDS if kind in used and signs[kind].strip()]
    if any(lane.is_on_path for lane in lanes):
        legend.append("* on the critical path")
    for words in wrap("   ".join(each.replace(" ", _GLUE) for each in legend), width):
        yield Text(words.replace(_GLUE, " "), "bright_black")


def _cells(reading: Reading, bars: Sequence[Bar], cells: int) -> list[Kind | None]:
    """What each cell of a lane shows; what happened at all is seen, however short it was."""
    made: list[Kind | None] = [None] * cells
    length_us = max(1, reading.last_us - reading.begun_us)
    for bar in sorted(bars, key=lambda bar: _KINDS.index(bar.kind)):
        first = min(cells - 1, (bar.from_us - reading.begun_us) * cells // length_us)
        end = -(-(bar.to_us - reading.begun_us) * cells // length_us)
        last = max(first + 1, end - (bar.kind in ("dependency", "waiting")))
        made[first : min(cells, last)] = [bar.kind] * (min(cells, last) - first)
    return made


def _scale(reading: Reading, cells: int) -> str:
    """The start at the left, the end at the right, and the middle if there is room."""
    length_us = reading.last_us - reading.begun_us
    begin, middle, end = "0", seconds(length_us // 2), seconds(length_us)
    if cells < len(middle) * 2 + len(end) + 6:
        return f"{begin}{end:>{cells - len(begin)}}"
    half = cells // 2
    return f"{begin}{middle:>{half - len(begin)}}{end:>{cells - half}}"
