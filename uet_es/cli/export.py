"""`uet export`: a run in the formats of other tools."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from uet_es.cli.options import Json, Output, RunId, wants_json
from uet_es.cli.printing import count, print_document, remark
from uet_es.cli.recorded import Recorded

if TYPE_CHECKING:
    from uet_es import values
    from uet_es.projections.exports.subject import Counts
    from uet_es.projections.warehouse import Warehouse

SCHEMA_VERSION = 1


class Order(NamedTuple):
    """What is to be written, and where."""

    warehouse: "Warehouse"
    run: "values.RunId"
    target: str  #: a path, or an address where the format is sent instead


class Format(NamedTuple):
    """A way to export."""

    write: "Callable[[Order], Counts]"
    next: str  #: what to do with it
    is_sent: bool = False  #: to an address; no file comes of it
    may_exist: bool = False  #: a target that it made itself is brought up to date


def _chrome(order: Order) -> "Counts":
    from uet_es.projections.exports.chrome import export

    return export(order.warehouse, order.run, Path(order.target))


def _ocel(order: Order) -> "Counts":
    from uet_es.projections.exports.ocel.as_sqlite import export

    return export(order.warehouse, order.run, Path(order.target))


def _ocel_json(order: Order) -> "Counts":
    from uet_es.projections.exports.ocel.as_json import export

    return export(order.warehouse, order.run, Path(order.target))


def _wfformat(order: Order) -> "Counts":
    from uet_es.projections.exports.wfformat import export

    return export(order.warehouse, order.run, Path(order.target))


def _parquet(order: Order) -> "Counts":
    from uet_es.projections.exports.parquet import export

    return export(order.warehouse, order.run, Path(order.target))


def _files(order: Order) -> "Counts":
    from uet_es.projections.exports.files import export

    return export(order.warehouse, order.run, Path(order.target))


def _otlp(order: Order) -> "Counts":
    from uet_es.projections.exports.otlp import send_otlp

    sent = send_otlp(order.warehouse, order.run, endpoint=order.target)
    return {"span": sent.spans, "metric point": sent.points}


FORMATS: Mapping[str, Format] = {
    "chrome": Format(_chrome, "open it in ui.perfetto.dev or chrome://tracing"),
    "ocel": Format(_ocel, "pm4py.read_ocel2_sqlite reads it, if its name ends in .sqlite"),
    "ocel-json": Format(_ocel_json, "pm4py.read_ocel2_json reads it"),
    "wfformat": Format(_wfformat, "uet import wfformat and the tools of WfCommons read it"),
    "parquet": Format(_parquet, "DuckDB, pandas and Polars read it, file by file"),
    "files": Format(_files, "begin with current.json; export again to refresh", may_exist=True),
    "otlp": Format(_otlp, "look for it where your collector sends its spans", is_sent=True),
}
_NAMES = ", ".join(FORMATS)


def export(
    run: Recorded = None,
    run_id: RunId = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="FORMAT", help=f"One of {_NAMES}. Required.", show_default=False
        ),
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--target",
            metavar="PATH",
            help="A new file, or for parquet and files a new folder. Required, but not for otlp.",
            show_default=False,
        ),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint",
            metavar="URL",
            help="For otlp: where it is sent, such as http://localhost:4318.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Write a run in the format of another tool; of one that goes on, what is recorded until now.

    The same log gives the same bytes. What is there already is left as it is, except for a folder
    that --to files made: that is brought up to date.
    """
    from uet_es.cli.analysed import analysed
    from uet_es.projections.exports.subject import subject

    format = _format_called(to)
    place = _place_of(format, str(to), target, endpoint)
    with analysed(run, run_id) as (warehouse, chosen):
        about = subject(warehouse, chosen)
        written = format.write(Order(warehouse, chosen, place))
    if about.outcome is None:
        remark(f"{chosen} is not finished: this is what was recorded until entry {about.last_seq}")
    if wants_json(as_json, output):
        print_document(
            {
                "schema_version": SCHEMA_VERSION,
                "run": chosen,
                "format": to,
                "target": place,
                "outcome": about.outcome,
                "entries": about.last_seq,
                "written": {f"{noun}s".replace(" ", "_"): n for noun, n in written.items()},
            }
        )
        return
    told = ", ".join(count(number, noun) for noun, number in written.items())
    print(f"{place}: {chosen} as {to}, {told}")
    print(f"next: {format.next}")


def _format_called(name: str | None) -> Format:
    from uet_es.errors import UsageError

    if name is None:
        raise UsageError(f"say as what: --to FORMAT, one of {_NAMES}")
    if (format := FORMATS.get(name)) is None:
        raise UsageError(f"there is no format {name}: name one of {_NAMES}")
    return format


def _place_of(format: Format, name: str, path: Path | None, endpoint: str | None) -> str:
    """Where it goes, known to be free before a log is read."""
    from uet_es.errors import UsageError

    if format.is_sent:
        from uet_es.projections.exports.otlp import DEFAULT_ENDPOINT

        if path is not None:
            raise UsageError(f"{name} is sent, not written: say --endpoint URL instead of -o")
        return endpoint or DEFAULT_ENDPOINT
    if endpoint is not None:
        raise UsageError(f"{name} is written, not sent: say -o PATH instead of --endpoint")
    if path is None:
        raise UsageError("say where: -o PATH, something that does not exist yet")
    if not (format.may_exist and path.is_dir()):
        from uet_es.projections.writing import refuse_existing

        refuse_existing(path)
    return str(path)
