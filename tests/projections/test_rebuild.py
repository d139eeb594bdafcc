"""However the log came in, and whatever stopped it, the warehouse is what a new one would be."""

import os
import random
import signal
import subprocess
import sys

import pytest
from msgspec.structs import replace

from tests.builders import accepted, exited, staffed
from tests.projections.logs import START_US, Grower, assert_same, contents, grown, turns_of
from tests.spec import given
from uet_es.kernel import Ledger, turn
from uet_es.log import jsonl
from uet_es.log.store import Log
from uet_es.projections.feed import BATCH_ROWS
from uet_es.projections.models import models
from uet_es.projections.recorded import RecordedFile
from uet_es.projections.warehouse import Warehouse

DEADLINE_S = 30


@pytest.fixture
def place(tmp_path):
    with Log.open(tmp_path / "log.db", create=True) as log:
        yield log, tmp_path / "warehouse.duckdb"


def anew(log):
    with Warehouse.in_memory(log) as warehouse:
        return contents(warehouse)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_cut_anywhere_any_log_comes_in_as_if_all_at_once(place, seed):
    log, path = place
    grower, dice = Grower(log, seed), random.Random(f"cuts {seed}")
    warehouse, cuts = Warehouse.open(path, log), 0
    while not grower.is_done:
        grower.grow(dice.choice((1, 90, 150)))
        assert warehouse.catch_up(batch_rows=dice.choice((100, BATCH_ROWS))) > 0
        cuts += 1
        if dice.random() < 0.3:
            warehouse.close()
            warehouse = Warehouse.open(path, log)
            assert warehouse.made_anew == ""
    with warehouse:
        assert cuts > 1
        assert warehouse.position == log.arrivals.newest_position()
        assert warehouse.unreadable == {}
        assert_same(contents(warehouse), anew(log))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3])
def test_on_the_way_it_is_at_every_cut_what_a_new_one_would_be(place, seed):
    log, path = place
    grower, dice = Grower(log, seed), random.Random(f"on the way {seed}")
    with Warehouse.open(path, log) as warehouse:
        while not grower.is_done:
            grower.grow(dice.choice((30, 150)))
            warehouse.catch_up()
            assert_same(contents(warehouse), anew(log))


@pytest.mark.slow
@pytest.mark.parametrize("batch_rows", [1, 3])
def test_a_batch_may_end_anywhere_even_within_a_turn(place, batch_rows):
    log, path = place
    run = given(accepted("a"), *staffed(1), exited("a"))
    log.append("run-1", run.entries)
    told = []
    with Warehouse.open(path, log) as warehouse:
        warehouse.catch_up(told.append, batch_rows=batch_rows)
        assert_same(contents(warehouse), anew(log))
    assert told[0] == batch_rows
    assert told[-1] == len(run.entries)


def test_what_is_in_is_not_let_in_again(place):
    log, path = place
    log.append("run-1", given(accepted("a"), *staffed(1), exited("a")).entries)
    with Warehouse.open(path, log) as warehouse:
        assert warehouse.catch_up() == log.arrivals.newest_position()
        before = contents(warehouse)
        assert warehouse.catch_up() == 0
        assert contents(warehouse) == before
    with Warehouse.open(path, log) as warehouse:
        assert warehouse.made_anew == ""
        assert warehouse.catch_up() == 0
        assert contents(warehouse) == before


def test_a_store_without_entries_is_a_warehouse_without_rows(place):
    log, path = place
    with Warehouse.open(path, log) as warehouse:
        assert warehouse.catch_up() == 0
        found = contents(warehouse)
    assert {name for name, rows in found.items() if rows} == {"books"}


def test_a_plan_has_the_source_of_its_first_run_though_the_clock_stepped_back(place):
    log, path = place
    with Warehouse.open(path, log) as warehouse:
        for run, source, later_us in (("run-1", "here", 5), ("run-2", "there", 0)):
            asked = accepted("a", digest="of both", source=source)
            log.append(run, turn(Ledger(run), START_US + later_us, asked))
            warehouse.catch_up()
        assert warehouse.rows("SELECT source FROM plans") == [("here",)]
        assert_same(contents(warehouse), anew(log))


def test_the_folds_of_runs_grow_beside_each_other_in_one_batch_and_over_many(place):
    log, path = place
    tellings = {
        run: turns_of(
            [
                replace(e, stream=e.stream.replace("run-1", run))
                for e in given(
                    accepted("a", "b after a"), *staffed(1, 2), exited("a"), exited("b")
                ).entries
            ]
        )
        for run in ("run-1", "run-2", "run-3")
    }
    with Warehouse.open(path, log) as warehouse:
        for turns in zip(*tellings.values(), strict=True):
            for run, entries in zip(tellings, turns, strict=True):
                log.append(run, entries)
            warehouse.catch_up()
        paths = warehouse.rows(
            "SELECT run, sum(took_us) FROM critical_path GROUP BY run ORDER BY 1"
        )
        assert paths == [(run, 4_000_000) for run in tellings]
        assert_same(contents(warehouse), anew(log))


# --- what stops it ---


