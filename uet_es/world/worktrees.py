"""A worktree and a branch for each attempt, made from what has been merged so far."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from uet_es.world.git import GitError, git
from uet_es.world.repository import Repository


class Worktree(msgspec.Struct, frozen=True, kw_only=True):
    """Where an attempt works. Written down, because only the attempt could tell it otherwise."""

    path: str
    branch: str  #: full name of the ref
    base: str  #: commit it was made from
    git_dir: str  #: git's own folder for it; the attempt may destroy what points there

    @property
    def env(self) -> dict[str, str]:
        """What makes git work here even if the attempt removed its ``.git``."""
        return {"GIT_DIR": self.git_dir, "GIT_WORK_TREE": self.path}


def prepare(repository: Repository, path: Path, *, branch: str, base: str) -> Worktree:
    """Make a worktree of ``base`` at ``path`` on the new ``branch``.

    Raises:
        GitError: git refused, for instance because the branch exists.
    """
    top = str(repository.top)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(repository):
        git(
            top,
            *("worktree", "add", "--quiet", "--no-track", "--no-checkout"),
            *("-b", branch.removeprefix("refs/heads/"), str(path), base),
        )
    # Filling it takes the time, and needs no lock.
    git(str(path), "reset", "--hard", "--quiet")
    git_dir = (path / ".git").read_text().removeprefix("gitdir: ").removesuffix("\n")
    return Worktree(path=str(path), branch=branch, base=base, git_dir=git_dir)


def check_out(repository: Repository, path: Path, commit: str) -> None:
    """Make a worktree of ``commit`` at ``path`` that is on no branch, for a person to look at.

    Raises:
        GitError: git refused.
    """
    with _locked(repository):
        git(str(repository.top), "worktree", "add", "--quiet", "--detach", str(path), commit)


def remember(worktree: Worktree, file: str) -> None:
    """Write down which worktree was made, whole or not at all."""
    scratch = Path(f"{file}.new")
    scratch.write_bytes(msgspec.json.encode(worktree))
    scratch.replace(file)


def remembered(file: str) -> Worktree | None:
    """The worktree that was written down; None if none was."""
    try:
        return msgspec.json.decode(Path(file).read_bytes(), type=Worktree)
    except FileNotFoundError:
        return None


def remove(repository: Repository, path: Path, *, branch: str, merged: bool) -> None:
    """Remove the worktree, and its branch if ``merged``; harmless when repeated."""
    top = str(repository.top)
    with _locked(repository):
        try:
            git(top, "worktree", "remove", "--force", "--force", str(path))
        except GitError:
            # It is gone already, or the attempt broke it.
            shutil.rmtree(path, ignore_errors=True)
            git(top, "worktree", "prune")
        if merged:
            git(top, "update-ref", "-d", branch)


@contextmanager
def _locked(repository: Repository) -> Iterator[None]:
    """One at a time among all drivers of this repository: git refuses some of several."""
    fd = os.open(repository.common / "uet.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
