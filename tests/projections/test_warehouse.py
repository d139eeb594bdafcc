"""What is there already: kept, made anew, or left alone, and it is said why."""

import os
import subprocess
import sys
from itertools import islice
from pathlib import Path
from shutil import copyfile

import duckdb
import msgspec
import pytest

from tests.builders import accepted, exited, staffed, started
from tests.projections.logs import assert_same, contents, grown, tell
from uet_es import __version__
from uet_es.errors import LogError, TryLaterError
from uet_es.kernel import fold, turn
from uet_es.log.chain import joined, link, split
from uet_es.log.rows import Row
from uet_es.log.store import Log
from uet_es.projections.books import FORMAT
from uet_es.projections.disposal import forget
from uet_es.projections.models import digest
from uet_es.projections.recorded import RecordedFile
from uet_es.projections.warehouse import Warehouse

DEADLINE_S = 30
FIXTURES = Path(__file__).parents[2] / "replay_fixtures"


@pytest.fixture
def store(tmp_path):
    return tmp_path / "log.db"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "warehouse.duckdb"


@pytest.fixture
def log(store):
    with Log.open(store, create=True) as log:
        yield log


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A store of one small run and its warehouse, all of it in its file."""
    folder = tmp_path_factory.mktemp("prepared")
    with Log.open(folder / "log.db", create=True) as log:
        tell(log, "run-1", accepted("a"), *staffed(1), exited("a"))
        with Warehouse.open(folder / "warehouse.duckdb", log) as warehouse:
            warehouse.catch_up()
            found = contents(warehouse)
    change(folder / "warehouse.duckdb", "CHECKPOINT")
    return folder, found


@pytest.fixture
def caught_up(prepared, store, path):
    """The same, closed, for one's own; and what is in it."""
    folder, found = prepared
    for file in (store, path):
        copyfile(folder / file.name, file)
    return found


def change(path, *statements):
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)


def made_anew(path, log):
    """Why it was; what is in it is right in any case."""
    with Warehouse.open(path, log, wait_s=0) as warehouse:
        warehouse.catch_up()
        found = warehouse.rows("SELECT position FROM entries ORDER BY position")
        assert [position for (position,) in found] == [row.position for row in log.rows()]
        return warehouse.made_anew


# --- of another kind ---


def test_one_that_is_right_is_kept(caught_up, log, path):
    assert made_anew(path, log) == ""


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE books.loaded SET models = repeat('0', 64)", "another uet made it"),
        ("UPDATE books.loaded SET uet = '0.0.1'", "another uet made it"),
        ("UPDATE books.loaded SET format = 0", "another uet made it"),
        ("UPDATE books.loaded SET store = 'another'", "it is of another store"),
        (
            "UPDATE books.loaded SET head = repeat('0', 64)",
            "the log is not the one it was made from",
        ),
        (
            "UPDATE books.loaded SET position = position + 1",
            "the log is not the one it was made from",
        ),
        ("DELETE FROM books.loaded", "its books are empty"),
    ],
)
def test_one_that_does_not_fit_is_made_anew_and_it_is_said_why(
    caught_up, log, path, statement, why
):
    change(path, statement, "DELETE FROM entries")
    assert made_anew(path, log) == why


def test_what_was_in_an_old_one_is_gone(caught_up, log, path):
    change(path, "CREATE TABLE mine (a INT)", "UPDATE books.loaded SET uet = '0.0.1'")
    assert made_anew(path, log) == "another uet made it"
    with duckdb.connect(str(path)) as connection:
        assert (
            connection.execute("SELECT * FROM duckdb_tables() WHERE table_name = 'mine'").fetchall()
            == []
        )


def test_a_database_that_is_no_warehouse_is_replaced(log, path):
    tell(log, "run-1", accepted("a"))
    change(path, "CREATE TABLE mine (a INT)")
    assert made_anew(path, log) == "it is no warehouse of uet"


