"""git, run so that neither the user's hooks nor signing nor prompts take part."""

import os
import subprocess
from collections.abc import Container, Mapping
from typing import NamedTuple

from uet_es.errors import UsageError

#: Variables of git that say where its programs and settings are; every other ``GIT_*`` would
#: point us at another repository (uet may itself be called from a hook).
_KEPT = frozenset(
    {
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_EXEC_PATH",
        "GIT_CEILING_DIRECTORIES",
    }
)
_OURS = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_EDITOR": ":",
    "GIT_AUTHOR_NAME": "uet",
    "GIT_AUTHOR_EMAIL": "uet@localhost",
    "GIT_COMMITTER_NAME": "uet",
    "GIT_COMMITTER_EMAIL": "uet@localhost",
}
_SETTINGS = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "commit.gpgsign=false"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    *("-c", "submodule.recurse=false"),
)
_MESSAGE_MAX = 500


class GitError(UsageError):
    """git refused; ``str`` says which command and why."""


class Answer(NamedTuple):
    """What one git command said."""

    status: int
    out: bytes

    @property
    def text(self) -> str:
        """The output as one trimmed text."""
        return self.out.decode(errors="backslashreplace").strip()

    @property
    def names(self) -> tuple[bytes, ...]:
        """The output as a list that ``-z`` made."""
        return tuple(name for name in self.out.split(b"\0") if name)


def git(
    cwd: str,
    *words: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    accepted: Container[int] = (0,),
) -> Answer:
    """Run one git command in ``cwd``.

    Raises:
        GitError: git is not there, or ended with a status that is not ``accepted``.
    """
    try:
        ended = subprocess.run(
            ("git", *_SETTINGS, *words),
            cwd=cwd,
            input=stdin,
            env=_environment() | _OURS | dict(env or {}),
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise GitError(f"git could not be run in {cwd}: {error.strerror}") from error
    if ended.returncode not in accepted:
        said = ended.stderr.decode(errors="backslashreplace").strip()[:_MESSAGE_MAX]
        raise GitError(f"git {words[0]} failed ({ended.returncode}): {said or 'it said nothing'}")
    return Answer(ended.returncode, ended.stdout)


def name_text(name: bytes) -> str:
    """A file name as the record can hold it: bytes that are no UTF-8 are escaped."""
    return name.decode(errors="backslashreplace")


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in _KEPT
    }
