"""`uet events`: the log, as a conversation or as lines of JSON."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.options import Json, Output, Run, RunId, wants_json

if TYPE_CHECKING:
    from uet_es.cli.event_filter import Filter, Shown
    from uet_es.log.rows import Row
    from uet_es.log.store import Log

_POLL_S = 0.2


def events(
    run: Run = None,
    run_id: RunId = None,
    event_type: Annotated[
        list[str] | None,
        typer.Option(
            "--event-type",
            metavar="TYPE",
            help="Only this type: a tag such as attempt.exited, or a name of the earlier bus "
            "such as TASK_STARTED. May be repeated.",
        ),
    ] = None,
    channel: Annotated[
        str, typer.Option("--channel", metavar="NAME", help="Only this channel.")
    ] = "",
    workstream: Annotated[
        str, typer.Option("--workstream", metavar="ID", help="Only about it.")
    ] = "",
    worker: Annotated[
        int | None, typer.Option("--worker", metavar="N", help="Only about it.", show_default=False)
    ] = None,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="A time, or how long ago: 30s, 10m, 2h.")
    ] = "",
    tail: Annotated[
        int | None,
        typer.Option("--tail", min=0, metavar="N", help="Only the newest N.", show_default=False),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option("-f", "--follow", help="Go on with what comes; to the end of RUN, if named."),
    ] = False,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Show what happened and what was decided; with --json one object a line.

    Observations stand at the margin, the decisions that they caused are indented.
    """
    from uet_es.cli.event_filter import Filter, channel_of, instant_of, tags_of
    from uet_es.cli.event_text import Conversation, line_document
    from uet_es.cli.printing import print_line
    from uet_es.cli.whereabouts import chosen_run, here, now_us, open_log

    wanted = Filter(
        tags=tags_of(event_type or ()),
        channel=channel_of(channel),
        workstream=workstream,
        worker=worker,
        since_us=instant_of(since, now_us()) if since else 0,
    )
    with open_log(here()) as log:
        chosen = chosen_run(log, run, run_id)
        conversation = Conversation(log)
        known = _newest(log.rows(run=chosen), wanted, tail)
        rows = _followed(log, chosen, wanted, known, run or run_id) if follow else known
        for shown in rows:
            if wants_json(as_json, output):
                print_line(line_document(shown))
            else:
                print(conversation.line(shown))


def _newest(rows: "Iterator[Row]", wanted: "Filter", tail: int | None) -> "Iterator[Shown]":
    from uet_es.cli.event_filter import opened

    shown = (each for each in map(opened, rows) if wanted.wants(each))
    return shown if tail is None else iter(deque(shown, maxlen=tail))


def _followed(
    log: "Log", chosen: str, wanted: "Filter", known: "Iterator[Shown]", named: str | None
) -> "Iterator[Shown]":
    """What is there, then what comes: of every run if none was named, else to its end."""
    import sys
    import time

    from uet_es.cli.event_filter import opened
    from uet_es.values import RunId

    position = max((row.position for row in log.rows(run=RunId(chosen), newest=1)), default=0)
    ended = _ends(log, chosen, position) if named else False
    yield from (shown for shown in known if shown.row.position <= position)
    while not ended:
        sys.stdout.flush()
        for row in log.rows(run=RunId(chosen) if named else None, after_position=position):
            position = row.position
            shown = opened(row)
            if wanted.wants(shown):
                yield shown
            if named:
                ended = shown.tag == "run.finished" or (ended and shown.tag != "run.reopened")
        if not ended:
            time.sleep(_POLL_S)


def _ends(log: "Log", run: str, position: int) -> bool:
    """Whether ``run`` has finished by the row at ``position`` and was not opened again."""
    from uet_es.cli.event_filter import opened
    from uet_es.values import RunId

    ended = False
    for row in log.rows(run=RunId(run)):
        if row.position > position:
            break
        if row.topic.startswith(("run.finished", "run.reopened")):
            ended = opened(row).tag == "run.finished"
    return ended
