"""The loop thread of a simulated driver: blind while it writes and starts things."""

from uet_es.drivers.loop import Seen
from uet_es.drivers.simulation.clockwork import Clockwork, Step
from uet_es.events.observations import AnyObservation
from uet_es.values import DurationUs, Instant


class SimulatedLoop:
    """What it has seen, and what has happened that it has not noticed yet.

    The machine goes on while the loop writes a group of entries and launches processes. It notices
    nothing of that until ``clock_us``, and then everything at once.
    """

    def __init__(self, works: Clockwork, busy_us: DurationUs) -> None:
        """``busy_us`` is how long it is still busy with what came before."""
        self.clock_us: Instant = works.now_us + busy_us
        self._works = works
        self._arrived: list[Step] = []
        self._news: list[Seen] = []

    @property
    def has_news(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._news)

    def spend(self, us: DurationUs) -> None:
        """Be busy for a while."""
        self.clock_us += us

    def saw(self, observation: AnyObservation) -> None:
        """Tell ``observation`` as seen now."""
        self._news.append((self.clock_us, observation))

    def arrive(self, arrival: Step) -> None:
        """Have ``arrival`` done when the loop notices it."""
        self._arrived.append(arrival)

    def tell(self, observation: AnyObservation) -> None:
        """Have ``observation`` seen when the loop notices it."""
        self._arrived.append(lambda: self.saw(observation))

    def notice(self, until_us: Instant) -> None:
        """Notice everything that has happened by ``until_us``, or by the end of being busy."""
        works = self._works
        self.clock_us = max(self.clock_us, until_us)
        while (next_us := works.next_us) is not None and next_us <= self.clock_us:
            works.step()
        arrived, self._arrived = self._arrived, []
        for arrival in arrived:
            arrival()

    def taken(self) -> list[Seen]:
        """Everything there is to tell, which is then told."""
        seen, self._news = self._news, []
        return seen
