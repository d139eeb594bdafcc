"""What the views answer, for runs so small that every number can be told beforehand."""

import pytest

from tests.builders import (
    accepted,
    cancel,
    conflicted,
    exited,
    interrupted,
    landed,
    lost,
    pause,
    resumed,
    retry,
    spec,
    staffed,
    started,
    unpause,
    unstarted,
    used,
)
from tests.projections.logs import tell
from uet_es.events.observations import PlanAccepted, RunForked, UsageReported
from uet_es.log.predictions import PredictionMade, PredictionScored
from uet_es.log.store import Log
from uet_es.plan import Limits
from uet_es.projections.warehouse import Warehouse

DAY_US = 86_400_000_000
WORKTREE = {"isolation": "worktree"}


@pytest.fixture
def log():
    return Log.in_memory()


def ask(log, statement):
    with Warehouse.in_memory(log) as warehouse:
        return warehouse.rows(statement)


def table(log, name):
    with Warehouse.in_memory(log) as warehouse:
        return warehouse.documents(f"SELECT * FROM {name} ORDER BY ALL")


# --- efficiency ---


def test_efficiency_of_a_chain_cannot_be_better_than_the_chain(log):
    seen = (accepted("a", "b after a"), *staffed(1), started("a"), exited("a", took_us=900_000))
    tell(log, "run-1", *seen, started("b"), exited("b", took_us=1_000_000))
    (row,) = table(log, "efficiency")
    assert row == {
        "run": "run-1",
        "simulated": False,
        "workers": 2,
        "makespan_us": 5_000_000,
        "work_us": 1_900_000,
        "longest_path_us": 1_900_000,
        "lower_bound_us": 1_900_000,
        "speed_up": 0.38,
        "possible_speed_up": 1.0,
        "efficiency_percent": 38.0,
        "utilisation_percent": 19.0,
        "queueing_us": 1_000_000,
        "queueing_percent": 12.5,
    }


def test_efficiency_of_independent_work_is_bounded_by_the_workers(log):
    seen = (accepted("a", "b", "c", max_workers=2), *staffed(1, 2), started("a"), started("b"))
    ended = (exited("a", took_us=3), exited("b", took_us=3), started("c"), exited("c", took_us=3))
    tell(log, "run-1", *seen, *ended)
    (row,) = table(log, "efficiency")
    assert (row["work_us"], row["longest_path_us"], row["lower_bound_us"]) == (9, 3, 5)
    assert row["makespan_us"] == 8_000_000
    assert row["possible_speed_up"] == 1.8


def test_a_run_that_goes_on_is_measured_up_to_its_last_entry(log):
    tell(log, "run-1", accepted("a", "b after a"), *staffed(1), started("a"))
    (row,) = table(log, "efficiency")
    assert (row["makespan_us"], row["work_us"], row["speed_up"]) == (2_000_000, 0, 0.0)
    assert (row["possible_speed_up"], row["utilisation_percent"]) == (None, 0.0)
    assert (row["queueing_us"], row["queueing_percent"]) == (1_000_000, 25.0)


def test_a_run_of_no_length_has_no_speed(log):
    tell(log, "run-1", accepted("a"))
    (row,) = table(log, "efficiency")
    assert row["makespan_us"] == 0
    assert row["speed_up"] is row["efficiency_percent"] is row["utilisation_percent"] is None


# --- errors ---


def test_errors_are_counted_by_tool_code_and_reason(log):
    work = [spec("a", tool="aider", max_attempts=2), spec("b", tool="aider"), spec("c")]
    plan = accepted(*work, limits=Limits(max_workers=3, backoff_us=0))
    seen = (plan, *staffed(1, 2, 3), started("a"), started("b"), started("c"))
    tell(
        log,
        "run-1",
        *seen,
        exited("a", 1, took_us=10),
        exited("b", 3, took_us=5),
        unstarted("c"),
        started("a", 2),
        exited("a", 0, attempt=2, took_us=7),
    )
    tell(log, "run-2", *seen, exited("a", 9, took_us=2), start_us=100)
    assert ask(log, "SELECT * FROM error_frequency ORDER BY ALL") == [
        ("aider", "E_TOOL_FAILURE", "exit", 3, 4, 75.0, 3, 2, 17, 9_000_000),
        ("shell", "E_TOOL_FAILURE", "start", 1, 1, 100.0, 1, 1, 0, 10_000_000),
    ]


