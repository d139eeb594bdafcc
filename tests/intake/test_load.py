import json
import os
import subprocess
import sys

import msgspec
import pytest

from uet_es.errors import UsageError
from uet_es.intake.load import Overrides, load_plan
from uet_es.plan import Plan
from uet_es.values import SECOND_US

HOUR_US = 3600 * SECOND_US


def expected(loaded):
    return [spec.expected_us for spec in loaded.plan.workstreams]


def test_durations_are_units_unless_every_workstream_has_an_estimate(load, ws):
    known, unknown = ws("a", estimated_duration_s=5), ws("b")
    loaded = load(known, unknown)
    assert (loaded.plan.durations, expected(loaded)) == ("unit", [SECOND_US, SECOND_US])
    loaded = load(known)
    assert (loaded.plan.durations, expected(loaded)) == ("estimates", [5 * SECOND_US])


def test_where_others_have_estimates_the_default_counts(load, ws):
    documents = ws("a", estimated_duration_s=5), ws("b")
    loaded = load(*documents, overrides=Overrides(durations="estimates"))
    assert expected(loaded) == [5 * SECOND_US, HOUR_US]


def test_history_goes_before_estimates(load, ws):
    documents = ws("a", estimated_duration_s=5), ws("b", estimated_duration_s=6), ws("c")
    options = Overrides(durations="history", default_duration_s=2)
    assert expected(load(*documents, overrides=options, history={"b": 7, "x": 1})) == [
        5 * SECOND_US,
        7,
        2 * SECOND_US,
    ]


def test_a_repository_makes_worktrees_the_default(load, ws, tmp_path):
    documents = ws("a"), ws("b", isolation="none")
    assert [spec.isolation for spec in load(*documents).plan.workstreams] == ["none", "none"]
    plan = load(*documents, repository=tmp_path).plan
    assert [spec.isolation for spec in plan.workstreams] == ["worktree", "none"]


def test_asking_for_worktrees_without_a_repository_is_wrong_usage(load, ws):
    with pytest.raises(UsageError, match="needs a git repository"):
        load(ws("a", isolation="worktree"))


def test_an_unknown_tool_is_a_warning_until_it_is_to_be_run(load, mistakes):
    documents = [{"id": id, "files_scope": [], "tool": "aider"} for id in "ab"]
    ((warning),) = load(*documents).warnings
    assert (warning.file, warning.id, warning.field) == ("", "a", "tool")
    assert "[tools.aider] command" in warning.message
    assert mistakes(*documents, for_run=True) == [("a", "tool", warning.message)]


def test_demands_that_nobody_can_meet_are_refused(folder, mistakes, ws):
    folder(
        uet__toml='[resources]\ngpu = 2\n[[workers]]\ncapabilities = ["fast"]\ntools = ["shell"]'
    )
    found = mistakes(
        ws("a", resources={"gpu": 3, "fpga": 1}),
        ws("b", capabilities=["fast", "secret"]),
        {"id": "c", "files_scope": [], "tool": "aider"},
        ws("d", resources={"gpu": 2}, capabilities=["fast"]),
    )
    assert [(id, field) for id, field, _ in found] == [
        ("a", "resources.fpga"),
        ("a", "resources.gpu"),
        ("b", "capabilities"),
        ("c", "tool"),
    ]
    assert "add fpga = 1 to [resources]" in found[0][2]
    assert "wants 3 of 'gpu', but there are 2" in found[1][2]


def test_a_capability_is_refused_where_nobody_declares_workers(mistakes, ws):
    ((_, field, _),) = mistakes(ws("a", capabilities=["fast"]))
    assert field == "capabilities"


def test_the_plan_can_be_recorded_and_read_again(load, ws):
    plan = load(ws("a", writes=["x"], metadata={"n": [1.5, None, {"k": "ü"}]}), ws("b", "a")).plan
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


def test_the_digest_names_what_was_asked_and_nothing_else(load, ws):
    one, two = ws("a", estimated_duration_s=3, metadata={"x": 1, "y": 2}), ws("b", "a")
    digest = load(one, two).plan.digest
    assert len(digest) == 64
    reordered = dict(reversed(one.items())) | {"metadata": {"y": 2, "x": 1}}
    assert load(two, reordered).plan.digest == digest
    faster = Overrides(max_workers=9, durations="history", fail_fast=True)
    assert load(one, two, overrides=faster, history={"a": 5}).plan.digest == digest
    assert load(one, two | {"run": "false"}).plan.digest != digest
    assert load(one | {"estimated_duration_s": 4}, two).plan.digest != digest
    assert load(one, two | {"depends_on": [], "after": ["a"]}).plan.digest != digest


def test_ids_that_differ_in_letter_case_only_are_a_warning(load, ws):
    assert "letter case" in load(ws("a"), ws("A")).warnings[0].message


@pytest.mark.slow
def test_the_plan_is_the_same_for_every_hash_seed_and_file_layout(folder, ws, tmp_path):
    documents = [
        ws(id, writes=[f"src/{id}*", "docs"], env=["B", "A"], resources={"y": 1, "x": 1})
        for id in ("c", "a", "b")
    ]
    one = folder(all__json=documents, uet__toml="[resources]\nx = 1\ny = 1\n")
    other = tmp_path / "other" / "plan"
    other.mkdir(parents=True)
    (other / "uet.toml").write_text("[resources]\ny = 1\nx = 1\n")
    for number, document in enumerate(documents):
        (other / f"{number}.json").write_text(json.dumps(document))
    program = (
        "import sys, msgspec, pathlib; from uet_es.intake.load import load_plan\n"
        "loaded = load_plan(pathlib.Path(sys.argv[1]), environ={})\n"
        "sys.stdout.buffer.write(msgspec.json.encode(loaded.plan))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program, str(plan)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for plan, seed in ((one, "1"), (other, "2"))
    }
    assert printed == {msgspec.json.encode(load_plan(one, environ={}).plan)}


@pytest.mark.slow
def test_reading_a_plan_leaves_out_what_only_mistakes_need():
    program = (
        "import sys, uet_es.intake.load\n"
        "print(*{'networkx', 'yaml', 'difflib', 'duckdb', 'typer'} & sys.modules.keys())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert run.stdout.strip() == ""
