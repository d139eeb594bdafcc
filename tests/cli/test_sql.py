"""`uet sql`: what analysts see of every run, in the form they asked for, and nothing is written."""

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import time
from decimal import Decimal
from select import select
from shutil import copytree

import duckdb
import pytest

from tests.builders import accepted, exited, staffed, started, used
from tests.cli.ground import COMMAND, DEADLINE_S
from tests.projections.logs import tell
from uet_es.drivers.place import find_place
from uet_es.log.store import Log
from uet_es.projections.models import models
from uet_es.projections.warehouse import Warehouse
from uet_es.world import state_folder

BIG = (1 << 53) + 1


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with a store of one run, and its warehouse."""
    place = find_place(tmp_path_factory.mktemp("prepared"))
    state_folder.prepare(place.root)
    with Log.open(place.store, create=True) as log:
        ledger = tell(log, "run-1", accepted("a", source='é | \\ "quoted"\nsecond line'))
        seen = (*staffed(1), started("a"), used("a", input_tokens=BIG, cost_nanousd=BIG))
        tell(log, "run-1", *seen, exited("a"), ledger=ledger)
        with Warehouse.open(place.warehouse, log) as warehouse:
            warehouse.catch_up()
    return place


@pytest.fixture
def place(folder, prepared):
    """The present folder, with the same."""
    place = find_place(folder)
    copytree(prepared.state, place.state)
    return place


def names_in(folder):
    return sorted(each.name for each in folder.iterdir())


# --- forms ---

VALUES = (
    "SELECT 9007199254740993 AS big, 170141183460469231731687303715884105727::HUGEINT AS huge, "
    "1.10::DECIMAL(5,2) AS money, usd(9007199254740993) AS usd, NULL AS nothing, true AS yes, "
    "0.1::DOUBLE AS tenth, 'nan'::DOUBLE AS nan, DATE '2024-02-29' AS day, "
    "TIMESTAMP '2024-02-29 01:02:03.000004' AS instant, [1, NULL] AS list, "
    "{'a': 1.50::DECIMAL(4,2), 'b': ['x']} AS struct, '\\xAA'::BLOB AS bytes, "
    "'{\"k\": [9007199254740993, 1.10]}'::JSON AS json, 'é \"☃\"' AS text"
)


def test_json_is_an_array_of_objects_with_numbers_digit_by_digit(uet, place):
    said = uet("sql", VALUES, "--format", "json")
    assert said.status == 0
    (row,) = json.loads(said.out, parse_float=Decimal)
    assert row == {
        "big": BIG,
        "huge": 2**127 - 1,
        "money": Decimal("1.10"),
        "usd": Decimal("9007199.254740993"),
        "nothing": None,
        "yes": True,
        "tenth": Decimal("0.1"),
        "nan": None,
        "day": "2024-02-29",
        "instant": "2024-02-29T01:02:03.000004",
        "list": [1, None],
        "struct": {"a": Decimal("1.50"), "b": ["x"]},
        "bytes": "aa",
        "json": {"k": [BIG, Decimal("1.10")]},
        "text": 'é "☃"',
    }


def test_json_of_no_rows_is_an_empty_array_and_of_several_one_array(uet, place):
    assert uet("sql", "SELECT 1 WHERE false", "-f", "json").document == []
    assert uet("sql", "SELECT * FROM range(3) AS t(n)", "-f", "json").document == [
        {"n": 0},
        {"n": 1},
        {"n": 2},
    ]


def test_json_shows_payloads_as_objects_and_not_as_text(uet, place):
    said = uet("sql", "SELECT payload FROM entries WHERE seq = 1", "-f", "json")
    source = said.document[0]["payload"]["plan"]["source"]
    assert source == 'é | \\ "quoted"\nsecond line'


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_json_is_json_in_every_locale(place, encoding):
    said = subprocess.run(
        [
            *COMMAND,
            "sql",
            "SELECT payload, source FROM entries JOIN runs USING (run)",
            "-f",
            "json",
        ],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    rows = json.loads(said.stdout.decode(encoding))
    assert rows[0]["source"].startswith("é")
    assert rows[0]["payload"]["plan"]["source"].startswith("é")


def test_csv_is_quoted_where_it_must_be(uet, place):
    said = uet("sql", VALUES, "--format", "csv")
    header, row = csv.reader(io.StringIO(said.out))
    found = dict(zip(header, row, strict=True))
    assert (found["big"], found["nothing"], found["yes"]) == (str(BIG), "", "true")
    assert (found["usd"], found["text"]) == ("9007199.254740993", 'é "☃"')
    said = uet("sql", "SELECT source, 'a,b' AS \"x,y\" FROM runs", "-f", "csv")
    assert [*csv.reader(io.StringIO(said.out))] == [
        ["source", "x,y"],
        ['é | \\ "quoted"\nsecond line', "a,b"],
    ]


def test_csv_of_a_payload_is_json(uet, place):
    said = uet("sql", "SELECT payload FROM entries WHERE seq = 1", "-f", "csv")
    _, (payload,) = csv.reader(io.StringIO(said.out))
    assert json.loads(payload)["type"] == "plan.accepted"


def test_markdown_is_a_table_whatever_is_in_the_cells(uet, place):
    said = uet(
        "sql", "SELECT source, NULL AS nothing, 1.50::DECIMAL(3,2) AS n FROM runs", "-f", "md"
    )
    assert said.out.splitlines() == [
        "| source | nothing | n |",
        "| --- | --- | --- |",
        '| é \\| \\\\ "quoted"<br>second line |  | 1.50 |',
    ]


def test_a_table_for_people_has_numbers_to_the_right_and_says_what_it_leaves_out(uet, place):
    said = uet("sql", "SELECT n, 'x' AS x FROM range(1002) AS t(n)")
    lines = said.out.splitlines()
    assert lines[:2] == ["  n  x", "  0  x"]
    assert len(lines) == 1001
    assert "2 more rows" in said.err


@pytest.mark.slow
def test_parquet_is_read_back_as_it_was(uet, place, folder):
    ask = "SELECT run, input_tokens, cost_nanousd, NULL::BIGINT AS nothing FROM usage"
    assert uet("sql", ask, "--format", "parquet", "--out", "used.parquet").status == 0
    found = duckdb.read_parquet(str(folder / "used.parquet"))
    assert found.fetchall() == [("run-1", BIG, BIG, None)]
    assert [*found.columns] == ["run", "input_tokens", "cost_nanousd", "nothing"]
    again = uet("sql", ask, "--format", "parquet", "--out", "used.parquet")
    assert again.status == 2
    assert "used.parquet exists and is left as it is" in again.err
    assert names_in(folder) == [".uet", "used.parquet"]


def test_parquet_needs_a_file_and_a_file_parquet(uet, place, folder):
    assert uet("sql", "SELECT 1", "--format", "parquet").status == 2
    assert uet("sql", "SELECT 1", "--out", "x").status == 2
    missing = uet("sql", "SELECT 1", "-f", "parquet", "-o", "nowhere/x.parquet")
    assert missing.status == 2
    assert "nowhere" in missing.err
    assert not (folder / "x").exists()


def test_two_statements_are_not_one_parquet_file(uet, place, folder):
    said = uet("sql", "SELECT 1 AS a; SELECT 2 AS b", "-f", "parquet", "-o", "x.parquet")
    assert said.status == 2
    assert not (folder / "x.parquet").exists()


@pytest.mark.parametrize("text", ["SELECT 1 AS a -- one", "SELECT 1 AS a; -- one"])
def test_a_comment_at_the_end_does_not_disturb_parquet(uet, place, folder, text):
    assert uet("sql", text, "-f", "parquet", "-o", "x.parquet").status == 0
    assert duckdb.read_parquet(str(folder / "x.parquet")).fetchall() == [(1,)]


# --- what is asked ---


def test_it_knows_everything_that_was_recorded_until_now(uet, place):
    ask = ("sql", "SELECT run, outcome FROM runs ORDER BY run", "-f", "json")
    assert uet(*ask).document == [{"run": "run-1", "outcome": "succeeded"}]
    with Log.open(place.store) as log:
        tell(log, "run-2", accepted("a"))
    assert [row["run"] for row in uet(*ask).document] == ["run-1", "run-2"]


def test_several_statements_are_answered_in_turn(uet, place):
    said = uet("sql", "SELECT 1 AS a; SELECT 2 AS b;", "-f", "csv")
    assert said.out == "a\n1\n\nb\n2\n"


@pytest.mark.parametrize(
    "text",
    [
        "WITH r AS (FROM runs) SELECT * FROM r; VALUES (1)",
        "DESCRIBE runs; SHOW TABLES; SUMMARIZE runs",
        "EXPLAIN SELECT 1; EXPLAIN ANALYZE SELECT 1",
        "PIVOT entries ON type USING count(*) GROUP BY run",
        "SELECT 1 -- with a comment",
    ],
)
def test_what_only_reads_is_answered(uet, place, text):
    said = uet("sql", text, "-f", "csv")
    assert (said.status, said.err) == (0, "")
    assert len(said.out.splitlines()) > 1


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO runs (run) VALUES ('run-9')",
        "UPDATE runs SET outcome = 'succeeded'",
        "DELETE FROM entries",
        "CREATE TABLE mine (a INT)",
        "CREATE TEMP TABLE mine (a INT)",
        "CREATE VIEW mine AS SELECT 1",
        "DROP TABLE runs",
        "ALTER TABLE runs ADD COLUMN a INT",
        "COPY runs TO 'x'",
        "COPY runs FROM 'x'",
        "EXPORT DATABASE 'x'",
        "ATTACH 'x'",
        "DETACH memory",
        "USE memory",
        "SET memory_limit = '1GB'",
        "RESET memory_limit",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CHECKPOINT",
        "VACUUM",
        "BEGIN",
        "PREPARE a AS SELECT 1",
        "WITH r AS (SELECT 1) INSERT INTO runs (run) SELECT 'run-9'",
        "MERGE INTO runs USING runs AS r ON true WHEN MATCHED THEN DELETE",
        "COMMENT ON TABLE runs IS 'mine'",
    ],
)
def test_what_writes_is_refused_and_it_is_said_what_it_is(uet, place, folder, text):
    said = uet("sql", text)
    assert said.status == 2
    assert "the warehouse is only read" in said.err
    assert said.out == ""
    assert names_in(folder) == [".uet"]


@pytest.mark.parametrize(
    "text",
    [
        "EXPLAIN ANALYZE COPY (SELECT 1) TO 'written.csv'",
        "COPY (PIVOT entries ON type USING count(*)) TO 'written.csv'",
    ],
)
def test_no_statement_writes_a_file_in_disguise(uet, place, folder, text):
    assert uet("sql", text).status == 2
    assert not (folder / "written.csv").exists()


def test_nothing_is_answered_if_a_later_statement_would_write(uet, place):
    said = uet("sql", "SELECT 'before' AS a; DELETE FROM runs; SELECT 'after' AS b")
    assert said.status == 2
    assert said.out == ""
    assert "statement 2 of 3 is a DELETE" in said.err


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("SELEC 1", "syntax error", "LINE 1: SELEC 1"),
        ("SELECT nothing FROM runs", '"nothing" not found', "LINE 1: SELECT nothing"),
        ("SELECT *\nFROM nowhere", "nowhere does not exist", "LINE 2: FROM nowhere"),
        ("SELECT 1; SELECT\n2 +", "syntax error", "LINE 2"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(uet, place, text, what, where):
    said = uet("sql", text)
    assert said.status == 2
    assert what in said.err
    assert where in said.err
    assert "^" in said.err


@pytest.mark.parametrize("name", ["statement", "connection", "statements"])
def test_a_name_that_only_python_knows_is_no_table(uet, place, name):
    said = uet("sql", f"SELECT * FROM {name}")
    assert said.status == 2
    assert f"Table with name {name} does not exist" in said.err


@pytest.mark.parametrize("text", ["SELECT 'x'::INT", "SELECT error('stop')"])
def test_what_goes_wrong_on_the_way_is_said_too(uet, place, text):
    for form in ("table", "json", "csv"):
        said = uet("sql", text, "-f", form)
        assert (said.status, bool(said.err)) == (2, True)


def test_no_statement_is_no_question(uet, place):
    for text in ("", ";", "/* nothing */"):
        said = uet("sql", text)
        assert (said.status, said.out) == (2, "")
        assert "there is no statement" in said.err


def test_an_unknown_form_is_refused(uet, place):
    assert uet("sql", "SELECT 1", "--format", "xml").status == 2


def test_without_a_store_it_says_so_and_makes_none(uet, folder):
    said = uet("sql", "SELECT 1")
    assert (said.status, said.out) == (2, "")
    assert "nothing was run here" in said.err or "no store" in said.err
    assert names_in(folder) == []


# --- what there is ---


def test_every_table_is_listed_with_what_a_row_is(uet, folder):
    listed = uet("sql", "--tables", "-f", "json").document
    assert [row["table"] for row in listed] == sorted(model.name for model in models())
    grain = {model.name: model.grain for model in models()}
    assert all(
        grain[row["table"]].startswith(f"one row per {row['one row per']}") for row in listed
    )
    assert {row["kind"] for row in listed} == {"table", "view"}
    assert "cost_by_model" in uet("sql", "--tables").out


def test_a_table_is_described_with_every_column(uet, folder):
    (usage,) = (model for model in models() if model.name == "usage")
    described = uet("sql", "usage", "--tables", "-f", "json").document
    assert {row["column"]: row["meaning"] for row in described} == usage.columns
    said = uet("sql", "--tables", "usage")
    assert said.out.startswith(f"usage: {usage.grain}\n")


def test_a_table_that_is_not_there_is_named_with_those_that_are_like_it(uet, folder):
    said = uet("sql", "--tables", "usages")
    assert said.status == 2
    assert "no table usages" in said.err
    assert "usage" in said.err.partition("did you mean")[2]
    assert uet("sql", "--tables", "-f", "parquet").status == 2


# --- a pipe, a prompt ---


@pytest.mark.slow
def test_statements_come_through_a_pipe(place):
    said = subprocess.run(
        [*COMMAND, "sql", "-f", "csv"],
        input="SELECT run FROM runs;\n\nSELECT 2 AS b -- the end",
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "run\nrun-1\n\nb\n2\n"


@pytest.mark.slow
def test_nobody_minds_if_the_reader_has_had_enough(place):
    with subprocess.Popen(
        [*COMMAND, "sql", "SELECT * FROM range(1000000)", "-f", "csv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as writer:
        assert writer.stdout.readline() == b"range\n"
        writer.stdout.close()
        assert b"Traceback" not in writer.stderr.read()
        writer.wait(DEADLINE_S)


class Terminal:
    """A pseudo-terminal with `uet sql` in it."""

    def __init__(self, folder, *words):
        self._near, far = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, "sql", *words],
            cwd=folder,
            stdin=far,
            stdout=far,
            stderr=far,
            env={**os.environ, "TERM": "dumb"},
            start_new_session=True,
        )
        os.close(far)
        self.shown = ""

    def types(self, text):
        os.write(self._near, text.encode())

    def shows(self, pattern):
        """Wait until what is shown from here on has it; what is behind is for the next."""
        until = time.monotonic() + DEADLINE_S
        while (found := re.search(pattern, self.shown)) is None:
            assert time.monotonic() < until, f"{pattern!r} never came; there is {self.shown!r}"
            if select([self._near], [], [], 0.1)[0]:
                try:
                    piece = os.read(self._near, 65536)
                except OSError:
                    piece = b""
                assert piece, f"it ended before {pattern!r}: {self.shown!r}"
                self.shown += piece.decode().replace("\r\n", "\n")
        self.shown = self.shown[found.end() :]
        return found

    def interrupts(self, pattern):
        """As a person does: again if nothing comes of it, for one may be too early to be heard."""
        until = time.monotonic() + DEADLINE_S
        while time.monotonic() < until and re.search(pattern, self.shown) is None:
            self.process.send_signal(signal.SIGINT)
            if select([self._near], [], [], 1)[0]:
                break
        return self.shows(pattern)

    def ends(self):
        return self.process.wait(DEADLINE_S)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE_S)
        os.close(self._near)


@pytest.fixture
def terminal(place):
    made = []

    def start(*words):
        made.append(Terminal(place.root, *words))
        made[-1].shows("uet sql> ")
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.mark.slow
def test_a_prompt_answers_and_survives_every_mistake(terminal, place):
    at = terminal()
    at.types("SELECT run,\n")
    at.shows(r"\.\.\.> ")
    at.types("  21 * 2 AS answer FROM runs;\n")
    at.shows(r"run-1 +42\n")
    at.shows("uet sql> ")
    at.types("DELETE FROM runs;\n")
    at.shows("uet: this is a DELETE, and the warehouse is only read")
    at.types("SELECT nothing;\n")
    at.shows("uet: Binder Error")
    at.types(".tables usage\n")
    at.shows("usage: one row per report of model use")
    at.types(".tables nothing\n")
    at.shows("uet: there is no table nothing")
    at.types(".what\n")
    at.shows(r"a statement ends in ;")
    at.types("SELECT 1\n")
    at.shows(r"\.\.\.> ")
    at.interrupts("uet sql> ")
    at.types("SELECT 'still here' AS a;\n")
    at.shows("still here\n")
    at.shows("uet sql> ")
    # Between two statements it is in nobody's way.
    with duckdb.connect(str(place.warehouse)) as other:
        assert other.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    at.types(".quit\n")
    assert at.ends() == 0


@pytest.mark.slow
def test_a_prompt_ends_with_its_input_and_keeps_what_was_typed(terminal, folder):
    at = terminal("--format", "csv")
    at.types("SELECT 3 AS n;\n")
    at.shows(r"\nn\n3\n")
    at.shows("uet sql> ")
    at.types("\x04")
    assert at.ends() == 0
    assert "SELECT 3 AS n;" in (folder.parent / "home" / ".uet_sql_history").read_text()


@pytest.mark.slow
def test_a_semicolon_in_a_text_ends_no_statement(terminal):
    at = terminal("--format", "csv")
    at.types("SELECT 'a;\n")
    assert at.shows(r"\.\.\.> |Error").group() == "...> "
    at.types("b' AS text;\n")
    at.shows(r'text\n"a;\nb"\n')


@pytest.mark.slow
def test_a_comment_behind_a_statement_does_not_keep_it_open(terminal):
    at = terminal("--format", "csv")
    at.types("SELECT 6 * 7 AS n; -- that is all\n")
    assert at.shows(r"n\n42\n|\.\.\.> ").group() == "n\n42\n"
