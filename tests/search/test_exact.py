"""Does the solver prove what the own search finds?"""

import time

import pytest

from tests.search.instances import optimum, project, tiny
from tests.search.test_improve import makespan
from uet_es.errors import UsageError
from uet_es.search.exact import refuse_unless_installed
from uet_es.search.improve import improve
from uet_es.search.improved import apply


def test_what_is_missing_is_said_with_how_to_get_it():
    with pytest.raises(UsageError, match=r"pip install 'uet\[optimize\]'"):
        refuse_unless_installed("a_solver_that_nobody_installed")


@pytest.mark.slow
def test_small_plans_are_solved_and_proven():
    pytest.importorskip("ortools")
    for seed in range(6):
        plan = tiny(seed) if seed % 2 else project(seed, size=6)
        found = improve(plan, seconds=3, exact=True, clock=time.monotonic)
        assert found.makespan_us == makespan(apply(plan, found)) == optimum(plan)
        assert found.proven


@pytest.mark.slow
def test_a_proof_is_found_where_the_own_bound_is_too_low():
    pytest.importorskip("ortools")
    plan = next(
        plan
        for plan in map(project, range(20))
        if not improve(plan, seconds=0.2, clock=time.monotonic).proven
    )
    found = improve(plan, seconds=3, exact=True, clock=time.monotonic)
    assert found.proven
    assert found.makespan_us == makespan(apply(plan, found))
