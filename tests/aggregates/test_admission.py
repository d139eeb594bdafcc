"""Which observations can change nothing?"""

import pytest

from tests.builders import (
    accepted,
    cancel,
    conflicted,
    exited,
    forked,
    heartbeat,
    interrupted,
    landed,
    least,
    limits_changed,
    lost,
    lost_worker,
    merge_failed,
    pause,
    plan_of,
    prepared,
    resumed,
    retry,
    spec,
    staffed,
    started,
    unpause,
    unstarted,
    used,
)
from tests.spec import given
from uet_es.aggregates.admission import why_ignored
from uet_es.events import BY_TAG, Observation
from uet_es.events.decisions import WorkstreamCompleted
from uet_es.events.observations import (
    PlanAccepted,
    ProgressReported,
    RunForked,
    SignalRefused,
    TextReported,
    TimePassed,
    WorkerStarted,
)
from uet_es.kernel import fold

ABOUT_ATTEMPTS = [prepared, started, unstarted, exited, lost, heartbeat, used]
ABOUT_MERGES = [landed, conflicted, merge_failed]
#: All but a fork, which is a part of the envelope: it names what it follows.
OBSERVATIONS = [
    event for event in BY_TAG.values() if issubclass(event, Observation) and event is not RunForked
]


def running():
    """Attempt 1 of ``a`` runs, ``b`` waits for it."""
    return given(accepted(spec("a", max_attempts=2), "b after a", "c"), *staffed(1), started("a"))


@pytest.mark.parametrize("event", OBSERVATIONS, ids=lambda event: event.__name__)
def test_before_a_plan_nothing_is_believed_but_the_plan(event):
    run = given(least(event))
    assert run.last[0].ignored == ("" if event is PlanAccepted else "no plan was accepted")


def test_a_second_plan_changes_nothing():
    run = running().sees(PlanAccepted(plan=plan_of("z"))).ignores("accepted before")
    assert "z" not in run.ledger.workstreams


@pytest.mark.parametrize("about", ABOUT_ATTEMPTS)
def test_foreign_workstreams_are_ignored(about):
    running().sees(about("z")).ignores("foreign: the plan has no workstream z")


@pytest.mark.parametrize("about", ABOUT_ATTEMPTS)
@pytest.mark.parametrize(("id", "attempt"), [("a", 2), ("a", 0), ("b", 1), ("b", 0)])
def test_attempts_that_never_were_are_ignored(about, id, attempt):
    running().sees(about(id, attempt=attempt)).ignores("stale")


@pytest.mark.parametrize("about", ABOUT_ATTEMPTS)
def test_a_former_attempt_is_ignored(about):
    run = running().sees(lost("a"))
    assert run.ledger.workstreams["a"].attempt == 2
    run.sees(about("a", attempt=1)).ignores("stale")


@pytest.mark.parametrize("about", ABOUT_ATTEMPTS)
def test_after_a_terminal_state_nothing_is_believed(about):
    running().sees(exited("a"), about("a")).ignores("stale")


@pytest.mark.parametrize("again", [exited, lost, unstarted])
def test_an_end_is_believed_once(again):
    run = running().together(exited("a"), again("a"))
    assert run.state("a") == "SUCCEEDED"
    assert [e.ignored for e in run.last if e.event == again("a")][-1].startswith("stale")


def test_an_end_that_waits_to_be_judged_is_not_told_again():
    run = running().sees(exited("a"))
    judged = next(n for n, e in enumerate(run.entries) if isinstance(e.event, WorkstreamCompleted))
    assert why_ignored(fold("run-1", run.entries[:judged]), lost("a")).startswith("repeated")


def test_an_attempt_of_a_lost_worker_has_ended():
    running().sees(lost_worker(1), exited("a")).ignores("stale")


def test_a_sign_of_life_counts_once():
    running().sees(started("a")).ignores("it had started before")


def test_a_sign_of_life_of_a_former_attempt_is_stale():
    run = running().sees(lost("a"), started("a", 2), started("a", 1))
    run.ignores("stale")


@pytest.mark.parametrize("about", ABOUT_MERGES)
@pytest.mark.parametrize("id", ["a", "z"])
def test_a_merge_nobody_asked_for_is_ignored(about, id):
    running().sees(about(id)).ignores("is not being merged")


def test_a_merge_counts_once():
    run = given(
        accepted(spec("a", isolation="worktree"), "b"), *staffed(1), exited("a", commit="c")
    )
    run.sees(landed("a", attempt=2)).ignores("stale: attempt 2 of a")
    run.sees(landed("a"), landed("a")).ignores("stale")


@pytest.mark.parametrize("worker", [1, 3])
def test_a_worker_that_was_not_awaited_is_ignored(worker):
    running().sees(WorkerStarted(worker=worker)).ignores("nobody waits for this worker")


def test_an_unknown_worker_cannot_be_lost():
    running().sees(lost_worker(3)).ignores("gone already")


def test_a_worker_is_lost_once():
    running().sees(lost_worker(2), lost_worker(2)).ignores("gone already")


# --- signals ---


