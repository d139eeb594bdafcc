"""`--optimize SECONDS`: search for a better schedule before anything is run."""

import time
from hashlib import sha256
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


Exact = Annotated[
    bool,
    typer.Option("--exact", help="With --optimize: let OR-tools go on, and prove bounds."),
]


def optimized(plan: "Plan", seconds: float, *, exact: bool = False) -> "Plan":
    """``plan`` with the best order found, and what was found said on stderr."""
    import msgspec

    from uet_es.search.improve import improve
    from uet_es.search.improved import apply

    improved = improve(plan, seconds=seconds, clock=time.monotonic, exact=exact)
    found = f"the best of {improved.tried} schedules" if improved.tried else "the plan's own order"
    gap = 100 * (improved.makespan_us - improved.lower_bound_us) / max(1, improved.lower_bound_us)
    proven = "which is the optimum" if improved.proven else f"{gap:.1f} % above the lower bound"
    remark(f"uet: {found} takes {improved.makespan_us / 1e6:g}, {proven}")
    better = apply(plan, improved)
    asked = msgspec.json.encode((plan.digest, improved.order, improved.before), order="sorted")
    return msgspec.structs.replace(better, digest=sha256(asked).hexdigest())
