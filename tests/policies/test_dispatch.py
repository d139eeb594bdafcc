"""Which workstream starts next?"""

import pytest

from tests.builders import (
    accepted,
    cancel,
    completed,
    dispatched,
    exited,
    finished,
    interrupted,
    landed,
    limits_changed,
    merging,
    pause,
    plan_of,
    readied,
    released,
    spec,
    staffed,
    started,
    submitted,
    terminated,
    unpause,
    worker_readied,
)
from tests.spec import given
from uet_es.events.decisions import RunUnpaused
from uet_es.events.observations import PlanAccepted, WorkerStarted
from uet_es.kernel import decide, fold
from uet_es.plan import Limits, WorkerGroup
from uet_es.policies.dispatch import propose
from uet_es.values import SECOND_US

WORKTREE = {"isolation": "worktree"}


def starts(run):
    """The ids that the last turn started."""
    return [d.workstream for d in run.decided if d.__struct_config__.tag.endswith(".dispatched")]


def test_a_fresh_worker_is_given_work_at_once():
    run = given(accepted("a", max_workers=1), WorkerStarted(worker=1))
    run.decides(worker_readied(1), *dispatched("a", worker=1))


def test_what_depends_on_nothing_is_ready_at_once_and_the_rest_is_not():
    run = given(accepted("a", "b after a", "c"))
    assert [run.state(id) for id in "abc"] == ["READY", "PENDING", "READY"]


def test_the_end_of_the_last_dependency_makes_a_dependent_ready_and_starts_it():
    run = given(accepted("a", "b", "c after a b"), *staffed(1, 2))
    run.sees(started("a"), started("b"), exited("a")).decides(completed("a"), released(1))
    run.sees(exited("b"))
    run.decides(completed("b"), released(2), readied("c"), *dispatched("c", worker=1))


def test_a_free_worker_waits_for_no_wave():
    run = given(accepted("a", "b", "c after a"), *staffed(1, 2), started("a"), started("b"))
    run.sees(exited("a"))
    run.decides(completed("a"), released(1), readied("c"), *dispatched("c", worker=1))
    assert run.state("b") == "RUNNING attempting"


def test_the_longest_remaining_path_goes_first():
    run = given(accepted("a", "b", "c after b", max_workers=1), *staffed(1))
    assert starts(run) == ["b"]


def test_the_path_counts_expected_durations_not_workstreams():
    long = spec("b", expected_us=5 * SECOND_US)
    run = given(accepted("a", "c after a", long, max_workers=1), *staffed(1))
    assert starts(run) == ["b"]


def test_of_equal_paths_the_one_with_more_dependents_goes_first():
    run = given(accepted("a", "b", "c after a", "d after b", "e after b", max_workers=1))
    assert starts(run.sees(*staffed(1))) == ["b"]


def test_an_order_in_the_plan_goes_before_every_path():
    work = ["a", "c after a", spec("b", order=-1), spec("d", order=-2, priority="background")]
    run = given(accepted(*work, max_workers=1), *staffed(1))
    assert starts(run) == ["b"]


def test_ties_end_in_the_id():
    run = given(accepted("b", "a", "c", max_workers=1), *staffed(1))
    assert starts(run) == ["a"]


def test_an_order_only_edge_counts_as_remaining_path_and_is_waited_for():
    run = given(accepted("a", "b", before=(("b", "a"),)), *staffed(1, 2))
    assert [run.state(id) for id in "ab"] == ["PENDING", "RUNNING attempting"]
    assert starts(run.sees(started("b"), exited("b", 1))) == ["a"]


def test_background_work_comes_after_foreground_work_however_long():
    slow = spec("a", expected_us=99 * SECOND_US, priority="background")
    run = given(accepted(slow, "b", max_workers=1), *staffed(1))
    assert starts(run) == ["b"]


def test_background_work_starts_when_no_foreground_work_is_ready():
    slow = spec("a", priority="background")
    run = given(accepted(slow, "b", "c after b"), *staffed(1, 2))
    assert run.state("a") == "RUNNING attempting"


CONFLICTS = {
    "both write the same pattern": ({"writes": ("x",)}, {"writes": ("x",)}, ()),
    "one writes what the other reads": ({"writes": ("x",)}, {"reads": ("x",)}, ()),
    "one reads what the other writes": ({"reads": ("x",)}, {"writes": ("x",)}, ()),
    "a folder contains a file": ({"writes": ("d",)}, {"writes": ("d/f",)}, (("d", "d/f"),)),
    "a reader of a folder": ({"writes": ("d/f",)}, {"reads": ("d",)}, (("d", "d/f"),)),
    "a writer of a folder": ({"reads": ("d/f",)}, {"writes": ("d",)}, (("d", "d/f"),)),
    "the same group": ({"conflict_group": "g"}, {"conflict_group": "g"}, ()),
    "the first runs alone": ({"alone": True}, {}, ()),
    "the second runs alone": ({}, {"alone": True}, ()),
    "one unit of a pool": ({"resources": {"gpu": 1}}, {"resources": {"gpu": 1}}, ()),
}


