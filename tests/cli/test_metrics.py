"""`uet metrics`: a run in numbers, two runs beside each other, and the page for Prometheus."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.ground import shell, write_plan

pytestmark = pytest.mark.slow


def test_a_run_is_told_in_short_tables(uet, finished):
    said = uet("metrics")
    assert said.status == 0
    assert said.out.startswith("run-1: failed, ")
    assert "3 workstreams: 1 succeeded, 1 failed, 1 cancelled (33.3 % succeeded)" in said.out
    assert "3 attempts, 2 failed (E_TOOL_FAILURE 2)" in said.out
    assert "no usage was reported" in said.out
    assert "above 70 %" in said.out
    rows = [line.split() for line in said.out.splitlines()]
    (failed,) = (row for row in rows if row[:2] == ["b", "failed"])
    assert failed[2] == "2"
    assert failed[-2:] == ["E_TOOL_FAILURE", "2"]
    assert "USD" not in said.out


def test_json_has_everything_with_exact_integers(uet, finished):
    document = uet("metrics", "run-1", "--json").document
    assert document["schema_version"] == 1
    assert (document["run"], document["outcome"], document["is_open"]) == ("run-1", "failed", False)
    parts = {part["name"]: part for part in document["by_workstream"]}
    assert list(parts) == ["a", "b", "c"]
    assert parts["b"]["errors"] == {"E_TOOL_FAILURE": 2}
    total = document["total"]
    lead = [total[f"{name}_us"] for name in ("blocked", "queue", "work", "merging")]
    assert sum(lead) == total["lead_us"]
    assert document["on_target"] is (document["efficiency_percent"] > document["target_percent"])
    told = uet("why", "run-1", "b", "--json").document
    assert parts["b"]["lead_us"] == told["to_us"] - told["from_us"]


def test_a_run_that_goes_on_is_measured_as_far_as_it_got(uet, interrupted):
    said = uet("metrics")
    assert "run-1: goes on, " in said.out
    assert "2 workstreams: 2 not over" in said.out
    assert uet("metrics", "--json").document["is_open"] is True


def test_a_file_is_measured_like_a_run(uet, finished):
    assert uet("record", "-o", "kept").status == 0
    assert uet("metrics", "kept", "--json") == uet("metrics", "run-1", "--json")


def test_phases_and_projects_have_tables_where_there_are_any(uet, folder):
    write_plan(folder / "plan", shell("a", phase="early"), shell("b", project="house"))
    assert uet("run", "plan", "-q").status == 0
    said = uet("metrics")
    rows = [line.split() for line in said.out.splitlines()]
    assert ["early", "1", "of", "1"] in [row[:4] for row in rows]
    assert ["house", "1", "of", "1"] in [row[:4] for row in rows]
    assert sum(row[:1] == ["(none)"] for row in rows) == 2


def test_two_runs_are_compared_with_what_changed_first(uet, finished):
    write_plan(finished / "plan", shell("b", "exit 0"))
    assert uet("run", "plan", "-q").status == 0
    said = uet("metrics", "run-1", "--compare", "run-2")
    assert said.out.startswith("from run-1 (failed) to run-2 (succeeded)\n")
    assert "different plans" in said.err
    rows = [line.split() for line in said.out.splitlines()]
    succeeded = next(row for row in rows if row[1:2] == ["succeeded"] and row[0] == "better")
    assert succeeded == ["better", "succeeded", "33.3", "%", "100.0", "%", "+66.7", "%"]
    assert ["better", "E_TOOL_FAILURE", "2", "0", "-2", "-100.0", "%"] in rows
    document = uet("metrics", "run-1", "--compare", "run-2", "--json").document
    assert (document["schema_version"], document["same_plan"]) == (1, False)
    assert (document["a"]["run"], document["b"]["run"]) == ("run-1", "run-2")
    states = {each["name"]: (each["state_a"], each["state_b"]) for each in document["workstreams"]}
    assert states["c"] == ("cancelled", "succeeded")


def test_a_run_can_be_compared_with_a_file(uet, finished):
    assert uet("record", "-o", "kept").status == 0
    document = uet("metrics", "run-1", "--compare", "kept", "--json").document
    assert {change["verdict"] for change in document["changes"]} == {"same"}
    assert document["workstreams"] == []


def test_prometheus_reads_the_page(uet, finished):
    page = uet("metrics", "--prometheus").out
    families = {family.name: family for family in text_string_to_metric_families(page)}
    states = {s.labels["state"]: s.value for s in families["uet_workstreams"].samples}
    assert (states["SUCCEEDED"], states["FAILED"], states["CANCELLED"]) == (1, 1, 1)
    of_run = uet("metrics", "run-1", "--prometheus").out
    assert 'uet_workstreams{run="run-1",state="FAILED"} 1\n' in of_run
    assert page.count("\n") == of_run.count("\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run-9"], "there is no run run-9"),
        (["run-1", "--compare", "run-9"], "there is no run run-9"),
        (["--prometheus", "--json"], "--prometheus is a form of its own: leave --json out"),
        (["--prometheus", "--compare", "run-1"], "leave --compare out"),
        (["no/such.jsonl"], "there is no such file"),
    ],
)
def test_wrong_usage_says_what_to_do(uet, finished, words, said):
    answer = uet("metrics", *words)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err


def test_without_a_run_there_is_nothing_to_measure(uet, folder):
    assert uet("metrics").status == 2
    assert uet("metrics", "--prometheus").status == 2
