"""One observation in, every decision it causes out: turns, effects, doubts, alarms."""

import pytest

from tests.builders import (
    accepted,
    cancel,
    cancelled,
    completed,
    conflicted,
    dispatched,
    exited,
    forked,
    heartbeat,
    interrupted,
    landed,
    lost,
    lost_worker,
    pause,
    plan_of,
    prepared,
    released,
    resumed,
    retry,
    spec,
    staffed,
    started,
)
from tests.simulation.snapshot import snapshot
from tests.spec import given
from uet_es import kernel
from uet_es.effects import (
    Merge,
    OpenIntegration,
    RemoveWorktree,
    StartAttempt,
    StartWorker,
    StopAttempt,
    StopWorker,
)
from uet_es.errors import KernelError
from uet_es.events import Decision
from uet_es.events.decisions import (
    MergeStarted,
    RunPaused,
    RunUnpaused,
    WorkerSpawned,
    WorkstreamDispatched,
)
from uet_es.events.observations import PlanAccepted, TimePassed
from uet_es.kernel import Ledger, decide, effects_of, expected, fold, in_doubt, turn, wake_at
from uet_es.plan import Limits
from uet_es.values import SECOND_US

TREE = spec("a", isolation="worktree", max_attempts=2)


def based(*workstreams, **fields):
    return accepted(*workstreams, base="base", **fields)


# --- turns ---


def test_a_turn_begins_with_what_was_seen_and_goes_on_until_at_rest():
    run = given(accepted("a", "b"), *staffed(1, 2), exited("a"))
    assert [e.event for e in run.last] == [exited("a"), completed("a"), released(1)]
    assert decide(run.ledger) is None


def test_entries_are_numbered_without_gaps_in_the_run_and_in_every_stream():
    run = given(based(TREE, "b after a"), *staffed(1, 2), exited("a", commit="c"), landed("a"))
    assert [e.seq for e in run.entries] == list(range(1, len(run.entries) + 1))
    streams = {}
    for entry in run.entries:
        streams.setdefault(entry.stream, []).append(entry.version)
    assert set(streams) == {"run-1", "run-1/ws/a", "run-1/ws/b", "run-1/worker/1", "run-1/worker/2"}
    for versions in streams.values():
        assert versions == list(range(1, len(versions) + 1))


def test_every_entry_of_a_turn_names_the_entry_that_began_it():
    run = given(accepted("a", "b"), pause(), *staffed(1))
    for entry in run.last:
        assert entry.turn == run.last[0].version
    (paused,) = (e for e in run.entries if e.event == RunPaused())
    assert (paused.stream, paused.version, paused.turn) == ("run-1", 3, 2)


def test_observations_and_decisions_about_the_run_stand_in_its_own_stream():
    run = given(accepted("a"), *staffed(1), exited("a"))
    for entry in run.entries:
        of_run = (
            not isinstance(entry.event, Decision) or entry.event.__struct_config__.tag[:4] == "run."
        )
        assert (entry.stream == "run-1") == of_run


def test_a_clock_that_steps_back_stands_still():
    run = given(accepted("a"), *staffed(1))
    before = run.now_us
    run.sees(started("a"), at_us=before - 5 * SECOND_US)
    assert {e.at_us for e in run.last} == {before}
    run.sees(exited("a"), at_us=before + 1)
    assert {e.at_us for e in run.last} == {before + 1}


def test_a_decision_is_caused_by_what_was_seen():
    run = given(accepted("a", "b"), *staffed(1, 2), exited("a"))
    assert {e.cause for e in run.last[1:]} == {run.last[0].seq}


def test_a_cancelled_dependent_is_caused_by_the_end_of_the_other():
    run = given(accepted("a", "b after a", "c"), *staffed(1, 2), exited("a", 1))
    ends = {e.event.workstream: e for e in run.last[1:] if hasattr(e.event, "workstream")}
    assert ends["b"].event == cancelled("b", because="a")
    assert ends["b"].cause == ends["a"].seq