def test_an_older_one_whose_books_had_other_columns_is_made_anew(log, path):
    tell(log, "run-1", accepted("a"))
    change(
        path,
        "CREATE SCHEMA books",
        "CREATE TABLE books.loaded (format INTEGER, uet VARCHAR)",
        "INSERT INTO books.loaded VALUES (0, '0.0.1')",
    )
    assert made_anew(path, log)


def test_a_newer_one_is_left_alone_and_it_is_said_what_to_do(caught_up, log, path):
    change(path, f"UPDATE books.loaded SET format = {FORMAT + 1}, uet = '99.0'")
    before = path.read_bytes()
    with pytest.raises(LogError, match=r"newer uet \(99\.0\).*rebuild` makes it anew"):
        Warehouse.open(path, log)
    assert path.read_bytes() == before
    assert forget(path)
    assert made_anew(path, log) == ""


def test_the_books_say_who_made_it_and_of_what(caught_up, log, path):
    ((format, uet, models, of, position, head),) = caught_up["books"]
    assert (format, uet, of) == (FORMAT, __version__, log.store_id)
    assert len(models) == 64
    assert (position, head) == (log.arrivals.newest_position(), log.head("run-1"))


# --- damaged ---


def test_garbage_is_made_anew(log, path):
    tell(log, "run-1", accepted("a"))
    path.write_bytes(b"no database at all\n" * 1000)
    assert "cannot be read" in made_anew(path, log)


def test_an_empty_file_is_made_anew(log, path):
    tell(log, "run-1", accepted("a"))
    path.touch()
    assert "not a valid DuckDB database file" in made_anew(path, log)


@pytest.mark.parametrize("kept", [100, 4096, 12_288, 50_000])
def test_a_truncated_one_is_made_anew(caught_up, log, path, kept):
    content = path.read_bytes()
    assert len(content) > kept
    path.write_bytes(content[:kept])
    assert made_anew(path, log) != ""


def test_garbage_beside_it_is_no_hindrance(caught_up, log, path):
    path.with_name(f"{path.name}.wal").write_bytes(b"garbage" * 100)
    made_anew(path, log)


def damage(path, text):
    """Change a byte in the block in which ``text`` lies, as a bad disk would."""
    content = bytearray(path.read_bytes())
    content[content.index(text.encode())] ^= 0xFF
    path.write_bytes(content)


def test_one_whose_books_are_damaged_is_made_anew(caught_up, log, path):
    damage(path, digest())
    assert made_anew(path, log)


def test_of_a_damaged_table_it_is_said_that_the_warehouse_is_damaged(caught_up, log, path):
    damage(path, "plan.accepted")
    with Warehouse.open(path, log) as warehouse, pytest.raises(LogError, match="rebuild"):
        warehouse.rows("SELECT * FROM entries")


# --- another log ---


def test_a_warehouse_of_another_store_is_made_anew(caught_up, tmp_path, log, path):
    with Log.open(tmp_path / "other.db", create=True) as other:
        tell(other, "run-1", accepted("b"))
        assert made_anew(path, other) == "it is of another store"


def test_a_store_that_was_put_back_to_a_copy_is_read_anew(tmp_path, store, path):
    copy = tmp_path / "copy.db"
    with Log.open(store, create=True) as log:
        ledger = tell(log, "run-1", accepted("a"), *staffed(1))
    copyfile(store, copy)
    with Log.open(store) as log, Warehouse.open(path, log) as warehouse:
        tell(log, "run-1", started("a"), exited("a", 1), ledger=ledger)
        warehouse.catch_up()
        after = log.arrivals.newest_position()
    copyfile(copy, store)
    with Log.open(store) as log:
        assert log.arrivals.newest_position() < after
        assert made_anew(path, log) == "the log is not the one it was made from"
    copyfile(copy, store)
    with Log.open(store) as log, Warehouse.open(path, log) as warehouse:
        assert warehouse.made_anew == ""


