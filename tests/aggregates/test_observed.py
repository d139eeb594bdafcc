"""What does an observation change beside the run's own value?"""

from tests.builders import (
    accepted,
    cancel,
    exited,
    heartbeat,
    interrupted,
    limits_changed,
    lost_worker,
    pause,
    prepared,
    recalled,
    retry,
    spec,
    staffed,
    started,
    used,
)
from tests.spec import given
from uet_es.aggregates.ledger import Usage
from uet_es.plan import Limits
from uet_es.values import SECOND_US


def test_usage_is_kept_for_each_workstream():
    run = given(accepted("a", "b"), *staffed(1, 2))
    run.sees(used("a", input_tokens=5, cost_nanousd=3), used("a", output_tokens=2), used("b"))
    assert run.ledger.usage == {"a": Usage(5, 2, 3), "b": Usage()}
    assert run.ledger.run.cost_nanousd == 3


def test_a_line_is_remembered_by_its_place():
    run = given(accepted("a"), *staffed(1), heartbeat("a", offset=20), heartbeat("a", offset=10))
    assert run.ledger.offsets == {("a", 1): 20}


def test_a_pool_that_grew_wakes_who_waited_for_it():
    limits = Limits(max_workers=1, resources={"gpu": 1})
    run = given(accepted(spec("a", resources={"gpu": 2}), limits=limits), pause(), *staffed(1))
    need = ("shell", ())
    assert run.ledger.ready.head(need) is None
    run.sees(limits_changed(resources={"gpu": 2}, max_workers=1))
    assert (run.ledger.claims.free("gpu"), run.ledger.ready.head(need)) == (2, 0)


def test_a_pool_that_is_no_more_has_nothing_to_give():
    limits = Limits(resources={"gpu": 1})
    run = given(accepted("a", limits=limits), limits_changed())
    assert run.ledger.claims.free("gpu") == 0


def test_a_prepared_worktree_changes_nothing():
    run = given(accepted(spec("a", isolation="worktree")), *staffed(1), prepared("a")).decides()
    assert run.state("a") == "RUNNING attempting"


def test_clocks_start_with_the_sign_of_life_and_stop_with_the_end():
    a = spec("a", timeout_us=SECOND_US, heartbeat_us=2 * SECOND_US)
    run = given(accepted(a, "b"), *staffed(1, 2), started("a"))
    assert run.ledger.timers.due == {
        ("attempt", "a"): run.now_us + SECOND_US + 1,
        ("heartbeat", "a"): run.now_us + 2 * SECOND_US + 1,
    }
    run.sees(exited("a"), at_us=run.now_us + 5)
    assert run.ledger.timers.due == {}


def test_the_loss_of_a_worker_ends_its_attempt_and_its_clocks():
    a = spec("a", timeout_us=9 * SECOND_US, once=True)
    run = given(accepted(a, "b"), *staffed(1, 2), started("a"), lost_worker(1))
    assert run.state("a") == "FAILED"
    assert ("attempt", "a") not in run.ledger.timers.due


def test_the_second_interrupt_recalls_each_running_attempt_once():
    run = given(accepted("a", "b after a", "c"), *staffed(1, 2), interrupted(), interrupted())
    run.decides(recalled("a", "interrupted"), recalled("c", "interrupted"))


def test_a_cancelled_run_recalls_what_runs_and_dooms_the_rest():
    run = given(accepted("a", "b"), *staffed(1), cancel())
    assert run.decided[0] == recalled("a", "cancelled")
    assert run.state("b") == "CANCELLED"


def test_what_fell_with_a_workstream_is_reopened_in_order_of_dependency():
    work = ["a", "z after a", "b after z", "c after b z"]
    run = given(accepted(*work), *staffed(1, 2), exited("a", 1), retry("a"))
    order = [d.workstream for d in run.decided if d.__struct_config__.tag == "workstream.reopened"]
    assert order == ["a", "z", "b", "c"]


def test_a_diamond_is_reopened_once():
    work = ["a", "b after a", "c after a", "d after b c"]
    run = given(accepted(*work), *staffed(1, 2), exited("a", 1), retry("a"))
    order = [d.workstream for d in run.decided if d.__struct_config__.tag == "workstream.reopened"]
    assert order == ["a", "b", "c", "d"]
