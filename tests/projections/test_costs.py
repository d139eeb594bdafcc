"""What models cost: every report once, exactly, however it is told apart."""

from collections import Counter
from pathlib import Path

import pytest

from bench import analysts
from tests.builders import accepted, exited, plan_of, spec, staffed, started
from tests.projections.tellings import DAY_S, NOON_S, counted, fork, tell
from tests.simulation import story
from uet_es.events.observations import PlanAccepted, UsageReported
from uet_es.log.store import Log
from uet_es.projections.figures.costs import DIMENSIONS, Scope, bill
from uet_es.projections.recorded import RecordedFile
from uet_es.projections.warehouse import Warehouse
from uet_es.values import SECOND_US

pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parents[2] / "replay_fixtures"
NOON_US = NOON_S * SECOND_US


def used(id, attempt=1, model="m", cost=5, **fields):
    words = {"input_tokens": 100, "output_tokens": 10, "cached_input_tokens": 40, **fields}
    return UsageReported(workstream=id, attempt=attempt, model=model, cost_nanousd=cost, **words)


def begun(*workstreams, **fields):
    """An accepted plan and two workers that are there."""
    return [(0, accepted(*workstreams, **fields)), *((0, each) for each in staffed(1, 2))]


@pytest.fixture
def log():
    with Log.in_memory() as log:
        yield log


def billed(log, by=(), **scope):
    return bill(Warehouse.in_memory(log), Scope(**scope), by)


def costs(found):
    return [(*line.keys.values(), line.spent.cost_nanousd) for line in found.lines]


def plain(reports):
    """The same sums without a database."""
    events = [entry.event for _, entry in reports]
    return {
        "reports": len(events),
        "unpriced": sum(event.cost_nanousd is None for event in events),
        "unpriced_tokens": sum(
            event.input_tokens + event.output_tokens
            for event in events
            if event.cost_nanousd is None
        ),
        "input_tokens": sum(event.input_tokens for event in events),
        "output_tokens": sum(event.output_tokens for event in events),
        "cached_input_tokens": sum(event.cached_input_tokens for event in events),
        "cost_nanousd": sum(event.cost_nanousd or 0 for event in events),
    }


def is_sum_of(spent, reports):
    wanted = plain(reports)
    return {name: getattr(spent, name) for name in wanted} == wanted


