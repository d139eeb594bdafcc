"""What does the end of an attempt or a merge mean?"""

import pytest

from tests.builders import (
    accepted,
    conflicted,
    exited,
    landed,
    lost,
    merge_failed,
    spec,
    unstarted,
)
from tests.spec import given
from uet_es.aggregates.verdict import Failure, failure_of, first_ending
from uet_es.aggregates.workstream import Workstream

PLAN = accepted(spec("a", timeout_us=1_500_000, heartbeat_us=2_000_000))
ENDS = {
    "success": (exited("a"), None, None),
    "landed": (landed("a"), None, None),
    "a command that may not be executed": (
        exited("a", 126),
        None,
        ("E_TOOL_FAILURE", "exit", "exit status 126: a command may not be executed"),
    ),
    "a command that is not there": (
        exited("a", 127),
        None,
        ("E_TOOL_FAILURE", "exit", "exit status 127: a command was not found"),
    ),
    "a status": (exited("a", 7), None, ("E_TOOL_FAILURE", "exit", "exit status 7")),
    "a signal": (exited("a", -11), None, ("E_TOOL_FAILURE", "exit", "signal 11")),
    "outside": (
        exited("a", outside=("b", "c")),
        None,
        ("E_PLAN_CONSISTENCY", "scope", "changed outside its claims: b, c"),
    ),
    "a status weighs more than files outside": (
        exited("a", 1, outside=("b",)),
        None,
        ("E_TOOL_FAILURE", "exit", "exit status 1"),
    ),
    "cancelled": (exited("a"), "cancelled", ("E_TOOL_FAILURE", "cancelled", "a person asked")),
    "cancelled and never started": (
        unstarted("a"), "cancelled", ("E_TOOL_FAILURE", "cancelled", "a person asked"),
    ),
    "cancelled and lost": (
        lost("a"), "cancelled", ("E_TOOL_FAILURE", "cancelled", "a person asked"),
    ),
    "a timeout that was seen too late": (exited("a", took_us=1_500_000), "timeout", None),
    "a failure within its limit that was seen too late": (
        exited("a", 1, took_us=1_499_999),
        "timeout",
        ("E_TOOL_FAILURE", "exit", "exit status 1"),
    ),
    "a timeout by a microsecond": (
        exited("a", took_us=1_500_001),
        "timeout",
        ("E_TOOL_FAILURE", "timeout", "ran longer than 1.5 s"),
    ),
    "timeout": (
        exited("a", -15), "timeout", ("E_TOOL_FAILURE", "timeout", "ran longer than 1.5 s"),
    ),
    "silence": (
        exited("a", -15),
        "heartbeat",
        ("E_TOOL_FAILURE", "heartbeat", "silent for longer than 2 s"),
    ),
    "interrupted": (
        exited("a", -2),
        "interrupted",
        ("E_TOOL_FAILURE", "interrupted", "the driver was told to stop"),
    ),
    "interrupted too late": (exited("a"), "interrupted", None),
    "interrupted too late, outside": (
        exited("a", outside=("b",)),
        "interrupted",
        ("E_PLAN_CONSISTENCY", "scope", "changed outside its claims: b"),
    ),
    "not started": (unstarted("a"), None, ("E_TOOL_FAILURE", "start", "no such command")),
    "lost": (lost("a"), None, ("E_ORCHESTRATOR_CRASH", "lost", "nobody saw it end")),
    "lost otherwise": (
        lost("a", code="E_UNKNOWN", message="power"), None, ("E_UNKNOWN", "lost", "power"),
    ),
    "left to the parent": (
        lost("a", forked=True),
        None,
        ("E_ORCHESTRATOR_CRASH", "forked", "it runs on in the parent"),
    ),
    "conflict": (
        conflicted("a", files=("f",)),
        None,
        ("E_MERGE_CONFLICT", "conflict", "f: attempt c against integration ours"),
    ),
    "git": (merge_failed("a"), None, ("E_TOOL_FAILURE", "merge", "git broke")),
}  # fmt: skip


@pytest.mark.parametrize("how", ENDS)
def test_every_end_has_a_meaning(how):
    ending, stopped, failure = ENDS[how]
    workstream = Workstream(id="a", state="RUNNING", step="attempting", recalled=stopped)
    found = failure_of(given(PLAN).ledger, workstream, ending)
    assert found == (Failure(*failure) if failure else None)


def test_a_merge_under_way_is_judged_by_its_own_end():
    ledger = given(PLAN).ledger
    merging = Workstream(id="a", state="RUNNING", step="merging", recalled="cancelled")
    assert failure_of(ledger, merging, landed("a")) is None


@pytest.mark.parametrize(("count", "words"), [(10, "f9"), (11, "f9 and 1 more")])
def test_ten_files_are_named(count, words):
    files = tuple(f"f{n}" for n in range(count))
    found = failure_of(given(PLAN).ledger, Workstream(id="a"), exited("a", outside=files))
    assert found.message.endswith(words)


def test_the_oldest_end_is_judged_first():
    ledger = given(accepted("a", "b")).ledger
    assert first_ending(ledger) is None
    ledger.unsettled["b"] = exited("b")
    ledger.unsettled["a"] = exited("a", 1)
    assert first_ending(ledger) == ("b", exited("b"), None)
