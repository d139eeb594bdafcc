"""`uet simulate`: what if there were more workers, other limits, less work?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uet_es.cli.optimizing import Exact, Optimize, optimized
from uet_es.cli.options import Durations, Json, MaxWorkers, Output, wants_json
from uet_es.cli.printing import count, print_document, print_table, remark, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uet_es.drivers.place import Place
    from uet_es.drivers.simulation.scenario import Conditions, Scenario
    from uet_es.intake.specification import Durations as DurationsFrom
    from uet_es.plan import Plan

Set = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Any limit, such as resources.gpu=2."),
]


def simulate(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN|PLAN]",
            help="A run, or a folder of plan files; the newest real run if left out.",
            show_default=False,
        ),
    ] = None,
    max_workers: MaxWorkers = None,
    sets: Set = [],  # noqa: B006  (typer copies it)
    without: Annotated[
        list[str], typer.Option("--without", metavar="WS", help="As if this were not to do.")
    ] = [],  # noqa: B006
    scale: Annotated[
        list[str],
        typer.Option("--scale", metavar="NAME=FACTOR", help="A tool, kind or workstream slower."),
    ] = [],  # noqa: B006
    fail: Annotated[
        list[str], typer.Option("--fail", metavar="WS=PROBABILITY", help="Attempts that fail.")
    ] = [],  # noqa: B006
    at: Annotated[
        int | None,
        typer.Option("--at", metavar="N", help="Keep what had happened up to entry N of the run."),
    ] = None,
    sweep: Annotated[
        str | None,
        typer.Option("--sweep", metavar="1,2,4", help="Several numbers of workers, and the knee."),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option("--samples", min=1, metavar="N", help="Draw durations; p10, p50, p90."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="S", help="Of all draws.")] = 0,
    save: Annotated[
        bool, typer.Option("--save", help="Keep it in the store, marked as simulated.")
    ] = False,
    optimize: Optimize = None,
    exact: Exact = False,
    durations: Durations = None,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Run a plan, or a recorded run under other conditions, in virtual time; nothing is executed.

    It is the production kernel that decides; durations come from the record, from history, from
    the plan's estimates.
    """
    from uet_es.cli.whereabouts import here
    from uet_es.drivers.simulation.scenario import Conditions, document_of

    place = here()
    conditions = Conditions(
        max_workers=max_workers,
        sets=tuple(sets),
        without=tuple(without),
        scale=tuple(scale),
        fail=tuple(fail),
        seed=seed,
    )
    search = (lambda plan: optimized(plan, optimize, exact=exact)) if optimize else None
    scenario = _scenario(place, what, conditions, at, durations, search)
    counts = _counts(sweep)
    document = document_of(scenario, counts=counts, samples=samples, seed=seed)
    if save:
        document["run"] = scenario.save()
    else:
        scenario.predict()
    if wants_json(as_json, output):
        print_document(document)
    else:
        _print(document)


def _scenario(
    place: "Place",
    what: str | None,
    conditions: "Conditions",
    at: int | None,
    durations: "DurationsFrom | None",
    search: "Callable[[Plan], Plan] | None",
) -> "Scenario":
    from uet_es.cli.plans import load, refuse
    from uet_es.cli.whereabouts import chosen_run, open_log
    from uet_es.drivers.simulation.scenario import of_plan, of_run
    from uet_es.errors import PlanError, UsageError
    from uet_es.intake.load import Overrides

    if what is not None and Path(what).exists():
        if at is not None:
            raise UsageError("--at names an entry of a run, and a plan has none")
        try:
            loaded = load(Path(what), place, Overrides(durations=durations))
        except PlanError as error:
            refuse(error, as_json=False)
        plan = loaded.plan
        return of_plan(place, plan, conditions, search or (lambda plan: plan))
    if search is not None:
        raise UsageError("--optimize searches an order for a plan; a run has had its order")
    with open_log(place) as log:
        run = chosen_run(log, what)
    return of_run(place, run, conditions, at)


def _counts(sweep: str | None) -> "Sequence[int]":
    from uet_es.errors import UsageError

    if sweep is None:
        return ()
    words = [word.strip() for word in sweep.split(",")]
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise UsageError(f"--sweep {sweep}: must be numbers of workers, such as 1,2,4,8")
    return sorted({int(word) for word in words})


def _print(document: dict[str, Any]) -> None:
    unit = document["time_unit"]

    def told(value: float) -> str:
        return f"{value:g} units" if unit == "unit" else seconds(round(value * 1e6))

    if unit == "unit":
        remark("uet: no durations are known: every workstream counts one unit")
    print(f"{document['outcome']} with {count(document['workers'], 'worker')}")
    print(f"  makespan     {told(document['makespan_s'])}")
    print(f"  lower bound  {told(document['lower_bound_s'])}")
    print(f"  utilisation  {document['utilisation'] * 100:.0f} %")
    if document["cost_nanousd"]:
        print(f"  cost         {document['cost_nanousd'] / 1e9:.6f} USD")
    baseline = document["baseline"]
    if baseline:
        change = document["makespan_s"] - baseline["makespan_s"]
        percent = 100 * change / max(1e-9, baseline["makespan_s"])
        kind = "took" if baseline["real"] else "would take"
        print(
            f"  {baseline['run'] or 'as planned'} {kind} {told(baseline['makespan_s'])} with "
            f"{count(baseline['workers'], 'worker')}: {percent:+.1f} %"
        )
    spread = document.get("percentiles")
    if spread:
        words = ", ".join(f"{name} {told(value)}" for name, value in spread.items())
        print(f"  spread       {words}")
    print(document["binds"]["told"])
    if document.get("sweep"):
        print()
        print_table(
            ("workers", "makespan", "bound", "utilisation", ""),
            [
                (
                    each["workers"],
                    told(each["makespan_s"]),
                    told(each["lower_bound_s"]),
                    f"{each['utilisation'] * 100:.0f} %",
                    "knee" if each["workers"] == document["knee"] else "",
                )
                for each in document["sweep"]
            ],
        )
    if document.get("run"):
        print(f"kept as {document['run']}, simulated")