def test_a_store_that_was_put_back_and_went_on_otherwise_is_read_anew(tmp_path, store, path):
    copy = tmp_path / "copy.db"
    with Log.open(store, create=True) as log:
        tell(log, "run-1", accepted("a"), *staffed(1))
    copyfile(store, copy)
    for status in (1, 0):
        copyfile(copy, store)
        with Log.open(store) as log:
            ledger = fold("run-1", log.entries("run-1"))
            tell(log, "run-1", started("a"), exited("a", status), ledger=ledger)
            why = made_anew(path, log)
    assert why == "the log is not the one it was made from"


# --- in use ---

HOLDER = """
import sys
import duckdb
with duckdb.connect(sys.argv[1]):
    print("here", flush=True)
    sys.stdin.readline()
print("gone", flush=True)
"""


@pytest.fixture
def holder(path, caught_up):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "here\n"
    yield process
    process.kill()
    process.communicate(timeout=DEADLINE_S)


@pytest.mark.slow
def test_one_that_another_process_has_open_is_not_touched_and_that_process_is_named(
    holder, log, path
):
    with pytest.raises(TryLaterError, match=rf"in use by process {holder.pid}\b.*publish a copy"):
        Warehouse.open(path, log, wait_s=0)
    holder.communicate("go\n", timeout=DEADLINE_S)
    assert made_anew(path, log) == ""


@pytest.mark.slow
def test_one_that_is_let_go_in_time_is_waited_for(holder, log, path):
    os.write(holder.stdin.fileno(), b"go\n")
    with Warehouse.open(path, log, wait_s=DEADLINE_S) as warehouse:
        assert warehouse.made_anew == ""


def test_who_reads_cannot_write(log, path):
    tell(log, "run-1", accepted("a"))
    with Warehouse.open(path, log) as warehouse:
        warehouse.catch_up()
        with warehouse.reading() as connection:
            assert connection.execute("SELECT count(*) FROM runs").fetchone() == (1,)
            with pytest.raises(duckdb.InvalidInputException):
                connection.execute("DELETE FROM runs")


# --- what cannot be read ---


def strange(log, run, ledger, type="moon.risen", **fields):
    """Store an entry that a newer uet would write, chained like any other; and how to go on."""
    (entry,) = turn(ledger, ledger.now_us + 1, started("nobody"))
    (after,) = log.rows(run=run, newest=1)
    event = {"type": type, "workstream": "a", **fields}
    stored = {
        "seq": entry.seq,
        "turn": entry.turn,
        "at_us": entry.at_us,
        "cause": 0,
        "event": event,
    }
    content = msgspec.json.encode(stored)[:-1]
    chain = link(split(after.state)[1], run, entry.version, type, content)
    log._write([Row(0, run, run, entry.version, type, joined(content, chain))])
    log._heads.clear()


def test_an_entry_of_unknown_type_is_let_in_and_its_run_is_named(log, path):
    ledger = tell(log, "run-1", accepted("a", "b"), *staffed(1))
    strange(log, "run-1", ledger, phase="full")
    tell(log, "run-2", accepted("a"), *staffed(1), exited("a"))
    with Warehouse.open(path, log) as warehouse:
        warehouse.catch_up()
        assert [*warehouse.unreadable] == ["run-1"]
        assert "does not know that type of event" in warehouse.unreadable["run-1"]
        found = warehouse.rows(
            "SELECT workstream, payload->>'phase' FROM entries WHERE type = 'moon.risen'"
        )
        assert found == [("a", "full")]
        assert warehouse.rows("SELECT run, outcome FROM runs ORDER BY run") == [
            ("run-1", None),
            ("run-2", "succeeded"),
        ]
        assert warehouse.rows("SELECT DISTINCT run FROM lead_time WHERE NOT is_open") == [
            ("run-2",)
        ]