class PlugPulled(BaseException):
    """Somebody pulled the plug."""


@pytest.mark.slow
def test_stopped_after_any_batch_it_goes_on_where_it_was(place):
    log, path = place
    grown(log, 1)
    expected = anew(log)
    for after in (1, 3):
        path.unlink(missing_ok=True)

        told = []

        def stop(position, told=told, after=after):
            told.append(position)
            if len(told) == after:
                raise PlugPulled

        with Warehouse.open(path, log) as warehouse:
            with pytest.raises(PlugPulled):
                warehouse.catch_up(stop, batch_rows=80)
            assert 0 < warehouse.position < log.arrivals.newest_position()
            ((last, count),) = warehouse.rows("SELECT max(position), count(*) FROM entries")
            (head,) = warehouse.rows("SELECT head FROM books.loaded")
            assert head == (log.arrivals.digest_at(warehouse.position),)
            assert last <= warehouse.position
            assert count == sum(1 for row in log.rows() if row.position <= warehouse.position)
        with Warehouse.open(path, log) as warehouse:
            assert warehouse.made_anew == ""
            warehouse.catch_up()
            assert_same(contents(warehouse), expected)


LOADER = """
import sys
from pathlib import Path
from uet_es.log.store import Log
from uet_es.projections.warehouse import Warehouse

with Log.open(Path(sys.argv[1])) as log, Warehouse.open(Path(sys.argv[2]), log) as warehouse:
    warehouse.catch_up(lambda position: print(position, flush=True), batch_rows=40)
    print("done", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("told", [2])
def test_killed_in_the_middle_it_has_whole_batches_and_their_position(place, told):
    log, path = place
    grown(log, 6)
    child = subprocess.Popen(
        [sys.executable, "-c", LOADER, log.path, path],
        stdout=subprocess.PIPE,
        cwd=os.getcwd(),  # noqa: PTH109  the child imports what this one does
    )
    try:
        for _ in range(told):
            assert child.stdout.readline() != b"done\n"
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=DEADLINE_S)
    assert child.returncode == -signal.SIGKILL
    with Warehouse.open(path, log) as warehouse:
        assert warehouse.made_anew == ""
        position = warehouse.position
        assert position < log.arrivals.newest_position()
        stored = [row.position for row in log.rows() if row.position <= position]
        found = warehouse.rows("SELECT position FROM entries ORDER BY position")
        assert [each for (each,) in found] == stored
        warehouse.catch_up()
        assert_same(contents(warehouse), anew(log))


# --- folds that lie in the warehouse ---


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE books.folds SET state = 'garbage'::BLOB",
        "UPDATE books.folds SET state = (SELECT min(state) FROM books.folds)",
    ],
)
def test_a_fold_that_is_not_what_was_written_is_made_anew(place, damage):
    log, path = place
    grower = Grower(log, 2)
    grower.grow(120)
    with Warehouse.open(path, log) as warehouse:
        warehouse.catch_up()
        warehouse.rows(damage)
        grower.grow(500)
        assert grower.is_done
        warehouse.catch_up()
        grown_since = contents(warehouse)
    assert_same({**grown_since, "folds": []}, {**anew(log), "folds": []})


def test_a_fold_is_used_that_is_what_was_written(place):
    """A state that only looks right is believed: what else would the digest be for?"""
    log, path = place
    run = given(accepted("a", "b after a"), *staffed(1), exited("a"))
    log.append("run-1", run.entries)
    with Warehouse.open(path, log) as warehouse:
        warehouse.catch_up()
        ((state,),) = warehouse.rows("SELECT state FROM books.folds")
        warehouse.rows("UPDATE waits SET waits_for = 'as it was' WHERE workstream = 'a'")
        log.append("run-1", run.sees(exited("b")).last)
        warehouse.catch_up()
        ((later,),) = warehouse.rows("SELECT state FROM books.folds")
        assert state != later
        assert ("as it was",) in warehouse.rows("SELECT waits_for FROM waits")


# --- recorded files ---


@pytest.mark.slow
def test_a_recorded_file_says_of_its_run_what_its_store_says(place, tmp_path):
    log, _ = place
    grown(log, 5)
    tables = [model.name for model in models() if {"run", "position"} & {*model.columns}]
    told = [name for name in tables if name not in ("entries", "run_entries", "requests", "scores")]
    with Warehouse.in_memory(log) as whole:
        for run in ("run-1", "run-5"):
            file = tmp_path / f"{run}.jsonl"
            jsonl.write(file, jsonl.rows_of(run, log.entries(run)))
            source = RecordedFile(file)
            assert source.run == run
            with Warehouse.in_memory(source) as alone:
                for name in {*told} - {"error_frequency", "predictions"}:
                    ask = f"SELECT * FROM {name} WHERE run = '{run}' ORDER BY ALL"
                    assert alone.rows(ask) == whole.rows(ask), name
                ask = (
                    f"SELECT * EXCLUDE (position) FROM run_entries WHERE run = '{run}' ORDER BY seq"
                )
                assert alone.rows(ask) == whole.rows(ask)
