"""The command `uet`: its verbs, and the one way in."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from uet_es.cli import (
    cost,
    diff,
    doctor,
    events,
    export,
    fork,
    imports,
    init,
    integrity,
    logs,
    look,
    metrics,
    publishing,
    record,
    replay,
    report,
    requests,
    run,
    signalling,
    simulate,
    sql,
    validate,
    verify,
    why,
)
from uet_es.cli.printing import speak_plainly

app = typer.Typer(
    name="uet",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
log = typer.Typer(no_args_is_help=True, help="Check the log, or take a secret out of it.")
store = typer.Typer(no_args_is_help=True, help="The warehouse behind uet sql: copy it, remake it.")
signal = typer.Typer(no_args_is_help=True, help="Tell the driver something from inside an attempt.")

_BEGIN, _GO, _SEE, _ASK = "Begin", "Run", "Look", "Ask of a run"
_TELL, _COUNT = "Understand", "Analyse"
app.command(rich_help_panel=_BEGIN)(init.init)
app.command(rich_help_panel=_BEGIN)(doctor.doctor)
app.add_typer(imports.importing, name="import", rich_help_panel=_BEGIN)
app.command(rich_help_panel=_GO)(validate.validate)
app.command(rich_help_panel=_GO)(run.run)
app.command(rich_help_panel=_GO)(run.resume)
app.command(rich_help_panel=_GO)(simulate.simulate)
app.command(rich_help_panel=_GO)(fork.fork)
app.command(rich_help_panel=_SEE)(look.status)
app.command("list", rich_help_panel=_SEE)(look.list_runs)
app.command(rich_help_panel=_SEE)(look.ready)
app.command(rich_help_panel=_SEE)(events.events)
app.command(rich_help_panel=_SEE)(logs.logs)
app.command(rich_help_panel=_TELL)(replay.replay)
app.command(rich_help_panel=_TELL)(why.why)
app.command(rich_help_panel=_TELL)(diff.diff)
app.command(rich_help_panel=_TELL)(verify.verify)
app.command(rich_help_panel=_TELL)(record.record)
app.command(rich_help_panel=_COUNT)(report.report)
app.command(rich_help_panel=_COUNT)(export.export)
app.command(rich_help_panel=_COUNT)(sql.sql)
app.add_typer(store, name="warehouse", rich_help_panel=_COUNT)
app.command(rich_help_panel=_COUNT)(metrics.metrics)
app.command(rich_help_panel=_COUNT)(cost.cost)
app.command(rich_help_panel=_ASK)(requests.cancel)
app.command(rich_help_panel=_ASK)(requests.pause)
app.command(rich_help_panel=_ASK)(requests.unpause)
app.command(rich_help_panel=_ASK)(requests.retry)
app.add_typer(signal, name="signal", rich_help_panel=_ASK)
app.add_typer(log, name="log", rich_help_panel=_SEE)
store.command()(publishing.publish)
store.command()(publishing.rebuild)
log.command()(integrity.verify)
log.command()(integrity.redact)
signal.command()(signalling.usage)
signal.command()(signalling.progress)
signal.command()(signalling.heartbeat)
signal.command("log")(signalling.text)


def _version(wanted: bool) -> None:
    if wanted:
        from uet_es import __version__

        print(f"uet {__version__}")
        raise typer.Exit


@app.callback()
def uet(
    directory: Annotated[
        Path | None,
        typer.Option("-C", metavar="DIR", help="Work in DIR instead of the present folder."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say it and end.")
    ] = False,
) -> None:
    """Run many developer workstreams in parallel on one durable, replayable log."""
    if directory is not None:
        try:
            os.chdir(directory)
        except OSError as error:
            raise typer.BadParameter(f"{directory}: {error.strerror}", param_hint="-C") from error


def main() -> int:
    """Run the command line and return the exit status; nothing is raised."""
    speak_plainly()
    try:
        status = typer.main.get_command(app).main(prog_name="uet", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:
        from uet_es.cli.failures import tell

        return tell(error)
    return status if isinstance(status, int) else 0


if __name__ == "__main__":
    sys.exit(main())