def test_an_answer_is_caused_by_the_decision_that_asked():
    run = given(based(TREE, "b"), *staffed(1, 2))
    start = next(e for e in run.entries if isinstance(e.event, WorkstreamDispatched))
    run.sees(prepared("a"), started("a"))
    assert run.last[0].cause == start.seq
    run.sees(exited("a", commit="c"))
    assert run.last[0].cause == start.seq
    merge = next(e for e in run.last if isinstance(e.event, MergeStarted))
    run.sees(conflicted("a"))
    assert run.last[0].cause == merge.seq


def test_a_worker_is_caused_by_the_decision_that_wanted_it():
    run = given(accepted("a", "b"))
    wanted = {e.event.worker: e.seq for e in run.last if isinstance(e.event, WorkerSpawned)}
    assert run.sees(*staffed(2)).last[0].cause == wanted[2]
    assert run.sees(lost_worker(1)).last[0].cause == wanted[1]
    assert run.sees(lost_worker(2)).last[0].cause == 0


def test_what_nobody_asked_for_has_no_cause():
    run = given(accepted("a", "b"), TimePassed())
    assert run.last[0].cause == 0
    assert run.sees(exited("a")).last[0].cause == 0
    assert run.sees(exited("z")).last[0].cause == 0


def test_that_another_observation_follows_is_written_down():
    run = given(accepted("a", "b"), *staffed(1, 2)).together(exited("a"), exited("b"))
    seen = [e for e in run.last if not isinstance(e.event, Decision)]
    assert [e.followed for e in seen] == [True, False]


def test_policies_that_never_rest_are_a_bug(monkeypatch):
    ledger = Ledger("run-1")
    turn(ledger, 1, accepted("a"))

    def waver(ledger, limits):
        return RunUnpaused() if ledger.run.paused else RunPaused()

    monkeypatch.setattr(kernel, "POLICIES", (waver,))
    with pytest.raises(KernelError, match="no rest after"):
        turn(ledger, 2, TimePassed())


def test_the_expected_entry_is_the_one_that_was_written():
    run = given(accepted("a", "b after a"), *staffed(1, 2), exited("a"))
    ledger, seen = Ledger("run-1"), 0
    for entry in run.entries:
        if isinstance(entry.event, Decision):
            assert expected(ledger, seen) == entry
        else:
            assert expected(ledger, seen) is None
            seen = entry.seq
        kernel.evolve(ledger, entry)


def test_asking_changes_nothing():
    run = given(based(TREE, "b"), *staffed(1, 2), started("a"), exited("a", commit="c"))
    before = snapshot(run.ledger)
    for ask in (decide, wake_at, in_doubt, lambda ledger: expected(ledger, 1)):
        assert ask(run.ledger) == ask(run.ledger)
    for entry in run.entries:
        effects_of(run.ledger, entry)
    assert snapshot(run.ledger) == before


def test_a_fold_remembers_everything():
    run = given(based(TREE, "b after a"), *staffed(1, 2), exited("a", 1), interrupted(), resumed())
    assert snapshot(fold("run-1", run.entries)) == snapshot(run.ledger)


# --- effects ---


def effects(run):
    """What the last turn asked of the world, by the tag of the decision that did."""
    asked = {}
    for entry in run.last:
        for effect in effects_of(run.ledger, entry):
            asked.setdefault(entry.event.__struct_config__.tag, []).append(effect)
    return asked


def test_a_plan_with_a_base_opens_the_integration_branch():
    assert effects(given(based("a")))["plan.accepted"] == [OpenIntegration(base="base")]
    assert "plan.accepted" not in effects(given(accepted("a")))


def test_every_decision_asks_for_what_it_needs_and_no_more():
    work = [TREE, spec("b", ("a",)), "c"]
    run = given(based(*work))
    start = [StartWorker(worker=1), StartWorker(worker=2)]
    assert effects(run) == {
        "plan.accepted": [OpenIntegration(base="base")],
        "worker.spawned": start,
    }
    run.sees(*staffed(1))
    asked = [StartAttempt(workstream="a", attempt=1, worker=1)]
    assert effects(run) == {"workstream.dispatched": asked}
    run.sees(exited("a", 1))
    asked = [RemoveWorktree(workstream="a", attempt=1, merged=False)]
    assert effects(run)["attempt.discarded"] == asked
    run.sees(cancel("c"))
    assert effects(run) == {"attempt.recalled": [StopAttempt(workstream="c", attempt=1)]}
    run.sees(exited("c", -15)).passes(SECOND_US).sees(exited("a", attempt=2, commit="c"))
    merge = run.last[-1]
    asked = [Merge(workstream="a", attempt=2, commit="c", seq=merge.seq, at_us=merge.at_us)]
    assert effects(run) == {"merge.started": asked}
    run.sees(landed("a", 2))
    assert effects(run) == {
        "workstream.completed": [RemoveWorktree(workstream="a", attempt=2, merged=True)],
        "workstream.dispatched": [StartAttempt(workstream="b", attempt=1, worker=1)],
    }
    run.sees(*staffed(2), exited("b"))
    assert effects(run) == {"worker.terminated": [StopWorker(worker=1), StopWorker(worker=2)]}


