"""Is the run over?"""

import pytest

from tests.builders import (
    accepted,
    cancel,
    completed,
    exited,
    finished,
    released,
    retry,
    staffed,
    started,
    terminated,
)
from tests.spec import given
from uet_es.kernel import decide, wake_at


def test_when_the_last_workstream_has_ended_the_workers_go_and_the_run_is_over():
    run = given(accepted("a", "b"), *staffed(1, 2), started("a"), exited("b")).sees(exited("a"))
    run.decides(
        completed("a"),
        released(1),
        terminated(1),
        terminated(2),
        finished("succeeded", succeeded=2),
    )


@pytest.mark.parametrize(
    ("seen", "outcome", "counts"),
    [
        ([exited("a"), exited("b")], "succeeded", {"succeeded": 2}),
        ([exited("a"), exited("b", 1)], "failed", {"succeeded": 1, "failed": 1}),
        ([cancel("a"), exited("a", -15), exited("b")], "failed", {"succeeded": 1, "cancelled": 1}),
        ([cancel(), exited("a", -15), exited("b", -15)], "cancelled", {"cancelled": 2}),
        ([exited("a", 1), cancel(), exited("b", -15)], "cancelled", {"failed": 1, "cancelled": 1}),
    ],
)
def test_the_outcome_derives_from_the_workstreams(seen, outcome, counts):
    run = given(accepted("a", "b"), *staffed(1, 2)).sees(*seen)
    assert run.decided[-1] == finished(outcome, **counts)
    assert run.ledger.run.outcome == outcome
    assert run.ledger.run.finished_at_us == run.now_us


def test_a_finished_run_is_at_rest_for_ever():
    run = given(accepted("a", max_workers=1), *staffed(1), exited("a"))
    assert decide(run.ledger) is None
    assert wake_at(run.ledger) is None
    assert not run.ledger.live


def test_a_run_may_finish_again_and_the_last_time_counts():
    run = given(accepted("a", max_workers=1), *staffed(1), exited("a", 1), retry("a"))
    assert run.ledger.run.outcome is None
    run.sees(*staffed(2), exited("a", attempt=2))
    assert run.ledger.run.outcome == "succeeded"
