"""Where did the time of a workstream go, and what did its failure begin with?"""

import pytest

from tests.builders import (
    accepted,
    cancel,
    conflicted,
    exited,
    interrupted,
    lost,
    lost_worker,
    pause,
    prepared,
    resumed,
    retry,
    spec,
    staffed,
    started,
    unpause,
    unstarted,
)
from tests.drivers.histories import drawn
from tests.spec import given
from uet_es.aggregates.clashes import clash, conflicting
from uet_es.aggregates.waits import first_wait, waits_of
from uet_es.drivers.explain import explain
from uet_es.errors import LogError
from uet_es.events import tag_of
from uet_es.events.decisions import WorkstreamReopened
from uet_es.events.observations import TimePassed
from uet_es.kernel import Ledger, evolve
from uet_es.plan import Limits

WORKTREE = {"isolation": "worktree"}
SEEDS = 60


def spans(run, id):
    """Cause, name and seconds of each span."""
    found = explain(run.entries, id)
    return [(span.cause, span.on, span.took_us / 1e6) for span in found.spans]


def root(run, id):
    found = explain(run.entries, id).root
    return found and (found.seq, tag_of(found.event))


def seq_of(run, tag, last=True):
    found = [entry.seq for entry in run.entries if tag_of(entry.event) == tag]
    return found[-1 if last else 0]


# --- where the time went ---


def test_a_first_attempt_waits_for_a_worker_is_set_up_and_works():
    run = given(accepted("a"), *staffed(1), started("a"), exited("a"))
    assert spans(run, "a") == [
        ("worker", "shell", 1.0),
        ("work", "set-up of attempt 1", 1.0),
        ("work", "attempt 1", 1.0),
    ]


def test_of_several_dependencies_the_one_that_is_met_last_is_named():
    run = given(accepted("a", "b", "c after a b"), *staffed(1, 2), exited("b"), exited("a"))
    assert spans(run, "c")[0] == ("dependency", "a", 4.0)


def test_of_dependencies_that_are_never_met_the_first_to_fall_is_named():
    plan = accepted("a", "b", "c", "d after a b c", max_workers=3)
    run = given(plan, *staffed(1, 2, 3), exited("a"), exited("c", 1))
    assert spans(run, "d") == [("dependency", "c", 5.0)]


def test_what_was_not_met_yet_is_named_by_id():
    run = given(accepted("a", "b", "c after a b"), *staffed(1, 2))
    assert spans(run, "c") == [("dependency", "a", 2.0)]


def test_a_pause_counts_before_everything_else():
    run = given(accepted("a", "b after a"), pause(), *staffed(1), unpause(), exited("a"))
    assert [cause for cause, _, _ in spans(run, "b")] == ["dependency", "mode", "dependency"]
    assert [on for _, on, _ in spans(run, "a")] == ["shell", "paused", "set-up of attempt 1"]


def test_order_only_edges_conflicts_resources_and_backoff_are_named():
    limits = Limits(max_workers=3, resources={"gpu": 1}, backoff_us=2_000_000)
    work = [
        spec("a", writes=("x",), expected_us=9_000_000),
        spec("b", writes=("x",), expected_us=8_000_000),
        spec("c", resources={"gpu": 1}, expected_us=7_000_000, max_attempts=2),
        spec("d", resources={"gpu": 1}, expected_us=6_000_000),
        spec("e"),
    ]
    plan = accepted(*work, limits=limits, before=(("a", "e"),))
    run = given(plan, *staffed(1, 2, 3), exited("c", 1), exited("a"), exited("d"))
    run.passes(1_000_000)
    assert spans(run, "b") == [
        ("worker", "shell", 1.0),
        ("conflict", "a", 4.0),
        ("work", "set-up of attempt 1", 2.0),
    ]
    assert ("resource", "gpu", 2.0) in spans(run, "d")
    assert ("backoff", str(run.ledger.workstreams["c"].not_before_us), 2.0) in spans(run, "c")
    assert spans(run, "e")[0] == ("order", "a", 5.0)


