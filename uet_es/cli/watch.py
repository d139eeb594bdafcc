"""Seeing a run going on, and stopping it: what stands between its driver and the terminal."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType
from typing import Any, Protocol, Self

from uet_es.cli.printing import count, remark
from uet_es.cli.wording import words_of
from uet_es.events import Entry, tag_of
from uet_es.events import decisions as d
from uet_es.events import observations as o
from uet_es.kernel import Ledger

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
#: What is worth a line where there is no terminal: starts, ends, merges, retries, failures.
_TOLD = (
    o.DriverResumed,
    o.AttemptStarted,
    o.AttemptUnstarted,
    o.AttemptExited,
    o.AttemptLost,
    o.MergeLanded,
    o.MergeConflicted,
    o.MergeFailed,
    o.CancelAsked,
    o.RetryAsked,
    d.RetryScheduled,
    d.WorkstreamFailed,
    d.WorkstreamCancelled,
    d.WorkstreamReopened,
    d.RunPaused,
    d.RunUnpaused,
    d.RunReopened,
)


class View(Protocol):
    """One way to show progress."""

    def opened(self, ledger: Ledger) -> None: ...

    def written(self, ledger: Ledger, entries: Sequence[Entry]) -> None: ...

    def say(self, text: str) -> None: ...

    def close(self) -> None: ...


def view_for(*, quiet: bool) -> View:
    """A table that changes on a terminal, lines elsewhere, nothing at all if ``quiet``."""
    if quiet:
        return Silence()
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from uet_es.cli.live_table import LiveTable

        return LiveTable()
    return Lines()


class Silence:
    """Shows nothing but what must be said."""

    def opened(self, ledger: Ledger) -> None: ...

    def written(self, ledger: Ledger, entries: Sequence[Entry]) -> None: ...

    def say(self, text: str) -> None:
        remark(text)

    def close(self) -> None: ...


class Lines(Silence):
    """A line for each thing that a person would want to know later."""

    def __init__(self) -> None:
        self._began_us: int | None = None

    def written(self, ledger: Ledger, entries: Sequence[Entry]) -> None:
        if self._began_us is None:
            self._began_us = entries[0].at_us
        for entry in entries:
            if isinstance(entry.event, o.PlanAccepted):
                remark(f"{ledger.id}: {words_of(entry.event)}")
            if isinstance(entry.event, _TOLD) and not entry.ignored:
                after = (entry.at_us - self._began_us) / 1e6
                words = f"{tag_of(entry.event):<20}  {words_of(entry.event)}".rstrip()
                remark(f"{after:>9.3f}  {words}")


class Watch:
    """Watches one run: shows it, and hands on the signals that ask to stop."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._view.close()
        for number, before in self._before.items():
            signal.signal(number, before)

    def opened(self, ledger: Ledger, interrupt: Callable[[int], None]) -> None:
        """From now on a signal is an observation, not the end of this process."""

        def stop(number: int, frame: FrameType | None) -> None:
            interrupt(number)

        for number in _SIGNALS:
            self._before[number] = signal.signal(number, stop)
        self._view.opened(ledger)

    def written(self, ledger: Ledger, entries: Sequence[Entry]) -> None:
        """Show these entries, and say what a signal led to."""
        self._view.written(ledger, entries)
        for entry in entries:
            if isinstance(entry.event, o.DriverInterrupted):
                self._view.say(_interruption(ledger))


def _interruption(ledger: Ledger) -> str:
    running = count(ledger.claims.attempting, "attempt")
    if ledger.run.interrupts > 1:
        return f"stopping {running} now; uet resume {ledger.id} starts over what was stopped"
    return f"nothing new starts; {running} may end. Once more (Ctrl-C) to stop now"
