"""The ``.uet`` folder: where it is, what keeps git out of it, and heads kept beside the log."""

import os
from pathlib import Path

from uet_es.errors import UsageError
from uet_es.values import RunId

NAME = ".uet"


def prepare(root: Path) -> Path:
    """Make the state folder in ``root`` if it is not there, invisible to git.

    Raises:
        UsageError: it cannot be made.
    """
    state = root / NAME
    try:
        state.mkdir(exist_ok=True)
        (state / "runs").mkdir(exist_ok=True)
        (state / "heads").mkdir(exist_ok=True)
        ignore = state / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise UsageError(f"{state}: cannot be made: {error.strerror}") from error
    return state


def keep_head(state: Path, run: RunId, digest: str) -> None:
    """Write down the head of the run's log, whole or not at all."""
    path = state / "heads" / run
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    scratch.write_text(f"{digest}\n")
    scratch.replace(path)


def kept_head(state: Path, run: RunId) -> str:
    """The head that was written down last; "" if none was."""
    try:
        return (state / "heads" / run).read_text().strip()
    except FileNotFoundError:
        return ""
