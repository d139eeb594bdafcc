"""What has happened and was not yet told, gathered from all threads for the one that tells."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from uet_es.events.observations import AnyObservation
from uet_es.values import Instant

Arrival = Callable[[], None]
Seen = list[tuple[Instant, AnyObservation]]


class News:
    """Observations in the order in which they were seen.

    What takes time is done in other threads, which hand back a piece of work for the thread
    that tells. So only that thread ever changes anything, and no lock is needed.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        """``wake`` interrupts the thread that tells when it waits."""
        self._wake = wake
        self._arrivals: deque[Arrival] = deque()
        self._seen: Seen = []

    def saw(self, observation: AnyObservation) -> None:
        """Tell ``observation`` as seen now; in the telling thread."""
        self._seen.append((now_us(), observation))

    def arrive(self, arrival: Arrival) -> None:
        """Have ``arrival`` done by the telling thread; from any thread, or for a signal."""
        self._arrivals.append(arrival)
        self._wake()

    def later(self, pool: ThreadPoolExecutor, work: Callable[[], Arrival]) -> None:
        """Do ``work`` in ``pool`` and what it returns in the telling thread."""
        pool.submit(self._run, work)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell yet."""
        return not (self._seen or self._arrivals)

    def taken(self) -> Seen:
        """Everything there is to tell, which is then told."""
        while self._arrivals:
            self._arrivals.popleft()()
        seen, self._seen = self._seen, []
        return seen

    def _run(self, work: Callable[[], Arrival]) -> None:
        try:
            arrival = work()
        except BaseException as error:
            arrival = partial(_raise, error)
        self.arrive(arrival)


def now_us() -> Instant:
    """The wall clock."""
    return time.time_ns() // 1000


def _raise(error: BaseException) -> None:
    raise error
