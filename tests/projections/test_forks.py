"""A fork has its parent's history and none of its parent's bill."""

from collections import Counter
from itertools import pairwise

import pytest

from tests.builders import accepted, exited, forked, lost, plan_of, spec, staffed, started, used
from tests.drivers.reference import make_repository
from tests.projections.logs import assert_same, contents, grown, tell
from uet_es.drivers import live
from uet_es.drivers.fork import fork
from uet_es.events import tag_of
from uet_es.events.observations import RunForked, UsageReported
from uet_es.kernel import fold
from uet_es.log.store import Log
from uet_es.plan import Limits
from uet_es.projections.feed import BATCH_ROWS
from uet_es.projections.models import models
from uet_es.projections.warehouse import Warehouse


@pytest.fixture
def log():
    return Log.in_memory()


def history_of(log, run):
    """Run by run, entry by entry, with whose each is."""
    return [
        (
            *(run, entry.stream.partition("/")[0], entry.seq, entry.stream, entry.version),
            *(entry.turn, entry.at_us, tag_of(entry.event), entry.cause, entry.followed),
            entry.ignored,
        )
        for entry in log.entries(run)
    ]


def assert_histories(warehouse, log):
    for run in log.runs():
        found = warehouse.rows(
            "SELECT run, owner, seq, stream, version, turn, at_us, type, cause, followed, ignored "
            "FROM run_entries WHERE run = ? ORDER BY seq",
            [run],
        )
        assert found == history_of(log, run)
    ((wrong,),) = warehouse.rows(
        "SELECT count(*) FROM run_entries WHERE inherited <> (owner <> run)"
    )
    assert wrong == 0
    owned = Counter(row.run for row in log.rows())
    assert dict(warehouse.rows("SELECT run, count(*) FROM entries GROUP BY run")) == owned


def family(log):
    """Two children of one run at different entries, and a grandchild; each uses something."""
    plan = accepted("a", "b after a", max_workers=1)
    first = tell(log, "run-1", plan, *staffed(1), started("a"), used("a", input_tokens=1))
    at_seq = first.seq
    tell(log, "run-1", exited("a"), started("b"), used("b", input_tokens=10), ledger=first)

    def branch(run, parent, at_seq, *seen):
        ledger = fold(parent, [e for e in log.entries(parent) if e.seq <= at_seq])
        return tell(log, run, forked(at_seq, run, parent), *seen, ledger=ledger)

    second = branch(
        "run-2",
        "run-1",
        at_seq,
        *(lost("a", forked=True), started("a", 2), used("a", 2, input_tokens=100)),
    )
    branch(
        "run-3",
        "run-2",
        second.seq,
        *(lost("a", 2, forked=True), started("a", 3), used("a", 3, input_tokens=1000)),
    )
    branch("run-4", "run-1", first.seq, exited("b"))
    # From the part of a fork that it had of its own parent.
    branch("run-5", "run-2", at_seq + 1, lost("a", forked=True))
    return at_seq


@pytest.mark.parametrize("batch_rows", [BATCH_ROWS, 5])
@pytest.mark.slow
def test_the_history_of_a_fork_of_a_fork_is_that_of_the_log(log, batch_rows, tmp_path):
    at_seq = family(log)
    with Warehouse.open(tmp_path / "w.duckdb", log) as warehouse:
        warehouse.catch_up(batch_rows=batch_rows)
        assert_histories(warehouse, log)
        second = len(list(log.entries("run-2")))
        assert warehouse.rows("SELECT * FROM lineage WHERE run = 'run-3' ORDER BY from_seq") == [
            ("run-3", "run-1", 1, at_seq),
            ("run-3", "run-2", at_seq + 1, second),
            ("run-3", "run-3", second + 1, None),
        ]
        assert warehouse.rows(
            "SELECT run, parent, forked_at_seq FROM runs WHERE parent IS NOT NULL ORDER BY run"
        ) == [
            ("run-2", "run-1", at_seq),
            ("run-3", "run-2", second),
            ("run-4", "run-1", len(list(log.entries("run-1")))),
            ("run-5", "run-2", at_seq + 1),
        ]


