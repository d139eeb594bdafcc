"""What does each decision make of a workstream, and where may it not follow?"""

from typing import get_args

import pytest
from msgspec.structs import replace

from tests.builders import (
    cancelled,
    completed,
    discarded,
    dispatched,
    failed,
    readied,
    recalled,
    reopened,
    scheduled,
    submitted,
)
from uet_es.aggregates.workstream import (
    MAY_FOLLOW,
    OF_AN_ATTEMPT,
    TERMINAL,
    Workstream,
    evolve,
)
from uet_es.errors import KernelError
from uet_es.events import AnyWorkstreamDecision
from uet_es.values import State, Step

PLACES = [
    ("PENDING", ""),
    ("READY", ""),
    ("RUNNING", "attempting"),
    ("RUNNING", "waiting"),
    ("RUNNING", "merging"),
    ("SUCCEEDED", ""),
    ("FAILED", ""),
    ("CANCELLED", ""),
]
START = dispatched("a", worker=3)[0]
TOTALS = {"input_tokens": 5, "output_tokens": 4, "cost_nanousd": 3}
DECISIONS = [
    readied("a"),
    START,
    recalled("a", "timeout"),
    submitted("a"),
    completed("a", commit="m", **TOTALS),
    scheduled("a", "exit", "exit status 1", 99),
    discarded("a"),
    failed("a", "exit", "exit status 1", **TOTALS),
    cancelled("a", because="z"),
    reopened("a", "a"),
]
#: The same rules once more, said by hand: who may come after what.
FOLLOWS = {
    "workstream.readied": ["PENDING"],
    "workstream.dispatched": ["READY", "RUNNING waiting"],
    "attempt.recalled": ["RUNNING attempting"],
    "workstream.submitted": ["RUNNING attempting"],
    "workstream.completed": ["RUNNING attempting", "RUNNING merging"],
    "retry.scheduled": ["RUNNING attempting"],
    "attempt.discarded": ["RUNNING waiting", "FAILED", "CANCELLED"],
    "workstream.failed": ["RUNNING attempting", "RUNNING merging"],
    "workstream.cancelled": [
        "PENDING", "READY", "RUNNING attempting", "RUNNING waiting", "RUNNING merging",
    ],
    "workstream.reopened": ["FAILED", "CANCELLED"],
}  # fmt: skip


def tag(decision):
    return decision.__struct_config__.tag


def at(state, step="", **fields):
    attempt = fields.pop("attempt", 0 if state in ("PENDING", "READY") else 1)
    return Workstream(id="a", state=state, step=step, attempt=attempt, **fields)


def test_the_places_are_all_places():
    assert {state for state, _ in PLACES} == set(get_args(State))
    assert {step for _, step in PLACES} == set(get_args(Step))
    assert {type(d) for d in DECISIONS} == set(get_args(AnyWorkstreamDecision)) == set(MAY_FOLLOW)


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
@pytest.mark.parametrize("decision", DECISIONS, ids=tag)
def test_a_decision_follows_where_it_may_and_nowhere_else(decision, place):
    was = at(*place)
    if tag(decision) == "workstream.dispatched":
        decision = replace(decision, attempt=was.attempt + 1)
    if " ".join(place).strip() in FOLLOWS[tag(decision)]:
        assert evolve(was, decision, 9).last_seq == 9
    else:
        with pytest.raises(KernelError, match="cannot follow"):
            evolve(was, decision, 9)


def test_no_decision_leaves_success_and_only_a_person_leaves_the_other_ends():
    left = {
        state: {d for d, places in MAY_FOLLOW.items() if (state, "") in places}
        for state in TERMINAL
    }
    names = {state: sorted(d.__name__ for d in found) for state, found in left.items()}
    assert names == {
        "SUCCEEDED": [],
        "FAILED": ["AttemptDiscarded", "WorkstreamReopened"],
        "CANCELLED": ["AttemptDiscarded", "WorkstreamReopened"],
    }


def test_it_is_ready():
    now = evolve(at("PENDING"), readied("a"), 2)
    assert (now.state, now.step, now.is_terminal) == ("READY", "", False)


