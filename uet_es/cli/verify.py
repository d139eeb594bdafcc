"""`uet verify`: would today's kernel decide the same?"""

from typing import Annotated

import typer

from uet_es.cli.options import Json, Output, wants_json
from uet_es.cli.printing import count, print_document

SCHEMA_VERSION = 1
_DIVERGED = 5


def verify(
    logs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LOG]...",
            help="Runs, .jsonl files, folders with such files below; the newest run if left out.",
            show_default=False,
        ),
    ] = None,
    structural: Annotated[
        bool,
        typer.Option(
            "--structural", help="Compare what was decided; not when, nor under which numbers."
        ),
    ] = False,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Decide every recorded run again and name the first entry that would differ today.

    An expect.json beside a log is compared, too. Nothing is executed, nothing is written. Ends
    with 0 if every log holds, with 5 if one does not or cannot be read.
    """
    from uet_es.cli.recorded import all_recorded
    from uet_es.drivers.verdicts import judge

    json_wanted = wants_json(as_json, output)
    with all_recorded(logs or []) as histories:
        verdicts = []
        for history in histories:
            verdict = judge(history, structural=structural)
            verdicts.append(verdict)
            if not json_wanted:
                print(verdict)
    failed = [verdict for verdict in verdicts if not verdict.holds]
    if json_wanted:
        print_document(
            {
                "schema_version": SCHEMA_VERSION,
                "structural": structural,
                "logs": [verdict.document() for verdict in verdicts],
            }
        )
    elif len(verdicts) > 1 or failed:
        entries = sum(verdict.entries for verdict in verdicts)
        held = f"{count(len(verdicts), 'log')}, {count(entries, 'entry')}"
        print(f"{held}: {f'{len(failed)} failed' if failed else 'all decided the same'}")
        for verdict in failed:
            print(f"  {verdict.log}")
    if failed:
        raise typer.Exit(_DIVERGED)
