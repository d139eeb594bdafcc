"""`uet warehouse`, and what every verb that analyses does when the warehouse is not at hand."""

import subprocess
import sys

import duckdb
import pytest

from tests.builders import accepted, exited, spec, staffed, started
from tests.cli.ground import COMMAND, DEADLINE_S, shell, write_plan
from tests.projections.logs import tell
from uet_es.drivers.place import find_place
from uet_es.log.store import Log
from uet_es.projections.books import FORMAT
from uet_es.projections.models import models
from uet_es.world import state_folder

HOLDER = """
import sys
import duckdb
with duckdb.connect(sys.argv[1]):
    print("here", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def place(folder):
    """The present folder, with a store of one run that has ended."""
    place = find_place(folder)
    state_folder.prepare(place.root)
    with Log.open(place.store, create=True) as log:
        work = spec("a", command=("echo hunter2",))
        seen = (accepted(work), *staffed(1), started("a"), exited("a"))
        tell(log, "run-1", *seen)
    return place


@pytest.fixture
def asked(uet, place):
    """The same, with a warehouse, all of it in its file."""
    assert uet("sql", "SELECT 1").status == 0
    assert place.warehouse.exists()
    with duckdb.connect(str(place.warehouse)) as connection:
        connection.execute("CHECKPOINT")
    return place


def runs_told(uet):
    return uet("sql", "SELECT run, outcome FROM runs ORDER BY run", "-f", "json")


# --- publish ---


def test_publish_says_what_it_wrote(uet, place, folder):
    said = uet("warehouse", "publish", "out", "--json")
    document = said.document
    assert document["files"] == len(list((folder / "out" / "parquet").rglob("*.parquet")))
    with duckdb.connect(document["database"], read_only=True) as copy:
        assert copy.execute("SELECT run FROM runs").fetchall() == [("run-1",)]
    again = uet("warehouse", "publish", "out")
    assert again.status == 0
    assert "out/warehouse.duckdb" in again.out
    tables = {model.name for model in models() if not model.is_view}
    kept = {path.stem for path in (folder / "out" / "parquet").iterdir()}
    assert {"entries", "runs", "attempts", "waits", "plans", "forecasts"} <= kept <= tables


def test_publish_without_a_store_writes_nothing(uet, folder):
    said = uet("warehouse", "publish", "out")
    assert said.status == 2
    assert list(folder.iterdir()) == []


@pytest.mark.slow
def test_a_published_copy_that_is_open_is_in_nobodys_way(uet, place, folder):
    """A real run goes on writing, and is caught up with, while others read."""
    assert uet("warehouse", "publish", "out").status == 0
    reader = (
        "import sys, duckdb\n"
        "with duckdb.connect(sys.argv[1], read_only=True) as c:\n"
        "    print('here', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    print(c.execute('SELECT count(*) FROM runs').fetchone()[0])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", reader, folder / "out" / "warehouse.duckdb"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "here\n"
        write_plan(folder / "plan", shell("b"))
        assert uet("run", "plan", "-q").status == 0
        assert [row["run"] for row in runs_told(uet).document] == ["run-1", "run-2"]
        assert uet("warehouse", "publish", "out").status == 0
        out, _ = other.communicate("\n", timeout=DEADLINE_S)
        assert out == "1\n"


# --- made anew ---


def test_rebuild_makes_it_anew_from_the_log(uet, asked):
    with duckdb.connect(str(asked.warehouse)) as connection:
        connection.execute("UPDATE runs SET outcome = 'failed'")
    assert runs_told(uet).document == [{"run": "run-1", "outcome": "failed"}]
    said = uet("warehouse", "rebuild")
    assert said.status == 0
    assert "of the log are in" in said.out
    assert runs_told(uet).document == [{"run": "run-1", "outcome": "succeeded"}]


def test_it_may_be_deleted_at_any_time(uet, asked):
    asked.warehouse.unlink()
    assert runs_told(uet).document == [{"run": "run-1", "outcome": "succeeded"}]


def test_garbage_in_its_place_is_replaced_and_that_is_said(uet, place):
    place.warehouse.write_bytes(b"garbage" * 1000)
    said = runs_told(uet)
    assert said.document == [{"run": "run-1", "outcome": "succeeded"}]
    assert "the warehouse is made anew" in said.err


def test_a_newer_one_is_refused_with_what_to_do(uet, asked):
    with duckdb.connect(str(asked.warehouse)) as connection:
        connection.execute(f"UPDATE books.loaded SET format = {FORMAT + 1}")
    said = runs_told(uet)
    assert said.status == 5
    assert "made by a newer uet" in said.err
    assert "`uet warehouse rebuild` makes it anew" in said.err
    assert uet("warehouse", "rebuild").status == 0
    assert runs_told(uet).status == 0


def damage_entries(path):
    """Change bytes of the block in which the rows of a table lie."""
    content = bytearray(path.read_bytes())
    at = content.index(b"plan.accepted")
    content[at : at + 4] = b"PLAN"
    path.write_bytes(content)


def test_a_damaged_one_is_replaced_or_named_with_what_to_do(uet, asked):
    damage_entries(asked.warehouse)
    said = uet("sql", "SELECT * FROM entries")
    assert said.status in (0, 5)
    assert said.status == 0 or "uet warehouse rebuild" in said.err


def test_what_was_redacted_is_not_in_the_warehouse_any_more(uet, asked):
    everything = ("sql", "SELECT payload FROM entries", "-f", "csv")
    assert "hunter2" in uet(*everything).out
    said = uet("log", "redact", "run-1", "1", "--reason", "a password")
    assert said.status == 0
    assert not asked.warehouse.exists()
    assert b"hunter2" not in b"".join(
        file.read_bytes() for file in asked.state.rglob("*") if file.is_file()
    )
    assert "hunter2" not in uet(*everything).out


# --- in use ---


@pytest.mark.slow
def test_while_another_process_writes_it_is_said_who_does_and_to_try_later(uet, asked):
    """It takes five seconds: so long it is waited for."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, asked.warehouse],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "here\n"
        said = runs_told(uet)
        assert said.status == 75
        assert f"process {holder.pid}" in said.err
        assert uet("sql", "--tables").status == 0
        holder.communicate("\n", timeout=DEADLINE_S)
    assert runs_told(uet).status == 0


