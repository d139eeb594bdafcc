"""What does a ledger look like right after a plan was accepted?"""

from tests.builders import accepted, cancel, exited, plan_of, retry, spec, staffed
from tests.spec import given
from uet_es.aggregates.ledger import Ledger
from uet_es.aggregates.opening import groups_of, open_plan
from uet_es.plan import Limits, WorkerGroup

WORKTREE = {"isolation": "worktree"}
STRICT = Limits(max_workers=3, merge_order="strict")


def opened(*workstreams, **fields):
    ledger = Ledger("run-1")
    open_plan(ledger, plan_of(*workstreams, **fields))
    return ledger


def test_without_groups_there_is_one_that_can_do_everything():
    assert groups_of(plan_of("a"), Limits(max_workers=3)) == (WorkerGroup(count=3),)
    groups = (WorkerGroup(count=1, tools=("codex",)),)
    assert groups_of(plan_of("a", workers=groups), Limits()) == groups


def test_every_workstream_is_pending_and_counted():
    ledger = opened("a", "b after a")
    assert {w.state for w in ledger.workstreams.values()} == {"PENDING"}
    assert (ledger.counts["PENDING"], ledger.unfinished) == (2, 2)


def test_predecessors_are_dependencies_and_order_only_edges():
    ledger = opened("a", "b", "c after a b", before=(("a", "b"),))
    assert ledger.unmet == {"a": 0, "b": 1, "c": 2}
    assert ledger.preceding == {"b": ["a"]}
    assert [ledger.ready.named(rank) for rank in ledger.readiable] == ["a"]


def test_strict_merging_orders_what_has_a_worktree_and_what_conflicts():
    work = [spec("a", writes=("x",), **WORKTREE), spec("b", writes=("x",), **WORKTREE), "c"]
    ledger = opened(*work, limits=STRICT)
    assert ledger.merge_sequence == ["a", "b"]
    assert ledger.preceding == {"b": ["a"]}
    assert opened(*work).preceding == {}


def test_groups_serve_needs_by_tool_and_capabilities():
    groups = (
        WorkerGroup(count=1),
        WorkerGroup(count=1, tools=("codex",)),
        WorkerGroup(count=1, tools=("shell",), capabilities=("arm", "gpu")),
    )
    needs = [
        spec("a"),
        spec("b", tool="codex"),
        spec("c", capabilities=("gpu",)),
        spec("d", tool="codex", capabilities=("gpu",)),
    ]
    assert opened(*needs, workers=groups).serves == {
        ("shell", ()): (0, 2),
        ("codex", ()): (0, 1),
        ("shell", ("gpu",)): (2,),
        ("codex", ("gpu",)): (),
    }


def test_a_reopened_workstream_waits_for_what_has_not_succeeded():
    run = given(accepted("a", "b after a", "c"), cancel("b"), retry("b"))
    assert (run.state("b"), run.ledger.unmet["b"]) == ("PENDING", 1)
    run.sees(*staffed(1, 2), exited("a"))
    assert run.state("b") == "RUNNING attempting"


def test_a_reopened_workstream_waits_again_for_what_must_end_before_it():
    run = given(accepted("a", "b", before=(("a", "b"),)), cancel("b"), retry("b"))
    assert run.state("b") == "PENDING"
    run.sees(*staffed(1, 2), exited("a", 1))
    assert run.state("b") == "RUNNING attempting"


def test_in_strict_merging_a_reopened_one_starts_after_all_it_conflicts_with():
    work = [
        spec("a", writes=("x",), expected_us=9_000_000, **WORKTREE),
        spec("b", writes=("x",), **WORKTREE),
        spec("c", writes=("y",), **WORKTREE),
    ]
    run = given(accepted(*work, limits=STRICT), *staffed(1, 2, 3), exited("a", 1))
    assert run.state("b") == "RUNNING attempting"
    run.sees(retry("a"))
    assert run.ledger.merge_sequence == ["b", "c", "a"]
    assert run.ledger.preceding["a"] == ["b"]
    assert run.state("a") == "PENDING"
    run.sees(exited("b"))
    assert run.state("a") == "RUNNING attempting"


def test_in_strict_merging_one_without_a_worktree_keeps_its_place():
    work = [spec("a", writes=("x",), expected_us=9_000_000), spec("b", writes=("x",), **WORKTREE)]
    run = given(accepted(*work, limits=STRICT), *staffed(1, 2), exited("a", 1), retry("a"))
    assert run.ledger.merge_sequence == ["b"]
    assert run.state("a") == "READY"