# --- what is in doubt ---


def test_a_fork_goes_on_from_the_head_of_its_parent():
    run = given(based(TREE, "b after a"), *staffed(1, 2), exited("a", commit="c"), landed("a"))
    run.sees(forked(run.ledger.seq)).asks(OpenIntegration(base="m-a"))
    assert in_doubt(run.ledger)[0] == OpenIntegration(base="m-a")
    run = given(accepted("a"))
    run.sees(forked(run.ledger.seq)).asks()


def test_before_a_plan_nothing_is_in_doubt():
    assert in_doubt(Ledger("run-1")) == []


def test_workers_on_their_way_are_in_doubt_until_they_are_there():
    run = given(accepted("a", "b"))
    assert in_doubt(run.ledger) == [StartWorker(worker=1), StartWorker(worker=2)]
    run.sees(pause(), *staffed(2))
    assert in_doubt(run.ledger) == [StartWorker(worker=1)]


def test_the_integration_branch_is_always_in_doubt():
    run = given(based("a", max_workers=1), *staffed(1))
    start = StartAttempt(workstream="a", attempt=1, worker=1)
    assert in_doubt(run.ledger) == [OpenIntegration(base="base"), start]


def test_attempts_are_in_doubt_from_their_start_to_their_end():
    run = given(accepted("a", "b"), *staffed(1, 2))
    a = StartAttempt(workstream="a", attempt=1, worker=1)
    b = StartAttempt(workstream="b", attempt=1, worker=2)
    assert in_doubt(run.ledger) == [a, b]
    assert in_doubt(run.sees(started("a"), heartbeat("a")).ledger) == [a, b]
    assert in_doubt(run.sees(exited("a")).ledger) == [b]


def test_doubts_are_in_the_order_in_which_things_were_asked():
    work = [spec("a"), spec("b", expected_us=9 * SECOND_US)]
    run = given(accepted(*work), *staffed(1, 2))
    assert [effect.workstream for effect in in_doubt(run.ledger)] == ["b", "a"]


def test_a_stop_is_in_doubt_until_the_attempt_has_ended():
    run = given(accepted("a", "b"), *staffed(1), started("a"), cancel("a"))
    assert in_doubt(run.ledger)[1:] == [
        StartAttempt(workstream="a", attempt=1, worker=1),
        StopAttempt(workstream="a", attempt=1),
    ]
    assert in_doubt(run.sees(exited("a", -15)).ledger)[1:] == [
        StartAttempt(workstream="b", attempt=1, worker=1)
    ]


def test_a_merge_is_in_doubt_until_it_is_answered():
    run = given(based(TREE, "b"), *staffed(1), exited("a", commit="c"))
    merge = next(e for e in run.last if isinstance(e.event, MergeStarted))
    asked = Merge(workstream="a", attempt=1, commit="c", seq=merge.seq, at_us=merge.at_us)
    assert in_doubt(run.ledger)[-1] == asked
    assert in_doubt(run.sees(resumed()).ledger)[-1] == asked
    assert asked not in in_doubt(run.sees(landed("a")).ledger)


def test_after_the_end_nothing_is_in_doubt():
    run = given(based(TREE, max_workers=1), *staffed(1), exited("a", commit="c"))
    assert in_doubt(run.ledger)
    run.sees(landed("a"))
    assert run.ledger.run.outcome == "succeeded"
    assert in_doubt(run.ledger) == []


