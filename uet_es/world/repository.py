"""The user's repository, looked at and never touched."""

import os
import re
from pathlib import Path

import msgspec

from uet_es.errors import UsageError
from uet_es.world.git import GitError, git, name_text

#: ``merge-tree --write-tree`` came with it.
GIT_OLDEST = (2, 38)
_BRANCHES = ("refs/heads/uet/", "refs/heads/uet-attempts/")


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """Where a repository is."""

    top: Path  #: of the user's working tree
    common: Path  #: the git folder that all worktrees share


def find(start: Path) -> Repository | None:
    """The repository that holds ``start``, or None if there is none (or no git).

    Raises:
        UsageError: the repository is bare, so there is no working tree to start from.
    """
    try:
        answer = git(
            str(start),
            *("rev-parse", "--path-format=absolute", "--is-bare-repository", "--git-common-dir"),
        )
    except GitError:
        return None
    bare, common = answer.text.split("\n", 1)
    if bare == "true":
        raise UsageError(f"{common} is a bare repository: start uet in a working tree of it")
    top = git(str(start), "rev-parse", "--path-format=absolute", "--show-toplevel").out
    return Repository(top=Path(os.fsdecode(top[:-1])), common=Path(common))


def head_commit(top: Path) -> str:
    """The commit that is checked out.

    Raises:
        UsageError: there is no commit yet.
    """
    answer = git(str(top), "rev-parse", "--verify", "-q", "HEAD^{commit}", accepted=(0, 1, 128))
    if answer.status:
        raise UsageError(
            f"{top} has no commit yet, and worktrees start from one: "
            'make it with `git add -A && git commit -m "first"`'
        )
    return answer.text


def uncommitted(top: Path) -> tuple[str, ...]:
    """Files that differ from the commit checked out, untracked ones included; sorted."""
    answer = git(str(top), "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
    return tuple(sorted(name_text(line[3:]) for line in answer.names))


def runs_with_branches(top: Path) -> frozenset[str]:
    """Runs that left branches here, so that a new run takes another number."""
    answer = git(str(top), "for-each-ref", "--format=%(refname)", *_BRANCHES)
    return frozenset(name.split("/")[3] for name in answer.text.split("\n") if name)


def keep_ref(top: Path, name: str, commit: str) -> None:
    """Keep ``commit`` under ``name``, so that git never collects it."""
    git(str(top), "update-ref", name, commit)


def git_version() -> tuple[int, ...] | None:
    """The version of git on this machine, or None if there is none."""
    try:
        said = git(".", "version").text
    except GitError:
        return None
    found = re.search(r"\d+(\.\d+)+", said)
    return tuple(int(part) for part in found[0].split(".")) if found else None
