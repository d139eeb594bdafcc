"""`uet logs`: what an attempt printed."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uet_es.cli.options import Json, Output, wants_json

if TYPE_CHECKING:
    from uet_es.log.store import Log
    from uet_es.values import RunId, WorkstreamId
    from uet_es.world.attempt_files import AttemptFiles

_CHUNK = 1 << 16
_POLL_S = 0.2
_OVER = ("attempt.exited", "attempt.lost", "attempt.unstarted")


def logs(
    run: Annotated[
        str,
        typer.Argument(
            metavar="[RUN]",
            help="Run; the newest if only a workstream is named.",
            show_default=False,
        ),
    ],
    workstream: Annotated[
        str | None, typer.Argument(metavar="WORKSTREAM", help="Which one.", show_default=False)
    ] = None,
    attempt: Annotated[
        int | None,
        typer.Option("--attempt", min=1, metavar="N", help="Else the latest.", show_default=False),
    ] = None,
    stderr: Annotated[bool, typer.Option("--stderr", help="What it printed there.")] = False,
    tail: Annotated[
        int | None,
        typer.Option(
            "--tail", min=0, metavar="N", help="Only the last N lines.", show_default=False
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on until the attempt has ended.")
    ] = False,
    as_json: Json = False,
    output: Output = "text",
) -> None:
    """Print what an attempt at a workstream printed; with -f and --json one object a line."""
    from uet_es.cli.printing import print_document, print_line
    from uet_es.cli.whereabouts import (
        accepted_plan,
        chosen_run,
        here,
        known_workstream,
        open_log,
    )

    run_named, id = (None, run) if workstream is None else (run, workstream)
    place = here()
    with open_log(place) as log:
        chosen = chosen_run(log, run_named)
        known = known_workstream(accepted_plan(log, chosen), chosen, id)
        files = _files_of(place.state, chosen, known, attempt)
        path = Path(files.stderr if stderr else files.stdout)
        number = int(Path(files.folder).name)
        parts = _followed(log, chosen, known, number, files, path) if follow else _parts(path)
        parts = parts if tail is None else _last_lines(path, tail, parts)
        about: dict[str, object] = {"run": chosen, "workstream": known, "attempt": number}
        about["stream"] = "stderr" if stderr else "stdout"
        if not wants_json(as_json, output):
            for part in parts:
                sys.stdout.buffer.write(part)
                sys.stdout.buffer.flush()
        elif follow:
            for part in parts:
                print_line(about | {"text": part.decode(errors="replace")})
                sys.stdout.flush()
        else:
            text = b"".join(parts).decode(errors="replace")
            print_document({"schema_version": 1} | about | {"path": str(path), "text": text})


def _files_of(state: Path, run: "RunId", id: "WorkstreamId", attempt: int | None) -> "AttemptFiles":
    from uet_es.errors import UsageError
    from uet_es.world.attempt_files import AttemptFiles

    folder = state / "runs" / run / id
    there = sorted(
        int(each.name)
        for each in (folder.iterdir() if folder.is_dir() else ())
        if each.name.isdecimal()
    )
    if not there:
        raise UsageError(f"{run}: {id} has no attempt yet; uet ready {run} says why")
    if attempt is not None and attempt not in there:
        known = ", ".join(map(str, there))
        raise UsageError(f"{run}: {id} has no attempt {attempt}; there are {known}")
    number = there[-1] if attempt is None else attempt
    return AttemptFiles(f"{folder}/{number}")


def _parts(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            while part := file.read(_CHUNK):
                yield part


def _last_lines(path: Path, number: int, parts: Iterator[bytes]) -> Iterator[bytes]:
    """``parts`` without what stands before the last ``number`` lines of what is there now."""
    before = _start_of_last_lines(path, number)
    for part in parts:
        if before < len(part):
            yield part[before:]
        before = max(0, before - len(part))


def _start_of_last_lines(path: Path, number: int) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        size = at = file.seek(0, 2)
        found, wanted = 0, number
        while at > 0:
            start = max(0, at - _CHUNK)
            file.seek(start)
            block = file.read(at - start)
            if at == size and not block.endswith(b"\n"):
                found += 1
            for place in range(len(block) - 1, -1, -1):
                if block[place : place + 1] == b"\n":
                    found += 1
                    if found > wanted:
                        return start + place + 1
            at = start
    return 0 if number else size


def _followed(
    log: "Log", run: "RunId", id: "WorkstreamId", attempt: int, files: "AttemptFiles", path: Path
) -> Iterator[bytes]:
    """What is there and what comes, until the attempt is over and all of it was read."""
    position, offset, over = 0, 0, False
    while True:
        # Asked before the last read, so that nothing printed before the end is missed.
        over = over or files.ending() is not None
        if not over:
            over, position = _is_over(log, run, id, attempt, position)
        if path.exists():
            with path.open("rb") as file:
                file.seek(offset)
                while part := file.read(_CHUNK):
                    offset += len(part)
                    yield part
        if over:
            return
        time.sleep(_POLL_S)


def _is_over(
    log: "Log", run: "RunId", id: "WorkstreamId", attempt: int, position: int
) -> tuple[bool, int]:
    """Whether the log knows the end of the attempt, and up to where it was read."""
    from uet_es.cli.event_filter import opened

    for row in log.rows(run=run, after_position=position):
        position = row.position
        if row.topic.startswith(_OVER):
            event = opened(row).event
            if event.get("workstream") == id and event.get("attempt") == attempt:
                return True, position
    return False, position