def test_waiting_to_be_merged_names_what_is_merged():
    work = [spec(id, **WORKTREE) for id in "ab"]
    run = given(accepted(*work), *staffed(1, 2), exited("a", commit="c"), exited("b", commit="d"))
    run.passes(1)
    assert spans(run, "a")[-1] == ("merging", "a", 1.000001)
    assert spans(run, "b")[-1] == ("merging", "a", 0.000001)


def test_a_worktree_is_set_up_until_the_attempt_shows_a_sign_of_life():
    run = given(accepted(spec("a", **WORKTREE)), *staffed(1), prepared("a"), started("a"))
    run.passes(5)
    assert spans(run, "a")[1:] == [
        ("work", "set-up of attempt 1", 2.0),
        ("work", "attempt 1", 0.000005),
    ]


def test_lead_time_begins_anew_when_a_person_asks_again():
    run = given(accepted("a", "b"), *staffed(1, 2), exited("a", 1), retry("a"), exited("a", 0, 2))
    found = explain(run.entries, "a")
    assert found.from_us == run.entries[seq_of(run, "workstream.reopened") - 1].at_us
    assert spans(run, "a") == [("work", "set-up of attempt 2", 1.0)]
    assert tag_of(found.reopened.event) == "workstream.reopened"
    assert (found.state, found.end, found.root) == ("SUCCEEDED", None, None)


def test_nothing_is_explained_without_entries():
    with pytest.raises(LogError):
        explain([], "a")


# --- what a failure began with ---


def test_a_failure_begins_with_the_exit_of_the_last_attempt():
    work = spec("a", max_attempts=2)
    run = given(accepted(work, "b"), *staffed(1, 2), exited("a", 1)).passes(1_000_000)
    assert root(run, "a") is None
    run.sees(exited("a", 2, attempt=2))
    assert root(run, "a") == (seq_of(run, "attempt.exited"), "attempt.exited")


@pytest.mark.parametrize(
    ("seen", "tag"),
    [
        (unstarted("a"), "attempt.unstarted"),
        (lost("a"), "attempt.lost"),
        (lost_worker(1), "worker.lost"),
    ],
)
def test_an_attempt_that_did_not_end_by_itself_is_traced_to_what_was_seen(seen, tag):
    limits = Limits(max_workers=1, max_losses=0)
    run = given(accepted("a", limits=limits), *staffed(1), seen)
    assert run.state("a") == "FAILED"
    assert root(run, "a") == (seq_of(run, tag), tag)


def test_a_limit_that_passed_is_the_root_of_what_was_stopped():
    run = given(accepted(spec("a", timeout_us=5)), *staffed(1), started("a")).passes(6)
    run.sees(exited("a", -15))
    assert root(run, "a") == (seq_of(run, "attempt.recalled"), "attempt.recalled")


def test_a_merge_conflict_is_the_root_of_its_failure():
    run = given(accepted(spec("a", **WORKTREE)), *staffed(1), exited("a", commit="c"))
    run.sees(conflicted("a"))
    assert root(run, "a") == (seq_of(run, "merge.conflicted"), "merge.conflicted")


def test_the_cancelled_are_traced_through_those_they_waited_for():
    run = given(accepted("a", "b after a", "c after b"), *staffed(1), exited("a", 3))
    assert run.state("c") == "CANCELLED"
    assert root(run, "c") == root(run, "a") == (seq_of(run, "attempt.exited"), "attempt.exited")


def test_failing_fast_is_traced_to_the_first_failure():
    limits = Limits(max_workers=1, fail_fast=True)
    run = given(accepted("a", "b", limits=limits), *staffed(1), exited("a", 3))
    assert root(run, "b") == (seq_of(run, "attempt.exited"), "attempt.exited")


@pytest.mark.parametrize("whom", ["a", None])
def test_what_a_person_stopped_is_traced_to_the_request(whom):
    run = given(accepted("a", "b after a"), *staffed(1), started("a"), cancel(whom))
    run.sees(exited("a", -15))
    asked = (seq_of(run, "cancel.asked"), "cancel.asked")
    assert run.state("a") == "CANCELLED"
    assert (root(run, "a"), root(run, "b")) == (asked, asked)


def test_what_runs_only_once_and_was_interrupted_is_traced_to_the_signal():
    run = given(accepted(spec("a", once=True)), *staffed(1), started("a"))
    run.sees(interrupted(), interrupted(), exited("a", -15), resumed())
    assert run.state("a") == "FAILED"
    assert root(run, "a") == (seq_of(run, "driver.interrupted"), "driver.interrupted")


