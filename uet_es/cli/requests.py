"""`uet cancel`, `pause`, `unpause`, `retry`: what people ask of a run, by its inbox."""

from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.options import Json, Output, Reason, Run, RunId, wants_json
from uet_es.cli.printing import print_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from uet_es.events import AnyRequest
    from uet_es.kernel import Ledger
    from uet_es.values import WorkstreamId

SCHEMA_VERSION = 1


def cancel(
    run: Run = None,
    workstream: Annotated[
        str | None,
        typer.Argument(
            metavar="[WORKSTREAM]", help="The whole run if left out.", show_default=False
        ),
    ] = None,
    run_id: RunId = None,
    reason: Reason = "",
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Stop a workstream for good, and what depends on it; or a whole run."""
    from uet_es.events.observations import CancelAsked

    _ask(
        run if run is not None else run_id,
        workstream,
        lambda ledger: CancelAsked(
            workstream=_known(ledger, workstream) if workstream else None,
            by=_person(),
            reason=reason,
        ),
        as_json=wants_json(as_json, output),
    )


def pause(
    run: Run = None,
    run_id: RunId = None,
    reason: Reason = "",
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Start nothing new; what runs goes on."""
    from uet_es.events.observations import PauseAsked

    named = run if run is not None else run_id
    asked = PauseAsked(by=_person(), reason=reason)
    _ask(named, None, lambda _: asked, as_json=wants_json(as_json, output))


def unpause(
    run: Run = None,
    run_id: RunId = None,
    reason: Reason = "",
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Let a paused run go on."""
    from uet_es.events.observations import UnpauseAsked

    named = run if run is not None else run_id
    asked = UnpauseAsked(by=_person(), reason=reason)
    _ask(named, None, lambda _: asked, as_json=wants_json(as_json, output))


def retry(
    run: Annotated[
        str,
        typer.Argument(
            metavar="[RUN]",
            help="Run; the newest if only a workstream is named.",
            show_default=False,
        ),
    ],
    workstream: Annotated[
        str | None, typer.Argument(metavar="WORKSTREAM", help="Which one.", show_default=False)
    ] = None,
    reason: Reason = "",
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Try a failed or cancelled workstream again, and what was cancelled because of it."""
    from uet_es.events.observations import RetryAsked

    named, id = (None, run) if workstream is None else (run, workstream)
    _ask(
        named,
        id,
        lambda ledger: RetryAsked(workstream=_known(ledger, id), by=_person(), reason=reason),
        as_json=wants_json(as_json, output),
    )


def _ask(
    run: str | None,
    workstream: str | None,
    request_of: "Callable[[Ledger], AnyRequest]",
    *,
    as_json: bool,
) -> None:
    """Put a request into the inbox, unless the run as it stands makes nothing of it."""
    from uet_es.aggregates.admission import why_ignored
    from uet_es.cli.whereabouts import chosen_run, here, now_us, open_log
    from uet_es.errors import UsageError
    from uet_es.events import tag_of
    from uet_es.kernel import fold, turn
    from uet_es.world.driver_lock import driver_of

    place = here()
    with open_log(place) as log:
        chosen = chosen_run(log, run)
        ledger = fold(chosen, log.entries(chosen))
        for _, waiting in log.inbox(chosen, after_version=ledger.run.inbox_version):
            turn(ledger, ledger.now_us, waiting)
        request = request_of(ledger)
        why_not = why_ignored(ledger, request)
        if why_not:
            raise UsageError(f"{chosen}: nothing to {tag_of(request).partition('.')[0]}: {why_not}")
        version = log.request(chosen, request, now_us())
    driver = driver_of(place.state, chosen)
    verb = tag_of(request).partition(".")[0]
    if as_json:
        print_document(
            {
                "schema_version": SCHEMA_VERSION,
                "run": chosen,
                "request": verb,
                "workstream": workstream,
                "inbox_version": version,
                "driver": driver or None,
            }
        )
        return
    subject = f"{chosen} {workstream}" if workstream else chosen
    print(f"{subject}: {verb} is asked for")
    if driver:
        print(
            f"its driver ({driver}) takes notice within a second; uet events {chosen} -f shows it"
        )
    else:
        print(f"no driver is alive: uet resume {chosen} carries it out")


def _known(ledger: "Ledger", id: str) -> "WorkstreamId":
    from uet_es.cli.whereabouts import known_workstream

    assert ledger.run.plan is not None
    return known_workstream(ledger.run.plan, ledger.id, id)


def _person() -> str:
    from uet_es.cli.whereabouts import person

    return person()
