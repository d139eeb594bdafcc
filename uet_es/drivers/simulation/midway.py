"""A simulated world that takes over in the middle of a run."""

from collections.abc import Iterable

from uet_es.drivers.simulation.world import SimulatedWorld
from uet_es.effects import Merge, OpenIntegration, StartAttempt
from uet_es.events.entry import Entry
from uet_es.events.observations import (
    AttemptExited,
    MergeConflicted,
    MergeLanded,
    WorktreePrepared,
)
from uet_es.kernel import Ledger, in_doubt
from uet_es.values import Instant, WorkstreamId

_Key = tuple[WorkstreamId, int]


class Sequel:
    """How what was under way went on in reality, as far as anybody knows."""

    def __init__(self, after: Iterable[Entry]) -> None:
        self.prepared: dict[_Key, tuple[Instant, Instant]] = {}  #: from, to
        self.exited: dict[_Key, tuple[Instant, AttemptExited]] = {}
        self.merged: dict[_Key, tuple[Instant, Instant]] = {}  #: from, to
        for entry in after:
            match entry.event:
                case _ if entry.ignored:
                    pass
                case WorktreePrepared(workstream=id, attempt=attempt, took_us=took_us):
                    self.prepared[id, attempt] = (entry.at_us - took_us, entry.at_us)
                case AttemptExited(workstream=id, attempt=attempt):
                    self.exited[id, attempt] = (entry.at_us, entry.event)
                case MergeLanded() | MergeConflicted():
                    event, at_us = entry.event, entry.at_us
                    self.merged[event.workstream, event.attempt] = (at_us - event.took_us, at_us)
                case _:
                    pass


def take_over(world: SimulatedWorld, ledger: Ledger, after: Iterable[Entry]) -> None:
    """Have ``world`` go on with everything that is in doubt in ``ledger``.

    What runs at that instant goes on for its recorded remainder, in the proportion in which the
    model says that it goes alone; what the record does not tell goes on for the rest of what the
    model expects.
    """
    sequel = Sequel(after)
    world.attempts.head = ledger.run.head
    for effect in in_doubt(ledger):
        match effect:
            case OpenIntegration():
                pass  # it was the first thing that was done
            case StartAttempt():
                _go_on(world, ledger, effect, sequel)
            case Merge(workstream=id, attempt=attempt):
                expected_us = effect.at_us + round(world.fate((id, attempt)).merge_us)
                began_us, done_us = sequel.merged.get((id, attempt), (effect.at_us, expected_us))
                if began_us >= ledger.now_us:
                    world.perform(effect)
                else:
                    world.merge_on(effect, began_us, max(0, done_us - ledger.now_us))
            case _:
                world.perform(effect)


def _go_on(world: SimulatedWorld, ledger: Ledger, effect: StartAttempt, sequel: Sequel) -> None:
    key = (effect.workstream, effect.attempt)
    started_us = ledger.started.get(effect.workstream)
    if started_us is None:
        if key in sequel.prepared:
            world.attempts.set_up_on(key, *sequel.prepared[key])
        else:
            world.perform(effect)
        return
    began_us = started_us - world.launch_us
    fate = world.fate(key)
    told = sequel.exited.get(key)
    took_us = told[1].took_us if told else fate.took_us
    left_us = began_us + took_us - ledger.now_us
    if told and left_us <= 0:
        world.see(*told)  # its process is over, and what it left is being collected
    else:
        world.attempts.run_on(key, began_us, max(0, left_us * fate.took_us / max(1, took_us)))
