import pytest

from uet_es.errors import PlanError
from uet_es.intake.graph import graph_of
from uet_es.intake.load import load_plan
from uet_es.intake.transitive import positions, reach_of


def test_unknown_ids_are_told_with_the_nearest_known_one(mistakes, ws):
    ((id, field, message),) = mistakes(ws("alpha"), ws("beta", "alhpa"))
    assert (id, field) == ("beta", "depends_on")
    assert "'alhpa'" in message
    assert "did you mean 'alpha'?" in message


def test_a_workstream_cannot_wait_for_itself(mistakes, ws):
    ((id, _, message),) = mistakes(ws("a", "a"))
    assert id == "a"
    assert "waits for itself" in message


def test_every_knot_shows_a_cycle_from_its_smallest_id(mistakes, ws):
    found = mistakes(
        ws("c", "b"), ws("b", "a"), ws("a", "c"), ws("y", "x"), ws("x", "y"), ws("z", "x"), ws("f")
    )
    assert [(id, message.split(" (")[0]) for id, _, message in found] == [
        ("a", "dependency cycle: a -> c -> b -> a"),
        ("x", "dependency cycle: x -> y -> x"),
    ]


def test_order_alone_can_close_a_cycle(mistakes, ws):
    ((_, _, message),) = mistakes(ws("a", "b"), ws("b", after=["a"]))
    assert "a -> b -> a" in message


def test_mistaken_documents_still_count_in_the_graph(mistakes, ws):
    found = mistakes(ws("a", "b", gates=1), ws("b", "a", "nobody"))
    assert [(id, field) for id, field, _ in found] == [
        ("a", "depends_on"),
        ("a", "gates"),
        ("b", "depends_on"),
    ]


def test_a_repeated_dependency_is_a_warning(load, ws):
    loaded = load(ws("a"), ws("b", "a", "a"))
    assert loaded.plan.workstreams[1].depends_on == ("a",)
    ((warning),) = loaded.warnings
    assert (warning.id, warning.field) == ("b", "depends_on")


def test_order_edges_bind_without_being_dependencies(load, ws):
    plan = load(ws("a"), ws("b", after=["a"]), ws("c", "a", after=["a"])).plan
    assert plan.before == (("a", "b"),)
    assert [spec.depends_on for spec in plan.workstreams] == [(), (), ("a",)]


def test_duplicate_ids_name_both_files(folder, ws):
    plan = folder(one__json=ws("a"), two__json=[ws("a"), ws("b"), ws("b")])
    with pytest.raises(PlanError) as refusal:
        load_plan(plan, environ={})
    first, second = refusal.value.problems
    assert first.file.endswith("two.json")
    assert "one.json" in first.message
    assert "twice in this file" in second.message


def test_reach_is_transitive_in_both_directions():
    graph = graph_of({"a": [], "b": ["a"], "c": ["b"], "d": []})
    reach = reach_of(graph)
    assert list(positions(reach.above[2])) == [0, 1]
    assert list(positions(reach.below[0])) == [1, 2]
    assert list(positions(reach.unordered(1, 0b1111))) == [3]