@pytest.mark.parametrize("why", CONFLICTS)
def test_two_that_may_not_run_together_run_one_after_the_other(why):
    first, second, overlaps = CONFLICTS[why]
    limits = Limits(max_workers=2, resources={"gpu": 1})
    a = spec("a", expected_us=2 * SECOND_US, **first)
    run = given(accepted(a, spec("b", **second), limits=limits, overlaps=overlaps))
    run.sees(*staffed(1, 2), started("a"))
    assert run.state("b") == "READY"
    run.sees(exited("a")).decides(completed("a"), released(1), *dispatched("b", worker=1))


BESIDE = {
    "both read": ({"reads": ("x",)}, {"reads": ("x",)}),
    "different patterns": ({"writes": ("x",)}, {"writes": ("y",)}),
    "different groups": ({"conflict_group": "g"}, {"conflict_group": "h"}),
    "no group at all": ({"conflict_group": ""}, {"conflict_group": ""}),
    "units enough for both": ({"resources": {"gpu": 2}}, {"resources": {"gpu": 1}}),
}


@pytest.mark.parametrize("why", BESIDE)
def test_two_that_do_not_exclude_each_other_run_side_by_side(why):
    first, second = BESIDE[why]
    limits = Limits(max_workers=2, resources={"gpu": 3})
    run = given(accepted(spec("a", **first), spec("b", **second), limits=limits), *staffed(1, 2))
    assert {run.state(id) for id in "ab"} == {"RUNNING attempting"}


def test_work_behind_a_blocked_one_goes_on():
    a, b = (spec(id, writes=("x",), expected_us=2 * SECOND_US) for id in "ab")
    run = given(accepted(a, b, "c"), *staffed(1, 2))
    assert [run.state(id) for id in "abc"] == ["RUNNING attempting", "READY", "RUNNING attempting"]


def test_all_who_wait_for_one_file_take_turns_in_order():
    specs = [spec(f"w{n}", writes=("x",)) for n in range(5)]
    run = given(accepted(*specs), *staffed(1, 2))
    for n in range(4):
        assert starts(run.sees(started(f"w{n}"), exited(f"w{n}"))) == [f"w{n + 1}"]


def test_scopes_are_held_until_the_work_is_merged():
    a = spec("a", writes=("x",), expected_us=2 * SECOND_US, **WORKTREE)
    b = spec("b", reads=("x",), **WORKTREE)
    run = given(accepted(a, b), *staffed(1, 2), started("a"), exited("a", commit="c"))
    run.decides(submitted("a"), released(1), merging("a"))
    assert run.state("b") == "READY"
    run.sees(landed("a")).decides(completed("a", commit="m-a"), *dispatched("b", worker=1))


def test_pools_and_being_alone_are_given_back_when_the_attempt_ends():
    limits = Limits(max_workers=2, resources={"gpu": 1})
    a = spec("a", resources={"gpu": 1}, alone=True, expected_us=2 * SECOND_US, **WORKTREE)
    run = given(accepted(a, spec("b", resources={"gpu": 1}), limits=limits), *staffed(1, 2))
    run.sees(started("a"), exited("a", commit="c"))
    run.decides(submitted("a"), released(1), merging("a"), *dispatched("b", worker=1))


def test_an_attempt_goes_to_the_lowest_idle_worker_that_can_do_it():
    groups = (WorkerGroup(count=1, tools=("shell",)), WorkerGroup(count=2, tools=("codex",)))
    work = [*(spec(id, tool="codex") for id in "abc"), "d after a"]
    run = given(accepted(*work, max_workers=3, workers=groups), pause(), *staffed(2, 3, 1))
    run.sees(unpause())
    assert [run.ledger.workstreams[id].worker for id in "abc"] == [1, 3, 0]
    assert run.ledger.workers[2].state == "IDLE"


def test_capabilities_must_all_be_offered():
    groups = (
        WorkerGroup(count=1, capabilities=("gpu",)),
        WorkerGroup(count=1, capabilities=("arm", "gpu")),
    )
    work = spec("a", capabilities=("arm", "gpu"))
    run = given(accepted(work, "b", "c", max_workers=2, workers=groups), *staffed(2))
    assert [run.ledger.workstreams[id].worker for id in "abc"] == [0, 2, 0]
    run.sees(*staffed(1))
    assert [run.ledger.workstreams[id].worker for id in "abc"] == [1, 2, 0]


