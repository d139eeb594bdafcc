"""`uet import`: what another program recorded, as a plan that can be simulated."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from uet_es.cli.options import Json, Output, wants_json
from uet_es.cli.printing import count, print_document, seconds, warn

if TYPE_CHECKING:
    from uet_es.intake.imports.recorded import Recorded

SCHEMA_VERSION = 1

importing = typer.Typer(
    no_args_is_help=True, help="Make a plan of a workflow or a build that was recorded elsewhere."
)

Folder = Annotated[
    Path | None,
    typer.Option(
        "-o", "--folder", metavar="DIR", help="A new folder. Required.", show_default=False
    ),
]
Run = Annotated[
    Literal["true", "sleep"],
    typer.Option(
        "--run",
        metavar="true|sleep",
        help="What workstreams do if the plan is run: nothing, or sleep as long as was recorded.",
    ),
]


@importing.command()
def wfformat(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file in WfFormat.")],
    folder: Folder = None,
    run: Run = "true",
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Make a plan of a workflow in WfFormat 1.0 to 1.6, as WfCommons collects them.

    Tasks become workstreams, runtimes estimates, the cores of all machines max_workers.
    """
    from uet_es.intake.imports.wfformat import read_workflow

    target = _target(folder)
    _write(read_workflow(file), target, run=run, as_json=wants_json(as_json, output))


@importing.command()
def ninja(
    build_folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER|LOG]",
            help="Where ninja built, or the .ninja_log there.",
            show_default=False,
        ),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            "--trace",
            metavar="FILE",
            help="Instead: a JSON file of tasks with id, start_ms, end_ms, parents.",
            show_default=False,
        ),
    ] = None,
    build: Annotated[
        int | None,
        typer.Option(
            "--build",
            min=1,
            metavar="N",
            help="Only the Nth build in the log; else each step as it was done last.",
            show_default=False,
        ),
    ] = None,
    keep_order: Annotated[
        bool, typer.Option("--keep-order", help="Start in the recorded order, not in uet's own.")
    ] = False,
    folder: Folder = None,
    run: Run = "true",
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Make a plan of a build: times from .ninja_log, dependencies from ninja's own graph.

    Steps become workstreams, their times estimates, as many workers as steps ran at once.
    Nothing is built.
    """
    from uet_es.errors import UsageError
    from uet_es.intake.imports.ninja import read_build
    from uet_es.intake.imports.ninja_trace import read_trace

    target = _target(folder)
    if trace is not None:
        if build_folder is not None or build is not None:
            raise UsageError("--trace stands for one whole build: leave out FOLDER and --build")
        recorded = read_trace(trace)
    else:
        recorded = read_build(build_folder or Path(), build=build, in_order=keep_order)
    _write(recorded, target, run=run, keep_order=keep_order, as_json=wants_json(as_json, output))


def _target(folder: Path | None) -> Path:
    """Where to write, known to be free before anything is read."""
    from uet_es.errors import UsageError
    from uet_es.intake.imports.write import refuse_existing

    if folder is None:
        raise UsageError("say where: -o DIR, a folder that does not exist yet")
    refuse_existing(folder)
    return folder


def _write(
    recorded: "Recorded",
    folder: Path,
    *,
    run: Literal["true", "sleep"],
    as_json: bool,
    keep_order: bool = False,
) -> None:
    from uet_es.intake.imports.compose import configuration_of, workstreams_of
    from uet_es.intake.imports.write import write_plan

    workstreams = workstreams_of(recorded, run=run, keep_order=keep_order)
    write_plan(folder, workstreams, configuration_of(recorded))
    dependencies = sum(len(task.after) for task in recorded.tasks)
    untimed = sum(task.took_s is None for task in recorded.tasks)
    warnings = [*recorded.warnings]
    if untimed:
        warnings.append(f"{count(untimed, 'task')} without a runtime: the plan counts units")
    steps = [f"uet validate {folder}", f"uet simulate {folder}"]
    for told in warnings:
        warn(told)
    if as_json:
        print_document(
            {
                "schema_version": SCHEMA_VERSION,
                "folder": str(folder),
                "source": recorded.source,
                "format": recorded.format,
                "workstreams": len(workstreams),
                "dependencies": dependencies,
                "max_workers": recorded.workers,
                "recorded_makespan_s": recorded.makespan_s,
                "warnings": warnings,
                "next": steps,
            }
        )
        return
    edges = count(dependencies, "dependency")
    print(f"{folder}: {count(len(workstreams), 'workstream')}, {edges} ({recorded.format})")
    workers = (
        count(recorded.workers, "worker") if recorded.workers else "an unknown number of workers"
    )
    took = "" if recorded.makespan_s is None else seconds(round(recorded.makespan_s * 1e6))
    print(f"recorded: {took or 'unknown time'} with {workers}")
    print("next:")
    for step in steps:
        print(f"  {step}")
