"""`uet run` and `uet resume`: do it, and say how it went."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from uet_es.cli.optimizing import Exact, Optimize, optimized
from uet_es.cli.options import (
    Durations,
    Json,
    MaxWorkers,
    Output,
    Run,
    RunId,
    wants_json,
)
from uet_es.cli.printing import print_document, warn

if TYPE_CHECKING:
    from uet_es.drivers.live import Watcher
    from uet_es.drivers.place import Place
    from uet_es.kernel import Ledger
    from uet_es.plan import Plan

Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Show no progress.")]
_SHOWN_FILES = 5


def run(
    plan: Annotated[
        Path | None,
        typer.Argument(metavar="PLAN", help="Folder of plan files, or one.", show_default=False),
    ] = None,
    max_workers: MaxWorkers = None,
    merge_order: Annotated[
        Literal["ready", "strict"] | None,
        typer.Option(
            "--merge-order",
            metavar="ready|strict",
            help="strict: merged in an order that does not depend on who finishes first.",
            show_default=False,
        ),
    ] = None,
    fail_fast: Annotated[
        bool,
        typer.Option("--fail-fast/--keep-going", help="Start nothing new after the first failure."),
    ] = False,
    require_clean: Annotated[
        bool, typer.Option("--require-clean", help="Refuse if something is not committed.")
    ] = False,
    durations: Durations = None,
    optimize: Optimize = None,
    exact: Exact = False,
    quiet: Quiet = False,
    as_json: Json = False,
    output: Output = "text",
    workstreams_dir: Annotated[
        Path | None,
        typer.Option("--workstreams-dir", metavar="DIR", help="PLAN, said with an option."),
    ] = None,
) -> None:
    """Execute a plan as a new run: in parallel, each workstream in its own worktree, merged.

    The first Ctrl-C lets running attempts end, the second stops them; uet resume goes on.
    """
    from uet_es.cli.plans import load, named_plan, refuse
    from uet_es.cli.whereabouts import here
    from uet_es.drivers import live
    from uet_es.errors import PlanError
    from uet_es.intake.load import Overrides

    asked = named_plan(plan, workstreams_dir)
    json_wanted = wants_json(as_json, output)
    place = here()
    overrides = Overrides(
        max_workers=max_workers,
        durations=durations,
        merge_order=merge_order,
        fail_fast=fail_fast,
    )
    try:
        loaded = load(asked, place, overrides, for_run=True)
    except PlanError as error:
        refuse(error, as_json=json_wanted)
    if optimize:
        loaded = loaded._replace(plan=optimized(loaded.plan, optimize, exact=exact))
    for warning in loaded.warnings:
        warn(str(warning))
    _look_at_repository(place, loaded.plan, asked, require_clean=require_clean)
    _name_unfinished(place, loaded.plan)
    drive_watched(
        place,
        lambda watcher: live.run(place, loaded.plan, watcher),
        quiet=quiet,
        as_json=json_wanted,
    )


def resume(
    run: Run = None,
    run_id: RunId = None,
    quiet: Quiet = False,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Go on with a run that was interrupted, whose driver died, or of which something was asked."""
    from uet_es.cli.whereabouts import chosen_run, here, open_log
    from uet_es.drivers import live

    place = here()
    with open_log(place) as log:
        chosen = chosen_run(log, run, run_id)
    drive_watched(
        place,
        lambda watcher: live.resume(place, chosen, watcher),
        quiet=quiet,
        as_json=wants_json(as_json, output),
    )


def drive_watched(
    place: "Place",
    drive: "Callable[[Watcher], Ledger]",
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Drive a run under the eyes of a person, give an account of it, and end with its status."""
    from uet_es.cli.account import document_of, print_account, status_of
    from uet_es.cli.watch import Watch, view_for

    with Watch(view_for(quiet=quiet)) as watch:
        ledger = drive(watch)
    if as_json:
        print_document(document_of(place, ledger))
    else:
        print_account(place, ledger)
    raise typer.Exit(status_of(ledger))


def _look_at_repository(place: "Place", plan: "Plan", asked: Path, *, require_clean: bool) -> None:
    """Say what worktrees will not see: they start from a commit, not from the checkout."""
    from uet_es.errors import UsageError
    from uet_es.world.repository import head_commit, uncommitted

    worktrees = any(spec.isolation == "worktree" for spec in plan.workstreams)
    if place.repository is None:
        if require_clean:
            raise UsageError(f"--require-clean: {place.root} is in no git repository")
        return
    if not worktrees and not require_clean:
        return
    left_out = uncommitted(place.repository)
    if not require_clean:  # the plan is read from where it lies: worktrees do not need it
        own = asked.resolve()
        left_out = tuple(
            name
            for name in left_out
            if name != "uet.toml" and not (place.repository / name).is_relative_to(own)
        )
    if not left_out:
        return
    named = ", ".join(left_out[:_SHOWN_FILES])
    more = len(left_out) - _SHOWN_FILES
    named = f"{named} and {more} more" if more > 0 else named
    if require_clean:
        raise UsageError(f"--require-clean: not committed: {named}; commit or stash, then run")
    base = head_commit(place.repository)
    warn(f"worktrees start from commit {base[:10]}; what is not committed is left out: {named}")


def _name_unfinished(place: "Place", plan: "Plan") -> None:
    """A run of the same plan that waits for somebody to resume it is easily forgotten."""
    from uet_es.cli.whereabouts import accepted_plan, open_log
    from uet_es.kernel import fold
    from uet_es.world.driver_lock import driver_of

    if not place.store.exists():
        return
    with open_log(place) as log:
        for id in reversed(log.runs()):
            if accepted_plan(log, id).digest != plan.digest:
                continue
            if fold(id, log.entries(id)).run.outcome is not None:
                return
            driver = driver_of(place.state, id)
            if driver:
                warn(f"{id} of the same plan is going on, driven by {driver}; this is a new run")
            else:
                warn(f"{id} of the same plan is unfinished: uet resume {id} goes on with it")
            return
