"""`uet fork`: go on from an entry of a run, for real, under other limits."""

from typing import Annotated

import typer

from uet_es.cli.options import Json, MaxWorkers, Output, wants_json
from uet_es.cli.run import Quiet, drive_watched
from uet_es.cli.simulate import Set


def fork(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run, such as run-3.")],
    at: Annotated[int, typer.Option("--at", metavar="N", help="Entry after which it parts.")],
    max_workers: MaxWorkers = None,
    sets: Set = [],  # noqa: B006  (typer copies it)
    for_real: Annotated[
        bool, typer.Option("--run", help="Do it. Without this, use uet simulate RUN --at N.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Continue a run from one of its entries as a new run, with the code as it was there.

    Finished work is kept, everything else is done under the new limits; the run itself stays as
    it is.
    """
    from uet_es.cli.whereabouts import chosen_run, here, open_log
    from uet_es.drivers.fork import fork as fork_for_real
    from uet_es.drivers.simulation.overrides import changed_limits
    from uet_es.errors import UsageError
    from uet_es.kernel import fold

    if not for_real:
        raise UsageError(
            f"say --run to execute it; uet simulate {run} --at {at} only imagines what would come"
        )
    place = here()
    with open_log(place) as log:
        parent = chosen_run(log, run)
        limits = fold(parent, log.entries(parent)).run.limits
    assignments = [*sets, *([f"max_workers={max_workers}"] if max_workers else [])]
    changed = changed_limits(limits, assignments) if assignments else None
    drive_watched(
        place,
        lambda watcher: fork_for_real(place, parent, at, changed, watcher),
        quiet=quiet,
        as_json=wants_json(as_json, output),
    )
