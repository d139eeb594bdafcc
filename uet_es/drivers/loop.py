"""The loop that live and simulated runs share: observe, decide, write, do."""

from collections.abc import Callable, Sequence
from typing import Protocol

from uet_es.effects import AnyEffect
from uet_es.events.entry import Entry
from uet_es.events.observations import AnyObservation
from uet_es.kernel import Ledger, effects_of, turn, wake_at
from uet_es.values import Instant

Seen = tuple[Instant, AnyObservation]


class World(Protocol):
    """Somewhere things happen."""

    def wait(self, until_us: Instant | None) -> Sequence[Seen]:
        """Block until something happens; all of it, or ``time.passed`` at ``until_us``."""

    def perform(self, effect: AnyEffect) -> None:
        """Begin ``effect`` and return at once; what comes of it is observed by ``wait``."""


#: Admits a group of observations and makes its entries durable. It returns the ledger after
#: them: another object if it had to fold again.
Write = Callable[[Ledger, Sequence[Seen]], tuple[Ledger, Sequence[Entry]]]


def admit(ledger: Ledger, seen: Sequence[Seen]) -> list[Entry]:
    """The entries of one group: a turn for each observation, all seen before anything starts."""
    entries: list[Entry] = []
    last = len(seen) - 1
    for place, (at_us, observation) in enumerate(seen):
        entries += turn(ledger, at_us, observation, followed=place < last)
    return entries


def take(ledger: Ledger, world: World, write: Write, seen: Sequence[Seen]) -> Ledger:
    """Admit one group, write it, do what it calls for; the ledger after it.

    Written before done: a crash can repeat an effect, never lose one.
    """
    ledger, entries = write(ledger, seen)
    for entry in entries:
        for effect in effects_of(ledger, entry):
            world.perform(effect)
    return ledger


def drive(ledger: Ledger, world: World, write: Write) -> Ledger:
    """Turn after turn until the run has an outcome, or its interrupted driver may leave."""
    while ledger.run.outcome is None and not ledger.is_drained:
        ledger = take(ledger, world, write, world.wait(wake_at(ledger)))
    return ledger
