"""What does a decision about a worker change beside its own value?"""

from tests.builders import (
    accepted,
    exited,
    interrupted,
    lost_worker,
    pause,
    resumed,
    staffed,
    started,
    terminated,
)
from tests.spec import given
from uet_es.plan import Limits, WorkerGroup


def test_a_wanted_worker_is_live_and_awaited():
    run = given(accepted("a", "b"))
    assert list(run.ledger.live) == [1, 2]
    assert sorted(run.ledger.timers.due) == [("worker", "1"), ("worker", "2")]


def test_a_ready_worker_is_idle_and_awaited_no_more():
    run = given(accepted("a", "b"), pause(), *staffed(2))
    assert run.ledger.idle == {0: [2]}
    assert sorted(run.ledger.timers.due) == [("worker", "1")]


def test_a_busy_worker_is_not_idle_and_is_idle_again_afterwards():
    run = given(accepted("a", "b", "c after a b"), *staffed(1, 2))
    assert run.ledger.idle == {}
    assert run.sees(exited("a")).ledger.idle == {0: [1]}


def test_an_idle_worker_that_is_lost_is_not_handed_out():
    run = given(accepted("a", "b", "c", max_workers=3), pause(), *staffed(1, 2, 3))
    run.sees(lost_worker(2), lost_worker(1))
    assert run.ledger.idle_worker(("shell", ())) == 3
    assert list(run.ledger.live) == [3, 4, 5]


def test_a_draining_worker_is_neither_live_nor_idle():
    run = given(accepted("a", "b after a", "c"), *staffed(1, 2), started("a"), interrupted())
    assert list(run.ledger.live) == []
    assert run.ledger.workers[1].state == "DRAINING"


def test_a_draining_worker_may_be_lost():
    run = given(accepted("a", "b"), *staffed(1, 2), started("a"), interrupted(), lost_worker(1))
    assert terminated(1, "lost") in run.decided


def test_groups_are_counted_apart():
    groups = (WorkerGroup(count=1), WorkerGroup(count=2))
    run = given(accepted("a", "b", "c", max_workers=3, workers=groups), *staffed(1, 2, 3))
    assert run.ledger.live_by_group == {0: 1, 1: 2}
    run.sees(lost_worker(2))
    assert [(w.id, w.group, w.state) for w in run.ledger.workers.values() if w.id > 2] == [
        (3, 1, "BUSY"),
        (4, 1, "SPAWNING"),
    ]


def test_several_late_workers_are_given_up_together():
    limits = Limits(max_workers=2, worker_start_us=9)
    run = given(accepted("a", "b", limits=limits)).passes(10)
    assert run.decided[:2] == [terminated(1, "start"), terminated(2, "start")]
    assert run.ledger.expired == {}


def test_a_worker_that_comes_at_the_very_instant_it_is_given_up_is_given_up():
    limits = Limits(max_workers=1, worker_start_us=9)
    run = given(accepted("a", limits=limits))
    run.sees(*staffed(1), at_us=run.now_us + 10)
    assert run.decided[0] == terminated(1, "start")
    assert run.ledger.arrived == {}


def test_workers_of_a_dead_driver_are_still_known():
    run = given(accepted("a", "b"), *staffed(1, 2), resumed())
    assert list(run.ledger.live) == [1, 2]
