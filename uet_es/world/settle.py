"""What is observed of an attempt that has ended: its outputs and what it left."""

import time
from contextlib import suppress
from typing import NamedTuple

from uet_es.events.observations import AttemptExited, AttemptLost
from uet_es.values import DurationUs, Instant
from uet_es.world import process_tree
from uet_es.world.attempt_files import AttemptFiles, size_and_digest
from uet_es.world.collect import Claim, Left, collect
from uet_es.world.git import GitError
from uet_es.world.launch import Running
from uet_es.world.site import Site

#: Bytes of output whose digest is worth no thread.
_INLINE_MAX = 65_536


class End(NamedTuple):
    """How the process of an attempt ended."""

    status: int
    took_us: DurationUs
    cpu_us: DurationUs | None


class Settlement:
    """Finds out what ended attempts of a run left."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def at_once(self, running: Running, end: End) -> AttemptExited | None:
        """What is observed, if that needs neither git nor waiting nor much reading."""
        if running.worktree or process_tree.is_left(running.pid) or running.files.is_held():
            return None
        return _exited(running, end, digest_up_to=_INLINE_MAX)

    def settle(self, running: Running, end: End) -> AttemptExited | AttemptLost:
        """Stop what is left of the attempt, commit what it changed, and take digests."""
        files = running.files
        if running.worktree or files.is_held() or process_tree.is_left(running.pid):
            process_tree.stop(running.tree, self._site.grace_s)
        began_ns = time.monotonic_ns()
        try:
            left = self._collect(running)
        except (GitError, OSError) as error:
            return AttemptLost(
                workstream=running.spec.id,
                attempt=running.attempt,
                code="E_TOOL_FAILURE",
                message=f"what it left could not be committed: {error}",
            )
        spent_us = (time.monotonic_ns() - began_ns) // 1000 if running.worktree else 0
        exited = _exited(running, end, left=left, collect_us=spent_us)
        assert exited is not None
        return exited

    def lost(self, running: Running, message: str) -> AttemptLost:
        """What is observed of an attempt that nobody saw ending; its work is kept if possible."""
        with suppress(GitError, OSError):
            self._collect(running)
        return AttemptLost(workstream=running.spec.id, attempt=running.attempt, message=message)

    def _collect(self, running: Running) -> Left:
        if running.worktree is None:
            return Left()
        spec, files = running.spec, running.files
        claim = Claim(
            writes=spec.writes,
            forbidden=spec.forbidden,
            litter=self._site.plan.scope_ignore,
            subfolder=self._site.subfolder,
        )
        message = (
            f"uet: {spec.id}, attempt {running.attempt}\n\n"
            f"Uet-Run: {self._site.run}\n"
            f"Uet-Workstream: {spec.id}\n"
            f"Uet-Attempt: {running.attempt}\n"
        )
        return collect(
            running.worktree,
            claim,
            message=message,
            ended_us=_ended_us(files),
            index=files.index,
        )


def written_end(files: AttemptFiles) -> End | None:
    """How an attempt of another driver ended, by what lies in its folder; None if it has not."""
    ending = files.ending()
    if ending is None:
        return None
    began_us = files.began_us() or ending.ended_us
    return End(ending.status, max(0, ending.ended_us - began_us), ending.cpu_us)


def _ended_us(files: AttemptFiles) -> Instant:
    """When the command ended: the same whoever asks, so that a repeated commit is the same."""
    ending = files.ending()
    return ending.ended_us if ending else files.began_us()


def _exited(
    running: Running,
    end: End,
    *,
    left: Left | None = None,
    collect_us: DurationUs = 0,
    digest_up_to: int | None = None,
) -> AttemptExited | None:
    """The observation; None if an output is longer than ``digest_up_to``."""
    left = left or Left()
    stdout_bytes, stdout_sha256 = size_and_digest(running.files.stdout, digest_up_to)
    stderr_bytes, stderr_sha256 = size_and_digest(running.files.stderr, digest_up_to)
    if digest_up_to is not None and max(stdout_bytes, stderr_bytes) > digest_up_to:
        return None
    return AttemptExited(
        workstream=running.spec.id,
        attempt=running.attempt,
        status=end.status,
        took_us=end.took_us,
        cpu_us=end.cpu_us,
        commit=left.commit,
        changed=left.changed,
        outside=left.outside,
        collect_us=collect_us,
        stdout_bytes=stdout_bytes,
        stderr_bytes=stderr_bytes,
        stdout_sha256=stdout_sha256,
        stderr_sha256=stderr_sha256,
    )
