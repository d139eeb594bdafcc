"""What an attempt left in its worktree: committed on its branch and compared with its claims."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from uet_es.scopes import covers
from uet_es.values import Instant
from uet_es.world.git import GitError, git, name_text
from uet_es.world.worktrees import Worktree


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt may change; patterns are seen from the folder it runs in."""

    writes: tuple[str, ...]
    forbidden: tuple[str, ...] = ()
    litter: tuple[str, ...] = ()  #: never committed, never judged
    subfolder: str = ""  #: of the worktree, where it runs; "" is the top


class Left(NamedTuple):
    """What it changed."""

    commit: str = ""  #: "" if nothing changed
    changed: int = 0
    outside: tuple[str, ...] = ()


def collect(
    worktree: Worktree, claim: Claim, *, message: str, ended_us: Instant, index: str
) -> Left:
    """Commit what the attempt left and compare it with ``claim``.

    The attempt's own commits are kept. Repeated, it finds its own commit and answers the same.
    ``index`` names a scratch file: git's own one may be locked or broken by the attempt.

    Raises:
        GitError: the worktree is gone or broken.
    """
    env = worktree.env | {"GIT_INDEX_FILE": index}
    parent = _parent(worktree)
    tree, nested = _tree(worktree, claim, parent=parent, env=env)
    parent_tree, base_tree = git(
        worktree.path, "rev-parse", f"{parent}^{{tree}}", f"{worktree.base}^{{tree}}", env=env
    ).text.split()
    if tree == base_tree:
        return Left(outside=nested)
    commit = parent
    if tree != parent_tree:
        date = f"@{ended_us // 1_000_000} +0000"
        commit = git(
            worktree.path,
            *("commit-tree", tree, "-p", parent),
            stdin=message.encode(),
            env=env | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
        ).text
    git(worktree.path, "update-ref", worktree.branch, commit, env=env)
    # The worktree then shows as clean to whoever looks into it.
    Path(index).replace(f"{worktree.git_dir}/index")
    changed = git(
        worktree.path,
        *("diff-tree", "-r", "-z", "--name-only", "--no-renames", worktree.base, commit),
        env=env,
    ).names
    return Left(commit, len(changed), tuple(sorted((*nested, *_outside(changed, claim)))))


def _parent(worktree: Worktree) -> str:
    """What the attempt committed itself, if that continues what it was given."""
    found = git(
        worktree.path,
        *("rev-parse", "--verify", "-q", "HEAD^{commit}"),
        env=worktree.env,
        accepted=(0, 1, 128),
    )
    if found.status or found.text == worktree.base:
        return worktree.base
    continues = git(
        worktree.path,
        *("merge-base", "--is-ancestor", worktree.base, found.text),
        env=worktree.env,
        accepted=(0, 1),
    )
    return worktree.base if continues.status else found.text


def _tree(
    worktree: Worktree, claim: Claim, *, parent: str, env: dict[str, str]
) -> tuple[str, tuple[str, ...]]:
    """The tree of everything there but litter, and repositories inside it that git cannot hold."""
    try:
        # git's own index knows which files it has seen: without it every file is read again.
        shutil.copyfile(f"{worktree.git_dir}/index", env["GIT_INDEX_FILE"])
        return _staged(worktree, claim, env)
    except (GitError, OSError):
        # The attempt left it unmerged or broken.
        Path(env["GIT_INDEX_FILE"]).unlink(missing_ok=True)
        git(worktree.path, "read-tree", parent, env=env)
        return _staged(worktree, claim, env)


def _staged(worktree: Worktree, claim: Claim, env: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    touched = git(
        worktree.path,
        *("ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard"),
        env=env,
    ).names
    kept = [name for name in sorted(set(touched)) if not _is_any(claim.litter, _seen(name, claim))]
    nested = tuple(_seen(name, claim) for name in kept if name.endswith(b"/"))
    listed = b"".join(name + b"\0" for name in kept if not name.endswith(b"/"))
    if listed:
        git(
            worktree.path,
            *("update-index", "-z", "--add", "--remove", "--replace", "--stdin"),
            stdin=listed,
            env=env,
        )
    return git(worktree.path, "write-tree", env=env).text, nested


def _outside(changed: Sequence[bytes], claim: Claim) -> list[str]:
    names = [_seen(name, claim) for name in changed]
    return [
        name
        for name in names
        if not _is_any(claim.litter, name)
        and (
            name.startswith("../")
            or not _is_any(claim.writes, name)
            or _is_any(claim.forbidden, name)
        )
    ]


def _seen(name: bytes, claim: Claim) -> str:
    """The file as the attempt sees it from where it runs."""
    text = name_text(name)
    return os.path.relpath(text, claim.subfolder) if claim.subfolder else text


def _is_any(patterns: Sequence[str], name: str) -> bool:
    return any(covers(pattern, name) for pattern in patterns)
