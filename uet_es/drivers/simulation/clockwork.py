"""Virtual time: steps that happen at instants, work that shares cores, and one lock."""

from collections import deque
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from math import ceil

from uet_es.drivers.simulation.processor import Processor
from uet_es.values import Instant

Step = Callable[[], object]


class Clockwork:
    """Steps in order of their instants; those of one instant in the order of asking."""

    def __init__(self, start_us: Instant, cores: int) -> None:
        self.now_us = start_us
        self._cores = cores
        self._asked = 0
        self._coming: list[tuple[Instant, int, Step]] = []
        self._processor = Processor(cores)
        self._computing: dict[int, Step] = {}
        self._holding: deque[tuple[float, float, Step]] = deque()  #: of the lock: its holder first

    @property
    def next_us(self) -> Instant | None:
        """When the next step happens; None if there is none."""
        first = self._processor.first
        if not self._coming:
            return first[0] if first else None
        at_us = self._coming[0][0]
        return at_us if first is None or at_us <= first[0] else first[0]

    def step(self) -> None:
        """Let the next step happen."""
        first = self._processor.first
        if first is not None and (not self._coming or first < self._coming[0][:2]):
            self.now_us, number = first
            self._processor.remove(number, self.now_us)
            self._computing.pop(number)()
            return
        self.now_us, _, step = heappop(self._coming)
        step()

    def at(self, at_us: Instant, step: Step) -> None:
        """Have ``step`` happen at ``at_us``."""
        self._asked += 1
        heappush(self._coming, (at_us, self._asked, step))

    def work(self, took_us: float, cpu_us: float, then: Step) -> int:
        """Begin work that alone takes ``took_us``; the number by which it can be cut short."""
        if not self._cores or cpu_us <= 0:
            self.at(self.now_us + ceil(took_us), then)
            return 0
        self._asked += 1
        self._computing[self._asked] = then
        self._processor.add(self._asked, took_us, cpu_us, self.now_us)
        return self._asked

    def cut(self, number: int) -> float:
        """End work in the processor before its time; how much of it is done."""
        del self._computing[number]
        return self._processor.remove(number, self.now_us)

    def hold(self, took_us: float, cpu_us: float, then: Step) -> None:
        """Do work while nobody else holds the lock, in the order of asking."""
        self._holding.append((took_us, cpu_us, then))
        if len(self._holding) == 1:
            self._take()

    def _take(self) -> None:
        took_us, cpu_us, then = self._holding[0]
        self.work(took_us, cpu_us, partial(self._release, then))

    def _release(self, then: Step) -> None:
        self._holding.popleft()
        then()
        if self._holding:
            self._take()
