"""What does the ledger answer at once?"""

from itertools import pairwise

from tests.builders import (
    accepted,
    exited,
    interrupted,
    landed,
    lost_worker,
    pause,
    spec,
    staffed,
    started,
)
from tests.spec import given
from uet_es.aggregates.ledger import Candidate, Ledger
from uet_es.plan import Limits, WorkerGroup

WORKTREE = {"isolation": "worktree"}
SHELL = ("shell", ())


def test_a_new_ledger_knows_nothing():
    ledger = Ledger("run-1")
    assert (ledger.seq, ledger.now_us, ledger.run.plan, ledger.busy) == (0, 0, None, False)
    assert ledger.candidate is None
    assert ledger.idle_worker(SHELL) is None


def test_unfinished_work_is_counted():
    run = given(accepted("a", "b after a", "c"), *staffed(1, 2))
    assert run.ledger.unfinished == 3
    assert run.sees(exited("a", 1)).ledger.unfinished == 1


def test_it_is_busy_while_an_attempt_runs_or_a_merge_is_under_way():
    run = given(accepted(spec("a", **WORKTREE), "b", max_workers=1))
    assert not run.ledger.busy
    run.sees(pause(), *staffed(1))
    assert not run.ledger.busy
    run = given(accepted(spec("a", **WORKTREE), max_workers=1), *staffed(1))
    assert run.ledger.busy
    assert run.sees(exited("a", commit="c")).ledger.busy
    assert not run.sees(landed("a")).ledger.busy


def test_it_is_drained_when_an_interrupted_driver_has_nothing_to_wait_for():
    run = given(accepted("a", "b after a", max_workers=1), *staffed(1), started("a"))
    assert not run.ledger.is_drained
    assert not run.sees(interrupted()).ledger.is_drained
    assert run.sees(exited("a")).ledger.is_drained


def test_the_lowest_idle_worker_of_all_groups_that_can_do_it_is_taken():
    groups = (
        WorkerGroup(count=1),
        WorkerGroup(count=1, tools=("codex",)),
        WorkerGroup(count=1, tools=("codex", "shell")),
    )
    work = [spec(id, tool="codex") for id in "abc"] + [spec("d")]
    run = given(accepted(*work, max_workers=3, workers=groups), pause(), *staffed(3, 2))
    assert run.ledger.idle_worker(("codex", ())) == 2
    assert run.ledger.idle_worker(SHELL) == 3
    assert run.sees(*staffed(1)).ledger.idle_worker(SHELL) == 1
    assert run.ledger.idle_worker(("codex", ("gpu",))) is None


def test_the_lowest_number_is_taken_even_if_its_group_comes_later():
    groups = (WorkerGroup(count=1), WorkerGroup(count=1))
    run = given(accepted("a", "b", "c", workers=groups), pause(), *staffed(1, 2), lost_worker(1))
    assert run.sees(*staffed(3)).ledger.idle == {1: [2], 0: [3]}
    assert run.ledger.idle_worker(SHELL) == 2


def queued(merge_order, *ids):
    limits = Limits(max_workers=3, merge_order=merge_order)
    run = given(accepted(*(spec(id, **WORKTREE) for id in "abc"), limits=limits))
    run.sees(*staffed(1, 2, 3))
    return run.sees(*(exited(id, commit="c") for id in ids)).ledger


def test_the_queue_is_kept_in_order_whoever_leaves_it():
    ledger = queued("ready", "c", "b", "a")
    assert [c.id for c in sorted(ledger.candidates)] == ["b", "a"]
    ledger.dequeue("a")
    assert [c.id for c in ledger.candidates] == ["b"]
    ledger.dequeue("z")
    assert ledger.candidate.id == "b"
    ledger.dequeue("b")
    assert ledger.candidate is None


def test_the_strict_candidate_is_the_awaited_one():
    ledger = queued("strict", "c", "b")
    assert [c.id for c in ledger.candidates] == ["c", "b"]
    assert ledger.candidate is None
    ledger.merge_place = 1
    assert ledger.candidate.id == "b"
    ledger.merge_place = 3
    assert ledger.candidate is None


def test_places_in_the_queue_compare_by_path_dependents_age_priority_and_id():
    places = [
        Candidate(-2, 0, 9, True, "z"),
        Candidate(-1, -1, 9, True, "z"),
        Candidate(-1, 0, 8, True, "z"),
        Candidate(-1, 0, 9, False, "z"),
        Candidate(-1, 0, 9, True, "a"),
        Candidate(-1, 0, 9, True, "b"),
    ]
    assert all(first < second for first, second in pairwise(places))
