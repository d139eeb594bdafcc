"""How a run went, in numbers: of a run that can be reckoned by hand, and of a real one."""

from pathlib import Path

import pytest

from tests.builders import accepted, exited, plan_of, spec, staffed, started, used
from tests.projections.tellings import fork, tell
from uet_es.drivers.simulation.simulate import simulate
from uet_es.events.observations import PlanAccepted
from uet_es.log.store import Log
from uet_es.projections.figures.comparison import compare
from uet_es.projections.figures.metrics import metrics
from uet_es.projections.recorded import RecordedFile
from uet_es.projections.warehouse import Warehouse
from uet_es.values import SECOND_US

pytestmark = pytest.mark.slow
LIBRARY = Path(__file__).parents[2] / "replay_fixtures" / "library-36" / "log.jsonl"
SUMS = (
    *("workstreams", "succeeded", "failed", "cancelled", "attempts", "failed_attempts"),
    *("lead_us", "blocked_us", "queue_us", "work_us", "merging_us"),
    *("input_tokens", "output_tokens", "cost_nanousd", "unpriced", "estimated_cost_nanousd"),
)


@pytest.fixture
def log():
    with Log.in_memory() as log:
        yield log


def imagined(log, run, workers, *, seconds=(10, 10, 5), fails=()):
    """a and b beside each other, c after both; b is of another phase and project."""
    plan = plan_of(
        spec("a", phase="p", project="x", estimated_cost_nanousd=3),
        spec("b", phase="q", project="x", max_attempts=2),
        spec("c", ("a", "b"), phase="p", project="y", estimated_cost_nanousd=4),
        max_workers=workers,
    )
    took = dict(zip("abc", seconds, strict=True))
    groups = []
    simulate(
        plan,
        lambda *which: (took[which[0]] * SECOND_US, int(which in fails)),
        groups.append,
        run=run,
    )
    log.append(run, [entry for group in groups for entry in group])


def of(log, run):
    return metrics(Warehouse.in_memory(log), run)


def named(parts):
    return {part.name: part for part in parts}


def test_time_and_parallelism_are_what_a_hand_reckons(log):
    imagined(log, "run-1", 2)
    found = of(log, "run-1")
    assert (found.outcome, found.is_open, found.workers) == ("succeeded", False, 2)
    assert (found.makespan_us, found.run_us) == (15 * SECOND_US, 25 * SECOND_US)
    assert (found.longest_path_us, found.lower_bound_us) == (15 * SECOND_US, 15 * SECOND_US)
    assert (found.speed_up, found.possible_speed_up) == (1.67, 1.67)
    assert found.efficiency_percent == 100
    assert found.utilisation_percent == 83.33
    assert found.document()["on_target"]


def test_a_run_that_wastes_its_workers_is_not_on_target(log):
    imagined(log, "run-1", 1)
    found = of(log, "run-1")
    assert (found.efficiency_percent, found.utilisation_percent) == (100, 100)
    imagined(log, "run-2", 3, seconds=(10, 1, 5), fails={("b", 1)})
    found = of(log, "run-2")
    assert found.makespan_us == 15 * SECOND_US
    assert found.utilisation_percent == round(100 * 17 / 45, 2)
    tell(
        log,
        "run-3",
        (0, accepted("a", "b", max_workers=2)),
        *((0, each) for each in staffed(1, 2)),
        *[(1, started("a")), (1, started("b"))],
        *[(2, exited("a", took_us=SECOND_US)), (90, exited("b", took_us=SECOND_US))],
    )
    found = of(log, "run-3")
    assert found.efficiency_percent == round(100 / 90, 2)
    assert found.document()["on_target"] is False


def test_lead_time_is_split_into_four(log):
    imagined(log, "run-1", 1)
    found = of(log, "run-1")
    parts = named(found.workstreams)
    assert [
        (each.blocked_us, each.queue_us, each.work_us, each.merging_us, each.lead_us)
        for each in (parts["a"], parts["b"], parts["c"])
    ] == [
        (0, 0, 10 * SECOND_US, 0, 10 * SECOND_US),
        (0, 10 * SECOND_US, 10 * SECOND_US, 0, 20 * SECOND_US),
        (20 * SECOND_US, 0, 5 * SECOND_US, 0, 25 * SECOND_US),
    ]


