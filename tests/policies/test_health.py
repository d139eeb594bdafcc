"""Who has been silent, or running, for too long?"""

import pytest

from tests.builders import (
    accepted,
    cancel,
    completed,
    exited,
    failed,
    heartbeat,
    interrupted,
    lost_worker,
    recalled,
    released,
    resumed,
    scheduled,
    spawned,
    spec,
    staffed,
    started,
    terminated,
    worker_readied,
)
from tests.spec import given
from uet_es.effects import StartWorker, StopAttempt, StopWorker
from uet_es.events.observations import TimePassed
from uet_es.kernel import wake_at
from uet_es.plan import Limits
from uet_es.values import SECOND_US

TEN = 10 * SECOND_US


def running(*workstreams, **limits):
    """The first attempt of ``a`` runs on the only worker."""
    limits = Limits(**{"max_workers": 1, **limits})
    return given(accepted(*workstreams, limits=limits), *staffed(1), started("a"))


def test_an_attempt_exactly_at_its_limit_is_healthy():
    run = running(spec("a", timeout_us=TEN))
    assert wake_at(run.ledger) == run.now_us + TEN + 1
    run.passes(TEN).decides()
    run.passes(1).decides(recalled("a", "timeout")).asks(StopAttempt(workstream="a", attempt=1))


def test_an_attempt_that_ran_too_long_has_failed_when_it_is_gone():
    run = running(spec("a", timeout_us=TEN), "b").passes(TEN + 1)
    assert run.state("a") == "RUNNING attempting"
    run.sees(exited("a", -15))
    assert run.decided[:2] == [failed("a", "timeout", "ran longer than 10 s"), released(1)]


def test_an_attempt_that_ended_well_after_its_limit_has_failed_all_the_same():
    run = running(spec("a", timeout_us=TEN), "b").passes(TEN + 1).sees(exited("a"))
    assert run.decided[0] == failed("a", "timeout", "ran longer than 10 s")


def test_a_timeout_uses_up_an_attempt_and_the_next_has_all_its_time():
    run = running(spec("a", timeout_us=TEN, max_attempts=2)).passes(TEN + 1).sees(exited("a", -15))
    then = run.now_us + SECOND_US
    run.decides(scheduled("a", "timeout", "ran longer than 10 s", then), released(1))
    run.passes(SECOND_US).sees(started("a", 2)).passes(TEN).decides()
    run.passes(1).decides(recalled("a", "timeout", 2))


def test_the_limit_counts_from_the_sign_of_life():
    run = given(accepted(spec("a", timeout_us=TEN), max_workers=1), *staffed(1))
    assert wake_at(run.ledger) is None
    run.passes(99 * SECOND_US).sees(started("a"))
    assert wake_at(run.ledger) == run.now_us + TEN + 1


def test_a_promised_heartbeat_is_awaited_from_the_start():
    run = running(spec("a", heartbeat_us=TEN))
    run.passes(TEN).decides()
    run.passes(1).decides(recalled("a", "heartbeat"))
    run.sees(exited("a", -15))
    assert run.decided[0] == failed("a", "heartbeat", "silent for longer than 10 s")


def test_each_heartbeat_gives_the_limit_anew():
    run = running(spec("a", heartbeat_us=TEN))
    run.sees(heartbeat("a"), at_us=run.now_us + TEN).decides()
    run.passes(TEN).decides()
    run.passes(1).decides(recalled("a", "heartbeat"))


def test_a_heartbeat_after_the_limit_comes_too_late():
    run = running(spec("a", heartbeat_us=TEN), "b")
    run.sees(heartbeat("a"), at_us=run.now_us + TEN + 1).decides(recalled("a", "heartbeat"))


def test_of_an_attempt_that_is_being_stopped_nothing_more_is_expected():
    run = running(spec("a", heartbeat_us=TEN), "b").sees(cancel("a"))
    assert wake_at(run.ledger) is None
    assert wake_at(run.sees(heartbeat("a")).ledger) is None
    run.passes(TEN + 1).decides()
    assert run.sees(exited("a", -15)).state("a") == "CANCELLED"


@pytest.mark.parametrize("limit", ["timeout_us", "heartbeat_us"])
@pytest.mark.parametrize("stop", [[cancel("a")], [interrupted(), interrupted()]])
def test_an_attempt_that_is_being_stopped_is_judged_by_no_limit(stop, limit):
    run = running(spec("a", **{limit: TEN}), "b").sees(*stop)
    assert wake_at(run.ledger) is None
    run.passes(TEN).decides()


def test_an_attempt_that_ended_within_its_limit_but_was_seen_late_is_healthy():
    run = running(spec("a", timeout_us=TEN), "b")
    run.sees(exited("a", took_us=TEN), at_us=run.now_us + TEN + 1)
    assert completed("a") in run.decided