def test_errors_of_simulated_runs_and_of_a_forks_parent_count_no_more(log):
    plan = accepted("a", "b after a", max_workers=1)
    imagined = PlanAccepted(plan=plan.plan, simulated=True)
    ledger = tell(log, "run-1", plan, *staffed(1), started("a"), exited("a", 1))
    tell(log, "run-2", imagined, *staffed(1), started("a"), exited("a", 1))
    forked = RunForked(run="run-3", parent="run-1", at_seq=ledger.seq)
    tell(log, "run-3", forked, ledger=ledger)
    with Warehouse.in_memory(log) as warehouse:
        assert warehouse.rows("SELECT failures, attempts, runs FROM error_frequency") == [(1, 1, 1)]
        assert warehouse.rows("SELECT count(*) FROM attempts") == [(3,)]


# --- what others wait for ---


def test_a_bottleneck_is_what_others_waited_for_and_not_their_own_work(log):
    plan = accepted("a", "b after a", "c after a", max_workers=2)
    tell(log, "run-1", plan, *staffed(1, 2), started("a"), exited("a"), exited("b"), exited("c"))
    assert ask(log, "SELECT * FROM bottlenecks ORDER BY ALL") == [
        ("run-1", "dependency", "a", 2, 8_000_000, 4_000_000, 4_000_000),
        ("run-1", "worker", "shell", 1, 1_000_000, 1_000_000, 0),
    ]


def test_waiting_to_be_merged_is_a_bottleneck_only_behind_another(log):
    plan = accepted(*(spec(id, **WORKTREE) for id in "ab"), base="0" * 40)
    seen = (plan, *staffed(1, 2), exited("a", commit="c"), exited("b", commit="d"))
    tell(log, "run-1", *seen, landed("a"), landed("b"))
    found = ask(
        log,
        "SELECT waits_for, waiting, waited_us FROM bottlenecks WHERE cause = 'merging'",
    )
    assert found == [("a", 1, 1_000_000)]
    assert ask(log, "SELECT workstream, result, took_us FROM merges ORDER BY ALL") == [
        ("a", "landed", 0),
        ("b", "landed", 0),
    ]


# --- lead time, transitions, attempts ---


def test_lead_time_tells_where_it_went_since_the_last_opening(log):
    plan = accepted("a", "b after a", max_workers=1)
    seen = (plan, *staffed(1), pause(), unpause(), started("a"), exited("a", 1), retry("a"))
    tell(log, "run-1", *seen, *staffed(2), started("a", 2), exited("a", 0, attempt=2))
    rows = {row["workstream"]: row for row in table(log, "lead_time")}
    parts = ("opening", "is_open", "lead_us", "worker_us", "work_us", "dependency_us", "mode_us")
    of_a, of_b = ([rows[id][name] for name in parts] for id in "ab")
    assert of_a == [1, False, 3_000_000, 1_000_000, 2_000_000, 0, 0]
    assert of_b == [1, True, 3_000_000, 0, 0, 3_000_000, 0]
    ask_all = "SELECT opening, sum(took_us) FROM waits WHERE workstream = 'a' GROUP BY 1 ORDER BY 1"
    assert ask(log, ask_all) == [(0, 5_000_000), (1, 3_000_000)]


def test_every_opening_counts_whenever_it_came_in(log):
    ledger = tell(log, "run-1", accepted("a", max_workers=1), *staffed(1), exited("a", 1))
    with Warehouse.in_memory(log) as warehouse:
        for times in (1, 2, 3):
            seen = (retry("a"), *staffed(times + 1), exited("a", 1, attempt=times + 1))
            tell(log, "run-1", *seen, ledger=ledger)
            warehouse.catch_up()
            found = warehouse.rows("SELECT reopenings, attempts, state FROM workstreams")
            assert found == [(times, times + 1, "FAILED")]
        assert warehouse.rows("SELECT opening, lead_us FROM lead_time") == [(3, 2_000_000)]


def test_a_retry_is_no_change_of_state_and_does_not_cut_it_short(log):
    plan = accepted(spec("a", max_attempts=2), limits=Limits(max_workers=1, backoff_us=0))
    tell(log, "run-1", plan, *staffed(1), started("a"), exited("a", 1), exited("a", 0, attempt=2))
    assert ask(log, "SELECT from_state, to_state FROM transitions ORDER BY seq") == [
        ("PENDING", "READY"),
        ("READY", "RUNNING"),
        ("RUNNING", "SUCCEEDED"),
    ]


