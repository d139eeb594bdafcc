"""Where the time of every workstream of a run goes, in one pass over its entries.

Between two turns nothing changes, so a stretch of time is charged to what kept a workstream when
the turn before it had come to rest; and that is asked again only if it can be another thing now.
While more observations of one instant follow, only those are asked whom an entry names.
"""

from uet_es.errors import LogError
from uet_es.events.base import Observation
from uet_es.events.decisions import (
    MergeStarted,
    RetryScheduled,
    RunPaused,
    RunUnpaused,
    WorkstreamCancelled,
    WorkstreamCompleted,
    WorkstreamDispatched,
    WorkstreamFailed,
    WorkstreamReadied,
    WorkstreamReopened,
    WorkstreamSubmitted,
)
from uet_es.events.entry import AnyEvent, Entry
from uet_es.events.observations import (
    AttemptExited,
    AttemptStarted,
    DriverInterrupted,
    DriverResumed,
    LimitsChanged,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    PlanAccepted,
    RunForked,
)
from uet_es.plan import Plan
from uet_es.timing import state
from uet_es.timing.lives import Lives
from uet_es.timing.path import walk
from uet_es.timing.words import Span, Step, Times

__all__ = ["Span", "Step", "Times", "Tracker"]

#: What can change where time goes; everything else only lets it pass.
CONCERNING: frozenset[type[AnyEvent]] = frozenset(
    {
        WorkstreamReadied,
        WorkstreamDispatched,
        AttemptStarted,
        AttemptExited,
        WorkstreamCompleted,
        WorkstreamSubmitted,
        MergeStarted,
        MergeLanded,
        MergeConflicted,
        MergeFailed,
        RetryScheduled,
        WorkstreamFailed,
        WorkstreamCancelled,
        WorkstreamReopened,
        RunPaused,
        RunUnpaused,
        DriverInterrupted,
        DriverResumed,
        RunForked,
        LimitsChanged,
    }
)


class Tracker:
    """The fold: entries in, spans out; its memory grows with the plan, not with the log."""

    __slots__ = ("_lives",)

    def __init__(self) -> None:
        self._lives: Lives | None = None

    def note(self, entry: Entry) -> None:
        """Take the next entry of the history, in order of ``seq``; the first accepts the plan.

        Raises:
            LogError: the history does not begin with a plan.
        """
        lives, event = self._lives, entry.event
        if lives is None:
            if not isinstance(event, PlanAccepted):
                raise LogError(f"entry {entry.seq} comes before any plan: nothing to time yet")
            self._lives = Lives.begun(event.plan, entry.seq, entry.at_us, followed=entry.followed)
            return
        if entry.at_us > lives.now_us:
            if type(event) is RunForked and not entry.ignored:
                lives.lie_idle(entry.at_us)
            else:
                lives.rest()
            lives.now_us = entry.at_us
        lives.seq = entry.seq
        if entry.followed or (lives.followed and isinstance(event, Observation)):
            lives.followed = entry.followed
        if type(event) in CONCERNING and not entry.ignored:
            lives.told = True
            _tell(lives, event)

    def closed(self) -> list[Span]:
        """The spans that will never change again and were not told before; drains them."""
        return [] if self._lives is None else self._lives.stretches.drain()

    def open(self) -> list[Span]:
        """The spans that may still change, as they look now: up to the last entry's instant."""
        lives = self._lives
        return [] if lives is None else lives.stretches.open(lives.now_us)

    def path(self) -> list[Step]:
        """The critical path as it really was, from the plan's acceptance to the last end."""
        lives = self._lives
        if lives is None or not lives.standings:
            return []
        return walk(
            lives.standings,
            accepted_us=lives.accepted_us,
            now_us=lives.now_us,
            merging=lives.obstacles.turn.merging,
        )

    def times(self) -> Times:
        """Sums up to now, of what has ended."""
        lives = self._lives
        if lives is None:
            return Times()
        return Times(
            work_us=lives.work_us,
            idle_us=lives.idle_us,
            setup_us=lives.stretches.setup_us,
            merging_us=lives.stretches.merging_us,
            longest_path_us=lives.longest_path_us,
            workers_max=lives.workers_max,
        )

    def state(self) -> bytes:
        """Everything but the plan and the spans that ``closed`` tells: drain those first."""
        return b"" if self._lives is None else state.save(self._lives)

    @classmethod
    def from_state(cls, saved: bytes, plan: Plan) -> "Tracker":
        """The tracker that wrote ``saved``, going on exactly; ``plan`` is the accepted one."""
        tracker = cls()
        if saved:
            tracker._lives = state.load(saved, plan)
        return tracker


def _tell(lives: Lives, event: AnyEvent) -> None:
    match event:
        case AttemptStarted(workstream=id):
            lives.show_life(id)
        case AttemptExited(workstream=id, took_us=took_us):
            lives.exit(id, took_us)
        case WorkstreamCompleted(workstream=id):
            lives.succeed(id)
        case WorkstreamDispatched(workstream=id, attempt=attempt, worker=worker):
            lives.dispatch(id, attempt, worker)
        case WorkstreamReadied(workstream=id):
            lives.ready(id)
        case WorkstreamSubmitted(workstream=id):
            lives.submit(id)
        case MergeStarted(workstream=id):
            lives.merge(id)
        case MergeLanded() | MergeConflicted() | MergeFailed():
            lives.end_merge()
        case RetryScheduled(workstream=id, not_before_us=not_before_us):
            lives.schedule(id, not_before_us)
        case WorkstreamFailed(workstream=id) | WorkstreamCancelled(workstream=id):
            lives.fall(id)
        case WorkstreamReopened(workstream=id):
            lives.reopen(id)
        case _:
            _tell_all(lives, event)


def _tell_all(lives: Lives, event: AnyEvent) -> None:
    """What concerns nobody in particular."""
    obstacles = lives.obstacles
    match event:
        case RunPaused():
            obstacles.paused = True
        case RunUnpaused():
            obstacles.paused = False
        case DriverInterrupted():
            obstacles.interrupts += 1
        case DriverResumed() | RunForked():
            obstacles.interrupts = 0
        case LimitsChanged(limits=limits):
            obstacles.pools.change(limits)
            lives.workers_max = max(lives.workers_max, limits.max_workers)
        case _:
            pass
