"""`uet warehouse publish`: a copy of the warehouse for other tools."""

from pathlib import Path
from typing import Annotated

import typer

from uet_es.cli.options import Json
from uet_es.cli.printing import print_document


def publish(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made if it is not there.")],
    as_json: Json = False,
) -> None:
    """Write a DuckDB snapshot and Parquet by run into DIR, over the ones before.

    Other tools may have them open all the time: DuckDB lets one process write the warehouse
    itself, or several read it.
    """
    from uet_es.cli.analysed import warehouse
    from uet_es.projections.publish import publish

    with warehouse() as opened:
        made = publish(opened.connection, folder)
    if as_json:
        print_document(
            {
                "schema_version": 1,
                "database": str(made.database),
                "parquet": str(made.parquet),
                "files": made.files,
            }
        )
        return
    print(f"{made.database}: all tables and views")
    print(f"{made.parquet}: {made.files} files, one a table and run")


def rebuild() -> None:
    """Make the warehouse anew from the log; never needed, and never harmful."""
    from uet_es.cli.analysed import warehouse
    from uet_es.cli.printing import count
    from uet_es.cli.whereabouts import here
    from uet_es.projections.disposal import forget

    forget(here().warehouse)
    with warehouse() as opened:
        print(f"{opened.path}: {count(opened.position, 'row')} of the log are in")