def test_the_time_in_a_state_includes_all_its_attempts(log):
    plan = accepted(spec("a", max_attempts=2), limits=Limits(max_workers=1, backoff_us=0))
    tell(log, "run-1", plan, *staffed(1), started("a"), exited("a", 1), exited("a", 0, attempt=2))
    assert ask(log, "SELECT in_from_us FROM transitions ORDER BY seq") == [
        (0,),
        (1_000_000,),
        (3_000_000,),
    ]


def test_an_attempt_says_how_it_ended(log):
    work = [spec("a", **WORKTREE), spec("b"), spec("c"), spec("d")]
    plan = accepted(*work, limits=Limits(max_workers=4, max_losses=0), base="0" * 40)
    tell(
        log,
        "run-1",
        *(plan, *staffed(1, 2, 3, 4), started("a"), started("b"), started("c"), started("d")),
        exited("a", commit="c"),
        conflicted("a", files=("x", "y")),
        cancel("b"),
        exited("b", -15),
        lost("c"),
        exited("d", 0, cpu_us=4, took_us=5),
    )
    found = ask(
        log,
        "SELECT workstream, ending, status, outcome, code, recalled, took_us, cpu_us "
        "FROM attempts ORDER BY ALL",
    )
    assert found == [
        ("a", "exited", 0, "failed", "E_MERGE_CONFLICT", None, 0, None),
        ("b", "exited", -15, "cancelled", None, "cancelled", 0, None),
        ("c", "lost", None, "failed", "E_ORCHESTRATOR_CRASH", None, None, None),
        ("d", "exited", 0, "succeeded", None, None, 5, 4),
    ]
    assert ask(log, "SELECT result, files FROM merges") == [("conflicted", ["x", "y"])]


@pytest.mark.parametrize("batch_rows", [1000, 13])
def test_an_attempt_that_was_told_to_stop_twice_has_the_later_reason(log, batch_rows, tmp_path):
    seen = (accepted("a"), *staffed(1), started("a"), interrupted(), interrupted(), cancel("a"))
    tell(log, "run-1", *seen)
    with Warehouse.open(tmp_path / "w.duckdb", log) as warehouse:
        warehouse.catch_up(batch_rows=batch_rows)
        assert warehouse.rows("SELECT recalled FROM attempts") == [("cancelled",)]


def test_a_driver_that_comes_back_is_counted(log):
    tell(log, "run-1", accepted("a"), *staffed(1), interrupted(), resumed(), resumed())
    assert ask(log, "SELECT resumes, outcome, makespan_us FROM runs") == [(2, None, None)]


# --- predictions ---


def test_a_score_finds_the_prediction_that_it_is_about(log):
    tell(log, "run-1", accepted("a", digest="p", source="here"), *staffed(1), exited("a"))

    def predict(us, workers, learnt_from=None, at_us=7):
        limits = Limits(max_workers=workers)
        made = PredictionMade(plan="p", limits=limits, makespan_us=us, learnt_from=learnt_from)
        log.predict(made, at_us)

    def score(predicted_us, measured_us, at_us=9):
        log.predict(
            PredictionScored(
                plan="p", run="run-1", predicted_us=predicted_us, measured_us=measured_us
            ),
            at_us,
        )

    predict(400, 2)
    predict(300, 8, "run-1", at_us=8)
    score(300, 400)
    predict(300, 1)
    score(500, 400, at_us=10)
    assert table(log, "predictions") == [
        {
            "run": "run-1",
            "plan": "p",
            "source": "here",
            "max_workers": 8,
            "learnt_from": "run-1",
            "forecast_us": 8,
            "scored_us": 9,
            "predicted_us": 300,
            "measured_us": 400,
            "error_us": -100,
            "error_percent": -25.0,
        },
        {
            "run": "run-1",
            "plan": "p",
            "source": "here",
            "max_workers": None,
            "learnt_from": None,
            "forecast_us": None,
            "scored_us": 10,
            "predicted_us": 500,
            "measured_us": 400,
            "error_us": 100,
            "error_percent": 25.0,
        },
    ]


def test_a_prediction_with_the_usual_limits_has_their_workers(log):
    made = PredictionMade(plan="p", limits=Limits(), makespan_us=1)
    log.predict(made, 5)
    assert ask(log, "SELECT plan, version, at_us, max_workers, limits FROM forecasts") == [
        ("p", 1, 5, 4, "{}")
    ]