def test_who_must_start_after_another_is_blocked_by_it(log):
    groups = []
    plan = plan_of("a", "b", before=(("a", "b"),))
    simulate(plan, lambda *_: (SECOND_US, 0), groups.append, run="run-1")
    log.append("run-1", [entry for group in groups for entry in group])
    second = named(of(log, "run-1").workstreams)["b"]
    assert (second.blocked_us, second.queue_us) == (SECOND_US, 0)


def test_what_cannot_be_folded_has_no_durations_and_everything_else(log):
    imagined(log, "run-1", 2)
    house = Warehouse.in_memory(log)
    house.connection.execute("DELETE FROM run_times")
    house.connection.execute("DELETE FROM waits")
    found = metrics(house, "run-1")
    assert (found.run_us, found.efficiency_percent, found.total.lead_us) == (None, None, None)
    assert found.document()["on_target"] is None
    assert (found.makespan_us, found.total.succeeded) == (15 * SECOND_US, 3)
    assert compare(found, found).changes


def test_phases_and_projects_are_sums_of_their_workstreams(log):
    imagined(log, "run-1", 2, fails={("b", 1), ("b", 2)})
    found = of(log, "run-1")
    assert list(named(found.phases)) == ["p", "q"]
    assert list(named(found.projects)) == ["x", "y"]
    assert named(found.phases)["q"].errors == {"E_TOOL_FAILURE": 2}
    assert named(found.phases)["p"].estimated_cost_nanousd == 7
    for parts in (found.workstreams, found.phases, found.projects):
        for name in SUMS:
            assert sum(getattr(part, name) for part in parts) == getattr(found.total, name)
    total = found.total
    assert (total.succeeded, total.failed, total.cancelled) == (1, 1, 1)
    assert (total.success_percent, total.failure_percent) == (33.33, 33.33)
    assert (total.attempts, total.failed_attempts) == (3, 2)


def test_a_worker_is_busy_while_it_has_an_attempt(log):
    imagined(log, "run-1", 2)
    first, second = of(log, "run-1").worker_list
    assert (first.attempts, first.busy_us, first.life_us) == (2, 15 * SECOND_US, 15 * SECOND_US)
    assert (second.attempts, second.busy_us) == (1, 10 * SECOND_US)
    assert second.utilisation_percent == 66.67
    assert (first.succeeded, first.failed, first.errors) == (2, 0, {})


def test_tokens_and_money_go_to_who_used_them(log):
    tell(
        log,
        "run-1",
        (0, accepted(spec("a", phase="p"), "b")),
        *((0, each) for each in staffed(1, 2)),
        *[(1, started("a")), (1, started("b"))],
        (2, used("a", input_tokens=10, output_tokens=3, cost_nanousd=7)),
        (3, used("b", input_tokens=1, output_tokens=1)),
    )
    found = of(log, "run-1")
    parts = named(found.workstreams)
    assert (parts["a"].input_tokens, parts["a"].output_tokens, parts["a"].cost_nanousd) == (
        10,
        3,
        7,
    )
    assert (parts["b"].cost_nanousd, parts["b"].unpriced) == (0, 1)
    assert [(each.cost_nanousd, each.unpriced) for each in found.worker_list] == [(7, 0), (0, 1)]
    assert named(found.phases)["p"].cost_nanousd == found.total.cost_nanousd == 7


def test_a_fork_has_its_whole_time_and_only_its_own_money(log):
    steps = [(1, started("a")), (2, used("a", input_tokens=5, cost_nanousd=7)), (3, exited("a"))]
    tell(log, "run-1", (0, accepted("a", "b after a")), (0, staffed(1)[0]), *steps)
    last = [entry.seq for entry in log.entries("run-1")][-1]
    fork(log, "run-1", "run-2", last, (9, started("b", 2)), (10, used("b", 2, cost_nanousd=1)))
    found = of(log, "run-2")
    assert (found.parent, found.total.cost_nanousd, found.makespan_us) == (
        "run-1",
        1,
        10 * SECOND_US,
    )
    assert named(found.workstreams)["a"].attempts == 1


def test_a_real_run_adds_up():
    found = metrics(Warehouse.in_memory(RecordedFile(LIBRARY)), "run-1")
    adds_up(found)
    total = found.total
    assert (total.succeeded, total.failed, total.cancelled) == (33, 1, 2)
    assert total.errors == {"E_TOOL_FAILURE": 2}
    assert found.efficiency_percent == round(100 * found.lower_bound_us / found.makespan_us, 2)
    assert found.document()["on_target"] is False