def test_each_use_of_a_model_is_billed_to_the_run_that_made_it(log):
    family(log)
    with Warehouse.in_memory(log) as warehouse:
        for name in ("usage", "spending"):
            found = warehouse.rows(
                f"SELECT run, sum(input_tokens) FROM {name} GROUP BY 1 ORDER BY 1"
            )
            assert found == [("run-1", 11), ("run-2", 100), ("run-3", 1000)]
        ((total,),) = warehouse.rows("SELECT sum(input_tokens) FROM cost_by_model")
        assert total == 1111


def test_a_fork_has_its_parents_attempts_and_they_fail_only_in_its_own_name(log):
    family(log)
    with Warehouse.in_memory(log) as warehouse:
        found = warehouse.rows(
            "SELECT run, workstream, attempt, inherited, ending, reason FROM attempts "
            "WHERE run IN ('run-2', 'run-3') ORDER BY ALL"
        )
        assert found == [
            ("run-2", "a", 1, True, "lost", "forked"),
            ("run-2", "a", 2, False, None, None),
            ("run-3", "a", 1, True, "lost", "forked"),
            ("run-3", "a", 2, True, "lost", "forked"),
            ("run-3", "a", 3, False, None, None),
        ]
        inherited = warehouse.rows("SELECT run FROM workers WHERE inherited ORDER BY run")
        assert inherited == [("run-2",), ("run-3",), ("run-4",), ("run-5",)]


def test_what_a_run_owns_is_not_changed_by_its_forks(log):
    family(log)
    alone = Log.in_memory()
    alone.append("run-1", list(log.entries("run-1")))
    ask = [m.name for m in models() if "run" in m.columns and m.name != "entries"]
    with Warehouse.in_memory(log) as with_forks, Warehouse.in_memory(alone) as without:
        for name in ask:
            statement = f"SELECT * FROM {name} WHERE run = 'run-1' ORDER BY ALL"
            assert with_forks.rows(statement) == without.rows(statement), name


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 4])
def test_the_histories_of_any_runs_and_forks_are_those_of_the_log(log, seed):
    grown(log, seed)
    with Warehouse.in_memory(log) as warehouse:
        assert_histories(warehouse, log)
        forks = [
            (run, event.parent, event.at_seq, event.simulated)
            for run in log.runs()
            for entry in log.entries(run)
            if isinstance(event := entry.event, RunForked) and event.run == run
        ]
        assert forks == warehouse.rows(
            "SELECT run, parent, forked_at_seq, simulated FROM runs "
            "WHERE parent IS NOT NULL ORDER BY run"
        )


@pytest.mark.slow
def test_forks_that_really_ran_are_billed_once_and_told_whole(tmp_path):
    place = make_repository(tmp_path / "repo")
    usage = '{"type":"usage","model":"m","input_tokens":10}'

    def work(id, after=()):
        lines = (f"echo {id} > {id}.txt", f"echo '{usage}' >> $UET_SIGNALS")
        return spec(id, after, command=lines, writes=(f"{id}.txt",), isolation="worktree")

    prices = {"m": {"input": "1", "output": "1"}}
    plan = plan_of(work("a"), work("b", ("a",)), max_workers=1, prices=prices)
    assert live.run(place, plan).run.outcome == "succeeded"
    path = tmp_path / "warehouse.duckdb"
    with Log.open(place.store) as log, Warehouse.open(path, log) as warehouse:
        warehouse.catch_up()
        entries = list(log.entries("run-1"))
        used_seq = next(e.seq for e in entries if isinstance(e.event, UsageReported))
        ends = [e.seq for e, after in pairwise(entries) if e.turn != after.turn]
        at_seq = min(seq for seq in ends if seq >= used_seq)
        assert fork(place, "run-1", at_seq, Limits(max_workers=2)).run.outcome == "succeeded"
        warehouse.catch_up()
        assert fork(place, "run-2", at_seq + 1).run.outcome == "succeeded"
        warehouse.catch_up()
        assert_histories(warehouse, log)
        reports = Counter()
        for run in log.runs():
            for entry in log.entries(run):
                if isinstance(entry.event, UsageReported) and not entry.ignored:
                    reports[entry.stream.partition("/")[0], entry.seq] = entry.event.cost_nanousd
        ((count, cost),) = warehouse.rows("SELECT count(*), sum(cost_nanousd) FROM spending")
        assert (count, cost) == (len(reports), sum(reports.values()))
        assert count > 2
        with Warehouse.in_memory(log) as anew:
            assert_same(contents(warehouse), contents(anew))
