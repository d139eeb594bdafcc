"""`docs/cli.md`, written from the commands: ``python -m uet_es.cli.document [--check]``."""

import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

import typer

from uet_es.cli.app import app

FILE = Path(__file__).parents[2] / "docs" / "cli.md"
_PREFACE = """\
# The command line

Tables go to standard output, progress and warnings to standard error. `NO_COLOR` is respected.
With `--json` (or `--output json`) a verb prints one JSON document, an array where it is about
several things; `events --json` and everything that follows (`-f`) print one object a line.

| status | means |
|---|---|
| 0 | done |
| 1 | finished with failed or cancelled workstreams, or the plan is not valid |
| 2 | wrong usage, unknown run, a wrong `uet.toml`, no repository or commit where one is needed |
| 5 | a log is corrupt, altered or of a newer uet, or would be decided differently today |
| 6 | a merge conflict needs a person |
| 70 | a bug in uet |
| 75 | try again later: a driver is alive, the store is busy, the disk is full |
| 130 | interrupted; `uet resume` goes on |

This page is generated from the program.
"""


class Parameter(Protocol):
    """What is read of an argument or an option, whichever parser stands behind typer."""

    name: str
    param_type_name: str
    opts: Sequence[str]
    secondary_opts: Sequence[str]
    metavar: str | None
    help: str | None
    is_flag: bool
    required: bool


class Command(Protocol):
    """What is read of a command."""

    help: str | None
    params: Sequence[Parameter]


def document() -> str:
    """The whole page."""
    root = cast("Command", typer.main.get_command(app))
    return "\n".join([_PREFACE, *_lines(root, "uet")])


def _lines(command: Command, path: str) -> Iterator[str]:
    """The chapter on ``command`` and on those below it."""
    yield f"## `{path}`\n"
    yield f"{inspect.cleandoc(command.help or '')}\n"
    below: Mapping[str, Command] = getattr(command, "commands", {})
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    options = [each for each in options if not _is_of_every_program(each)]
    words = [path, *(["[OPTIONS]"] if options else []), *map(_metavar, arguments)]
    yield f"    {' '.join([*words, 'COMMAND ...'] if below else words)}\n"
    if arguments or options:
        yield "| | |\n|---|---|"
        for each in arguments:
            yield f"| `{_metavar(each)}` | {_cell(each)} |"
        for each in options:
            yield f"| {_spelling(each)} | {_cell(each)} |"
        yield ""
    for name, inner in below.items():
        yield from _lines(inner, f"{path} {name}")


def _is_of_every_program(option: Parameter) -> bool:
    return bool({"--help", "--install-completion", "--show-completion"} & {*option.opts})


def _metavar(argument: Parameter) -> str:
    return argument.metavar or argument.name.upper()


def _spelling(option: Parameter) -> str:
    spelt = ", ".join(f"`{each}`" for each in sorted(option.opts, key=len))
    if option.secondary_opts:
        return f"{spelt} / {', '.join(f'`{each}`' for each in option.secondary_opts)}"
    if option.is_flag:
        return spelt
    return f"{spelt} `{option.metavar}`".replace("|", "\\|")


def _cell(parameter: Parameter) -> str:
    told = parameter.help or ""
    if parameter.required and parameter.param_type_name == "option":
        told = f"{told} Required."
    return " ".join(told.split()).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Write the page, or only say whether it is out of date."""
    text = document()
    is_current = FILE.is_file() and FILE.read_text("utf-8") == text
    if "--check" in arguments:
        if not is_current:
            print(f"{FILE}: is out of date; run python -m uet_es.cli.document")
        return 0 if is_current else 1
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
