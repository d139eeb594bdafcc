"""`uet replay`: a recorded run as a conversation, or where it stood at one of its entries."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.options import Json, Output, RunId, wants_json
from uet_es.cli.printing import print_document, print_line
from uet_es.cli.recorded import Recorded

if TYPE_CHECKING:
    from uet_es.drivers.histories import History
    from uet_es.drivers.replay import Moment

_WHERE = "the number of an entry, +12.5s (or m, h) into the run, or a time"


def replay(
    run: Recorded = None,
    run_id: RunId = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="WHERE", help=f"Show the exact state then: {_WHERE}."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHERE", help="Tell no more than up to then.")
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            "--speed",
            metavar="FACTOR",
            help="Play it: 1 takes as long as the run did, 20 a twentieth.",
            show_default=False,
        ),
    ] = None,
    checkout: Annotated[
        Path | None,
        typer.Option(
            "--checkout",
            metavar="DIR",
            help="With --at: put the code as it was then into the new worktree DIR.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Tell a run turn by turn, or show where it stood; nothing is executed, nothing is decided.

    With --json the state at the end, or at WHERE, as one document; with --until or --speed the
    state after each turn, an object a line.
    """
    from uet_es.cli.moments import moment_of
    from uet_es.cli.recorded import recorded

    json_wanted = wants_json(as_json, output)
    _refuse_nonsense(at, until, speed, checkout)
    where = moment_of("--at", at) if at is not None else None
    end = moment_of("--until", until) if until is not None else None
    with recorded(run, run_id) as history:
        if where is not None or (json_wanted and end is None and speed is None):
            _show(history, where, checkout, as_json=json_wanted)
        else:
            _tell(history, end, speed, as_json=json_wanted)


def _refuse_nonsense(
    at: str | None, until: str | None, speed: float | None, checkout: Path | None
) -> None:
    """Everything about the options that makes no sense together."""
    from uet_es.errors import UsageError

    problems = []
    if at is not None and (until is not None or speed is not None):
        problems.append("--at shows one state: leave out --until and --speed, or --at")
    if checkout is not None and at is None:
        problems.append("--checkout needs to know when: add --at")
    if speed is not None and not (speed > 0 and math.isfinite(speed)):
        problems.append(f"--speed {speed:g}: use a number above 0")
    if problems:
        raise UsageError("\n".join(problems))


def _show(
    history: "History", where: "Moment | None", checkout: Path | None, *, as_json: bool
) -> None:
    from uet_es.drivers.replay import END, moment_document, replayed

    ledger = replayed(history.entries(), where or END)
    commit = ""
    if checkout is not None:
        from uet_es.cli.whereabouts import here
        from uet_es.drivers.checkout import check_out

        commit = check_out(here(), ledger, checkout)
    if as_json:
        more = {"checkout": {"folder": str(checkout), "commit": commit}} if commit else {}
        print_document(moment_document(ledger) | more)
        return
    from uet_es.cli.replay_text import print_moment

    print_moment(history.name, ledger)
    if commit:
        print(f"\n{checkout} holds the code as it was then, on no branch: {commit}")
        print(f"git worktree remove {checkout} takes it away again")


def _tell(history: "History", end: "Moment | None", speed: float | None, *, as_json: bool) -> None:
    from uet_es.cli.replay_text import paragraph
    from uet_es.drivers.replay import END, moment_document, played, turns

    told = turns(history.entries(), end or END)
    if speed is not None:
        import time

        told = played(told, speed, time.sleep)
    begun_us: int | None = None
    for turn in told:
        if as_json:
            print_line(moment_document(turn.ledger))
        elif begun_us is None:
            begun_us = turn.entries[0].at_us
            print(paragraph(turn, begun_us))
        else:
            print(f"\n{paragraph(turn, begun_us)}")
        if speed is not None:
            sys.stdout.flush()
