"""`uet validate`: good plans, bad plans, and no side effect."""

import json
import os
import subprocess

import pytest

from tests.cli.ground import COMMAND, shell, write_plan

KEYS = {
    "schema_version",
    "valid",
    "errors",
    "warnings",
    "estimated_duration_seq",
    "estimated_duration_par",
    "bottlenecks",
    "parallelism",
}


@pytest.fixture
def plan(folder):
    return write_plan(
        folder / "plan",
        shell("a", files_scope=["src/"]),
        shell("b", files_scope=["src/x.py"], estimated_cost_usd=0.5),
        shell("c", depends_on=["a", "b"], estimated_context_tokens=900),
    )


def test_a_valid_plan_is_reported_for_people(uet, plan):
    said = uet("validate", "plan")
    assert (said.status, said.err) == (0, "")
    for told in (
        "valid: 3 workstreams, 2 dependencies",
        "makespan     3 units",
        "lower bound  2 units (gap 1 unit)",
        "waves (3;",
        "critical path (2 workstreams, 2 units)",
        "src | src/x.py",
        "files overlap",
        "estimated cost: 0.5 USD",
        "estimated context: 900 tokens",
    ):
        assert told in said.out


def test_a_valid_plan_is_reported_for_scripts(uet, plan):
    said = uet("validate", "plan", "--output", "json", "-j", "2")
    assert said.status == 0
    document = said.document
    assert document.keys() >= KEYS
    assert (document["workstreams"], document["dependencies"]) == (3, 2)
    assert (document["makespan"], document["max_workers"], document["time_unit"]) == (3, 2, "unit")
    (conflict,) = document["parallelism"]["conflicts"]
    assert conflict == {
        "ws_a": "a",
        "ws_b": "b",
        "reason": "file_scope",
        "patterns": ["src", "src/x.py"],
    }


def test_the_flags_of_the_earlier_system_are_known(uet, plan):
    old = ("--workstreams-dir", "plan", "--max-workers", "4", "--mode", "validate")
    assert (
        uet("validate", *old, "--output", "json").document
        == uet("validate", "plan", "-j", "4", "--json").document
    )


def test_validating_changes_nothing(uet, plan, folder):
    before = sorted(folder.rglob("*"))
    assert uet("validate", "plan").status == 0
    assert sorted(folder.rglob("*")) == before


def test_estimates_are_in_seconds(uet, folder):
    write_plan(folder / "plan", shell("a", estimated_duration_s=90), shell("b", depends_on=["a"]))
    document = uet("validate", "plan", "--durations", "estimates", "--json").document
    assert (document["time_unit"], document["makespan"]) == ("s", 3690)
    assert "makespan     1 h 01 min" in uet("validate", "plan", "--durations", "estimates").out


def test_history_is_what_earlier_attempts_took(uet, folder):
    write_plan(folder / "plan", shell("a", "sleep 0.02"), shell("b", "true"))
    assert uet("run", "plan").status == 0
    write_plan(folder / "plan", shell("new"))
    document = uet("validate", "plan", "--durations", "history", "--json", "-j", "1").document
    assert document["time_unit"] == "s"
    # The new one counts as its tool did: as the quicker of the two.
    assert 0.02 < document["makespan"] < 5


def test_history_without_a_store_falls_back_to_estimates(uet, folder):
    write_plan(folder / "plan", shell("a", estimated_duration_s=7))
    assert uet("validate", "plan", "--durations", "history", "--json").document["makespan"] == 7


def test_everything_wrong_is_told_at_once(uet, folder):
    plan = write_plan(
        folder / "plan",
        shell("a", depends_on=["b"]),
        shell("b", depends_on=["a"]),
        shell("c", depends_on=["c"]),
        shell("d", depends_on=["nobody"]),
        {"id": "e", "tool": "shell"},
        shell("f", colour="red"),
    )
    (plan / "torn.json").write_text('{"id": ')
    said = uet("validate", "plan")
    assert (said.status, said.out) == (1, "")
    for told in (
        "a -> b -> a",
        "c: depends_on: waits for itself",
        "nobody",
        "needs 'run'",
        "colour",
        "torn.json: line 1",
        "the plan is not valid: 6 problems",
    ):
        assert told in said.err


def test_problems_are_told_to_scripts_as_well(uet, folder):
    write_plan(folder / "plan", shell("a", depends_on=["nobody"]))
    said = uet("validate", "plan", "--json")
    assert said.status == 1
    assert said.document["valid"] is False
    assert said.document.keys() >= KEYS
    (problem,) = said.document["errors"]
    assert (problem["id"], problem["field"]) == ("a", "depends_on")


def test_a_folder_without_workstreams_is_invalid(uet, folder):
    (folder / "plan").mkdir()
    assert uet("validate", "plan").status == 1


def test_a_folder_that_is_missing_is_wrong_usage(uet):
    said = uet("validate", "plan")
    assert said.status == 2
    assert "plan: no such folder" in said.err


def test_naming_no_plan_is_wrong_usage(uet):
    assert uet("validate").status == 2


def test_a_wrong_configuration_is_wrong_usage(uet, plan):
    (plan / "uet.toml").write_text("max_wokers = 3\n[merge]\norder = 'odd'\n")
    said = uet("validate", "plan")
    assert said.status == 2
    assert "did you mean 'max_workers'" in said.err
    assert "merge.order" in said.err


def test_an_unknown_tool_is_a_warning(uet, folder):
    write_plan(folder / "plan", {"id": "a", "tool": "wizard"})
    said = uet("validate", "plan")
    assert said.status == 0
    assert "uet: warning:" in said.err
    assert "[tools.wizard]" in said.err


@pytest.mark.slow
def test_the_report_does_not_depend_on_hashes_names_or_order(folder):
    workstreams = [
        shell(f"w{n}", files_scope=[f"src/{n % 3}/"], depends_on=[f"w{n // 3}"] if n else [])
        for n in range(12)
    ]
    write_plan(folder / "plan", *workstreams)
    (folder / "other").mkdir()
    turned = [{"files_scope": [], **each} for each in reversed(workstreams)]
    (folder / "other" / "zz.json").write_text(json.dumps(turned))
    reports = {
        subprocess.run(
            [*COMMAND, "validate", name, "--json"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed, name in (("1", "plan"), ("2", "other"), ("3", "plan"))
    }
    assert len(reports) == 1
