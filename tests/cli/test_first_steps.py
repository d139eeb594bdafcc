"""`uet init`, `uet doctor`, `uet signal`, and the example that is shipped."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.ground import git, shell, write_plan

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.slow
def test_the_first_plan_runs_at_once_without_a_repository(uet, folder):
    said = uet("init")
    assert (said.status, said.err) == (0, "")
    assert "uet run plan" in said.out
    assert (folder / "uet.toml").exists()
    assert uet("validate", "plan").err == ""
    assert uet("run", "plan", "-q").status == 0
    assert (folder / "hello" / "letter.txt").read_text() == "hello, world\nAda\nGrace\n"


@pytest.mark.slow
def test_the_first_plan_runs_in_worktrees_of_a_repository(uet, repository):
    assert uet("init").status == 0
    assert uet("run", "plan", "-q").status == 0
    assert git(repository, "show", "uet/run-1:hello/letter.txt") == "hello, world\nAda\nGrace"
    assert not (repository / "hello").exists()


def test_what_is_there_is_never_written_over(uet, folder):
    (folder / "uet.toml").write_text("max_workers = 2\n")
    write_plan(folder / "plan", shell("mine"))
    said = uet("init")
    assert said.status == 0
    assert (folder / "uet.toml").read_text() == "max_workers = 2\n"
    assert [each.name for each in (folder / "plan").iterdir()] == ["mine.json"]
    assert "kept   uet.toml" in said.out


def test_beginning_twice_changes_nothing(uet, folder):
    first = uet("init", "new", "--json").document
    second = uet("init", "new", "--json").document
    assert first["written"] == second["kept"]
    assert (first["kept"], second["written"]) == ([], [])
    assert first["next"][0] == "cd new"


def test_a_file_is_no_folder_to_begin_in(uet, folder):
    (folder / "x").write_text("")
    assert uet("init", "x").status == 2


def test_below_a_repository_the_configuration_goes_next_to_the_plan(uet, repository):
    assert uet("init", "sub").status == 0
    assert (repository / "sub" / "plan" / "uet.toml").exists()


def test_a_repository_without_commits_is_told_what_to_do_first(uet, folder):
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    assert any("git commit" in step for step in uet("init", "--json").document["next"])


def test_the_doctor_looks_at_everything(uet, finished):
    document = uet("doctor", "--json").document
    found = {check["name"]: check for check in document["checks"]}
    assert found.keys() >= {
        "python",
        "git",
        "sqlite",
        "extras",
        "prices",
        "repository",
        "worktrees",
        "disk",
        "durable write",
        "store",
    }
    assert found["store"]["found"].startswith("1 run intact")
    assert found["repository"]["verdict"] == "note"
    assert document["ok"] is True
    assert uet("doctor").status == 0


def test_the_doctor_leaves_nothing_behind(uet, folder):
    assert uet("doctor").status == 0
    assert list(folder.iterdir()) == []


def test_the_doctor_finds_a_corrupt_store(uet, finished):
    store = finished / ".uet" / "log.db"
    store.write_bytes(store.read_bytes()[:5000])
    said = uet("doctor", "--json")
    assert said.status == 5
    assert said.document["ok"] is False


def test_signals_are_written_as_lines(uet, folder, monkeypatch):
    file = folder / "signals.jsonl"
    monkeypatch.setenv("UET_SIGNALS", str(file))
    usage = ("--model", "m", "--input", 10, "--output", 2, "--cached", 4, "--key", "k")
    for words in (
        ("usage", *usage),
        ("progress", "--percent", 50, "half", "way"),
        ("heartbeat",),
        ("log", "a", "line"),
    ):
        assert uet("signal", *words) == (0, "", "")
    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {
            "type": "usage",
            "model": "m",
            "input_tokens": 10,
            "output_tokens": 2,
            "cached_input_tokens": 4,
            "key": "k",
        },
        {"type": "progress", "percent": 50.0, "text": "half way"},
        {"type": "heartbeat"},
        {"type": "log", "text": "a line"},
    ]


def test_signals_need_somewhere_to_go(uet, folder):
    said = uet("signal", "heartbeat")
    assert said.status == 2
    assert "UET_SIGNALS" in said.err
    assert uet("signal", "heartbeat", "--file", folder / "s").status == 0
    assert uet("signal", "heartbeat", "--file", folder / "no" / "s").status == 2


@pytest.mark.parametrize(
    "words",
    [
        ("usage", "--input", "1"),
        ("usage", "--model", "m", "--input", "-1"),
        ("usage", "--model", "m", "--input", "1", "--cached", "2"),
        ("progress",),
        ("progress", "--percent", "101"),
        ("log",),
    ],
)
def test_wrong_signals_are_wrong_usage(uet, folder, words):
    assert uet("signal", *words, "--file", folder / "s").status == 2
    assert not (folder / "s").exists()


@pytest.mark.slow
def test_signals_of_an_attempt_are_recorded_and_priced(uet, folder):
    signal = f"{sys.executable} -m uet_es.cli.app signal"
    plan = write_plan(
        folder / "plan",
        shell(
            "a", f"{signal} usage --model m --input 10 --output 2 --key k; {signal} log it works"
        ),
    )
    (plan / "uet.toml").write_text("[prices]\nm = { input = 1.0, output = 10.0 }\n")
    document = uet("run", "plan", "--json", "-q").document
    assert (document["input_tokens"], document["output_tokens"]) == (10, 2)
    assert document["cost_nanousd"] == 30_000
    assert "it works" in uet("events", "--event-type", "text.reported").out


@pytest.mark.slow
def test_the_example_succeeds_and_is_merged(uet, folder):
    subprocess.run(["sh", EXAMPLES / "make_sample.sh", folder / "shop"], check=True)
    said = uet("-C", folder / "shop", "run", EXAMPLES / "shop", "--json", "-q")
    assert said.status == 0, said.err
    assert set(said.document["workstreams"].values()) == {"SUCCEEDED"}
    assert said.document["merged"] == len(said.document["workstreams"]) == 14
    assert uet("status", "--json").document["workstreams"]["stock"]["attempts"] == 2
    usage = git(folder / "shop", "show", "uet/run-1:docs/usage.md")
    assert "24.98 EUR" in usage
    assert git(folder / "shop", "show", "uet/run-1:VERSION") == "0.2"
