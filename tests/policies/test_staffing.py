"""How many workers are there?"""

from tests.builders import (
    accepted,
    completed,
    dispatched,
    exited,
    interrupted,
    limits_changed,
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
    worker_recalled,
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
    work = [*"abc", spec("d", tool="codex"), spec("e", tool="codex")]
    run = given(accepted(*work, max_workers=9, workers=groups))
    second = {"group": 1, "tools": ("shell",), "capabilities": ("gpu",)}
    run.decides(
        spawned(1, **second),
        spawned(2, tools=("codex",)),
        spawned(3, **second),
        *(readied(id) for id in "abcde"),
    )


def sorts(*tools, count=1):
    return tuple(WorkerGroup(count=count, tools=(tool,)) for tool in tools)


def groups_of(run):
    return [w.group for w in run.ledger.workers.values()]


def test_a_group_that_nobody_needs_has_no_worker():
    run = given(accepted("a", "b", "c", max_workers=3, workers=sorts("codex", "shell", count=3)))
    assert groups_of(run) == [1, 1, 1]


def test_every_group_that_is_needed_has_a_worker_before_any_has_two():
    work = ["a", "b", spec("z", tool="codex")]
    run = given(accepted(*work, max_workers=2, workers=sorts("shell", "codex", count=2)))
    assert groups_of(run) == [0, 1]


def test_one_group_may_serve_several_needs():
    groups = (WorkerGroup(count=2), *sorts("codex"))
    run = given(accepted("a", spec("b", tool="codex"), max_workers=2, workers=groups))
    assert groups_of(run) == [0, 0]


def test_of_the_groups_that_could_serve_a_need_the_first_does():
    groups = (WorkerGroup(count=1, tools=("codex", "shell")), *sorts("shell"))
    assert groups_of(given(accepted("a", workers=groups))) == [0]


def test_a_full_group_that_serves_a_need_makes_room_for_the_next_one():
    run = given(accepted("a", "b", "c", max_workers=3, workers=sorts("shell", "shell")))
    assert groups_of(run) == [0, 1]


def test_the_only_worker_that_can_do_something_is_replaced_by_its_like():
    work = ["a", "b", spec("z", tool="codex")]
    run = given(accepted(*work, max_workers=2, workers=sorts("shell", "codex", count=2)))
    run.sees(*staffed(1, 2), lost_worker(2))
    assert spawned(3, group=1, tools=("codex",)) in run.decided


def test_a_draining_worker_takes_up_its_place_until_it_is_gone():
    run = given(accepted("a", "b", max_workers=1), *staffed(1), started("a"), interrupted())
    assert (list(run.ledger.live), list(run.ledger.draining), run.ledger.pool) == ([], [1], 1)
    run.sees(resumed()).decides()
    run.sees(exited("a")).decides(completed("a"), terminated(1, "drained"), spawned(2))
    assert (list(run.ledger.draining), run.ledger.pool) == ([], 1)


def test_a_draining_worker_counts_in_its_group():
    work = [*"abc", spec("z", tool="codex")]
    run = given(accepted(*work, max_workers=4, workers=sorts("shell", "codex")), *staffed(1))
    run.sees(started("a"), interrupted(), resumed())
    run.decides(spawned(3, group=1, tools=("codex",)))


# --- limits that change ---


def test_a_lowered_limit_sends_the_idle_workers_with_the_highest_numbers_away():
    run = given(accepted("a", "b after a", "c after a", max_workers=3), *staffed(1, 2, 3))
    run.sees(limits_changed(max_workers=1))
    run.decides(
        worker_recalled(3), terminated(3, "drained"), worker_recalled(2), terminated(2, "drained")
    )
    assert run.state("a") == "RUNNING attempting"


def test_a_lowered_limit_stops_nobody_at_work():
    run = given(
        accepted("a", "b", "c", max_workers=2), *staffed(1, 2), limits_changed(max_workers=1)
    )
    run.decides()
    run.sees(exited("a"))
    run.decides(completed("a"), released(1), worker_recalled(1), terminated(1, "drained"))
    run.sees(exited("b")).decides(completed("b"), released(2), *dispatched("c", worker=2))


def test_a_raised_limit_brings_more_workers():
    groups = (WorkerGroup(count=3),)
    run = given(accepted(*"abcd", max_workers=1, workers=groups), limits_changed(max_workers=9))
    run.decides(spawned(2), spawned(3))


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
