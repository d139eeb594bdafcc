"""Every read model says what it is, and is what it says."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from shutil import copytree

import pytest

import uet_es
from tests.builders import accepted, heartbeat, staffed, started
from tests.projections.logs import tell
from uet_es.log.store import Log
from uet_es.projections import schemas
from uet_es.projections.models import FRESH, comments, models, parse
from uet_es.projections.warehouse import Warehouse

FOLDER = Path(uet_es.__file__).parent / "projections" / "models"
BY_NAME = {model.name: model for model in models()}
_READ = re.compile(r"\b(?:FROM|JOIN|USING)\s+([a-z_]+)\b")
_NAMED_INSIDE = re.compile(r"\b([a-z_]+) AS \(")


@pytest.fixture(scope="module")
def warehouse():
    with Warehouse.in_memory(Log.in_memory()) as warehouse:
        yield warehouse


each_model = pytest.mark.parametrize("model", models(), ids=lambda model: model.name)


def test_there_is_a_model_for_each_file_and_it_has_the_name_of_the_file():
    assert sorted(BY_NAME) == sorted(file.stem for file in FOLDER.glob("*.sql"))
    assert len(BY_NAME) == len(models())
    for model in models():
        assert model.definition.startswith(f"CREATE {'VIEW' if model.is_view else 'TABLE'} ")
        assert model.definition.split()[2] == model.name
        assert model.text == (FOLDER / f"{model.name}.sql").read_text()


def test_what_the_specification_asks_for_is_there():
    tables = {"entries", "runs", "plans", "workstreams", "attempts", "workers", "merges", "usage"}
    tables |= {"requests", "waits", "critical_path", "worker_timeline"}
    views = {"efficiency", "error_frequency", "bottlenecks", "predictions", "lead_time"}
    costs = ("run", "workstream", "phase", "worker", "model", "tool", "day")
    views |= {"run_entries", *(f"cost_by_{what}" for what in costs)}
    assert tables <= {model.name for model in models() if not model.is_view}
    assert views <= {model.name for model in models() if model.is_view}


@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_the_columns_are_those_that_the_header_tells_in_order(warehouse, model):
    found = [row[0] for row in warehouse.rows(f"DESCRIBE {model.name}")]
    assert [*model.columns] == found
    assert all(model.columns.values())


@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_the_grain_is_one_row_and_units_are_told(model):
    assert model.grain.startswith("one row per ")
    for name, text in model.columns.items():
        if name.endswith("_us") and "instant" not in text.lower():
            assert re.search("microsecond|how long|length|time|stretch|waited|makespan", text) or (
                "microsecond" in model.text
            ), name
        if name.endswith("_nanousd"):
            assert "billionths" in text


@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_the_database_itself_says_what_it_means(warehouse, model):
    kind = "view" if model.is_view else "table"
    ask = f"SELECT comment FROM duckdb_{kind}s() WHERE {kind}_name = ? AND schema_name = 'main'"
    assert warehouse.rows(ask, [model.name]) == [(model.grain,)]
    found = warehouse.rows(
        "SELECT column_name, comment FROM duckdb_columns() "
        "WHERE table_name = ? AND schema_name = 'main' ORDER BY column_index",
        [model.name],
    )
    assert dict(found) == model.columns


@each_model
def test_a_model_names_what_it_reads(model):
    text = "\n".join(line for line in model.text.splitlines() if not line.startswith("--"))
    text = re.sub(r"DELETE FROM \w+|'[^']*'", "", text)
    known = {*BY_NAME, *FRESH}
    read = {name for name in _READ.findall(text) if name in known}
    read -= {*_NAMED_INSIDE.findall(text)} | {model.name}
    assert read == {*model.sources}


def test_every_model_comes_after_what_it_is_made_from():
    seen = set()
    for model in models():
        assert {source for source in model.sources if source not in FRESH} <= seen, model.name
        seen.add(model.name)
    order = [model.name for model in models()]
    for model in models():
        if "fresh" in model.sources:
            assert order.index("entries") < order.index(model.name)
        if "fresh_history" in model.sources:
            assert order.index("lineage") < order.index(model.name)


def test_only_tables_let_batches_in():
    for model in models():
        assert bool(model.on_batch) != model.is_view


def test_names_of_columns_mean_the_same_type_everywhere(warehouse):
    found = warehouse.rows(
        "SELECT DISTINCT column_name, data_type FROM duckdb_columns() "
        "WHERE schema_name = 'main' AND NOT internal"
    )
    sums = {"HUGEINT": "BIGINT"}  # of whole numbers: exact, however many
    kinds = {(name, sums.get(kind, kind)) for name, kind in found}
    several = {name for name, count in Counter(name for name, _ in kinds).items() if count > 1}
    assert several == {"cause"}  # of an entry: which one; of a wait: which sort


def test_no_sum_of_money_or_time_is_a_float(warehouse):
    found = warehouse.rows(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal "
        "AND data_type IN ('DOUBLE', 'FLOAT') AND (column_name LIKE '%_us' "
        "OR column_name LIKE '%_nanousd' OR column_name LIKE '%_tokens')"
    )
    assert found == []


def test_the_published_schema_is_current(tmp_path):
    assert schemas.PATH.read_text() == schemas.warehouse_schema()
    assert schemas.main(["--check"]) == 0


def test_the_published_schema_makes_the_same_tables(warehouse):
    import duckdb

    made = duckdb.connect()
    made.execute(schemas.PATH.read_text())
    ask = (
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE schema_name = 'main' AND NOT internal ORDER BY ALL"
    )
    assert made.execute(ask).fetchall() == warehouse.rows(ask)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("CREATE TABLE x (a INT);", "what one row is"),
        ("-- x: one row per y.\nCREATE TABLE x (a INT);", "-- from: "),
    ],
)
def test_a_file_that_does_not_say_what_it_is_is_refused(text, wrong):
    with pytest.raises(ValueError, match=wrong):
        parse(text)


# --- a new read model ---

HEARTBEATS = """\
-- heartbeats: one row per sign of life; it's an example.
-- from: fresh
--
--   run         run
--   workstream  workstream,
--               over two lines
--   at_us       instant, microseconds since 1970 UTC
CREATE TABLE heartbeats (run VARCHAR, workstream VARCHAR, at_us BIGINT);

