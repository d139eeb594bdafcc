"""`uet signal`: lines that a script inside an attempt writes about itself."""

import os
from pathlib import Path
from typing import Annotated

import typer

File = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", help="Signals file, instead of $UET_SIGNALS."),
]


def usage(
    model: Annotated[str, typer.Option("--model", metavar="M", help="Name of the model.")],
    input_tokens: Annotated[
        int, typer.Option("--input", min=0, metavar="N", help="Input tokens, cached ones included.")
    ] = 0,
    output_tokens: Annotated[
        int, typer.Option("--output", min=0, metavar="N", help="Output tokens.")
    ] = 0,
    cached: Annotated[
        int, typer.Option("--cached", min=0, metavar="N", help="Of the input tokens.")
    ] = 0,
    cost_usd: Annotated[
        str | None, typer.Option("--cost-usd", metavar="USD", help="If the tool knows it.")
    ] = None,
    key: Annotated[
        str, typer.Option("--key", metavar="K", help="The same key counts once for an attempt.")
    ] = "",
    file: File = None,
) -> None:
    """Report tokens that a model used."""
    line: dict[str, object] = {
        "type": "usage",
        "model": model,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
    }
    if cached:
        line["cached_input_tokens"] = cached
    if cost_usd is not None:
        line["cost_usd"] = cost_usd
    if key:
        line["key"] = key
    _write(file, line)


def progress(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="In words.", show_default=False)
    ] = None,
    percent: Annotated[
        float | None,
        typer.Option(
            "--percent", min=0, max=100, metavar="P", help="0 to 100.", show_default=False
        ),
    ] = None,
    file: File = None,
) -> None:
    """Report how far the attempt is, in percent, in words, or both."""
    if percent is None and not words:
        raise typer.BadParameter("say --percent P, or a text, or both")
    line: dict[str, object] = {"type": "progress"}
    if percent is not None:
        line["percent"] = percent
    if words:
        line["text"] = " ".join(words)
    _write(file, line)


def heartbeat(file: File = None) -> None:
    """Say that the attempt is alive."""
    _write(file, {"type": "heartbeat"})


def text(
    words: Annotated[
        list[str], typer.Argument(metavar="TEXT...", help="The line.", show_default=False)
    ],
    file: File = None,
) -> None:
    """Put a line for people into the log of the run."""
    _write(file, {"type": "log", "text": " ".join(words)})


def _write(file: Path | None, line: dict[str, object]) -> None:
    from uet_es.errors import UsageError
    from uet_es.world.signals import append_signal

    target = str(file) if file else os.environ.get("UET_SIGNALS", "")
    if not target:
        raise UsageError(
            "UET_SIGNALS is not set: signals are sent from inside an attempt, or with --file FILE"
        )
    append_signal(target, line)
