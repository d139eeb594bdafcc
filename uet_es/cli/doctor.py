"""`uet doctor`: what this machine offers and lacks."""

import typer

from uet_es.cli.options import Json, Output, wants_json
from uet_es.cli.printing import print_document, print_table

SCHEMA_VERSION = 1
_CORRUPT = 5


def doctor(as_json: Json = False, output: Output = "text") -> None:
    """Say what this machine and this folder offer, what they lack, and what to do about it."""
    from uet_es.cli.examination import examined
    from uet_es.cli.whereabouts import here

    checks = examined(here())
    corrupt = any(check.name == "store" and check.verdict == "lacks" for check in checks)
    if wants_json(as_json, output):
        document = {
            "schema_version": SCHEMA_VERSION,
            "ok": all(check.verdict != "lacks" for check in checks),
            "checks": [check._asdict() for check in checks],
        }
        print_document(document)
    else:
        print_table(
            ("check", "verdict", "found"),
            [(check.name, check.verdict, check.found) for check in checks],
        )
        for check in checks:
            if check.advice:
                print(f"{check.name}: {check.advice}")
    if corrupt:
        raise typer.Exit(_CORRUPT)
