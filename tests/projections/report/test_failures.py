"""What went wrong, what it began with, and what it led to."""

import pytest

from tests.builders import accepted, cancel, exited, spec, staffed, started
from tests.projections.exports.samples import BEGUN_US, LIBRARY, drawn, troubled
from uet_es.drivers.root_cause import Causes
from uet_es.events.observations import TimePassed
from uet_es.kernel import Ledger, turn
from uet_es.log import jsonl
from uet_es.log.store import Log
from uet_es.projections.report.failures import failures
from uet_es.projections.report.reading import Reading
from uet_es.projections.warehouse import Warehouse
from uet_es.values import SECOND_US


def failures_of(log):
    with Warehouse.in_memory(log) as warehouse:
        return failures(Reading(warehouse, "run-1"))


def told(*story):
    log, ledger = Log.in_memory(), Ledger("run-1")
    for number, observation in enumerate(story):
        log.append("run-1", turn(ledger, BEGUN_US + number * SECOND_US, observation))
    return log


def check_roots(found, entries):
    """Every failure began where ``uet why`` says that it did."""
    causes = Causes()
    for entry in entries:
        causes.note(entry)
    ended = [each for each in found if each["state"] in ("FAILED", "CANCELLED")]
    for each in ended:
        assert each["began"]["seq"] == causes.root_of(each["workstream"], entries).seq
    return len(ended)


def test_a_failure_names_the_exit_it_began_with_and_what_was_cancelled_for_it(library):
    found = failures(Reading(library, "run-1"))
    assert [each["workstream"] for each in found] == ["upload", "flaky-integration"]
    upload, flaky = found
    assert (upload["code"], upload["message"]) == ("E_TOOL_FAILURE", "exit status 3")
    assert (upload["began"]["seq"], upload["began"]["type"]) == (359, "attempt.exited")
    assert upload["led_to"] == ["announce", "archive"]
    assert [each["type"] for each in upload["story"]][-3:] == [
        "attempt.exited",
        "workstream.failed",
        "attempt.discarded",
    ]
    assert [each["outcome"] for each in flaky["tries"]] == ["failed", "succeeded"]
    assert flaky["led_to"] == []
    assert check_roots(found, jsonl.read_entries(LIBRARY)) == 1


def test_a_time_out_began_with_the_decision_to_stop():
    log = told(
        accepted(spec("a", timeout_us=3 * SECOND_US), spec("b", ("a",)), spec("c", ("b",))),
        *staffed(1),
        started("a"),
        TimePassed(),
        TimePassed(),
        TimePassed(),
        exited("a", status=-15),
    )
    (found,) = failures_of(log)
    assert (found["reason"], found["began"]["type"]) == ("timeout", "attempt.recalled")
    assert found["led_to"] == ["b", "c"]
    assert check_roots([found], list(log.entries("run-1"))) == 1


def test_what_a_person_cancelled_is_told_and_what_followed_is_not():
    plan = accepted(spec("a"), spec("b", ("a",)))
    log = told(plan, *staffed(1), started("a"), cancel("a", by="ada"), exited("a", status=-15))
    found = failures_of(log)
    assert [(each["workstream"], each["state"]) for each in found] == [("a", "CANCELLED")]
    assert found[0]["began"]["type"] == "cancel.asked"
    assert found[0]["led_to"] == ["b"]


def test_trouble_is_told_in_full():
    log = troubled()
    found = failures_of(log)
    assert [each["workstream"] for each in found] == ["b", "c", "e"]
    assert found[0]["began"]["type"] == "merge.conflicted"
    assert found[0]["led_to"] == ["d"]
    assert check_roots(found, list(log.entries("run-1"))) == 1


@pytest.mark.slow
def test_failures_of_drawn_runs_began_where_the_kernel_says():
    checked = 0
    for seed in range(12):
        log = drawn(seed)
        checked += check_roots(failures_of(log), list(log.entries("run-1")))
    assert checked > 5
