"""A run as text: the fixture format."""

import subprocess
import sys

import msgspec
import pytest

from tests.log.conftest import RUN
from tests.log.samples import entries
from uet_es.errors import LogError
from uet_es.log import jsonl, schemas
from uet_es.log.chain import joined, link, seed
from uet_es.log.rows import Row
from uet_es.log.store import Log
from uet_es.values import StreamId


@pytest.fixture
def file(stored, tmp_path):
    stored.append(RUN, entries(RUN))
    file = tmp_path / "log.jsonl"
    assert jsonl.write(file, stored.rows(run=RUN)) == 22
    return file


def test_a_file_holds_what_the_store_holds_and_proves_as_much(file, stored):
    assert jsonl.read_entries(file) == tuple(stored.entries(RUN))
    assert [row[1:] for row in jsonl.read(file)] == [row[1:] for row in stored.rows(run=RUN)]


def test_entries_of_a_file_are_written_to_the_same_bytes(file, tmp_path):
    again = tmp_path / "again.jsonl"
    jsonl.write(again, jsonl.rows_of(RUN, jsonl.read_entries(file)))
    assert again.read_bytes() == file.read_bytes()
    assert sorted(path.name for path in tmp_path.glob("*.jsonl")) == ["again.jsonl", "log.jsonl"]


def test_a_line_names_stream_version_and_type_before_the_stored_json(file):
    line = file.read_bytes().splitlines()[1]
    assert line.startswith(
        b'{"stream":"run-1/worker/1","version":1,"type":"worker.spawned","seq":2,"turn":1,'
    )
    assert line.endswith(b'"}')


def test_a_redacted_entry_travels_with_its_mark(file, stored):
    stored.redact(RUN, 1, reason="a password", by="ann", at_us=9)
    jsonl.write(file, stored.rows(run=RUN))
    assert b'"redacted":{"at_us":9,"by":"ann","reason":"a password"}' in file.read_bytes()
    assert jsonl.read_entries(file) == tuple(stored.entries(RUN))


@pytest.mark.parametrize(
    ("line", "change"),
    [
        (3, lambda line: line.replace(b'"status":1', b'"status":0')),
        (4, lambda line: b""),
        (5, lambda line: b"\n"),
        (6, lambda line: b"not json\n"),
        (7, lambda line: line.replace(b'{"stream"', b'{ "stream"')),
        (8, lambda line: line.replace(b'"version":', b'"version":"2",')),
        (9, lambda line: line.replace(b'"type":"', b'"type":"x')),
        (22, lambda line: line[:-1]),
        (22, lambda line: line[: len(line) // 2]),
        (10, lambda line: b"\xff" + line),
        (1, lambda line: line + line),
    ],
)
def test_a_wrong_line_is_named(file, line, change):
    lines = file.read_bytes().splitlines(keepends=True)
    lines[line - 1] = change(lines[line - 1])
    file.write_bytes(b"".join(lines))
    named = line + 1 if line == 1 else line
    with pytest.raises(LogError, match=f"log.jsonl:{named}: "):
        jsonl.read_entries(file)


def test_a_write_that_fails_leaves_the_old_file(file):
    before = file.read_bytes()

    def broken():
        yield from ()
        raise LogError("the store is damaged")

    with pytest.raises(LogError, match="damaged"):
        jsonl.write(file, broken())
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir() if "jsonl" in path.name] == ["log.jsonl"]


def test_an_entry_of_an_unknown_type_is_named_with_its_line(file):
    content = b'{"seq":1,"turn":1,"at_us":1,"cause":0,"event":{"type":"a.teleported"}'
    state = joined(content, link(seed(RUN), RUN, 1, "a.teleported", content))
    file.write_bytes(jsonl.line_of(Row(0, RUN, StreamId(RUN), 1, "a.teleported", state)))
    with pytest.raises(LogError, match=r"log.jsonl:1: run-1 version 1 \(a.teleported\)"):
        jsonl.read_entries(file)


def test_an_empty_file_has_no_entries(tmp_path):
    (tmp_path / "log.jsonl").touch()
    assert jsonl.read_entries(tmp_path / "log.jsonl") == ()


def test_the_published_schema_is_current_and_knows_every_event():
    assert schemas.main(["--check"]) == 0
    published = msgspec.json.decode(schemas.PATH.read_bytes())
    assert {"Entry", "PlanAccepted", "WorkstreamSpec", "RunFinished"} <= set(published["$defs"])


def test_a_schema_out_of_date_is_said_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(schemas, "PATH", tmp_path / "schema" / "entries.schema.json")
    assert schemas.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().err
    assert (schemas.main([]), schemas.main(["--check"])) == (0, 0)


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_hash_seed(file):
    code = (
        "from tests.log.samples import entries; from uet_es.log import jsonl, schemas; import sys\n"
        "sys.stdout.buffer.write(b''.join(map(jsonl.line_of, jsonl.rows_of('run-1', "
        "entries('run-1')))) + schemas.entries_schema())"
    )
    for number in ("0", "1"):
        made = subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": number}, capture_output=True
        )
        assert made.stdout == file.read_bytes() + schemas.PATH.read_bytes()


def test_a_file_fills_a_log_again(file):
    log = Log.in_memory()
    head = log.append(RUN, jsonl.read_entries(file))
    assert [row.state for row in log.rows()] == [row.state for row in jsonl.read(file)]
    assert log.verify(RUN, head=head).intact
