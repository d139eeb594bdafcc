"""What does a decision about a workstream change beside its own value?"""

from tests.builders import (
    accepted,
    cancel,
    cancelled,
    discarded,
    exited,
    landed,
    lost,
    pause,
    readied,
    recalled,
    retry,
    spec,
    staffed,
    started,
)
from tests.spec import given
from uet_es.aggregates.evolve import evolve
from uet_es.events import Entry
from uet_es.kernel import fold
from uet_es.plan import Limits
from uet_es.values import SECOND_US

WORKTREE = {"isolation": "worktree"}


def test_a_dependent_is_ready_when_the_last_of_its_dependencies_has_succeeded():
    run = given(accepted("a", "b", "c after a b"), *staffed(1, 2), exited("a"))
    assert run.ledger.unmet["c"] == 1
    run.sees(exited("b"))
    assert readied("c") in run.decided


def test_an_order_only_edge_is_met_by_every_end():
    for end in ([exited("a")], [exited("a", 1)], [cancel("a"), exited("a", -15)]):
        run = given(accepted("a", "b", before=(("a", "b"),)), *staffed(1, 2)).sees(*end)
        assert run.state("b") == "RUNNING attempting"


def test_who_waited_for_one_that_ended_early_waits_for_what_that_one_waited_for():
    chain = (("a", "b"), ("b", "c"))
    run = given(accepted("a", "b", "c", before=chain), *staffed(1, 2), cancel("b"))
    assert run.ledger.preceding["c"] == ["a"]
    assert run.state("c") == "PENDING"
    run.sees(exited("a"))
    assert run.state("c") == "RUNNING attempting"


def test_an_inherited_edge_is_not_counted_twice():
    edges = (("a", "b"), ("a", "c"), ("b", "c"))
    run = given(accepted("a", "b", "c", before=edges), *staffed(1, 2), cancel("b"))
    assert run.ledger.unmet["c"] == 1
    run.sees(exited("a"))
    assert run.state("c") == "RUNNING attempting"


def test_an_ended_attempt_leaves_no_trace_of_itself():
    run = given(accepted(spec("a", max_attempts=2, heartbeat_us=9), "b"), *staffed(1, 2))
    run.sees(started("a"), exited("a", 1))
    ledger = run.ledger
    assert ("a" in ledger.started, "a" in ledger.asked_seq, "a" in ledger.unsettled) == (
        False,
        False,
        False,
    )
    assert list(ledger.timers.due) == [("retry", "a")]


def test_work_that_will_not_be_merged_keeps_its_scope_until_it_is_discarded():
    a = spec("a", writes=("x",), expected_us=9 * SECOND_US, **WORKTREE)
    run = given(accepted(a, spec("b", writes=("x",))), *staffed(1, 2), exited("a", 1))
    tags = [d.__struct_config__.tag for d in run.decided]
    assert tags.index("attempt.discarded") < tags.index("workstream.dispatched")


def test_every_failed_attempt_is_discarded_once():
    run = given(
        accepted(spec("a", max_attempts=2, **WORKTREE), "b"), *staffed(1, 2), exited("a", 1)
    )
    assert discarded("a", 1) in run.decided
    run.passes(SECOND_US).sees(exited("a", 1, attempt=2))
    assert discarded("a", 2) in run.decided
    assert [e.event for e in run.entries].count(discarded("a", 1)) == 1


def test_what_runs_without_a_worktree_has_nothing_to_discard():
    run = given(accepted("a", "b"), *staffed(1, 2), exited("a", 1))
    assert discarded("a") not in run.decided


def test_a_limit_that_passed_is_forgotten_once_the_attempt_is_recalled():
    run = given(accepted(spec("a", timeout_us=9), "b"), *staffed(1, 2), started("a")).passes(10)
    run.decides(recalled("a", "timeout"))
    assert run.ledger.expired == {}


def test_a_cancelled_one_that_was_next_in_line_lets_the_next_one_through():
    run = given(accepted("a", "b after a", "c after a", max_workers=1), *staffed(1), pause())
    run.sees(cancel("b"), exited("a"))
    assert readied("c") in run.decided
    assert run.state("b") == "CANCELLED"


def test_whoever_is_cancelled_behind_the_next_in_line_is_forgotten_with_it():
    run = given(accepted("a", "b", "c"))
    ledger = fold("run-1", run.entries[:1])
    for seq, id in enumerate("bac", start=2):
        stream = f"run-1/ws/{id}"
        event = cancelled(id)
        evolve(
            ledger, Entry(stream=stream, version=1, seq=seq, turn=1, at_us=run.now_us, event=event)
        )
        assert ledger.readiable[:1] == {"b": [0], "a": [2], "c": []}[id]


def test_two_cancelled_at_once_leave_nothing_in_line():
    run = given(accepted("a", "b", before=()), cancel())
    assert run.ledger.readiable == []


def test_a_person_s_retry_gives_a_run_that_failed_fast_its_retries_back():
    limits = Limits(max_workers=1, fail_fast=True)
    run = given(accepted(spec("a", max_attempts=2), "b", limits=limits), *staffed(1))
    run.sees(exited("a", 1), exited("b", 1), retry("a"), *staffed(2), exited("a", 1, attempt=2))
    assert run.state("a") == "RUNNING waiting"


def test_a_merged_workstream_lets_its_dependents_start():
    run = given(accepted(spec("a", **WORKTREE), "b after a"), *staffed(1, 2))
    run.sees(exited("a", commit="c"))
    assert run.state("b") == "PENDING"
    run.sees(landed("a"))
    assert run.state("b") == "RUNNING attempting"


def test_a_lost_attempt_competes_at_once():
    run = given(accepted("a", "b", max_workers=1), *staffed(1), lost("a"))
    assert run.ledger.timers.due == {}
    assert run.ledger.workstreams["a"].attempt == 2
