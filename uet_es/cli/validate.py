"""`uet validate`: everything that is wrong with a plan, or what to expect of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from uet_es.cli.optimizing import Exact, Optimize, optimized
from uet_es.cli.options import Durations, Json, MaxWorkers, Output, wants_json
from uet_es.cli.plans import load, named_plan, refuse
from uet_es.cli.printing import print_document, warn

if TYPE_CHECKING:
    from uet_es.intake.load import Loaded


def validate(
    plan: Annotated[
        Path | None,
        typer.Argument(metavar="PLAN", help="Folder of plan files, or one.", show_default=False),
    ] = None,
    max_workers: MaxWorkers = None,
    durations: Durations = None,
    optimize: Optimize = None,
    exact: Exact = False,
    as_json: Json = False,
    output: Output = "text",
    workstreams_dir: Annotated[
        Path | None,
        typer.Option("--workstreams-dir", metavar="DIR", help="PLAN, said with an option."),
    ] = None,
    mode: Annotated[
        Literal["validate", "execute"],
        typer.Option("--mode", metavar="validate|execute", help="execute is the same as uet run."),
    ] = "validate",
) -> None:
    """Say everything that is wrong with a plan, or how it would run; change nothing.

    Ends with 0 if the plan is valid, 1 if it is not.
    """
    from uet_es.cli.whereabouts import here
    from uet_es.errors import PlanError
    from uet_es.intake.load import Overrides

    asked = named_plan(plan, workstreams_dir)
    json_wanted = wants_json(as_json, output)
    if mode == "execute":
        from uet_es.cli.run import run

        run(
            asked,
            max_workers=max_workers,
            durations=durations,
            optimize=optimize,
            exact=exact,
            as_json=json_wanted,
        )
        return
    overrides = Overrides(max_workers=max_workers, durations=durations)
    try:
        loaded = load(asked, here(), overrides)
    except PlanError as error:
        refuse(error, as_json=json_wanted)
    if optimize:
        loaded = loaded._replace(plan=optimized(loaded.plan, optimize, exact=exact))
    document = _document(loaded)
    if json_wanted:
        print_document(document)
    else:
        from uet_es.cli.validate_text import print_report

        for warning in loaded.warnings:
            warn(str(warning))
        print_report(document)


def _document(loaded: "Loaded") -> dict[str, object]:
    from uet_es.drivers.simulation.simulate import schedule
    from uet_es.intake.report import report

    plan = loaded.plan
    scheduled = [(slot.id, slot.start_us, slot.end_us) for slot in schedule(plan)]
    return report(plan, loaded.warnings, scheduled, max_workers=plan.limits.max_workers)
