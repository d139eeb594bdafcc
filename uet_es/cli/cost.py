"""`uet cost`: what the use of models cost, to the last nano-dollar."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.options import Json, Output, RunId, wants_json
from uet_es.cli.printing import print_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uet_es.cli.periods import Period
    from uet_es.projections.warehouse import Warehouse
    from uet_es.values import RunId as AnyRun

_BY = "run|workstream|phase|section|project|worker|model|tool|outcome|day"


def cost(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            help="Run, such as run-3, a .jsonl file, or the folder of a fixture; every run that "
            "was not simulated if left out.",
            show_default=False,
        ),
    ] = None,
    run_id: RunId = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar=_BY,
            help="What to tell apart; may be repeated. run, or of one run model, if left out.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help="From then on: 24h, 7d or 2w before now, a date, a time, today, yesterday. Days "
            "are those of UTC.",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="WHEN",
            help="Before then, said in the same ways; a day is included.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """What the use of models cost, exactly: each report once, failed attempts included.

    Simulated runs cost nothing, and a fork only what it used itself.
    """
    from uet_es.projections.figures.costs import Scope, bill

    names, period = _understood(by, since, until)
    if not names:
        names = ["model"] if run or run_id else ["run"]
    with _chosen(run, run_id) as (opened, chosen):
        scope = Scope(run=chosen, since_us=period.since_us, until_us=period.until_us)
        found = bill(opened, scope, names)
    if wants_json(as_json, output):
        print_document(found.document())
        return
    from uet_es.cli.cost_text import print_bill

    print_bill(found)


def _understood(
    by: "Sequence[str] | None", since: str | None, until: str | None
) -> "tuple[list[str], Period]":
    """What to tell apart, and within which time.

    Raises:
        UsageError: what is wrong with either, all of it.
    """
    from uet_es.cli.periods import Period, period_of
    from uet_es.cli.whereabouts import now_us
    from uet_es.errors import UsageError

    names, period, problems = list[str](), Period(None, None), list[str]()
    try:
        names = _dimensions(by)
    except UsageError as error:
        problems.append(str(error))
    try:
        period = period_of(since, until, now_us())
    except UsageError as error:
        problems.append(str(error))
    if problems:
        raise UsageError("\n".join(problems))
    return names, period


def _dimensions(by: "Sequence[str] | None") -> list[str]:
    from uet_es.errors import UsageError
    from uet_es.projections.figures.costs import DIMENSIONS

    names = [name.strip() for words in by or () for name in words.split(",")]
    unknown = [name for name in names if name not in DIMENSIONS]
    if unknown:
        known = ", ".join(DIMENSIONS)
        raise UsageError(
            "\n".join(f"--by {name}: costs are told apart by {known}" for name in unknown)
        )
    return names


@contextmanager
def _chosen(run: str | None, run_id: str | None) -> "Iterator[tuple[Warehouse, AnyRun | None]]":
    """One run, or None for all."""
    from uet_es.cli.analysed import analysed, warehouse

    if run is None and run_id is None:
        with warehouse() as opened:
            yield opened, None
        return
    with analysed(run, run_id) as (opened, chosen):
        yield opened, chosen
