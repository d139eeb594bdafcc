"""A folder of Parquet holds the tables of one run, for any reader."""

from importlib.util import find_spec

import duckdb
import pytest

from uet_es.errors import UsageError
from uet_es.projections.exports.parquet import export
from uet_es.projections.models import models

TABLES = [model.name for model in models() if not model.is_view]
OF_RUN = [model.name for model in models() if not model.is_view and "run" in model.columns]


@pytest.mark.parametrize("run", ["run-1", "run-2"])
def test_a_fresh_duckdb_reads_the_rows_of_that_run(run, trouble, tmp_path):
    folder = tmp_path / "tables"
    counts = export(trouble, run, folder)
    with duckdb.connect() as fresh:
        rows = 0
        for name in TABLES:
            found = fresh.execute(f"FROM '{folder / name}.parquet' ORDER BY ALL").fetchall()
            rows += len(found)
            wanted = (
                "run = $1" if name in OF_RUN else "plan = (SELECT plan FROM runs WHERE run = $1)"
            )
            assert found == trouble.rows(f"FROM {name} WHERE {wanted} ORDER BY ALL", [run])
            described = fresh.execute(f"DESCRIBE FROM '{folder / name}.parquet'").fetchall()
            assert [column for column, *_ in described] == [
                column for column, *_ in trouble.rows(f"DESCRIBE {name}")
            ]
        history = [f"{folder}/run_entries.parquet"] if run == "run-2" else []
        assert sorted(folder.glob("run_entries*")) == [folder / "run_entries.parquet"] * len(
            history
        )
        for file in history:
            joined = fresh.execute(f"SELECT owner, seq FROM '{file}' ORDER BY seq").fetchall()
            assert [seq for _, seq in joined] == [*range(1, len(joined) + 1)]
            assert {owner for owner, _ in joined} == {"run-1", "run-2"}
            rows += len(joined)
    assert counts == {"table": len(TABLES) + len(history), "row": rows}


def test_files_are_compressed_and_in_order(recorded_library, tmp_path):
    export(recorded_library, "run-1", tmp_path / "tables")
    file = tmp_path / "tables" / "entries.parquet"
    with duckdb.connect() as fresh:
        codecs = fresh.execute(f"SELECT DISTINCT compression FROM parquet_metadata('{file}')")
        assert codecs.fetchall() == [("ZSTD",)]
        found = [seq for (seq,) in fresh.execute(f"SELECT seq FROM '{file}'").fetchall()]
    assert found == [*range(1, 396)]


@pytest.mark.slow
@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")
def test_arrow_reads_it_too(recorded_library, tmp_path):
    from pyarrow import parquet

    export(recorded_library, "run-1", tmp_path / "tables")
    table = parquet.read_table(tmp_path / "tables" / "attempts.parquet")
    ((attempts,),) = recorded_library.rows("SELECT count(*) FROM attempts")
    assert table.num_rows == attempts


def test_an_existing_folder_and_an_unknown_run_are_refused(recorded_agents, tmp_path):
    with pytest.raises(UsageError, match=r"run-7 has no entry"):
        export(recorded_agents, "run-7", tmp_path / "tables")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "tables").mkdir()
    with pytest.raises(UsageError, match=r"tables exists and is left as it is"):
        export(recorded_agents, "run-1", tmp_path / "tables")
    assert list(tmp_path.rglob("*")) == [tmp_path / "tables"]