-- on every batch
INSERT INTO heartbeats
SELECT run, workstream, at_us FROM fresh WHERE type = 'heartbeat.reported' AND ignored = '';
"""

READER = """
import sys
from pathlib import Path
from uet_es.log.store import Log
from uet_es.projections.schemas import warehouse_schema
from uet_es.projections.warehouse import Warehouse

with Log.open(Path(sys.argv[1])) as log, Warehouse.open(Path(sys.argv[2]), log) as warehouse:
    print(warehouse.made_anew)
    warehouse.catch_up(batch_rows=9)
    print(warehouse.rows("SELECT workstream, at_us FROM heartbeats"))
    print("CREATE TABLE heartbeats" in warehouse_schema())
"""


def test_a_header_is_read_as_it_is_written():
    model = parse(HEARTBEATS)
    assert (model.name, model.sources, model.is_view) == ("heartbeats", ("fresh",), False)
    assert model.grain == "one row per sign of life; it's an example."
    assert model.columns["workstream"] == "workstream, over two lines"
    assert "it''s an example" in comments(model)[0]


@pytest.mark.slow
def test_a_file_in_the_folder_is_all_that_a_new_model_takes(tmp_path):
    copytree(Path(uet_es.__file__).parent, tmp_path / "uet_es")
    added = tmp_path / "uet_es" / "projections" / "models" / "heartbeats.sql"
    added.write_text(HEARTBEATS)
    seen = (accepted("a"), *staffed(1), started("a"), heartbeat("a"), heartbeat("a"))
    path = tmp_path / "warehouse.duckdb"
    with Log.open(tmp_path / "log.db", create=True) as log:
        tell(log, "run-1", *seen)
        with Warehouse.open(path, log) as warehouse:
            warehouse.catch_up()
    said = subprocess.run(
        [sys.executable, "-c", READER, tmp_path / "log.db", path],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    beats = [("a", 4_000_000), ("a", 5_000_000)]
    assert said.stdout.splitlines() == ["another uet made it", str(beats), "True"]
