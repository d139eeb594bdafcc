"""`uet status`, `uet list`, `uet ready`: where runs stand."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from uet_es.cli.options import Json, Output, Run, RunId, wants_json
from uet_es.cli.printing import count, print_document, print_table, seconds

if TYPE_CHECKING:
    from uet_es.drivers.place import Place
    from uet_es.kernel import Ledger


def status(
    run: Run = None,
    run_id: RunId = None,
    gantt: Annotated[
        bool, typer.Option("--gantt", help="As bars over time, as wide as the terminal.")
    ] = False,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Where a run stands: every workstream, every worker, and why."""
    if gantt:
        _print_gantt(run, run_id, as_json=wants_json(as_json, output))
        return
    from uet_es.cli.whereabouts import here, open_log
    from uet_es.drivers.predictions import score_document
    from uet_es.drivers.status import status_document
    from uet_es.world.driver_lock import driver_of

    place = here()
    ledger = _folded(place, run, run_id)
    document: dict[str, Any] = status_document(ledger)
    document["driver"] = driver_of(place.state, ledger.id) or None
    with open_log(place) as log:
        document["prediction"] = score_document(log, ledger)
    if wants_json(as_json, output):
        print_document(document)
        return
    _print_standing(document)
    rows = [
        (id, each["state"], each["step"], each["attempts"], each["worker"], each["reason"])
        for id, each in document["workstreams"].items()
    ]
    print_table(("workstream", "state", "step", "attempts", "worker", "why"), rows)
    busy = {id: each for id, each in document["workers"].items() if each["state"] != "TERMINATED"}
    if busy:
        print()
        print_table(
            ("worker", "state", "workstream", "attempt"),
            [(id, w["state"], w["workstream"], w["attempt"]) for id, w in busy.items()],
        )


def _print_gantt(run: str | None, run_id: str | None, *, as_json: bool) -> None:
    from uet_es.cli.analysed import analysed
    from uet_es.cli.gantt import print_gantt
    from uet_es.errors import UsageError

    if as_json:
        raise UsageError("--gantt draws a picture: leave it out, or --json")
    with analysed(run, run_id) as (warehouse, chosen):
        print_gantt(warehouse, chosen)


def list_runs(
    newest: Annotated[
        int | None,
        typer.Option("-n", "--newest", min=1, metavar="N", help="Only these.", show_default=False),
    ] = None,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Every run of this place, the newest last."""
    from uet_es.cli.listing import listed_runs
    from uet_es.cli.whereabouts import here

    documents = listed_runs(here(), newest)
    if wants_json(as_json, output):
        print_document(documents)
        return
    if not documents:
        print("no runs yet: start with uet run PLAN")
        return
    rows = [
        (
            each["run"],
            (each["outcome"] or ("running" if each["driver"] else "unfinished"))
            + (" (simulated)" if each["simulated"] else ""),
            each["plan"],
            each["workstreams"],
            each["succeeded"],
            each["failed"],
            each["cancelled"],
            each["started"],
            seconds(round(each["makespan_s"] * 1e6)),
        )
        for each in documents
    ]
    header = ("run", "outcome", "plan", "workstreams", "succeeded", "failed", "cancelled")
    print_table((*header, "started", "took"), rows)


def ready(
    run: Run = None, run_id: RunId = None, as_json: Json = False, output: Output = "text"
) -> None:
    """What can start now, and for everything else that is not over, why not."""
    from uet_es.cli.whereabouts import here
    from uet_es.drivers.status import ready_document

    document: dict[str, Any] = ready_document(_folded(here(), run, run_id))
    if wants_json(as_json, output):
        print_document(document)
        return
    print(f"{document['run']}: {count(len(document['ready']), 'workstream')} can start")
    for id in document["ready"]:
        print(f"  {id}")
    if document["waiting"]:
        print(f"{count(len(document['waiting']), 'workstream')} cannot, because of")
        rows = [
            (f"  {id}", ", ".join(_told(wait) for wait in waits))
            for id, waits in document["waiting"].items()
        ]
        print_table(("  workstream", "waits for"), rows)


def _told(wait: dict[str, str]) -> str:
    return f"{wait['cause']} {wait['on']}".strip()


def _print_standing(document: dict[str, Any]) -> None:
    driver = document["driver"]
    outcome = document["outcome"]
    if outcome:
        standing = outcome
    elif driver:
        standing = f"going on, driven by {driver}"
    else:
        standing = f"unfinished and without a driver: uet resume {document['run']}"
    paused = " (paused)" if document["paused"] and not outcome else ""
    simulated = ", simulated" if document["simulated"] else ""
    print(f"{document['run']}: {standing}{paused}{simulated}")
    if document["parent"]:
        print(f"forked from {document['parent']} at entry {document['forked_at_seq']}")
    predicted = document["prediction"]
    if predicted:
        print(
            f"predicted {predicted['predicted_s']:.2f} s, took {predicted['measured_s']:.2f} s "
            f"({predicted['error_percent']:+.1f} %)"
        )
    merged = document["merged"]
    if merged:
        print(f"{count(merged, 'merge')} on {document['integration_branch']}")
    tokens = document["input_tokens"] + document["output_tokens"]
    if tokens:
        unpriced = document["unpriced_usage"]
        more = f", {count(unpriced, 'report')} without a price" if unpriced else ""
        print(f"{tokens} tokens, {document['cost_nanousd'] / 1e9:.6f} USD{more}")
    print()


def _folded(place: "Place", run: str | None, run_id: str | None) -> "Ledger":
    from uet_es.cli.whereabouts import chosen_run, open_log
    from uet_es.kernel import fold

    with open_log(place) as log:
        chosen = chosen_run(log, run, run_id)
        return fold(chosen, log.entries(chosen))