@pytest.mark.parametrize("seed", range(5))
def test_the_total_is_what_the_log_adds_up_to(log, seed):
    told = story.tell(seed)
    log.append("run-1", told.entries)
    analysts.add_run(log, "run-2", analysts.plan_of(10 + seed, seed), seed)
    ends = [e.seq for e in log.entries("run-2") if isinstance(e.event, UsageReported)]
    ends = [seq for seq in ends if next_turn_begins(log, "run-2", seq)]
    fork(log, "run-2", "run-3", ends[len(ends) // 2], (10**6, used("w00000")))
    fork(log, "run-2", "run-4", ends[-1], simulated=True)
    house = Warehouse.in_memory(log)
    whole = bill(house, Scope(), ["run"])
    assert is_sum_of(whole.total, counted(log))
    assert whole.total.cost_nanousd > 0
    for line in whole.lines:
        assert is_sum_of(line.spent, counted(log, line.keys["run"]))
        assert bill(house, Scope(run=line.keys["run"]), ()).total == line.spent
    assert bill(house, Scope(run="run-4"), ()).total.reports == 0


def next_turn_begins(log, run, seq):
    entries = list(log.entries(run))
    return seq == len(entries) or entries[seq].turn != entries[seq - 1].turn


def test_however_it_is_told_apart_the_parts_add_up_to_the_total(log):
    analysts.fill(log, 3, 20)
    house = Warehouse.in_memory(log)
    whole = bill(house, Scope(), ()).total
    names = list(DIMENSIONS)
    for by in [*([name] for name in names), ["day", "model", "phase"], ["worker", "tool"], names]:
        found = bill(house, Scope(), by)
        assert len({tuple(line.keys.values()) for line in found.lines}) == len(found.lines) > 0
        for field in whole.__struct_fields__:
            parts = [getattr(line.spent, field) for line in found.lines]
            assert sum(parts) == getattr(whole, field) == getattr(found.total, field)
    by_model = Counter()
    for _, entry in counted(log):
        by_model[entry.event.model] += entry.event.cost_nanousd or 0
    assert costs(bill(house, Scope(), ["model"])) == by_model.most_common()


def test_failed_attempts_count(log):
    tell(
        log,
        "run-1",
        *begun(spec("a", max_attempts=2)),
        *[(1, started("a")), (2, used("a", cost=7)), (3, exited("a", 1))],
        *[(10, started("a", 2)), (11, used("a", 2, cost=2)), (12, exited("a", attempt=2))],
    )
    assert costs(billed(log, ["outcome"])) == [("failed", 7), ("succeeded", 2)]


def test_a_repeated_and_a_foreign_report_do_not_count():
    house = Warehouse.in_memory(RecordedFile(FIXTURES / "usage-1" / "log.jsonl"))
    found = bill(house, Scope(), ["model", "workstream"])
    assert found.total.reports == 6
    assert found.total.cost_nanousd == 540_500_000
    assert costs(found)[-1] == ("unheard-of", "agent", 0)


def test_a_fork_is_billed_for_what_it_used_itself_and_its_parent_for_the_rest(log):
    tell(
        log,
        "run-1",
        *begun("a", "b after a"),
        *[(1, started("a")), (2, used("a", cost=7)), (3, exited("a"))],
        *[(4, started("b")), (5, used("b", cost=100)), (6, exited("b"))],
    )
    at = next(e.seq for e in log.entries("run-1") if isinstance(e.event, UsageReported))
    fork(log, "run-1", "run-2", at, (20, started("a", 2)), (21, used("a", 2, cost=9)))
    middle = [e.seq for e in log.entries("run-2")][-1]
    fork(log, "run-2", "run-3", middle, (30, started("a", 3)), (31, used("a", 3, cost=1)))
    assert costs(billed(log, ["run"])) == [("run-1", 107), ("run-2", 9), ("run-3", 1)]
    inherited = billed(log, run="run-3").inherited
    assert [(x.keys["run"], x.keys["to_seq"], x.spent.cost_nanousd) for x in inherited] == [
        ("run-1", at, 7),
        ("run-2", middle, 9),
    ]
    assert billed(log, run="run-1").inherited == ()


def test_a_simulated_run_costs_nothing(log):
    imagined = PlanAccepted(plan=plan_of("a"), simulated=True)
    steps = [(0, imagined), (0, staffed(1)[0]), (1, started("a")), (2, used("a"))]
    tell(log, "run-1", *steps)
    found = billed(log, ["model"], run="run-1")
    assert found.simulated
    assert (found.total.reports, found.lines) == (0, ())
    assert billed(log).total.reports == 0


def test_models_that_nobody_knows_are_told_with_what_is_not_in_the_sum(log):
    tell(
        log,
        "run-1",
        *begun("a"),
        (1, started("a")),
        (2, used("a", model="odd", cost=None)),
        (3, used("a", model="odd", cost=None, cached_input_tokens=0)),
        (4, used("a", model="strange", cost=30, price_table="assumed")),
        (5, used("a", model="known", cost=6, price_table="genai-prices", price_version="9")),
    )
    found = billed(log)
    assert (found.total.cost_nanousd, found.total.assumed_nanousd) == (36, 30)
    assert [
        (x.keys["model"], x.spent.unpriced, x.spent.unpriced_tokens, x.spent.assumed)
        for x in found.unknown
    ] == [("strange", 0, 0, 1), ("odd", 2, 220, 0)]
    assert [(*x.keys.values(), x.spent.reports) for x in found.prices] == [
        ("assumed", "", 1),
        ("genai-prices", "9", 1),
        ("", "", 2),
    ]


def test_a_period_has_its_first_instant_and_not_its_last(log):
    reports = [(n, used("a", model=f"m{n}", cost=10**n)) for n in (1, 2, 3)]
    tell(log, "run-1", *begun("a"), (0, started("a")), *reports)
    since, until = NOON_US + 2 * SECOND_US, NOON_US + 3 * SECOND_US
    house = Warehouse.in_memory(log)
    for scope, cost in (
        (Scope(since_us=since), 1100),
        (Scope(until_us=until), 110),
        (Scope(since_us=since, until_us=until), 100),
        (Scope(since_us=until + 1), 0),
    ):
        assert bill(house, scope, ()).total.cost_nanousd == cost


def test_what_is_dearest_comes_first_and_groups_stay_together(log):
    for n in range(1, 12):
        tell(log, f"run-{n}", *begun("a"), (1, started("a")), (2, used("a", cost=n)))
    assert [run for run, _ in costs(billed(log, ["run"]))] == [f"run-{n}" for n in range(1, 12)]
    tell(
        log,
        "run-12",
        *begun(spec("a", phase="p"), spec("b", phase="q")),
        *[(1, started("a")), (1, started("b"))],
        *[(2, used("a", model="x", cost=50)), (2, used("b", model="x", cost=60))],
        *[(2, used("a", model="y", cost=100)), (DAY_S, used("b", model="x", cost=1))],
    )
    assert costs(billed(log, ["model", "phase"], run="run-12")) == [
        ("x", "q", 61),
        ("x", "p", 50),
        ("y", "p", 100),
    ]
    assert costs(billed(log, ["day", "model"], run="run-12")) == [
        ("2024-10-04", "x", 110),
        ("2024-10-04", "y", 100),
        ("2024-10-05", "x", 1),
    ]


def test_a_worker_is_told_with_its_run_once(log):
    tell(log, "run-1", *begun("a"), (1, started("a")), (2, used("a")))
    found = billed(log, ["worker", "run"])
    assert found.columns == ("run", "worker")
    assert costs(found) == [("run-1", 1, 5)]


def test_a_run_that_goes_on_is_billed_as_far_as_it_got(log):
    ledger = tell(log, "run-1", *begun("a"), (1, started("a")), (2, used("a")))
    assert (billed(log, run="run-1").is_open, billed(log).total.cost_nanousd) == (True, 5)
    assert billed(log).is_open
    tell(log, "run-1", (3, used("a")), (4, exited("a")), ledger=ledger)
    assert (billed(log, run="run-1").is_open, billed(log).total.cost_nanousd) == (False, 10)
    assert not billed(log).is_open


def test_sums_beyond_the_range_of_floats_and_of_64_bits_are_exact(log):
    huge = 9 * 10**18
    reports = [(n, used("a", cost=huge + n)) for n in range(1, 5)]
    tell(log, "run-1", *begun("a"), (0, started("a")), *reports)
    assert billed(log).total.cost_nanousd == 4 * huge + 10


def test_a_document_says_everything_with_integers(log):
    tell(log, "run-1", *begun("a"), (1, started("a")), (2, used("a")))
    document = billed(log, ["model"], run="run-1", since_us=5).document()
    spent = {
        "reports": 1,
        "unpriced": 0,
        "unpriced_tokens": 0,
        "assumed": 0,
        "assumed_nanousd": 0,
        "input_tokens": 100,
        "output_tokens": 10,
        "cached_input_tokens": 40,
        "cost_nanousd": 5,
    }
    assert document == {
        "schema_version": 1,
        "run": "run-1",
        "since_us": 5,
        "until_us": None,
        "simulated": False,
        "is_open": True,
        "by": ("model",),
        "rows": [{"model": "m", **spent}],
        "total": spent,
        "prices": [{"price_table": "", "price_version": "", **spent}],
        "unknown_models": [],
        "inherited": [],
    }
