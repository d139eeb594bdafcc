"""Does the kernel agree with itself? Many seeds in a world that lies."""

import os

import msgspec
import pytest

from tests.builders import random_plan
from tests.lying_world import LyingWorld
from uet_es.aggregates import order
from uet_es.aggregates.invariants import broken
from uet_es.aggregates.ledger import Ledger
from uet_es.events.base import Decision
from uet_es.events.observations import DriverResumed, PlanAccepted, RetryAsked
from uet_es.kernel import decide, effects_of, fold, in_doubt, turn, wake_at

SEEDS = int(os.environ.get("UET_SEEDS", "300"))


def snapshot(value):
    """The ledger as plain nested values, however it is built."""
    if isinstance(value, msgspec.Struct) or isinstance(value, str | int | None.__class__):
        return value
    if isinstance(value, dict):
        return [(k, snapshot(v)) for k, v in value.items()]
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    if isinstance(value, list | tuple):
        return [snapshot(v) for v in value]
    slots = [s for c in type(value).__mro__ for s in getattr(c, "__slots__", ())]
    return [(s, snapshot(getattr(value, s))) for s in slots]


class Story:
    """One simulated run, with crashes of its driver now and then."""

    def __init__(self, seed):
        self.plan = random_plan(seed)
        self.world = LyingWorld(seed, self.plan)
        self.ledger = Ledger("run-1")
        self.entries = []
        self.groups = 0

    def admit(self, seen):
        group = []
        for place, (at_us, observation) in enumerate(seen):
            group += turn(self.ledger, at_us, observation, followed=place < len(seen) - 1)
        before = snapshot(self.ledger)
        assert decide(self.ledger) is None
        assert decide(self.ledger) is None
        assert snapshot(self.ledger) == before, "decide changed the ledger"
        assert broken(self.ledger) == []
        wake = wake_at(self.ledger)
        assert wake is None or wake > self.ledger.now_us
        self.entries += group
        return group

    def perform(self, group):
        for entry in group:
            for effect in effects_of(self.ledger, entry):
                self.world.perform(effect)

    def crash(self):
        """The driver dies; another one folds and asks again for what is in doubt."""
        again = fold("run-1", self.entries)
        assert snapshot(again) == snapshot(self.ledger)
        self.ledger = again
        self.world.coming = []
        group = self.admit([(self.ledger.now_us + 1, DriverResumed())])
        for effect in in_doubt(self.ledger):
            self.world.perform(effect)
        self.perform(group)

    def tell(self):
        dice = self.world.dice
        group = self.admit([(0, PlanAccepted(plan=self.plan))])
        self.perform(group)
        while self.ledger.run.outcome is None:
            self.groups += 1
            assert self.groups < 4000, "the run does not end"
            if self.ledger.is_drained or dice.random() < 0.02:
                self.crash()
                continue
            group = self.admit(self.world.wait(wake_at(self.ledger)))
            if dice.random() < 0.01:
                self.crash()  # between append and effect
                continue
            self.perform(group)
        return self


def verify(entries):
    """Decide again at every entry; the first that would not be written today."""
    ledger = Ledger("run-1")
    from uet_es.kernel import evolve, expected

    observation = 0
    for entry in entries:
        due = expected(ledger, observation)
        if isinstance(entry.event, Decision):
            assert due == entry, (due, entry)
        else:
            assert due is None, (due, entry)
            observation = entry.seq
        evolve(ledger, entry)


@pytest.mark.parametrize("first", range(0, SEEDS, 25))
def test_every_seed_ends_with_all_invariants_held(first):
    for seed in range(first, min(first + 25, SEEDS)):
        story = Story(seed).tell()
        ledger = story.ledger
        assert all(w.is_terminal for w in ledger.workstreams.values()), seed
        assert snapshot(fold("run-1", story.entries)) == snapshot(ledger), seed
        verify(story.entries)
        finished = [
            e.event.workstream
            for e in story.entries
            if e.event.__struct_config__.tag == "workstream.completed"
        ]
        assert len(finished) == len(set(finished)), f"seed {seed}: completed twice"


def test_a_finished_run_goes_on_after_a_retry():
    reopened = 0
    for seed in range(60):
        story = Story(seed).tell()
        failed = [w.id for w in story.ledger.workstreams.values() if w.state == "FAILED"]
        if not failed:
            continue
        group = story.admit([(story.ledger.now_us, RetryAsked(workstream=failed[0]))])
        if story.ledger.run.outcome is None:
            reopened += 1
            story.perform(group)
            while story.ledger.run.outcome is None:
                if story.ledger.is_drained:
                    story.crash()
                story.perform(story.admit(story.world.wait(wake_at(story.ledger))))
            verify(story.entries)
    assert reopened > 10


def test_the_strict_order_and_its_edges_have_no_cycle():
    for seed in range(200):
        plan = random_plan(seed)
        followers = order.followers_of(plan)
        sequence = order.merge_order(plan, order.tails(plan, plan.before), followers)
        place = {id: n for n, id in enumerate(sequence)}
        edges = order.strict_edges(plan, sequence)
        assert all(place[a] < place[b] for a, b in edges)
        for w in plan.workstreams:
            assert all(place[d] < place[w.id] for d in w.depends_on)
