"""`uet replay`: told, shown, played, checked out."""

import json
from pathlib import Path

import pytest

from tests.cli.ground import git, make_repository, shell, write_plan
from uet_es.drivers.replay import moment_document, replayed
from uet_es.log.store import Log


@pytest.fixture
def entries(finished):
    with Log.open(finished / ".uet" / "log.db") as log:
        return list(log.entries("run-1"))


@pytest.fixture
def recorded(uet, finished, tmp_path, monkeypatch):
    """A fixture of the run, seen from a folder with no store and no repository."""
    assert uet("record", "-o", tmp_path / "fixture").status == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "fixture"


def test_a_run_is_told_in_paragraphs_of_turns(uet, finished, entries):
    told = uet("replay").out
    assert told.count("\n\n") + 1 == sum(
        entry.stream == "run-1"
        and entry.turn == entry.version
        and entry.event.__struct_config__.tag != "run.finished"
        for entry in entries
    )
    assert [line for line in told.splitlines() if line] == uet("events").out.splitlines()


def test_the_state_at_an_entry_is_shown_with_everything_in_it(uet, finished, entries):
    at = next(e.seq for e in entries if e.event.__struct_config__.tag == "attempt.started")
    said = uet("replay", "run-1", "--at", at)
    assert said.status == 0
    assert said.out.startswith(f"run-1 after entry {at}, ")
    assert "going on, 0 of 3 workstreams over" in said.out
    assert "c           dependency b" in said.out
    assert "BUSY" in said.out


def test_json_is_the_state_then_or_at_the_end(uet, finished, entries):
    document = uet("replay", "--json").document
    assert document == json.loads(json.dumps(moment_document(replayed(entries))))
    assert document["seq"] == entries[-1].seq
    status = uet("status", "--json").document
    del status["prediction"]  # of the plan, not of the run
    assert {name: document[name] for name in status} == status
    document = uet("replay", "--at", 3, "--json").document
    assert (document["seq"], document["workstreams"]["a"]["state"]) == (3, "PENDING")


def test_json_of_every_turn_is_an_object_a_line(uet, finished, entries):
    lines = uet("replay", "--json", "--until", 9).lines
    assert lines[-1]["seq"] == 9
    assert [line["seq"] for line in lines] == sorted({line["seq"] for line in lines})
    assert all(set(line) == set(lines[0]) for line in lines)


def test_until_takes_a_number_a_span_or_a_time(uet, finished, entries):
    assert uet("replay", "--until", 4).out.splitlines()[-1].startswith("     4 ")
    assert uet("replay", "--until", "+1h").out == uet("replay").out
    assert uet("replay", "--until", "2999-01-01").out == uet("replay").out
    first = [e for e in entries if e.at_us == entries[0].at_us]
    assert uet("replay", "--until", "+0s", "--json").lines[-1]["seq"] == len(first)


def test_playing_tells_the_same(uet, finished):
    assert uet("replay", "--speed", 1000).out == uet("replay").out


def test_neither_store_nor_repository_is_needed_for_a_file_or_a_fixture(uet, recorded):
    told = uet("replay", recorded).out
    assert told == uet("replay", recorded / "log.jsonl").out
    assert "run.finished" in told
    assert uet("replay", recorded, "--at", 5).out.startswith(f"{recorded} after entry 5")
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--at", "0"], "--at 0: write the number of an entry"),
        (["--at", "soon"], "--at soon: write the number of an entry"),
        (["--at", "4711"], "run-1 has no entry 4711"),
        (["--at", "2001-01-01"], "run-1 had not begun by then"),
        (["--until", "-5s"], "--until -5s: write"),
        (["--at", "3", "--until", "4"], "leave out --until and --speed"),
        (["--checkout", "x"], "add --at"),
        (["--speed", "0"], "use a number above 0"),
        (["--speed", "nan"], "use a number above 0"),
        (["run-7"], "there is no run run-7"),
        (["run-7.jsonl"], "run-7.jsonl: there is no such file"),
        (["plan"], "no file ends in .jsonl"),
    ],
)
def test_wrong_usage_says_what_to_do(uet, finished, words, said):
    answer = uet("replay", *words)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err


def test_everything_wrong_with_the_options_is_said_at_once(uet, finished):
    answer = uet("replay", "--checkout", "x", "--speed", "-1")
    assert len(answer.err.splitlines()) == 2


def test_a_damaged_file_ends_with_5_and_names_the_line(uet, recorded):
    file = recorded / "log.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[::2]))
    answer = uet("replay", recorded)
    assert answer.status == 5
    assert "log.jsonl:2: " in answer.err


# --- the code then ---


@pytest.fixture
def merged(uet, repository):
    """A repository with a run that merged two files, one after the other."""
    first = {"id": "a", "run": "echo a > a.txt"}
    write_plan(
        repository / "plan", first, {"id": "b", "run": "cat a.txt > b.txt", "depends_on": ["a"]}
    )
    assert uet("run", "plan", "-q").status == 0
    return repository


def landed(uet):
    return [line["seq"] for line in uet("events", "--json", "--event-type", "merge.landed").lines]


@pytest.mark.slow
def test_the_code_is_put_where_it_was_asked_for_as_it_was_then(uet, merged):
    first, second = landed(uet)
    said = uet("replay", "--at", first, "--checkout", "then")
    assert said.status == 0
    assert "git worktree remove then" in said.out
    assert (merged / "then" / "a.txt").read_text() == "a\n"
    assert not (merged / "then" / "b.txt").exists()
    document = uet("replay", "--at", second, "--checkout", "later", "--json").document
    assert (merged / "later" / "b.txt").exists()
    assert document["checkout"]["commit"] == document["integration_head"]
    assert git(merged / "then", "status", "--porcelain") == ""
    assert git(merged / "then", "branch", "--show-current") == ""
    before = uet("replay", "--at", 1, "--checkout", "base")
    assert before.status == 0
    assert not (merged / "base" / "a.txt").exists()
    assert git(merged, "branch", "--show-current") == "main"


@pytest.mark.slow
def test_a_checkout_that_cannot_be_is_refused_with_the_reason(uet, merged, tmp_path, monkeypatch):
    (merged / "there").mkdir()
    said = uet("replay", "--at", 5, "--checkout", "there")
    assert (said.status, said.out) == (2, "")
    assert "there exists" in said.err
    assert uet("record", "-o", tmp_path / "fixture").status == 0
    for place in ("bare", "other"):
        (tmp_path / place).mkdir()
    monkeypatch.chdir(tmp_path / "bare")
    said = uet("replay", tmp_path / "fixture", "--at", 5, "--checkout", "x")
    assert said.status == 2
    assert "is in no git repository" in said.err
    make_repository(tmp_path / "other")
    monkeypatch.chdir(tmp_path / "other")
    said = uet("replay", tmp_path / "fixture", "--at", landed_at(tmp_path), "--checkout", "x")
    assert said.status == 2
    assert "has no commit" in said.err
    assert not Path("x").exists()


def landed_at(tmp_path):
    lines = (tmp_path / "fixture" / "log.jsonl").read_text().splitlines()
    return next(at for at, line in enumerate(lines, 1) if "merge.landed" in line)


def test_a_run_without_a_repository_has_no_code(uet, folder):
    write_plan(folder / "plan", shell("a"))
    assert uet("run", "plan", "-q").status == 0
    said = uet("replay", "--at", 3, "--checkout", "x")
    assert said.status == 2
    assert "ran without a repository" in said.err