def test_a_start_names_attempt_and_worker_and_forgets_why_the_last_one_was_stopped():
    now = evolve(at("RUNNING", "waiting", recalled="timeout"), dispatched("a", 3, 2)[0], 2)
    assert (now.step, now.attempt, now.worker, now.recalled) == ("attempting", 2, 3, None)
    assert now.undiscarded == 2


OF_THE_LATEST = [d for d in DECISIONS if hasattr(d, "attempt") and d is not START]


def test_all_that_name_an_attempt_are_checked():
    assert {type(d) for d in OF_THE_LATEST} == set(OF_AN_ATTEMPT)


@pytest.mark.parametrize("attempt", [1, 3])
@pytest.mark.parametrize("decision", OF_THE_LATEST, ids=tag)
def test_a_decision_about_another_attempt_is_refused(decision, attempt):
    state, _, step = FOLLOWS[tag(decision)][0].partition(" ")
    was = at(state, step, attempt=2)
    assert evolve(was, replace(decision, attempt=2), 9).last_seq == 9
    with pytest.raises(KernelError, match="is not about attempt 2 of a"):
        evolve(was, replace(decision, attempt=attempt), 9)


@pytest.mark.parametrize("attempt", [0, 1, 3])
def test_attempts_are_numbered_without_gaps(attempt):
    with pytest.raises(KernelError, match="a attempt"):
        evolve(at("RUNNING", "waiting"), replace(START, attempt=attempt), 2)


def test_an_attempt_to_be_stopped_goes_on_until_it_has_ended():
    now = evolve(at("RUNNING", "attempting"), recalled("a", "timeout"), 2)
    assert (now.state, now.step, now.recalled) == ("RUNNING", "attempting", "timeout")


def test_its_commit_waits_to_be_merged():
    now = evolve(at("RUNNING", "attempting"), submitted("a", "c"), 2)
    assert (now.state, now.step, now.commit) == ("RUNNING", "merging", "c")


def test_success_has_totals_and_no_trace_of_earlier_failures():
    was = at("RUNNING", "merging", code="E_UNKNOWN", reason="lost", message="?", undiscarded=1)
    now = evolve(was, completed("a", commit="m", **TOTALS), 2)
    assert (now.state, now.step, now.commit, now.undiscarded) == ("SUCCEEDED", "", "m", 0)
    assert (now.code, now.reason, now.message) == (None, None, "")
    assert (now.input_tokens, now.output_tokens, now.cost_nanousd) == (5, 4, 3)
    assert now.is_terminal


@pytest.mark.parametrize(
    ("reason", "counted", "used", "losses"),
    [("exit", True, 1, 0), ("lost", False, 0, 1), ("interrupted", False, 0, 0)],
)
def test_a_retry_counts_attempts_and_losses_apart(reason, counted, used, losses):
    decision = scheduled("a", reason, "why", 99, counted=counted)
    now = evolve(at("RUNNING", "attempting"), decision, 2)
    assert (now.step, now.not_before_us, now.counted, now.losses) == ("waiting", 99, used, losses)
    assert (now.code, now.reason, now.message) == ("E_TOOL_FAILURE", reason, "why")


def test_what_was_discarded_is_not_discarded_twice():
    assert evolve(at("FAILED", attempt=2, undiscarded=2), discarded("a", 2), 2).undiscarded == 0


def test_failure_has_totals_and_says_why():
    now = evolve(at("RUNNING", "attempting"), failed("a", "exit", "exit status 1", **TOTALS), 2)
    assert (now.state, now.step, now.code) == ("FAILED", "", "E_TOOL_FAILURE")
    assert (now.reason, now.message) == ("exit", "exit status 1")
    assert (now.input_tokens, now.output_tokens, now.cost_nanousd) == (5, 4, 3)
    assert now.is_terminal


def test_a_cancelled_one_names_its_cause():
    now = evolve(at("RUNNING", "waiting"), cancelled("a", because="z"), 2)
    assert (now.state, now.step, now.because) == ("CANCELLED", "", "z")
    assert now.is_terminal


def test_a_reopened_one_goes_on_numbering_and_starts_afresh_otherwise():
    was = at("FAILED", attempt=3, undiscarded=3, counted=3, losses=2, code="E_UNKNOWN", message="?")
    now = evolve(was, reopened("a", "a"), 7)
    assert now == Workstream(id="a", attempt=3, undiscarded=3, last_seq=7)
