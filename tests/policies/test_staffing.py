"""How many workers are there?"""

from tests.builders import (
    accepted,
    completed,
    exited,
    interrupted,
    lost_worker,
    readied,
    released,
    resumed,
    spawned,
    spec,
    staffed,
    started,
    terminated,
    worker_readied,
)
from tests.spec import given
from uet_es.effects import StartWorker
from uet_es.events.observations import WorkerStarted
from uet_es.plan import WorkerGroup


def test_as_many_workers_as_allowed_are_wanted_at_once():
    run = given(accepted("a", "b", "c", max_workers=2))
    run.decides(spawned(1), spawned(2), readied("a"), readied("b"), readied("c"))
    run.asks(StartWorker(worker=1), StartWorker(worker=2))


def test_no_more_workers_than_work():
    given(accepted("a", max_workers=8)).decides(spawned(1), readied("a"))


def test_a_worker_that_is_there_is_ready():
    run = given(accepted("a", "b"), WorkerStarted(worker=2))
    assert run.decided[0] == worker_readied(2)
    assert run.ledger.workers[1].state == "SPAWNING"


def test_a_group_has_no_more_workers_than_it_counts():
    groups = (
        WorkerGroup(count=1, tools=("codex",)),
        WorkerGroup(count=2, tools=("shell",), capabilities=("gpu",)),
    )
    run = given(accepted(*(spec(id) for id in "abcd"), max_workers=9, workers=groups))
    second = {"group": 1, "tools": ("shell",), "capabilities": ("gpu",)}
    run.decides(
        spawned(1, tools=("codex",)),
        spawned(2, **second),
        spawned(3, **second),
        *(readied(id) for id in "abcd"),
    )


def test_groups_offer_no_more_workers_than_the_limit():
    groups = (WorkerGroup(count=5),)
    run = given(accepted("a", "b", "c", max_workers=2, workers=groups))
    assert len(run.ledger.workers) == 2


def test_a_lost_worker_is_replaced_by_one_with_a_number_never_used():
    run = given(accepted("a", "b"), *staffed(1, 2), lost_worker(1))
    assert terminated(1, "lost") in run.decided
    assert spawned(3) in run.decided


def test_a_draining_run_wants_no_more_workers():
    run = given(accepted("a", "b"), interrupted()).sees(WorkerStarted(worker=1))
    run.ignores("nobody waits")
    assert not run.ledger.live


def test_a_resumed_run_is_staffed_again():
    run = given(accepted("a", "b"), interrupted(), resumed())
    run.decides(spawned(3), spawned(4))


def test_workers_left_without_work_stay_until_the_end():
    run = given(accepted("a", "b"), *staffed(1, 2), started("a"), exited("a"))
    run.decides(completed("a"), released(1))
    assert run.ledger.workers[1].state == "IDLE"