@pytest.mark.parametrize("kept", [1, 2, 60, 200, 300, 394])
def test_a_run_that_goes_on_has_numbers_as_far_as_it_got(tmp_path, kept):
    lines = LIBRARY.read_bytes().splitlines(keepends=True)
    (tmp_path / "cut.jsonl").write_bytes(b"".join(lines[:kept]))
    found = metrics(Warehouse.in_memory(RecordedFile(tmp_path / "cut.jsonl")), "run-1")
    assert (found.is_open, found.outcome) == (True, None)
    adds_up(found)
    found.document()
    changes = compare(found, found)
    assert {change.verdict for change in changes.changes} <= {"same", "other"}


def adds_up(found):
    assert found.total.workstreams == 36 == len(found.workstreams)
    for part in (found.total, *found.workstreams):
        parts = (part.blocked_us, part.queue_us, part.work_us, part.merging_us)
        assert sum(parts) == part.lead_us
    for name in SUMS:
        assert sum(getattr(x, name) for x in found.workstreams) == getattr(found.total, name)
    assert sum(worker.attempts for worker in found.worker_list) == found.total.attempts
    assert all(0 <= worker.busy_us <= worker.life_us for worker in found.worker_list)


def test_what_got_better_or_worse_comes_first_and_the_most_of_it(log):
    imagined(log, "run-1", 1, fails={("b", 1)})
    imagined(log, "run-2", 2)
    found = compare(of(log, "run-1"), of(log, "run-2"))
    changes = {change.name: change for change in found.changes}
    makespan = changes["makespan"]
    assert (makespan.verdict, makespan.difference) == ("better", -21 * SECOND_US)
    assert makespan.percent == round(100 * -21 / 36, 2)
    assert changes["utilisation"].verdict == "worse"
    assert (changes["workers"].verdict, changes["workers"].difference) == ("other", 1)
    assert changes["cost"].verdict == "same"
    verdicts = [change.verdict for change in found.changes]
    judged = sum(verdict in ("better", "worse") for verdict in verdicts)
    assert set(verdicts[judged:]) == {"same", "other"}
    sizes = [abs(change.percent) for change in found.changes[:judged] if change.percent is not None]
    assert sizes == sorted(sizes, reverse=True)
    assert [(x.name, x.a, x.b, x.verdict) for x in found.errors] == [
        ("E_TOOL_FAILURE", 1, 0, "better")
    ]
    assert found.same_plan


def test_the_same_two_runs_the_other_way_round_say_the_opposite(log):
    imagined(log, "run-1", 1, fails={("b", 1)})
    imagined(log, "run-2", 2)
    house = Warehouse.in_memory(log)
    one, other = metrics(house, "run-1"), metrics(house, "run-2")
    there = {change.name: change for change in compare(one, other).changes}
    back = {change.name: change for change in compare(other, one).changes}
    opposite = {"better": "worse", "worse": "better", "same": "same", "other": "other"}
    for name, change in there.items():
        assert back[name].verdict == opposite[change.verdict]
        assert back[name].difference == -change.difference


def test_workstreams_of_both_are_told_by_what_changed_in_them(log):
    imagined(log, "run-1", 2)
    imagined(log, "run-2", 2, seconds=(10, 14, 3), fails={("c", 1)})
    plan = plan_of("a", "d")
    log.append("run-3", _at_once(plan))
    house = Warehouse.in_memory(log)
    first, second, third = (metrics(house, f"run-{n}") for n in (1, 2, 3))
    found = compare(first, second)
    assert [(each.name, each.state_b, each.work_us) for each in found.moved] == [
        ("b", "succeeded", 4 * SECOND_US),
        ("c", "failed", -2 * SECOND_US),
    ]
    other = compare(first, third)
    assert (other.only_a, other.only_b) == (("b", "c"), ("d",))


def _at_once(plan):
    groups = []
    simulate(plan, lambda *_: (1, 0), groups.append, run="run-3")
    return [entry for group in groups for entry in group]


def test_a_simulated_run_says_so_and_costs_nothing(log):
    first = PlanAccepted(plan=plan_of("a"), simulated=True)
    tell(log, "run-1", (0, first), (0, staffed(1)[0]), (1, started("a")), (2, used("a")))
    found = of(log, "run-1")
    assert (found.simulated, found.total.cost_nanousd, found.total.unpriced) == (True, 0, 0)
