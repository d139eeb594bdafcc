"""When time alone could cause a decision."""

from heapq import heappop, heappush
from typing import Literal, NamedTuple

from uet_es.values import DurationUs, Instant

TimerKind = Literal["retry", "attempt", "heartbeat", "worker"]


class Timer(NamedTuple):
    """Something that is due at an instant."""

    due_us: Instant
    kind: TimerKind
    id: str  #: a workstream, or a worker's number


class Timers:
    """A heap of timers, at most one of each kind for each id.

    Invariant: the head is not stale, so that asking for it changes nothing.
    """

    __slots__ = ("_due", "_heap")

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._due: dict[tuple[TimerKind, str], Instant] = {}

    def set(self, kind: TimerKind, id: str, due_us: Instant) -> None:
        """Set, or set again."""
        self._due[kind, id] = due_us
        heappush(self._heap, Timer(due_us, kind, id))
        self._peel()

    def clear(self, kind: TimerKind, id: str) -> None:
        """Forget it; harmless if it was not set."""
        if self._due.pop((kind, id), None) is not None:
            self._peel()

    def postpone(self, by_us: DurationUs) -> None:
        """Move every limit by the time for which there was no driver; retries keep theirs."""
        for (kind, id), due_us in sorted(self._due.items()):
            if kind != "retry":
                self.set(kind, id, due_us + by_us)

    @property
    def head(self) -> Timer | None:
        """The first timer due."""
        return self._heap[0] if self._heap else None

    @property
    def due(self) -> dict[tuple[TimerKind, str], Instant]:
        """Every timer set, by kind and id."""
        return self._due

    def _peel(self) -> None:
        heap = self._heap
        while heap and self._due.get((heap[0].kind, heap[0].id)) != heap[0].due_us:
            heappop(heap)