def test_a_run_that_cannot_be_read_stays_so(log, path):
    ledger = tell(log, "run-1", accepted("a", "b"), *staffed(1))
    with Warehouse.open(path, log) as warehouse:
        warehouse.catch_up()
        strange(log, "run-1", ledger)
        warehouse.catch_up()
        assert [*warehouse.unreadable] == ["run-1"]
        tell(log, "run-1", started("a"), exited("a"), ledger=ledger)
        warehouse.catch_up()
        assert [*warehouse.unreadable] == ["run-1"]


def test_a_run_that_cannot_be_read_is_the_same_rebuilt(log, path):
    ledger = tell(log, "run-1", accepted("a", "b"), *staffed(1))
    with Warehouse.open(path, log) as warehouse:
        warehouse.catch_up()
        strange(log, "run-1", ledger)
        warehouse.catch_up()
        tell(log, "run-1", started("a"), exited("a"), ledger=ledger)
        warehouse.catch_up()
        with Warehouse.in_memory(log) as anew:
            assert_same(contents(warehouse), contents(anew))


def test_an_entry_longer_than_any_reader_expects_is_let_in(log, path):
    text = "x" * 17_000_000
    tell(log, "run-1", accepted("a", source=text))
    with Warehouse.open(path, log) as warehouse:
        warehouse.catch_up()
        assert warehouse.rows("SELECT length(source) FROM runs") == [(len(text),)]


def test_what_people_wrote_comes_out_as_they_wrote_it(log, path):
    text = 'é " \\ \n \t ☃ \U0001f600 \x7f null'
    tell(log, "run-1", accepted("a", source=text), *staffed(1), started("a"), exited("a", 1))
    with Warehouse.open(path, log) as warehouse:
        warehouse.catch_up()
        assert warehouse.rows("SELECT source FROM runs") == [(text,)]
        ((payload,),) = warehouse.rows("SELECT payload FROM entries WHERE seq = 1")
        assert msgspec.json.decode(payload)["plan"]["source"] == text


# --- recorded runs ---


@pytest.mark.parametrize("name", ["library-36", "usage-1"])
def test_a_recorded_run_is_a_warehouse_in_memory(name):
    source = RecordedFile(FIXTURES / name / "log.jsonl")
    entries = list(source.entries(source.run))
    with Warehouse.in_memory(source) as warehouse:
        assert warehouse.unreadable == {}
        assert warehouse.path is None
        found = warehouse.rows("SELECT seq, at_us, version FROM run_entries ORDER BY seq")
        assert found == [(e.seq, e.at_us, e.version) for e in entries]
        ((outcome,),) = warehouse.rows("SELECT outcome FROM runs")
        assert outcome == entries[-1].event.outcome


def test_what_an_older_uet_wrote_is_told_in_todays_words():
    source = RecordedFile(FIXTURES / "usage-1" / "log.jsonl")
    with Warehouse.in_memory(source) as warehouse:
        types = warehouse.rows("SELECT DISTINCT type FROM entries WHERE type LIKE 'usage%'")
        assert types == [("usage.reported",)]
        ((named,),) = warehouse.rows("SELECT count(*) FROM usage WHERE price_table <> ''")
        assert named > 0
        ((old,),) = warehouse.rows("SELECT count(*) FROM entries WHERE payload->>'priced_by' <> ''")
        assert old == 0


@pytest.mark.slow
def test_the_same_log_makes_the_same_rows_whatever_the_hash_seed(log, store):
    grown(log, 0)
    script = (
        "import sys; from pathlib import Path; from uet_es.log.store import Log\n"
        "from tests.projections.logs import contents\n"
        "from uet_es.projections.warehouse import Warehouse\n"
        "with Log.open(Path(sys.argv[1])) as log, Warehouse.in_memory(log) as warehouse:\n"
        "    print(contents(warehouse))\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script, store],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "4711")
    }
    assert len(said) == 1
    assert len(next(islice(said, 1))) > 10_000