@pytest.mark.slow
def test_several_ask_at_once_and_all_are_answered(asked):
    words = [*COMMAND, "sql", "SELECT count(*) AS n FROM runs", "-f", "csv"]
    askers = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [asker.communicate(timeout=DEADLINE_S) for asker in askers]
    assert said == [("n\n1\n", "")] * 3


# --- simulated runs ---


@pytest.mark.slow
def test_a_simulation_that_was_kept_is_told_apart(uet, folder):
    write_plan(folder / "plan", shell("a"), shell("b", depends_on=["a"]))
    assert uet("run", "plan", "-q").status == 0
    exits = "SELECT seq - 1 AS seq FROM entries WHERE type = 'attempt.exited' LIMIT 1"
    at_seq = uet("sql", exits, "-f", "json").document[0]["seq"]
    kept = uet("simulate", "run-1", "--at", at_seq, "-j", "1", "--save", "--json").document["run"]
    document = uet(
        "sql",
        "SELECT r.run, simulated, forked_at_seq, count(*) AS entries FROM runs AS r "
        "JOIN run_entries USING (run) GROUP BY ALL ORDER BY run",
        "-f",
        "json",
    ).document
    assert [(row["run"], row["simulated"], row["forked_at_seq"]) for row in document] == [
        ("run-1", False, 0),
        (kept, True, at_seq),
    ]
    with Log.open(find_place(folder).store) as log:
        assert [row["entries"] for row in document] == [
            len(list(log.entries(run))) for run in ("run-1", kept)
        ]
