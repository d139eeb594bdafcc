"""`uet why`: where the time of a workstream went, and what its failure began with."""

from typing import Annotated

import typer

from uet_es.cli.options import Json, Output, wants_json
from uet_es.cli.printing import print_document


def why(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[RUN] WORKSTREAM",
            help="A run, a .jsonl file or the folder of a fixture (the newest run if left out), "
            "and a workstream of it.",
            show_default=False,
        ),
    ],
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Charge every microsecond of a workstream's lead time to one cause, and name the root cause.

    Of several causes that hold at once the first of these counts: a pause or a stopping driver,
    a dependency (the one met last), an order, a pause between attempts, a conflict, a resource,
    no idle worker, merging, its own work.
    """
    from uet_es.cli.recorded import recorded
    from uet_es.cli.whereabouts import known_workstream
    from uet_es.drivers.explain import explain
    from uet_es.errors import UsageError

    if len(words) > 2:
        raise UsageError(f"name one run and one workstream, not {len(words)} things")
    with recorded(words[0] if len(words) == 2 else None) as history:
        id = known_workstream(history.plan, history.name, words[-1])
        found = explain(history.entries(), id)
    if wants_json(as_json, output):
        print_document(found.document())
        return
    from uet_es.cli.why_text import next_commands, story

    for line in story(history.name, found):
        print(line)
    commands = list(next_commands(history.name, found))
    if commands:
        print("\nnext:")
        for command in commands:
            print(f"  {command}")