def test_what_no_idle_worker_can_do_holds_up_nothing_else():
    groups = (WorkerGroup(count=1, tools=("shell",)), WorkerGroup(count=1, tools=("codex",)))
    long = spec("z", tool="codex", expected_us=9 * SECOND_US)
    run = given(accepted(long, "a", workers=groups), *staffed(1))
    assert [run.state("a"), run.state("z")] == ["RUNNING attempting", "READY"]


def test_of_what_idle_workers_can_do_the_first_in_order_starts_first():
    groups = (WorkerGroup(count=1, tools=("shell",)), WorkerGroup(count=1, tools=("codex",)))
    for long, order in (("a", ["a", "z"]), ("z", ["z", "a"])):
        fields = {id: {"expected_us": 9 * SECOND_US} if id == long else {} for id in "az"}
        work = [spec("a", **fields["a"]), spec("z", tool="codex", **fields["z"])]
        run = given(accepted(*work, workers=groups), pause(), *staffed(1, 2), unpause())
        assert starts(run) == order


def test_nothing_starts_beside_more_than_a_lowered_limit_allows():
    run = given(accepted(*"abcd", max_workers=3), *staffed(1, 2, 3), limits_changed(max_workers=1))
    run.decides()
    assert starts(run.sees(exited("a"))) == []
    assert starts(run.sees(exited("b"))) == []
    assert starts(run.sees(exited("c"))) == ["d"]


def test_an_idle_worker_is_given_nothing_beside_more_than_the_limit_allows():
    run = given(accepted("a", "b"), *staffed(1, 2))
    place = next(n for n, e in enumerate(run.entries) if e.event == dispatched("b", 2)[0])
    ledger = fold("run-1", run.entries[:place])
    assert propose(ledger, Limits(max_workers=2)) == dispatched("b", 2)[0]
    assert propose(ledger, Limits(max_workers=1)) is None


def test_idle_workers_start_nothing_beside_more_than_a_lowered_limit_allows():
    run = given(accepted(*"abc", max_workers=2), *staffed(1, 2), limits_changed(max_workers=1))
    assert starts(run.together(exited("a"), pause(), unpause())) == []


def test_a_pool_that_shrank_lets_fewer_start():
    limits = Limits(max_workers=2, resources={"gpu": 2})
    run = given(accepted("a", spec("b", resources={"gpu": 2}), limits=limits))
    run.sees(limits_changed(max_workers=2, resources={"gpu": 1}), *staffed(1, 2))
    assert [run.state(id) for id in "ab"] == ["RUNNING attempting", "READY"]


def test_the_first_in_order_gets_the_worker_whatever_tool_it_needs():
    long = spec("z", tool="codex", expected_us=9 * SECOND_US)
    run = given(accepted(spec("a"), long, max_workers=1), *staffed(1))
    assert starts(run) == ["z"]


def test_a_paused_run_starts_nothing_and_goes_on_when_it_is_unpaused():
    run = given(accepted("a", max_workers=1), pause(), WorkerStarted(worker=1))
    run.decides(worker_readied(1))
    run.sees(unpause()).decides(RunUnpaused(), *dispatched("a", worker=1))


def test_a_draining_run_starts_nothing():
    run = given(accepted("a", "b", max_workers=1), *staffed(1), started("a"), interrupted())
    run.sees(exited("a")).decides(completed("a"), terminated(1, "drained"))
    assert run.state("b") == "READY"


def test_things_that_happen_at_once_are_all_seen_before_anything_starts():
    work = ["a", "b", spec("c"), spec("z", ("b",), expected_us=9 * SECOND_US)]
    run = given(accepted(*work), *staffed(1, 2), started("a"), started("b"))
    run.together(exited("a"), exited("b"))
    assert starts(run) == ["z", "c"]


def test_cancelled_work_is_not_started():
    run = given(accepted("a", "b", max_workers=1), cancel("a"), *staffed(1))
    assert starts(run) == ["b"]


def test_what_waits_for_a_blocked_scope_can_be_cancelled():
    specs = [spec(id, writes=("x",)) for id in "abc"]
    run = given(accepted(*specs), *staffed(1, 2), started("a"), cancel("b"))
    assert starts(run.sees(exited("a"))) == ["c"]


def test_an_empty_plan_is_over_at_once():
    given(PlanAccepted(plan=plan_of())).decides(finished("succeeded"))


def test_deciding_twice_decides_the_same():
    run = given(accepted("a"), *staffed(1))
    assert decide(run.ledger) is decide(run.ledger) is None
