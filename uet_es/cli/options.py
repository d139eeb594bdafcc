"""Options and arguments that several verbs share."""

from typing import Annotated, Literal

import typer

OutputForm = Literal["text", "json"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Output = Annotated[
    OutputForm,
    typer.Option(
        "--output", metavar="text|json", help="json is the same as --json.", show_default=False
    ),
]
Run = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]", help="Run, such as run-3; the newest if left out.", show_default=False
    ),
]
RunId = Annotated[
    str | None, typer.Option("--run-id", metavar="RUN", help="RUN, said with an option.")
]
MaxWorkers = Annotated[
    int | None,
    typer.Option(
        "--max-workers",
        "-j",
        min=1,
        max=10_000,
        metavar="N",
        help="How many attempts run at once; over uet.toml.",
        show_default=False,
    ),
]
Durations = Annotated[
    Literal["unit", "estimates", "history"] | None,
    typer.Option(
        "--durations",
        metavar="unit|estimates|history",
        help="How long workstreams are expected to take: a unit each, as they estimate, or as "
        "measured in earlier runs. unit, unless every workstream has an estimate.",
        show_default=False,
    ),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded.")]


def wants_json(as_json: bool, output: OutputForm) -> bool:
    """Whether either of the two ways to ask for JSON was used."""
    return as_json or output == "json"
