"""The integration branch: the exact tree that lands is built without touching any checkout."""

import time

from uet_es.effects import Merge
from uet_es.events.observations import MergeConflicted, MergeFailed, MergeLanded
from uet_es.values import SECOND_US, DurationUs, RunId
from uet_es.world.git import GitError, git, name_text
from uet_es.world.repository import Repository


class Integration:
    """The branch ``uet/<run>``; only one thread merges."""

    def __init__(self, repository: Repository, run: RunId, store_id: str) -> None:
        self.ref = f"refs/heads/uet/{run}"
        self._top = str(repository.top)
        self._run = run
        self._store_id = store_id
        self._head = ""  #: where we left it; "" before we looked

    def open(self, base: str) -> None:
        """Make the branch at ``base``; one that is there already stays as it is.

        Raises:
            GitError: it cannot be made.
        """
        if not self._found():
            git(self._top, "update-ref", self.ref, base, "")
        self._head = self.head()

    def head(self) -> str:
        """The commit it points at.

        Raises:
            GitError: it is gone.
        """
        found = self._found()
        if not found:
            raise GitError(f"branch uet/{self._run} is gone: somebody removed it")
        return found

    def merge(self, effect: Merge) -> MergeLanded | MergeConflicted | MergeFailed:
        """Combine an attempt's commit with what has landed, and move the branch to it."""
        began_ns = time.monotonic_ns()
        try:
            return self._merge(effect, began_ns)
        except GitError as error:
            return MergeFailed(
                workstream=effect.workstream, attempt=effect.attempt, message=str(error)
            )

    def landed(self, effect: Merge) -> MergeLanded | None:
        """What came of ``effect`` if an earlier driver had done it already."""
        answer = git(
            self._top,
            *("log", "--first-parent", "--format=%H %T %(trailers:key=Uet-Entry,valueonly)"),
            *("--grep", f"^Uet-Run: {self._run}$", self.head()),
        )
        for line in answer.text.split("\n"):
            commit, _, rest = line.partition(" ")
            tree, _, entry = rest.partition(" ")
            if entry == self._entry(effect):
                return MergeLanded(
                    workstream=effect.workstream, attempt=effect.attempt, commit=commit, tree=tree
                )
        return None

    def _merge(self, effect: Merge, began_ns: int) -> MergeLanded | MergeConflicted:
        head = self.head()
        if self._head and head != self._head:
            raise GitError(
                f"branch uet/{self._run} was moved by somebody else, from {self._head} to {head}: "
                f"move it back with `git update-ref {self.ref} {self._head}` and retry"
            )
        self._head = head
        answer = git(
            self._top,
            *("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"),
            *(head, effect.commit),
            accepted=(0, 1),
        )
        tree, *collided = answer.names
        if answer.status:
            return MergeConflicted(
                workstream=effect.workstream,
                attempt=effect.attempt,
                files=tuple(sorted({name_text(name) for name in collided})),
                ours=head,
                theirs=effect.commit,
                took_us=_since(began_ns),
            )
        commit = self._commit(effect, tree.decode(), head)
        git(self._top, "update-ref", self.ref, commit, head)
        self._head = commit
        return MergeLanded(
            workstream=effect.workstream,
            attempt=effect.attempt,
            commit=commit,
            tree=tree.decode(),
            took_us=_since(began_ns),
        )

    def _commit(self, effect: Merge, tree: str, head: str) -> str:
        date = f"@{effect.at_us // SECOND_US} +0000"
        message = (
            f"uet: merge {effect.workstream}\n\n"
            f"Uet-Run: {self._run}\n"
            f"Uet-Workstream: {effect.workstream}\n"
            f"Uet-Attempt: {effect.attempt}\n"
            f"Uet-Entry: {self._entry(effect)}\n"
        )
        return git(
            self._top,
            *("commit-tree", tree, "-p", head, "-p", effect.commit),
            stdin=message.encode(),
            env={"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
        ).text

    def _entry(self, effect: Merge) -> str:
        return f"{self._store_id}/{self._run}#{effect.seq}"

    def _found(self) -> str:
        answer = git(self._top, "rev-parse", "--verify", "-q", self.ref, accepted=(0, 1))
        return answer.text


def _since(began_ns: int) -> DurationUs:
    return (time.monotonic_ns() - began_ns) // 1000
