"""The progress of a run as a table that changes, on a terminal."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from uet_es.cli.printing import seconds
from uet_es.cli.wording import failure, words_of
from uet_es.events import Entry
from uet_es.events import decisions as d
from uet_es.events import observations as o
from uet_es.kernel import Ledger

_MOST_ROWS = 20


class Row(NamedTuple):
    """One workstream that is being worked at."""

    id: str
    attempt: int
    worker: int
    since_us: int
    doing: str


class LiveTable:
    """Shows what runs now; what went wrong stays above it."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._line = ""
        self._console = Console(stderr=True)
        self._live = Live(
            console=self._console,
            get_renderable=self._rendered,
            refresh_per_second=4,
            transient=True,
        )

    def opened(self, ledger: Ledger) -> None:
        """Begin to draw; a resumed run shows what was going on."""
        for id, workstream in ledger.workstreams.items():
            if workstream.state == "RUNNING":
                doing = {"attempting": "running"}.get(workstream.step, workstream.step)
                row = Row(id, workstream.attempt, workstream.worker, ledger.now_us, doing)
                self._rows[id] = row
        self._live.start()

    def written(self, ledger: Ledger, entries: Sequence[Entry]) -> None:
        """Take over what changed."""
        for entry in entries:
            if not entry.ignored:
                self._take(entry)
        counts = ledger.counts
        self._line = (
            f"{ledger.id}  {counts['SUCCEEDED']} succeeded, {counts['FAILED']} failed, "
            f"{counts['CANCELLED']} cancelled, {ledger.unfinished} to go"
            f"{'  PAUSED' if ledger.run.paused else ''}"
        )

    def say(self, text: str) -> None:
        """Print something that stays."""
        self._console.print(Text(text))

    def close(self) -> None:
        """Take the table away."""
        self._live.stop()

    def _take(self, entry: Entry) -> None:
        rows = self._rows
        match entry.event:
            case o.PlanAccepted():
                self.say(words_of(entry.event))
            case d.WorkstreamDispatched(workstream=id, attempt=attempt, worker=worker):
                rows[id] = Row(id, attempt, worker, entry.at_us, "starting")
            case o.AttemptStarted(workstream=id) if id in rows:
                rows[id] = rows[id]._replace(doing="running", since_us=entry.at_us)
            case o.ProgressReported(workstream=id, percent=percent, text=text) if id in rows:
                said = text if percent is None else f"{percent} % {text}"
                rows[id] = rows[id]._replace(doing=said.strip())
            case d.WorkstreamSubmitted(workstream=id) if id in rows:
                rows[id] = rows[id]._replace(doing="waits to be merged", since_us=entry.at_us)
            case d.MergeStarted(workstream=id) if id in rows:
                rows[id] = rows[id]._replace(doing="merging", since_us=entry.at_us)
            case d.RetryScheduled(workstream=id):
                rows.pop(id, None)
                self.say(f"{id}: attempt {entry.event.attempt}: {failure(entry.event)}; again")
            case d.WorkstreamFailed(workstream=id):
                rows.pop(id, None)
                self.say(f"{id}: FAILED: {failure(entry.event)}")
            case d.WorkstreamCompleted(workstream=id) | d.WorkstreamCancelled(workstream=id):
                rows.pop(id, None)
            case _:
                pass

    def _rendered(self) -> Group:
        now_us = time.time_ns() // 1000
        table = Table(box=None, pad_edge=False, show_header=bool(self._rows))
        for name in ("workstream", "attempt", "worker", "for", "doing"):
            table.add_column(name, no_wrap=True)
        # The list is one step for the interpreter: the driver's thread may change the rows.
        rows = list(self._rows.values())
        for row in rows[:_MOST_ROWS]:
            span = seconds(max(0, now_us - row.since_us))
            table.add_row(row.id, str(row.attempt), str(row.worker), span, Text(row.doing))
        if len(rows) > _MOST_ROWS:
            table.add_row(f"and {len(rows) - _MOST_ROWS} more")
        return Group(table, Text(self._line))
