import pytest

from uet_es.drivers.simulation.simulate import schedule
from uet_es.intake.imports.ninja_trace import read_trace


def step(id, start_ms, end_ms, *parents, **fields):
    return {"id": id, "start_ms": start_ms, "end_ms": end_ms, "parents": list(parents), **fields}


def trace(*steps, **fields):
    return {"name": "build", "tasks": list(steps), **fields}


FACTORY = trace(
    step("long", 0, 60),
    step("short", 0, 10),
    step("late", 10, 100, "short"),
    step("end", 100, 120, "late", "long", rule="link"),
)


def test_steps_become_workstreams(written, imported):
    recorded = read_trace(written(FACTORY))
    assert (recorded.makespan_s, recorded.workers) == (0.12, 2)
    specs = {spec.id: spec for spec in imported(recorded).workstreams}
    assert specs["end"].depends_on == ("late", "long")
    assert specs["end"].expected_us == 20_000
    assert specs["end"].section == "link"
    assert specs["end"].writes == ("end",)


def test_what_the_file_says_of_the_whole_goes_before_what_its_steps_say(written):
    recorded = read_trace(written(FACTORY | {"makespan_ms": 150, "max_concurrency": 8}))
    assert (recorded.makespan_s, recorded.workers) == (0.15, 8)


@pytest.mark.parametrize(("keep_order", "makespan_us"), [(True, 5_000_000), (False, 4_000_000)])
def test_the_recorded_order_takes_as_long_as_recorded(written, imported, keep_order, makespan_us):
    recorded = read_trace(
        written(trace(*(step(id, 0, 1000) for id in "ab"), step("c", 1000, 5000)))
    )
    plan = imported(recorded, keep_order=keep_order)
    assert max(slot.end_us for slot in schedule(plan)) == makespan_us


def test_every_mistake_is_told_at_once(written, mistakes):
    broken = trace(step("a", 5, 3), step("b", -1, 3), step("c", 0, 3, "d"), {"id": "e"}, "f")
    told = mistakes(read_trace, written(broken))
    assert [(id, field) for id, field, _ in told] == [
        ("", "tasks[4]"),
        ("a", ""),
        ("b", "start_ms"),
        ("c", "parents"),
        ("e", "end_ms"),
        ("e", "start_ms"),
    ]
    assert told[1][2] == "ends at 3 ms, before it starts at 5 ms"


def test_a_trace_without_steps_is_refused(written, mistakes):
    assert mistakes(read_trace, written({"name": "x"})) == [("", "tasks", "is required; add it")]
