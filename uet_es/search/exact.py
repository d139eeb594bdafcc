"""The same problem for a solver that proves what it finds: OR-tools, where it is installed.

Source: constraint programming with cumulative constraints and lazy clauses, as in CP-SAT,
https://developers.google.com/optimization/cp/cp_solver
"""

from importlib import import_module
from importlib.util import find_spec
from math import gcd

from uet_es.errors import UsageError
from uet_es.search.decode import Found, justified
from uet_es.search.model import Model
from uet_es.values import DurationUs

_SUBSOLVERS = 8


def refuse_unless_installed(package: str = "ortools") -> None:
    """Raise unless the solver's package is there.

    Raises:
        UsageError: it is not installed.

    """
    if find_spec(package) is None:
        raise UsageError(
            "an exact search needs OR-tools, which is not installed; "
            "pip install 'uet[optimize]', or search without asking for a proof"
        )


def solved(model: Model, hint: Found, *, seconds: float, seed: int) -> tuple[Found, DurationUs]:
    """The best of ``hint`` and what the solver finds, and a makespan that none can beat.

    Its parts take turns, so that the same seed gives the same result whenever time does not end
    the search.
    """
    if seconds <= 0:
        return hint, 0
    cp = import_module("ortools.sat.python.cp_model")
    grain = gcd(*model.took_us)
    problem = cp.CpModel()
    latest = hint.makespan_us // grain
    took = [us // grain for us in model.took_us]
    starts = [problem.new_int_var(0, latest - t, "") for t in took]
    makespan = problem.new_int_var(0, latest, "")
    running = [
        problem.new_fixed_size_interval_var(start, t, "")
        for start, t in zip(starts, took, strict=True)
    ]
    for job, start in enumerate(starts):
        problem.add_hint(start, hint.ends_us[job] // grain - took[job])
        problem.add(start + took[job] <= makespan)
        for second in model.after[job]:
            problem.add(starts[second] >= start + took[job])
    for pool in model.pools:
        users = [job for job, units in enumerate(pool.wants) if units]
        wants = [pool.wants[job] for job in users]
        problem.add_cumulative([running[job] for job in users], wants, pool.capacity)
    problem.minimize(makespan)
    solver = cp.CpSolver()
    solver.parameters.random_seed = seed
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = _SUBSOLVERS
    solver.parameters.interleave_search = True
    status = solver.solve(problem)
    proven_us = round(solver.best_objective_bound) * grain
    if status not in (cp.OPTIMAL, cp.FEASIBLE):
        return hint, proven_us
    line = sorted(range(len(starts)), key=lambda job: (solver.value(starts[job]), job))
    found = justified(model, line)
    return min(hint, found, key=lambda each: each.makespan_us), proven_us
