"""`uet report`: one page about a run, to look at, to send, to keep."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.options import Json, Output, RunId, wants_json
from uet_es.cli.printing import print_document, remark
from uet_es.cli.recorded import Recorded

if TYPE_CHECKING:
    from uet_es.projections.report.points import Point
    from uet_es.values import RunId as Id

SCHEMA_VERSION = 1
#: So many times the workers it had, and at least so many: what anybody would think of.
_TIMES, _AT_LEAST = 4, 16


def report(
    run: Recorded = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="A file that is not there yet.")
    ] = Path("report.html"),
    what_if: Annotated[
        bool, typer.Option(help="Simulate the run with other numbers of workers.")
    ] = True,
    run_id: RunId = None,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Write one page about a run that needs no network: where its time and its money went.

    Timelines of workers and workstreams with what they waited for, the dependency graph with the
    critical path as it really was, cost, merges, failures with their stories, makespan against
    workers, and a slider that moves through the log.
    """
    from uet_es.cli.analysed import analysed
    from uet_es.cli.recorded import path_of
    from uet_es.projections.report import require, write_report
    from uet_es.projections.writing import refuse_existing

    require()
    refuse_existing(out)
    with analysed(run, run_id) as (warehouse, id):
        in_file = run is not None and run_id is None and path_of(run) is not None
        points = _simulated(run if in_file else id, id) if what_if else []
        write_report(warehouse, id, out, points)
    size = out.stat().st_size
    if wants_json(as_json, output):
        print_document(
            {"schema_version": SCHEMA_VERSION, "run": id, "file": str(out), "size_bytes": size}
        )
        return
    print(out)
    remark(f"{id}: {size / 1e6:.1f} MB, for any browser")


def _simulated(named: str | None, id: "Id") -> "list[Point]":
    """The makespans of the run with other numbers of workers; none if it is not over."""
    import os

    from msgspec.structs import replace

    from uet_es.cli.recorded import recorded
    from uet_es.drivers.simulation.learning import learn
    from uet_es.drivers.simulation.what_if import sweep
    from uet_es.kernel import fold
    from uet_es.projections.report.points import Point
    from uet_es.values import SECOND_US

    with recorded(named) as history:
        entries = list(history.entries())
    ledger = fold(id, entries)
    if not ledger.run.outcome or ledger.run.plan is None:
        return []
    plan = replace(ledger.run.plan, limits=ledger.run.limits)
    counts = _counts(plan.limits.max_workers, len(plan.workstreams))
    imagined, _ = sweep(plan, learn(entries, cores=os.cpu_count() or 1), counts)
    return [
        Point(workers, each.makespan_us / SECOND_US)
        for workers, each in zip(counts, imagined, strict=True)
    ]


def _counts(workers: int, workstreams: int) -> list[int]:
    """1, 2, 3, 4, 6, 8, 12, … and what it had; never more than there are workstreams."""
    most = min(workstreams, max(_TIMES * workers, _AT_LEAST))
    steps = {1, most, min(workers, most)}
    step = 2
    while step <= most:
        steps |= {step, *([step * 3 // 2] if step * 3 // 2 <= most else [])}
        step *= 2
    return sorted(steps)
