"""Where do two runs part, and what differs in the end?"""

import msgspec
import pytest

from tests.builders import accepted, exited, landed, retry, spec, staffed, started
from tests.drivers.histories import drawn
from tests.spec import given
from uet_es.drivers.differences import differences
from uet_es.drivers.shape import alike, shape_of
from uet_es.events.observations import AttemptStarted, MergeLanded, RunForked

WORKTREE = {"isolation": "worktree"}


def elsewhere(entries, by_us=7, run="run-9"):
    """The same entries in another run, at another time, with other process ids."""
    told = []
    for entry in entries:
        event = entry.event
        if isinstance(event, AttemptStarted):
            event = msgspec.structs.replace(event, pid=4711)
        stream = entry.stream.replace("run-1", run)
        at_us = entry.at_us + by_us
        told.append(msgspec.structs.replace(entry, stream=stream, at_us=at_us, event=event))
    return told


def test_the_same_run_under_another_name_at_another_time_does_not_part():
    run = given(accepted("a"), *staffed(1), started("a"), exited("a"))
    found = differences(run.entries, elsewhere(run.entries))
    assert (found.a, found.b, found.seq, found.plan) == ("run-1", "run-9", 0, ())
    assert found.workstreams == {}
    document = found.document()
    assert (document["parts_at"], document["plan"]["same"]) == (None, True)
    assert document["end"]["a"] == document["end"]["b"]


def test_the_first_entry_that_differs_is_named_and_what_came_of_it():
    same = [accepted("a", "b after a"), *staffed(1), started("a")]
    one, other = given(*same, exited("a")), given(*same, exited("a", 1))
    found = differences(one.entries, other.entries)
    assert found.of_a.event.status == 0
    assert found.of_b.event.status == 1
    assert one.entries[found.seq - 1] == found.of_a
    assert found.workstreams == {
        "a": (("SUCCEEDED", 1), ("FAILED", 1)),
        "b": (("RUNNING", 1), ("CANCELLED", 0)),
    }
    assert [end.outcome for end in found.ends] == ["unfinished", "failed"]
    parting = found.document()["parts_at"]
    assert parting["a"]["type"] == parting["b"]["type"] == "attempt.exited"
    assert parting["a"]["event"] == {"workstream": "a", "attempt": 1, "status": 0}


def test_where_one_run_ends_before_the_other_nothing_stands_for_it():
    run = given(accepted("a"), *staffed(1))
    short = list(run.entries)
    run.sees(exited("a"))
    found = differences(short, run.entries)
    assert (found.seq, found.of_a) == (len(short) + 1, None)
    assert found.document()["parts_at"]["a"] is None


def test_runs_of_different_plans_part_where_they_act_differently():
    one = given(accepted("a", spec("b", command="x")), *staffed(1, 2), exited("a"))
    other = given(accepted("a", spec("b", command="y"), max_workers=3), *staffed(1, 2, 3))
    found = differences(one.entries, other.entries)
    assert found.plan == ('b: command: "x", "y"', "limits: max_workers: 2, 3")
    assert found.seq > 1
    more = given(accepted("a", spec("b", command="x"), "z"), *staffed(1))
    assert differences(one.entries, more.entries).plan == ("z: only in the second",)
    assert differences(more.entries, one.entries).plan == ("z: only in the first",)


def test_what_was_merged_in_which_order_and_the_tree_are_compared():
    work = [spec(id, **WORKTREE) for id in "ab"]
    same = [accepted(*work), *staffed(1, 2)]
    one = given(*same, exited("a", commit="c"), landed("a"), exited("b", commit="d"), landed("b"))
    other = given(*same, exited("b", commit="d"), landed("b"), exited("a", commit="c"), landed("a"))
    found = differences(one.entries, other.entries)
    assert found.merges == (("a", "b"), ("b", "a"))
    assert [end.tree for end in found.ends] == ["t-b", "t-a"]
    assert found.document()["merge_order"] == {"a": ["a", "b"], "b": ["b", "a"]}


def test_attempts_are_counted():
    run = given(accepted("a"), *staffed(1), exited("a", 1))
    short = list(run.entries)
    run.sees(retry("a"), *staffed(2))
    found = differences(short, run.entries)
    assert [end.attempts for end in found.ends] == [1, 2]
    assert found.workstreams["a"] == (("FAILED", 1), ("RUNNING", 2))


def test_two_empty_histories_do_not_differ():
    assert differences([], []).seq == 0
    run = given(accepted("a"))
    assert differences([], run.entries).plan == ("only one of them has a plan",)


def test_commits_matter_within_a_run_and_not_between_two():
    one = MergeLanded(workstream="a", attempt=1, commit="c", tree="t", took_us=1)
    other = msgspec.structs.replace(one, commit="d", took_us=2)
    assert not alike(one, other)
    assert alike(one, other, work=False)
    assert not alike(one, msgspec.structs.replace(one, tree="u"), work=False)
    assert shape_of(one) == {"workstream": "a", "attempt": 1, "commit": "c", "tree": "t"}


def test_the_names_of_runs_do_not_matter():
    one = RunForked(run="run-2", parent="run-1", at_seq=3)
    assert alike(one, RunForked(run="run-9", parent="run-4", at_seq=30))


@pytest.mark.slow
def test_no_run_differs_from_itself_and_every_two_drawn_ones_differ():
    for seed in range(10):
        entries = drawn(seed)
        found = differences(entries, elsewhere(entries, by_us=seed))
        assert (found.seq, found.workstreams, found.plan) == (0, {}, ())
        assert differences(entries, drawn(seed + 1)).seq > 0
