"""`--optimize SECONDS`: search for a better schedule before anything is run."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.printing import remark

if TYPE_CHECKING:
    from uet_es.plan import Plan

Optimize = Annotated[
    float | None,
    typer.Option(
        "--optimize",
        min=0,
        metavar="SECONDS",
        help="Search for a better order first; it becomes part of the plan.",
        show_default=False,
    ),
]


def optimized(plan: "Plan", seconds: float) -> "Plan":
    """``plan`` with the best order found, and what was found said on stderr."""
    from uet_es.search.improve import improve
    from uet_es.search.improved import apply

    improved = improve(plan, seconds=seconds, clock=time.monotonic)
    gap = 100 * (improved.makespan_us - improved.lower_bound_us) / max(1, improved.lower_bound_us)
    proven = ", which is the optimum" if improved.proven else f", {gap:.1f} % above the lower bound"
    remark(
        f"uet: of {improved.tried} schedules the best takes {improved.makespan_us / 1e6:g}{proven}"
    )
    return apply(plan, improved)
