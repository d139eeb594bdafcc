import json

import pytest

from uet_es.errors import Problem
from uet_es.intake.load import Overrides
from uet_es.intake.report import invalid_report, report
from uet_es.intake.schemas import schemas, stale
from uet_es.values import SECOND_US


def one_after_another(plan, order):
    at = 0
    for id in order:
        took = next(spec.expected_us for spec in plan.workstreams if spec.id == id)
        yield id, at, at + took
        at += took


def test_a_report_has_the_figures_of_the_plan_and_of_the_schedule(load, ws):
    loaded = load(ws("a", writes=["x"]), ws("b", writes=["x"]), ws("c", "a", "a"))
    schedule = [
        ("a", 0, SECOND_US),
        ("b", SECOND_US, 2 * SECOND_US),
        ("c", SECOND_US, 2 * SECOND_US),
    ]
    found = report(loaded.plan, loaded.warnings, schedule, max_workers=2)
    assert found == {
        "schema_version": 1,
        "valid": True,
        "errors": [],
        "warnings": [
            {
                "file": "",
                "id": "c",
                "field": "depends_on",
                "message": "'a' stands there more than once; once is enough",
            }
        ],
        "workstreams": 3,
        "dependencies": 1,
        "max_workers": 2,
        "durations": "unit",
        "time_unit": "unit",
        "estimated_duration_seq": 3,
        "estimated_duration_par": 2,
        "makespan": 2,
        "lower_bound": 2,
        "gap": 0,
        "critical_path": ["a", "c"],
        "critical_path_length": 2,
        "slack": {"a": 0, "b": 1, "c": 0},
        "bottlenecks": ["a"],
        "parallelism": {
            "max_parallelism": 2,
            "estimated_speedup": 1.5,
            "waves": [["a"], ["b", "c"]],
            "profile": [
                {"at": 0, "running": 2},
                {"at": 1, "running": 1},
                {"at": 2, "running": 0},
            ],
            "bottlenecks": ["a"],
            "conflicts_total": 1,
            "conflicts": [
                {"ws_a": "a", "ws_b": "b", "reason": "file_scope", "patterns": ["x", "x"]}
            ],
        },
        "cost": None,
        "context": None,
        "digest": loaded.plan.digest,
    }


def test_estimates_are_reported_in_seconds_with_the_exact_bound(load, ws):
    loaded = load(ws("a", estimated_duration_s=2), ws("b", estimated_duration_s=2.5))
    plan = loaded.plan
    found = report(plan, (), list(one_after_another(plan, "ab")), max_workers=1)
    assert (found["time_unit"], found["makespan"], found["gap"]) == ("s", 4.5, 0)
    both = [("a", 0, 2 * SECOND_US), ("b", 0, 2_500_000)]
    found = report(plan, (), both, max_workers=2)
    assert (found["makespan"], found["lower_bound"]) == (2.5, 2.5)


def test_the_gap_is_what_the_schedule_takes_beyond_the_bound(load, ws):
    documents = [ws(id, estimated_duration_s=3) for id in "abc"]
    plan = load(*documents, overrides=Overrides(durations="estimates")).plan
    schedule = [("a", 0, 3 * SECOND_US), ("b", 0, 3 * SECOND_US), ("c", 3_000_000, 6_000_000)]
    found = report(plan, (), schedule, max_workers=2)
    assert (found["lower_bound"], found["makespan"], found["gap"]) == (4.5, 6, 1.5)


def test_estimates_of_cost_and_context_are_added_up(load, ws):
    loaded = load(
        ws("a", estimated_cost_usd=0.1, estimated_context_tokens=5),
        ws("b", estimated_cost_usd=0.2, estimated_context_tokens=7),
        ws("c"),
    )
    plan = loaded.plan
    found = report(plan, (), list(one_after_another(plan, "abc")), max_workers=1)
    assert found["cost"] == {"estimated_usd": 0.3, "estimated_for": 2}
    assert found["context"] == {"estimated_tokens": 12, "largest_tokens": 7, "estimated_for": 2}


def test_an_invalid_plan_is_reported_with_every_problem():
    found = invalid_report([Problem("a.json", "a", "run", "is empty")])
    assert found["valid"] is False
    assert found["errors"] == [{"file": "a.json", "id": "a", "field": "run", "message": "is empty"}]
    assert json.loads(json.dumps(found)) == found


def test_stale_schemas_are_named(tmp_path):
    assert stale(tmp_path) == list(schemas())
    for name, text in schemas().items():
        (tmp_path / name).write_text(text, "utf-8")
    assert stale(tmp_path) == []
    (tmp_path / "uet.schema.json").write_text("{}")
    assert stale(tmp_path) == ["uet.schema.json"]


@pytest.mark.parametrize("name", ["workstream.schema.json", "uet.schema.json", "plan.schema.json"])
def test_schemas_refuse_unknown_fields(name):
    text = schemas()[name]
    assert json.loads(text)["$schema"].startswith("https://json-schema.org/")
    assert '"additionalProperties": false' in text