def test_an_attempt_that_was_recalled_because_it_was_seen_late_is_healthy():
    run = running(spec("a", timeout_us=TEN), "b").passes(TEN + 1)
    run.decides(recalled("a", "timeout"))
    assert run.sees(exited("a", took_us=TEN)).state("a") == "SUCCEEDED"


def test_an_attempt_that_ran_longer_than_its_limit_is_late_whenever_it_is_seen():
    run = running(spec("a", timeout_us=TEN), "b")
    run.sees(exited("a", took_us=TEN + 1), at_us=run.now_us + TEN + 1)
    assert run.decided[1] == failed("a", "timeout", "ran longer than 10 s")


def test_a_workstream_whose_id_is_a_number_hides_no_limit_of_a_worker():
    limits = Limits(max_workers=2, worker_start_us=6 * TEN)
    work = [spec("1", timeout_us=5 * TEN), "2"]
    run = given(accepted(*work, limits=limits), *staffed(2), started("1")).passes(10 * TEN)
    assert run.decided[:2] == [recalled("1", "timeout"), terminated(1, "start")]


def test_whoever_promised_nothing_is_never_silent_for_too_long():
    assert wake_at(running("a").ledger) is None


def test_whoever_sent_one_heartbeat_is_expected_to_go_on():
    run = running("a", heartbeat_us=TEN).sees(heartbeat("a"))
    run.passes(TEN).decides()
    run.passes(1).decides(recalled("a", "heartbeat"))
    run.sees(exited("a", 0))
    assert run.decided[0].message == "silent for longer than 10 s"


def test_the_usual_silence_is_five_minutes():
    run = running("a").sees(heartbeat("a"))
    assert wake_at(run.ledger) == run.now_us + 300 * SECOND_US + 1


def test_of_two_limits_at_one_instant_the_attempt_is_recalled_once():
    run = running(spec("a", timeout_us=TEN, heartbeat_us=TEN)).passes(TEN + 1)
    run.decides(recalled("a", "timeout"))


def test_time_without_a_driver_counts_for_no_limit():
    run = running(spec("a", timeout_us=TEN, heartbeat_us=TEN)).passes(4 * SECOND_US)
    run.sees(resumed(), at_us=run.now_us + 3600 * SECOND_US).decides()
    run.passes(6 * SECOND_US).decides()
    run.passes(1).decides(recalled("a", "timeout"))


def test_time_without_a_driver_counts_for_a_pause_between_attempts():
    run = running(spec("a", max_attempts=2)).sees(exited("a", 1))
    run.sees(resumed(), at_us=run.now_us + 3600 * SECOND_US)
    assert run.state("a") == "RUNNING attempting"


def test_an_attempt_that_has_ended_has_no_limits_any_more():
    run = running(spec("a", timeout_us=TEN, heartbeat_us=TEN), "b").sees(exited("a"))
    assert wake_at(run.ledger) is None


def test_a_worker_exactly_at_its_start_limit_is_awaited():
    limits = Limits(max_workers=1, worker_start_us=TEN)
    run = given(accepted("a", limits=limits))
    run.passes(TEN).decides()
    run.passes(1).decides(terminated(1, "start"), spawned(2))
    run.asks(StopWorker(worker=1), StartWorker(worker=2))


def test_a_late_worker_is_not_taken():
    limits = Limits(max_workers=1, worker_start_us=TEN)
    run = given(accepted("a", limits=limits)).passes(TEN + 1)
    run.sees(*staffed(1)).ignores("nobody waits for this worker")
    run.sees(*staffed(2))
    assert run.decided[0] == worker_readied(2)


def test_a_started_worker_has_no_start_limit_any_more():
    run = given(accepted("a", max_workers=1), *staffed(1))
    assert wake_at(run.ledger) is None


def test_an_idle_worker_that_is_lost_goes_at_once():
    run = given(accepted("a", "b after a"), *staffed(1, 2), lost_worker(2))
    run.decides(terminated(2, "lost"), spawned(3))
    run.sees(lost_worker(2)).ignores("gone already")


def test_a_worker_lost_on_its_way_is_replaced():
    run = given(accepted("a", max_workers=1), lost_worker(1))
    run.decides(terminated(1, "lost"), spawned(2))


def test_a_busy_worker_that_is_lost_goes_after_its_attempt_is_judged():
    run = running(spec("a", once=True), "b", "c").sees(lost_worker(1))
    run.decides(
        failed("a", "lost", "worker 1 was lost", code="E_UNKNOWN"),
        terminated(1, "lost"),
        spawned(2),
    )
    run.sees(exited("a")).ignores("stale")


def test_a_worker_lost_at_the_instant_of_its_attempt_s_end_loses_nothing():
    run = running("a", "b").together(exited("a"), lost_worker(1))
    assert run.state("a") == "SUCCEEDED"
    assert completed("a") in run.decided
    assert terminated(1, "lost") in run.decided


def test_time_that_passes_early_costs_an_empty_turn():
    running(spec("a", timeout_us=TEN)).sees(TimePassed()).decides()
