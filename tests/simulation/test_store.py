"""What a driver does when its store refuses: each sort of refusal, where it hurts most."""

import pytest

from tests.builders import plan_of, spec
from tests.simulation.story import Story
from uet_es.events.decisions import WorkstreamDispatched
from uet_es.events.observations import CancelAsked, DriverResumed

PLAN = plan_of(spec("a"), spec("b", ("a",)), spec("c", isolation="worktree"), max_workers=2)


class Troubled(Story):
    """Trouble at one append, and nowhere else: ``at`` counts from 1."""

    def __init__(self, folder, at, *fates, overtaken=False, in_file=False):
        super().__init__(1, folder, PLAN, crash_at=0, in_file=in_file)
        self.world.noise = self.world.people = self.world.signals = 0
        self.fates, self.overtaken, self.at, self.appends = list(fates), overtaken, at, 0
        self.asks = []  #: what a person asks at that moment
        self.met = False

    def _forecast(self):
        self.appends += 1
        if self.appends < self.at or not (self.fates or self.overtaken):
            return ""
        self.met = True
        while self.asks:
            self._ask(self.asks.pop())
        if self.overtaken:
            self.overtaken = False
            self._overtake()
        return self.fates.pop(0) if self.fates else ""

    def started(self):
        return [
            (e.event.workstream, e.event.attempt)
            for e in self.entries
            if isinstance(e.event, WorkstreamDispatched)
        ]

    def drivers(self):
        return 1 + sum(isinstance(e.event, DriverResumed) for e in self.entries)


@pytest.fixture(params=["memory", "file"])
def troubled(request, tmp_path):
    def told(at, *fates, **choices):
        story = Troubled(tmp_path, at, *fates, in_file=request.param == "file", **choices)
        story.tell()
        assert story.met
        return story

    return told


def test_a_store_that_is_busy_for_a_while_changes_nothing(troubled):
    story = troubled(3, "busy", "busy", "busy", "busy")
    assert (story.lives, story.drivers()) == (1, 1)


def test_a_store_that_stays_busy_sends_the_driver_away_and_a_later_one_goes_on(troubled):
    story = troubled(3, *["busy"] * 5)
    assert (story.lives, story.drivers()) == (2, 2)
    assert story.shadow.run.outcome is not None


def test_a_full_disk_loses_what_was_seen_but_nothing_that_was_done(troubled):
    story = troubled(4, "full")
    assert story.lives == 2
    assert len(story.world.ground.processes) == len(story.started())


def test_an_append_whose_answer_was_lost_is_found_by_the_next_driver(troubled):
    story = troubled(2, "unanswered")
    assert story.lives == 2
    assert story.entries[-1].seq == len(story.entries)


def test_a_driver_that_was_overtaken_does_nothing_more(troubled):
    story = troubled(4, overtaken=True)
    resumed = [e.event.pid for e in story.entries if isinstance(e.event, DriverResumed)]
    assert resumed == [4711, story.world.pid], (
        "first the one who overtook, then the one who came after both"
    )


def test_a_driver_that_was_overtaken_while_the_store_was_busy_does_not_go_on_as_if_it_led(troubled):
    story = troubled(4, "busy", overtaken=True)
    resumed = [e.event.pid for e in story.entries if isinstance(e.event, DriverResumed)]
    assert resumed == [4711, story.world.pid]


@pytest.mark.parametrize("fates", [["busy"], ["full"], ["busy"] * 5, ["unanswered"]], ids=" ".join)
def test_what_a_person_asked_meanwhile_is_admitted_once(tmp_path, fates):
    story = Troubled(tmp_path, 3, *fates)
    story.asks = [CancelAsked(workstream="b")]
    story.tell()
    asked = [e for e in story.entries if isinstance(e.event, CancelAsked)]
    assert [(e.event.inbox_version, e.ignored) for e in asked] == [(1, "")]
    assert story.shadow.workstreams["b"].state == "CANCELLED"
