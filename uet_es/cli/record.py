"""`uet record`: keep a run for ever, as a test."""

from pathlib import Path
from typing import Annotated

import typer

from uet_es.cli.options import Json, Output, RunId, wants_json
from uet_es.cli.printing import count, print_document
from uet_es.cli.recorded import Recorded

SCHEMA_VERSION = 1


def record(
    run: Recorded = None,
    run_id: RunId = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "-o", "--folder", metavar="DIR", help="A new folder. Required.", show_default=False
        ),
    ] = None,
    redact: Annotated[
        str | None,
        typer.Option(
            "--redact",
            metavar="paths,hosts,commands",
            help="Take these out, consistently; what is left still verifies.",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why it is kept, for its README.")
    ] = "",
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Write a run as a fixture: its log, what it leads to, and a page that says why.

    uet verify DIR decides it again, and so does pytest --uet-logs DIR.
    """
    from uet_es.cli.recorded import recorded
    from uet_es.drivers import recording
    from uet_es.drivers.redaction import kinds_of
    from uet_es.errors import UsageError

    if folder is None:
        raise UsageError("say where: -o DIR, a folder that does not exist yet")
    kinds = kinds_of(redact) if redact is not None else frozenset()
    with recorded(run, run_id) as history:
        ledger = recording.record(history, folder, redact=kinds, why=reason)
    if wants_json(as_json, output):
        print_document(
            {
                "schema_version": SCHEMA_VERSION,
                "run": ledger.id,
                "folder": str(folder),
                "entries": ledger.seq,
                "redacted": sorted(kinds),
            }
        )
        return
    print(f"{folder}: {ledger.id}, {count(ledger.seq, 'entry')}")
    if kinds:
        print(f"taken out: {', '.join(sorted(kinds))}; look at it before you give it away")
    print("next:")
    print(f"  uet verify {folder}")
