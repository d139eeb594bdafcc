"""Which recorded run a person means: one of the store, a file, a folder of fixtures."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from uet_es.drivers.histories import History

Recorded = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="Run, such as run-3, a .jsonl file, or the folder of a fixture; the newest run if "
        "left out.",
        show_default=False,
    ),
]


@contextmanager
def recorded(named: str | None = None, run_id: str | None = None) -> "Iterator[History]":
    """The one run that is meant, for as long as its store is open.

    A file needs no store, no repository, and not even a place.
    """
    from uet_es.drivers.histories import of_file, of_run, the_log_in

    if named is not None and run_id is None and (path := path_of(named)) is not None:
        yield of_file(the_log_in(path))._replace(name=named)
        return
    from uet_es.cli.whereabouts import chosen_run, here, open_log

    with open_log(here()) as log:
        yield of_run(log, chosen_run(log, named, run_id))


@contextmanager
def all_recorded(named: "Sequence[str]") -> "Iterator[list[History]]":
    """Every run that is meant, in the order of naming, those of a folder by their paths.

    Raises:
        UsageError: some do not exist; names them all.
    """
    from contextlib import ExitStack

    from uet_es.cli.whereabouts import chosen_run, here, open_log
    from uet_es.drivers.histories import of_file, of_run
    from uet_es.errors import UsageError

    found: list[History] = []
    problems: list[str] = []
    with ExitStack() as stack:
        log = None
        names: list[str | None] = [*named] or [None]
        for name in names:
            try:
                if name is not None and (path := path_of(name)) is not None:
                    found += map(of_file, _logs_in(path))
                    continue
                log = log or stack.enter_context(open_log(here()))
                found.append(of_run(log, chosen_run(log, name)))
            except UsageError as error:
                problems.append(str(error))
        if problems:
            raise UsageError("\n".join(problems))
        yield found


def path_of(name: str) -> Path | None:
    """The file or folder that ``name`` means, None if it means a run.

    Raises:
        UsageError: it can only be a path, and is not there.
    """
    from uet_es.errors import UsageError

    path = Path(name)
    looks_like_one = name.endswith(".jsonl") or os.sep in name or name in (".", "..")
    if looks_like_one and not path.exists():
        raise UsageError(f"{name}: there is no such file or folder")
    if looks_like_one:
        return path
    is_run = name.startswith("run-") and name[4:].isdecimal()
    return path if not is_run and path.exists() else None


def _logs_in(path: Path) -> list[Path]:
    from uet_es.drivers.histories import logs_in

    return logs_in(path)
