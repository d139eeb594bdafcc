"""`uet log verify` and `uet log redact`: whether the record is what was written."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.options import Json, Output, Run, RunId, wants_json
from uet_es.cli.printing import print_document, remark

if TYPE_CHECKING:
    from uet_es.log.store import Log
    from uet_es.log.verify import Findings

SCHEMA_VERSION = 1
_NOT_INTACT = 5


def verify(
    run: Run = None,
    run_id: RunId = None,
    head: Annotated[
        str, typer.Option("--head", metavar="DIGEST", help="A head of RUN that you kept.")
    ] = "",
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Follow the hash chain of RUN, or of all runs, and name the first entry that is wrong.

    Without RUN the chains of what was predicted are followed as well.

    A tail that was cut off shows only against a head kept elsewhere: .uet/heads, or --head.
    Ends with 0 if all is as it was written, with 5 if not.
    """
    from uet_es.cli.whereabouts import chosen_run, here, open_log
    from uet_es.errors import UsageError

    place = here()
    named = run if run is not None else run_id
    if head and named is None:
        raise UsageError("--head is the head of one run: name the run, too")
    with open_log(place) as log:
        chosen = log.runs() if named is None else (chosen_run(log, run, run_id),)
        found = [_verified(log, each, head, place.state) for each in chosen]
        if named is None:
            found += log.verify_predictions()
            found += _vanished(place.state, log)
    if wants_json(as_json, output):
        documents = [_document(each) for each in found]
        print_document(documents if named is None else documents[0])
    else:
        for each in found:
            print(each)
        if not found:
            print("no runs yet")
    if not all(each.intact for each in found):
        remark("uet: the log is not what was written; nothing was changed, keep a copy")
        raise typer.Exit(_NOT_INTACT)


def redact(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="Run, such as run-3.", show_default=False)
    ],
    seq: Annotated[
        int, typer.Argument(metavar="SEQ", min=1, help="Number of the entry.", show_default=False)
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded.")],
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Replace the text in one entry for ever, for a secret that slipped in.

    Numbers and ids stay; who, when and why are recorded in the place of the text. The warehouse
    is removed with it and made anew when it is asked for; what was published before is yours to
    remove.
    """
    from uet_es.cli.whereabouts import chosen_run, here, now_us, open_log, person
    from uet_es.errors import UsageError
    from uet_es.projections.disposal import forget
    from uet_es.world.driver_lock import DriverLock

    if not reason.strip():
        raise UsageError("--reason is empty: say why, it stays in the record")
    place = here()
    with open_log(place) as log:
        chosen = chosen_run(log, run)
        with DriverLock(place.state, chosen):
            log.redact(chosen, seq, reason=reason, by=person(), at_us=now_us())
    forget(place.warehouse)  # it held the text; it is made anew without it
    if wants_json(as_json, output):
        print_document(
            {"schema_version": SCHEMA_VERSION, "run": chosen, "seq": seq, "reason": reason}
        )
    else:
        print(f"{chosen}#{seq}: its text is replaced; uet log verify {chosen} tells of it")
        remark(
            f"what lies beside the log is not touched: look at {place.state / 'runs' / chosen}, at "
            "simulated runs that were kept, at reports, exports and published copies"
        )


def _verified(log: "Log", run: str, head: str, state: Path) -> "Findings":
    """The findings on ``run``, held against every head that is kept of it."""
    import msgspec

    from uet_es.values import RunId
    from uet_es.world.state_folder import kept_head

    id = RunId(run)
    heads = [each for each in (head.strip().lower(), kept_head(state, id)) if each]
    found = log.verify(id, head=heads[0] if heads else None)
    for other in heads[1:]:
        more = log.verify(id, head=other).findings
        new = tuple(finding for finding in more if finding not in found.findings)
        found = msgspec.structs.replace(found, findings=found.findings + new)
    return found


def _vanished(state: Path, log: "Log") -> "list[Findings]":
    """A finding for each run that has a kept head and no entry."""
    from uet_es.log.verify import Finding, Findings

    folder = state / "heads"
    known = set(log.runs())
    kept = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
    return [
        Findings(
            run=name,
            entries=0,
            requests=0,
            head="",
            findings=(
                Finding(
                    problem="cut",
                    chain=name,
                    number=1,
                    message=f"{folder / name} keeps its head, but no entry of it is left",
                ),
            ),
        )
        for name in kept
        if name.startswith("run-") and name[4:].isdecimal() and name not in known
    ]


def _document(found: "Findings") -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "run": found.run,
        "intact": found.intact,
        "entries": found.entries,
        "requests": found.requests,
        "head": found.head,
        "findings": [
            {
                "problem": each.problem,
                "chain": each.chain,
                "number": each.number,
                "stream": each.stream,
                "version": each.version,
                "message": each.message,
            }
            for each in found.findings
        ],
    }