def test_a_recall_that_came_too_late_is_not_the_root():
    run = given(accepted(spec("a", **WORKTREE)), *staffed(1), started("a"))
    run.sees(interrupted(), interrupted(), exited("a", commit="c"), conflicted("a"))
    assert tag_of(explain(run.entries, "a").root.event) == "merge.conflicted"


def test_the_document_says_what_scripts_were_promised():
    run = given(accepted("a", "b after a"), *staffed(1), exited("a", 3))
    document = explain(run.entries, "b").document()
    assert list(document) == [
        *("schema_version", "run", "workstream", "state", "from_us", "to_us"),
        *("root_cause", "spans"),
    ]
    assert document["root_cause"] == {
        "seq": seq_of(run, "attempt.exited"),
        "type": "attempt.exited",
    }
    assert document["spans"] == [
        {"cause": "dependency", "on": "a", "from_us": 1_000_000, "to_us": 3_000_000}
    ]


# --- any run ---


def slowly(entries):
    """Every stretch of time that follows a rest, with all the waits of every workstream."""
    ledger = Ledger("run-1")
    told = {}
    before_us = entries[0].at_us
    for entry in entries:
        if entry.at_us > before_us and not ledger.followed:
            for id in ledger.workstreams:
                waits = waits_of(ledger, id)
                assert first_wait(ledger, id) == (waits[0] if waits else None)
                told.setdefault(id, []).append((before_us, entry.at_us, waits))
        before_us = entry.at_us
        evolve(ledger, entry)
        if isinstance(entry.event, WorkstreamReopened):
            told[entry.event.workstream] = []
    return ledger, told


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_the_parts_add_up_without_gaps_and_agree_with_the_waits_at_every_rest(first):
    for seed in range(first, first + 20):
        entries = drawn(seed)
        ledger, told = slowly(entries)
        for id in ledger.workstreams:
            found = explain(entries, id)
            assert sum(span.took_us for span in found.spans) == found.to_us - found.from_us
            edges = [found.from_us, *(span.to_us for span in found.spans)]
            assert [span.from_us for span in found.spans] == edges[:-1]
            assert edges[-1] == found.to_us
            for from_us, to_us, waits in told.get(id, ()):
                if to_us <= found.from_us or not waits:
                    continue
                (span,) = [s for s in found.spans if s.from_us <= from_us < s.to_us]
                assert to_us <= span.to_us
                assert waits[0].cause == span.cause, (seed, id, waits, span)
                if span.cause == "dependency":
                    assert span.on in {wait.on for wait in waits if wait.cause == span.cause}
                elif span.cause != "order":
                    assert span.on == waits[0].on


@pytest.mark.slow
def test_every_failure_and_every_cancellation_of_any_run_has_a_root():
    roots = set()
    for seed in range(SEEDS):
        entries = drawn(seed)
        for id in {w.id for w in entries[0].event.plan.workstreams}:
            found = explain(entries, id)
            assert (found.root is None) == (found.state == "SUCCEEDED")
            if found.root is not None:
                assert found.root.seq < found.end.seq
                roots.add(tag_of(found.root.event))
    assert len(roots) > 5


@pytest.mark.slow
def test_only_what_holds_something_conflicts_in_any_run():
    for seed in range(0, SEEDS, 6):
        ledger = Ledger("run-1")
        for entry in drawn(seed):
            evolve(ledger, entry)
            if entry.seq % 7:
                continue
            for id in ledger.workstreams:
                assert conflicting(ledger, id) == [
                    other
                    for other in sorted(ledger.workstreams)
                    if other != id
                    and (step := ledger.workstreams[other].step) in ("attempting", "merging")
                    and (
                        clash(ledger, id, other)
                        or (
                            step == "attempting"
                            and (ledger.specs[id].alone or ledger.specs[other].alone)
                        )
                    )
                ]


def test_time_alone_changes_nothing_that_is_told():
    run = given(accepted("a"), *staffed(1))
    whole = explain(run.entries, "a")
    run.sees(TimePassed())
    assert explain(run.entries, "a").spans[:-1] == whole.spans