# --- money ---


def spent(id, model, cost, attempt=1, **fields):
    tokens = {"input_tokens": 10, "output_tokens": 3, "cached_input_tokens": 2}
    return UsageReported(
        workstream=id, attempt=attempt, model=model, cost_nanousd=cost, **tokens, **fields
    )


@pytest.fixture(scope="module")
def bills():
    log = Log.in_memory()
    work = [
        spec("a", tool="aider", phase="build", project="p", max_attempts=2),
        spec("b", tool="codex", phase="test", section="s"),
    ]
    plan = accepted(*work, limits=Limits(max_workers=2, backoff_us=0))
    tell(
        log,
        "run-1",
        *(plan, *staffed(1, 2), started("a"), started("b")),
        spent("a", "big", (1 << 53) + 1, key="k"),
        spent("a", "big", 100, key="k"),  # the same line again
        spent("a", "small", 1),
        exited("a", 1),
        spent("a", "big", (1 << 53) + 1, attempt=1),  # too late
        started("a", 2),
        spent("a", "big", 7, attempt=2, key="k"),
        spent("b", "strange", None),
        exited("b"),
        exited("a", 0, attempt=2),
    )
    later = (plan, *staffed(1, 2), started("a"), spent("a", "big", 5))
    tell(log, "run-2", *later, start_us=DAY_US - 4_500_000)
    with Warehouse.in_memory(log) as warehouse:
        yield warehouse


BIG = (1 << 53) + 1


@pytest.mark.parametrize(
    ("by", "keys", "rows"),
    [
        ("day", "day::VARCHAR", [("1970-01-01", 4, 1, BIG + 8), ("1970-01-02", 1, 0, 5)]),
        (
            "model",
            "model",
            [("big", 3, 0, BIG + 12), ("small", 1, 0, 1), ("strange", 1, 1, 0)],
        ),
        (
            "phase",
            "run, project, section, phase",
            [
                ("run-1", "", "s", "test", 1, 1, 0),
                ("run-1", "p", "", "build", 3, 0, BIG + 8),
                ("run-2", "p", "", "build", 1, 0, 5),
            ],
        ),
        ("run", "run", [("run-1", 4, 1, BIG + 8), ("run-2", 1, 0, 5)]),
        ("tool", "tool", [("aider", 4, 0, BIG + 13), ("codex", 1, 1, 0)]),
        (
            "worker",
            "run, worker",
            [("run-1", 1, 3, 0, BIG + 8), ("run-1", 2, 1, 1, 0), ("run-2", 1, 1, 0, 5)],
        ),
        (
            "workstream",
            "run, workstream",
            [
                ("run-1", "a", 3, 0, BIG + 8),
                ("run-1", "b", 1, 1, 0),
                ("run-2", "a", 1, 0, 5),
            ],
        ),
    ],
)
def test_costs_are_exact_however_they_are_grouped(bills, by, keys, rows):
    found = bills.rows(
        f"SELECT {keys}, reports, unpriced, cost_nanousd FROM cost_by_{by} ORDER BY ALL"
    )
    assert found == rows
    tokens = bills.rows(
        f"SELECT sum(input_tokens), sum(output_tokens), sum(cached_input_tokens) FROM cost_by_{by}"
    )
    assert tokens == [(50, 15, 10)]


def test_money_is_shown_as_people_write_it_and_not_rounded(log):
    found = ask(log, "SELECT usd(9007199254740993)::VARCHAR, seconds(1500000), instant(1)")
    assert found[0][:2] == ("9007199.254740993", 1.5)
    assert found[0][2].isoformat() == "1970-01-01T00:00:00.000001"


# --- simulated forks ---


def test_what_a_simulated_run_would_use_is_in_no_usage_and_in_no_bill(log):
    plan = accepted("a", "b", max_workers=2)
    ledger = tell(log, "run-1", plan, *staffed(1, 2), started("a"), started("b"), used("a"))
    forked = RunForked(run="run-2", parent="run-1", at_seq=ledger.seq, simulated=True)
    tell(log, "run-2", forked, used("b"), used("b"), ledger=ledger)
    assert ask(log, "SELECT run, count(*) FROM usage GROUP BY run ORDER BY run") == [("run-1", 1)]
    assert ask(log, "SELECT run, reports FROM cost_by_run") == [("run-1", 1)]
    assert ask(log, "SELECT sum(input_tokens) FROM spending") == [(0,)]
