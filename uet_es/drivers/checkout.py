"""The code as it was at an entry of a run."""

from pathlib import Path

from uet_es.drivers.place import Place
from uet_es.errors import UsageError
from uet_es.kernel import Ledger
from uet_es.world import repository, worktrees
from uet_es.world.git import git


def check_out(place: Place, ledger: Ledger, folder: Path) -> str:
    """Make ``folder`` a worktree of the integration head in the state ``ledger``; that commit.

    Raises:
        UsageError: there is something at ``folder``, no repository, or the commit is not in it.
    """
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder} exists: name a folder that does not, it will be made")
    commit = ledger.run.head
    if not commit:
        raise UsageError(f"{ledger.id} ran without a repository: there is no code to check out")
    found = repository.find(place.root)
    if found is None:
        raise UsageError(
            f"{place.root} is in no git repository: go where {ledger.id} ran, or name it with -C"
        )
    there = git(str(found.top), "cat-file", "-e", f"{commit}^{{commit}}", accepted=(0, 1, 128))
    if there.status:
        raise UsageError(
            f"the repository at {found.top} has no commit {commit[:12]}, the integration head of "
            f"{ledger.id} at entry {ledger.seq}: is it another one, or was its branch removed?"
        )
    worktrees.check_out(found, folder, commit)
    return commit
