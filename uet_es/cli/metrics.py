"""`uet metrics`: how a run went, in numbers."""

from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.options import Json, Output, RunId, wants_json
from uet_es.cli.printing import print_document
from uet_es.cli.recorded import Recorded

if TYPE_CHECKING:
    from uet_es.projections.figures.metrics import Metrics


def metrics(
    run: Recorded = None,
    run_id: RunId = None,
    compare: Annotated[
        str | None,
        typer.Option(
            "--compare",
            metavar="RUN_B",
            help="Another run: what got better or worse from RUN to RUN_B.",
            show_default=False,
        ),
    ] = None,
    prometheus: Annotated[
        bool,
        typer.Option(
            "--prometheus",
            help="Print the text that Prometheus reads: all real runs, or RUN if it is named.",
        ),
    ] = False,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Durations, success, parallelism, utilisation, cost and errors of a run and of its parts.

    Of a fork, time is that of its whole history; tokens and money are only what it used itself.
    """
    _refuse_mixtures(compare, prometheus, wants_json(as_json, output))
    if prometheus:
        _expose(run, run_id)
    elif compare is not None:
        _compare(run, run_id, compare, wants_json(as_json, output))
    else:
        _tell(run, run_id, wants_json(as_json, output))


def _refuse_mixtures(compare: str | None, prometheus: bool, as_json: bool) -> None:
    from uet_es.errors import UsageError

    beside = [
        option
        for option, is_given in (("--compare", compare is not None), ("--json", as_json))
        if is_given and prometheus
    ]
    if beside:
        raise UsageError(
            "\n".join(f"--prometheus is a form of its own: leave {each} out" for each in beside)
        )


def _expose(run: str | None, run_id: str | None) -> None:
    from uet_es.cli.analysed import analysed, warehouse
    from uet_es.projections.figures.prometheus import exposition

    if run is None and run_id is None:
        with warehouse() as opened:
            for line in exposition(opened):
                print(line)
        return
    with analysed(run, run_id) as (opened, chosen):
        for line in exposition(opened, chosen):
            print(line)


def _tell(run: str | None, run_id: str | None, as_json: bool) -> None:
    found = _of(run, run_id)
    if as_json:
        print_document(found.document())
        return
    from uet_es.cli.metrics_text import print_metrics

    print_metrics(found)


def _compare(run: str | None, run_id: str | None, other: str, as_json: bool) -> None:
    from uet_es.projections.figures.comparison import compare

    found = compare(_of(run, run_id), _of(other))
    if as_json:
        print_document(found.document())
        return
    from uet_es.cli.comparison_text import print_comparison

    print_comparison(found)


def _of(run: str | None, run_id: str | None = None) -> "Metrics":
    from uet_es.cli.analysed import analysed
    from uet_es.projections.figures.metrics import metrics as measured

    with analysed(run, run_id) as (opened, chosen):
        return measured(opened, chosen)
