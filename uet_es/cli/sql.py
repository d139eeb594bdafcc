"""`uet sql`: every run of this place, for people who know SQL."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.answers import Form, print_answer
from uet_es.cli.options import Json

if TYPE_CHECKING:
    pass


def sql(
    statement: Annotated[
        str | None,
        typer.Argument(
            metavar="[STATEMENT]",
            help="What to ask; with --tables, the table to describe. If left out: a prompt, or "
            "what comes through a pipe.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        Form,
        typer.Option("--format", "-f", metavar="table|csv|json|md|parquet", help="Of the answer."),
    ] = "table",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Where Parquet goes.", show_default=False),
    ] = None,
    as_json: Json = False,
    tables: Annotated[
        bool, typer.Option("--tables", help="Say which tables there are, or what one means.")
    ] = False,
) -> None:
    """Ask every run of this place in SQL; reads, never writes."""
    from uet_es.errors import UsageError
    from uet_es.projections.writing import refuse_existing

    if as_json:
        form = "json"
    if tables:
        _describe(statement, form)
        return
    if (form == "parquet") != (out is not None):
        raise UsageError("--format parquet and --out FILE belong together")
    if out is not None:
        refuse_existing(out)
    if statement is None and sys.stdin.isatty():
        from uet_es.cli.prompt import prompt

        prompt(_ask, _describe, form)
        return
    _ask(sys.stdin.read() if statement is None else statement, form, out)


def _ask(text: str, form: Form, out: Path | None = None) -> None:
    """Answer each statement of ``text``; nothing is asked unless all of them only read."""
    from uet_es.cli.analysed import warehouse
    from uet_es.errors import UsageError
    from uet_es.projections.asking import answer, statements, write_parquet

    asked = statements(text)
    if out is not None and len(asked) > 1:
        raise UsageError(f"{len(asked)} answers do not fit into one file: ask one at a time")
    with warehouse() as opened, opened.reading() as connection:
        for number, statement in enumerate(asked):
            if out is not None:
                write_parquet(connection, statement, out)
                continue
            if number:
                print()
            print_answer(answer(connection, statement), form)


def _describe(name: str | None, form: Form) -> None:
    """What the tables mean; needs no store."""
    from uet_es.cli.printing import print_table
    from uet_es.errors import UsageError
    from uet_es.projections.asking import Answer
    from uet_es.projections.models import models

    if form == "parquet":
        raise UsageError("--tables is text: take another --format")
    columns: list[str]
    rows: list[tuple[str, ...]]
    known = {model.name: model for model in sorted(models(), key=lambda model: model.name)}
    if name is None:
        columns = ["table", "kind", "one row per"]
        rows = [(m.name, "view" if m.is_view else "table", _short(m.grain)) for m in known.values()]
    elif name in known:
        columns = ["column", "meaning"]
        rows = [(column, text) for column, text in known[name].columns.items()]
    else:
        from difflib import get_close_matches

        near = get_close_matches(name, known, n=3)
        raise UsageError(
            f"there is no table {name}"
            + (f"; did you mean {' or '.join(near)}?" if near else ": see uet sql --tables")
        )
    if form == "table":
        if name is not None:
            print(f"{name}: {known[name].grain}\n")
        print_table(columns, rows)
        return
    print_answer(Answer(columns, ["VARCHAR"] * len(columns), iter(rows)), form)


def _short(grain: str) -> str:
    """Its first sentence, without the words of the heading."""
    return grain.partition(". ")[0].removesuffix(".").removeprefix("one row per ")
