"""Where a run takes place on this machine."""

from pathlib import Path

import msgspec

from uet_es.plan import Plan
from uet_es.values import RunId, WorkstreamId
from uet_es.world.attempt_files import AttemptFiles
from uet_es.world.repository import Repository


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What all attempts of a run have in common; every path is absolute and without links."""

    run: RunId
    plan: Plan
    root: Path  #: where uet was started: attempts see files from here
    state: Path  #: the ``.uet`` folder
    repository: Repository | None
    grace_s: float  #: how long an attempt has to end when it is asked to

    @property
    def subfolder(self) -> str:
        """Where attempts run inside their worktree; "" is its top."""
        if self.repository is None or self.root == self.repository.top:
            return ""
        return self.root.relative_to(self.repository.top).as_posix()

    def files(self, workstream: WorkstreamId, attempt: int) -> AttemptFiles:
        """The files of an attempt."""
        return AttemptFiles(f"{self.state}/runs/{self.run}/{workstream}/{attempt}")

    def worktree_path(self, workstream: WorkstreamId, attempt: int) -> Path:
        """Where an attempt has its worktree."""
        return self.state / "worktrees" / self.run / f"{workstream}.{attempt}"

    def branch(self, workstream: WorkstreamId, attempt: int) -> str:
        """The full name of an attempt's branch."""
        return f"refs/heads/uet-attempts/{self.run}/{workstream}.{attempt}"
