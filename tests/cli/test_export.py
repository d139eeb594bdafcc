"""`uet export` writes runs of the store and of fixtures, also unfinished ones; no nonsense."""

import json
from pathlib import Path

import pytest

from uet_es.cli.export import FORMATS

LIBRARY = Path(__file__).parents[2] / "replay_fixtures" / "library-36"
WRITTEN = [name for name, format in FORMATS.items() if not format.is_sent]


@pytest.mark.slow
@pytest.mark.parametrize("to", WRITTEN)
def test_every_format_can_be_written_of_a_run_of_the_store(to, uet, finished):
    said = uet("export", "--to", to, "-o", "out")
    assert (said.status, said.err) == (0, "")
    first, then = said.out.splitlines()
    assert first.startswith(f"out: run-1 as {to}, ")
    assert then.startswith("next: ")
    assert (finished / "out").exists()
    again = uet("export", "run-1", "--to", to, "-o", "again", "--json").document
    assert (again["run"], again["format"], again["target"], again["outcome"]) == (
        ("run-1", to, "again", "failed")
    )
    assert next(iter(again["written"].values())) > 0
    assert _content(finished / "out") == _content(finished / "again")


def _content(path):
    if path.is_file():
        return path.read_bytes()
    return {str(f.relative_to(path)): f.read_bytes() for f in path.rglob("*") if f.is_file()}


def test_a_fixture_can_be_exported_anywhere(uet, folder):
    said = uet("export", LIBRARY, "--to", "chrome", "-o", "trace.json")
    assert said.out == (
        "trace.json: run-1 as chrome, 352 slices, 82 arrows, 57 counter values, 5 instants\n"
        "next: open it in ui.perfetto.dev or chrome://tracing\n"
    )
    assert json.loads((folder / "trace.json").read_bytes())["otherData"]["run"] == "run-1"


@pytest.mark.slow
def test_of_a_run_that_goes_on_it_is_said_how_far(uet, interrupted):
    said = uet("export", "--to", "chrome", "-o", "trace.json")
    assert said.status == 0
    assert said.err.startswith("run-1 is not finished: this is what was recorded until entry ")
    said = uet("export", "--to", "files", "-o", "view", "--json")
    assert said.document["outcome"] is None
    assert uet("resume", "run-1").status == 0
    said = uet("export", "--to", "files", "-o", "view", "--json")
    assert (said.document["outcome"], said.err) == ("succeeded", "")
    assert said.document["written"]["changed_pages"] > 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "say as what: --to FORMAT, one of chrome, ocel, "),
        (("--to", "pdf", "-o", "x"), "there is no format pdf: name one of chrome, ocel, "),
        (("--to", "chrome"), "say where: -o PATH"),
        (("--to", "chrome", "-o", "there"), "there exists and is left as it is: name another"),
        (("--to", "parquet", "-o", "there"), "there exists and is left as it is: name another"),
        (("--to", "files", "-o", "there"), "there exists and is left as it is: name another"),
        (("--to", "files", "-o", "note"), "note exists and is left as it is: name another"),
        (("--to", "ocel", "-o", "no/x"), "no/x: there is no folder no: make it"),
        (("--to", "chrome", "-o", "x", "--endpoint", "http://a"), "chrome is written, not sent"),
        (("--to", "otlp", "-o", "x"), "otlp is sent, not written: say --endpoint URL"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(words, told, uet, folder):
    (folder / "there").mkdir()
    (folder / "note").write_text("mine")
    said = uet("export", LIBRARY, *words)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"uet: {told}")
    assert sorted(file.name for file in folder.rglob("*")) == ["note", "there"]
    assert (folder / "note").read_text() == "mine"


def test_where_nothing_was_run_nothing_can_be_exported(uet, folder):
    said = uet("export", "--to", "chrome", "-o", "x")
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert list(folder.iterdir()) == []


def test_an_unknown_run_is_refused(uet, finished):
    before = sorted(file.name for file in finished.iterdir())
    said = uet("export", "run-7", "--to", "chrome", "-o", "x")
    assert said.status == 2
    assert "run-7" in said.err
    assert sorted(file.name for file in finished.iterdir()) == before


def test_a_file_without_entries_is_refused(uet, folder):
    (folder / "empty.jsonl").touch()
    said = uet("export", "empty.jsonl", "--to", "chrome", "-o", "x")
    assert said.status != 0
    assert "empty.jsonl" in said.err
    assert [file.name for file in folder.iterdir()] == ["empty.jsonl"]