def test_each_line_counts_once():
    run = running().sees(used("a", offset=50, input_tokens=5)).decides()
    run.sees(used("a", offset=50, input_tokens=5)).ignores("repeated: this line")
    run.sees(used("a", offset=40, input_tokens=5)).ignores("repeated: this line")
    run.sees(used("a", offset=60, input_tokens=5))
    assert run.ledger.run.input_tokens == 10


def test_an_ignored_line_is_not_read_again_either():
    run = running().sees(SignalRefused(workstream="a", attempt=1, offset=9, message="not JSON"))
    run.ignores("no signal: not JSON")
    assert run.ledger.offsets == {("a", 1): 9}


def test_lines_from_elsewhere_have_no_place_and_all_count():
    run = running().sees(used("a", input_tokens=5), used("a", input_tokens=5))
    assert run.ledger.run.input_tokens == 10


def test_a_key_makes_a_repeated_usage_harmless():
    run = running().sees(used("a", offset=1, key="k", input_tokens=5))
    run.sees(used("a", offset=2, key="k", input_tokens=5)).ignores("usage k was counted before")
    run.sees(used("a", offset=3, key="l", input_tokens=5))
    assert run.ledger.run.input_tokens == 10


def test_the_same_key_of_another_attempt_counts():
    run = running().sees(used("a", key="k", input_tokens=5), lost("a"))
    run.sees(used("a", 2, key="k", input_tokens=5))
    assert run.ledger.run.input_tokens == 10


def test_an_attempt_speaks_only_for_itself():
    run = running().sees(heartbeat("a", offset=7, names="c.1"))
    run.ignores("a.1 cannot speak for c.1")
    assert ("heartbeat", "a") not in run.ledger.timers.due


@pytest.mark.parametrize("signal", [ProgressReported, TextReported])
def test_other_signals_of_a_running_attempt_are_believed(signal):
    run = running().sees(least(signal)).decides()
    assert run.last[0].ignored == ""


# --- requests ---


def test_a_request_is_admitted_once():
    run = running().sees(pause(inbox_version=1), unpause(inbox_version=2))
    run.sees(pause(inbox_version=1)).ignores("admitted before")
    run.sees(pause(inbox_version=2)).ignores("admitted before")
    assert run.ledger.run.inbox_version == 2


def test_an_ignored_request_was_admitted_too():
    run = running().sees(cancel("z", inbox_version=4)).ignores("foreign")
    assert run.ledger.run.inbox_version == 4
    run.sees(cancel("c", inbox_version=3)).ignores("admitted before")


def test_requests_without_a_place_are_admitted_every_time():
    running().sees(pause(), unpause(), pause()).decides(*[least(BY_TAG["run.paused"])])


def test_new_limits_are_believed_while_a_run_goes_on():
    run = running().sees(limits_changed(max_workers=3))
    assert run.last[0].ignored == ""
    given(limits_changed(max_workers=3)).ignores("no plan was accepted")
    ended().sees(limits_changed(max_workers=3)).ignores("the run has finished")


ONCE = spec("a", once=True)


def test_once_is_not_executed_again_even_if_a_person_asks():
    run = given(accepted(ONCE, "b", max_workers=1), *staffed(1), exited("a", 1), retry("a"))
    run.ignores("a is executed once, whatever happens, and was")
    assert run.state("a") == "FAILED"


def test_once_may_be_asked_for_again_if_it_never_was():
    run = given(accepted(ONCE, "b"), cancel("a"), retry("a"))
    assert run.state("a") == "READY"


def test_what_is_being_retried_is_not_retried_again():
    run = given(accepted("a", "b after a", max_workers=1), *staffed(1), exited("a", 1), retry("a"))
    asked = next(n for n, e in enumerate(run.entries) if e.event == retry("a"))
    ledger = fold("run-1", run.entries[: asked + 1])
    assert why_ignored(ledger, retry("a")) == (
        "a is FAILED: only a FAILED or CANCELLED workstream is retried"
    )


# --- forks ---


def test_a_fork_needs_a_plan_and_is_believed_even_after_the_end():
    assert why_ignored(given().ledger, forked(0)) == "no plan was accepted"
    run = ended()
    run.sees(forked(run.ledger.seq)).decides()
    assert (run.last[0].ignored, run.ledger.run.outcome) == ("", "succeeded")


# --- after the end ---


def ended():
    return given(accepted("a", max_workers=1), *staffed(1), exited("a"))


@pytest.mark.parametrize("event", OBSERVATIONS, ids=lambda event: event.__name__)
def test_after_the_end_only_a_driver_is_believed(event):
    run = ended().sees(least(event))
    assert bool(run.last[0].ignored) == (event.__name__ != "DriverResumed")
    assert run.decided == []
    assert run.ledger.run.outcome == "succeeded"


def test_after_the_end_a_success_is_not_retried():
    ended().sees(retry("a")).ignores("a is SUCCEEDED")


@pytest.mark.parametrize("seen", [TimePassed(), interrupted(), resumed()])
def test_time_and_drivers_are_believed_while_a_run_goes_on(seen):
    assert running().sees(seen).last[0].ignored == ""
