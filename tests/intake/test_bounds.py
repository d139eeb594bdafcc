import pytest

from uet_es.intake.bounds import bounds_of, lower_bound
from uet_es.intake.graph import graph_of
from uet_es.intake.transitive import reach_of
from uet_es.plan import Plan, WorkstreamSpec
from uet_es.values import SECOND_US


def bounds(*specs):
    """The bounds of (id, seconds, waits for…)."""
    plan = Plan(
        workstreams=tuple(
            WorkstreamSpec(id=id, expected_us=seconds * SECOND_US, depends_on=tuple(after))
            for id, seconds, *after in specs
        )
    )
    graph = graph_of({spec.id: spec.depends_on for spec in plan.workstreams})
    return bounds_of(plan, graph, reach_of(graph))


DIAMOND = (("a", 1), ("b", 3, "a"), ("c", 1, "a"), ("d", 1, "b", "c"))


def test_the_critical_path_is_the_longest_chain():
    found = bounds(*DIAMOND)
    assert found.critical_path == ("a", "b", "d")
    assert (found.path_us, found.work_us) == (5 * SECOND_US, 6 * SECOND_US)


def test_slack_is_what_may_be_lost_without_delay():
    assert [us // SECOND_US for us in bounds(*DIAMOND).slack_us] == [0, 0, 2, 0]


def test_of_equal_chains_the_one_with_the_smallest_ids_is_told():
    assert bounds(("a", 1), ("b", 1), ("c", 1, "b"), ("d", 1, "a")).critical_path == ("a", "d")


def test_bottlenecks_are_critical_and_most_waited_for_first():
    assert bounds(*DIAMOND, ("e", 1)).bottlenecks == ("a", "b")


def test_the_profile_counts_who_could_run():
    assert bounds(*DIAMOND, ("e", 1)).profile == (
        (0, 2),
        (2 * SECOND_US, 1),
        (5 * SECOND_US, 0),
    )


@pytest.mark.parametrize(
    ("workers", "whole", "seconds"), [(1, True, 7), (2, True, 4), (2, False, 3.5), (8, True, 3)]
)
def test_the_lower_bound_is_the_path_or_the_shared_work(workers, whole, seconds):
    found = bounds(("a", 1), ("b", 1, "a"), ("c", 1, "b"), ("d", 1), ("e", 1), ("f", 1), ("g", 1))
    over, under = lower_bound(found, max_workers=workers, whole_units=whole)
    assert over / under / SECOND_US == seconds


def test_an_empty_plan_takes_no_time():
    assert bounds().path_us == 0
    assert bounds().critical_path == ()
