"""A copy of the warehouse for other tools, which may have it open all the time."""

import subprocess
import sys

import duckdb
import pytest

from tests.builders import accepted, exited, staffed, started, used
from tests.projections.logs import grown, tell
from uet_es.errors import UsageError
from uet_es.log.store import Log
from uet_es.projections.models import models
from uet_es.projections.publish import publish
from uet_es.projections.warehouse import Warehouse

DEADLINE_S = 30
READER = """
import sys
import duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in sys.stdin:
    print(connection.execute("SELECT count(*) FROM runs").fetchone()[0], flush=True)
"""


@pytest.fixture
def log():
    return Log.in_memory()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "published for others" / "it's"


def files_of(folder):
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file())


@pytest.mark.slow
def test_the_copy_has_all_tables_and_views_and_nothing_of_the_books(log, folder):
    grown(log, 1)
    with Warehouse.in_memory(log) as warehouse:
        made = publish(warehouse.connection, folder)
        assert made.database.parent == folder
        with duckdb.connect(str(made.database), read_only=True) as copy:
            for model in models():
                ask = f"SELECT * FROM {model.name} ORDER BY ALL"
                assert copy.execute(ask).fetchall() == warehouse.rows(ask), model.name
            schemas = copy.execute("SELECT DISTINCT schema_name FROM duckdb_tables()").fetchall()
            assert schemas == [("main",)]
            said = copy.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'usage'")
            (usage,) = (model for model in models() if model.name == "usage")
            assert said.fetchone() == (usage.grain,)
            assert copy.execute("SELECT usd(1)::VARCHAR").fetchone() == ("0.000000001",)


@pytest.mark.slow
def test_the_parquet_files_hold_the_tables_run_by_run(log, folder):
    grown(log, 4)
    with Warehouse.in_memory(log) as warehouse, duckdb.connect() as reader:
        made = publish(warehouse.connection, folder)
        parquet = [file for file in files_of(folder) if file.endswith(".parquet")]
        assert len(parquet) == made.files
        for model in models():
            if model.is_view:
                assert not (made.parquet / model.name).exists()
                continue
            columns = ", ".join(f'"{name}"' for name in model.columns)
            whole = warehouse.rows(f"SELECT {columns} FROM {model.name} ORDER BY ALL")
            if "run" not in model.columns:
                of_all = reader.read_parquet(str(made.parquet / f"{model.name}.parquet"))
                assert (
                    of_all.query("t", f"SELECT {columns} FROM t ORDER BY ALL").fetchall() == whole
                )
                continue
            found = []
            for file in sorted((made.parquet / model.name).glob("*.parquet")):
                rows = reader.execute(
                    f"SELECT {columns} FROM read_parquet(?)", [str(file)]
                ).fetchall()
                place = [*model.columns].index("run")
                assert {row[place] for row in rows} == {file.stem}
                described = reader.execute("DESCRIBE FROM read_parquet(?)", [str(file)]).fetchall()
                assert {row[0] for row in described} == {*model.columns}
                found += rows
            assert sorted(map(repr, found)) == sorted(map(repr, whole))


def test_published_twice_it_is_as_it_is_now(log, folder):
    ledger = tell(log, "run-1", accepted("a"), *staffed(1), started("a"), used("a"))
    with Warehouse.in_memory(log) as warehouse:
        publish(warehouse.connection, folder)
        before = files_of(folder)
        tell(log, "run-1", exited("a"), ledger=ledger)
        warehouse.catch_up()
        made = publish(warehouse.connection, folder)
        assert files_of(folder) == before
        with duckdb.connect(str(made.database), read_only=True) as copy:
            assert copy.execute("SELECT outcome FROM runs").fetchall() == [("succeeded",)]
        runs = duckdb.read_parquet(str(made.parquet / "runs" / "run-1.parquet"))
        assert runs.query("t", "SELECT outcome FROM t").fetchall() == [("succeeded",)]


def test_what_is_in_the_folder_of_others_is_left_alone(log, folder):
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    tell(log, "run-1", accepted("a"))
    with Warehouse.in_memory(log) as warehouse:
        publish(warehouse.connection, folder)
    assert (folder / "notes.txt").read_text() == "mine"
    assert not [name for name in files_of(folder) if name.startswith(".")]


def test_the_files_of_a_run_that_is_gone_are_gone(log, folder):
    tell(log, "run-1", accepted("a"))
    tell(log, "run-2", accepted("a"))
    with Warehouse.in_memory(log) as warehouse:
        publish(warehouse.connection, folder)
    assert (folder / "parquet" / "entries" / "run-2.parquet").exists()
    other = Log.in_memory()
    tell(other, "run-1", accepted("a"))
    with Warehouse.in_memory(other) as warehouse:
        made = publish(warehouse.connection, folder)
    assert not [name for name in files_of(folder) if "run-2" in name]
    assert made.files == len([name for name in files_of(folder) if name.endswith(".parquet")])


def test_a_file_where_the_folder_should_be_is_said(log, tmp_path):
    place = tmp_path / "taken"
    place.write_text("mine")
    with Warehouse.in_memory(log) as warehouse, pytest.raises(UsageError, match="taken"):
        publish(warehouse.connection, place)
    assert place.read_text() == "mine"


def test_an_empty_warehouse_is_published_too(log, folder):
    with Warehouse.in_memory(log) as warehouse:
        made = publish(warehouse.connection, folder)
    with duckdb.connect(str(made.database), read_only=True) as copy:
        assert copy.execute("SELECT count(*) FROM cost_by_run").fetchone() == (0,)


@pytest.mark.slow
def test_who_has_the_old_copy_open_keeps_it_and_who_comes_anew_sees_the_new_one(
    tmp_path, log, folder
):
    tell(log, "run-1", accepted("a"))
    with Warehouse.open(tmp_path / "warehouse.duckdb", log) as warehouse:
        warehouse.catch_up()
        made = publish(warehouse.connection, folder)
        with subprocess.Popen(
            [sys.executable, "-c", READER, made.database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        ) as reader:

            def count():
                reader.stdin.write("?\n")
                return int(reader.stdout.readline())

            assert count() == 1
            tell(log, "run-2", accepted("a"))
            assert warehouse.catch_up() > 0
            publish(warehouse.connection, folder)
            assert count() == 1
            with duckdb.connect(str(made.database), read_only=True) as fresh:
                assert fresh.execute("SELECT count(*) FROM runs").fetchone() == (2,)
            reader.stdin.close()
            assert reader.wait(DEADLINE_S) == 0