def test_candidates_and_waiting_retries_are_not_in_doubt():
    trees = [spec(id, isolation="worktree", max_attempts=2) for id in "abc"]
    limits = Limits(max_workers=3, backoff_us=99 * SECOND_US, max_backoff_us=99 * SECOND_US)
    run = given(accepted(*trees, "d", limits=limits), *staffed(1, 2, 3))
    run.sees(exited("a", commit="c"), exited("b", commit="d"), exited("c", 1), exited("d"))
    assert [type(effect) for effect in in_doubt(run.ledger)] == [Merge]


def test_between_an_end_and_its_judgement_nothing_is_asked_again():
    run = given(accepted("a", "b"), *staffed(1, 2), exited("a"))
    ended = next(n for n, e in enumerate(run.entries) if e.event == exited("a"))
    ledger = fold("run-1", run.entries[: ended + 1])
    assert in_doubt(ledger) == [StartAttempt(workstream="b", attempt=1, worker=2)]


def test_a_worker_that_came_is_not_asked_for_again_before_it_is_ready():
    run = given(accepted("a"), *staffed(1))
    came = next(n for n, e in enumerate(run.entries) if e.event in staffed(1))
    assert in_doubt(fold("run-1", run.entries[: came + 1])) == []


def test_after_a_resume_the_same_is_in_doubt_as_before():
    run = given(based(TREE, "b"), *staffed(1, 2), started("a"))
    before = in_doubt(run.ledger)
    run.sees(resumed()).decides()
    assert in_doubt(run.ledger) == before
    run.sees(resumed()).decides()
    assert in_doubt(run.ledger) == before


def test_a_lost_attempt_gives_way_to_the_next():
    run = given(accepted("a", max_workers=1), *staffed(1), resumed(), lost("a"))
    assert run.decided[2:] == dispatched("a", attempt=2)
    assert in_doubt(run.ledger) == [StartAttempt(workstream="a", attempt=2, worker=1)]


# --- when to wake ---


def test_with_nothing_to_wait_for_there_is_no_alarm():
    assert wake_at(Ledger("run-1")) is None
    assert wake_at(given(accepted("a"), *staffed(1)).ledger) is None


def test_the_alarm_is_the_earliest_of_all_limits_and_retries():
    work = [spec("a", timeout_us=9 * SECOND_US), spec("b", max_attempts=2), spec("c", ("a",))]
    limits = Limits(max_workers=2, backoff_us=2 * SECOND_US)
    run = given(accepted(*work, limits=limits), *staffed(1, 2), started("a"))
    assert wake_at(run.ledger) == run.now_us + 9 * SECOND_US + 1
    run.sees(exited("b", 1))
    assert wake_at(run.ledger) == run.now_us + 2 * SECOND_US


def test_at_rest_the_alarm_lies_ahead():
    run = given(accepted(spec("a", timeout_us=5, max_attempts=3), max_workers=1), *staffed(1))
    for attempt in (1, 2, 3):
        run.sees(started("a", attempt))
        run.sees(TimePassed(), at_us=wake_at(run.ledger))
        run.sees(exited("a", -15, attempt=attempt))
        if attempt < 3:
            assert wake_at(run.ledger) > run.now_us
            run.sees(TimePassed(), at_us=wake_at(run.ledger))
    assert run.ledger.run.outcome == "failed"


def test_a_finished_run_has_no_alarm_and_a_reopened_one_may():
    run = given(accepted("a", max_workers=1), *staffed(1), exited("a", 1))
    assert wake_at(run.ledger) is None
    run.sees(retry("a"))
    assert wake_at(run.ledger) == run.now_us + 60 * SECOND_US + 1


# --- a whole story ---


def test_a_run_of_one_workstream_from_its_plan_to_its_end():
    run = given(PlanAccepted(plan=plan_of("a", max_workers=1)), *staffed(1), started("a"))
    run.sees(exited("a"))
    assert [e.event.__struct_config__.tag for e in run.entries] == [
        "plan.accepted",
        "worker.spawned",
        "workstream.readied",
        "worker.started",
        "worker.readied",
        "workstream.dispatched",
        "worker.assigned",
        "attempt.started",
        "attempt.exited",
        "workstream.completed",
        "worker.released",
        "worker.terminated",
        "run.finished",
    ]
