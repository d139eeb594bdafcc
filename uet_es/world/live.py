"""The live world: real processes, a real repository, real people."""

import os
import time
from collections.abc import Callable, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import assert_never

from uet_es.effects import (
    AnyEffect,
    Merge,
    OpenIntegration,
    RemoveWorktree,
    StartAttempt,
    StartWorker,
    StopAttempt,
    StopWorker,
)
from uet_es.events.observations import AnyRequest, DriverInterrupted, TimePassed, WorkerStarted
from uet_es.plan import Plan
from uet_es.values import Instant, RunId, WorkstreamId
from uet_es.world import worktrees
from uet_es.world.attempts import Attempts
from uet_es.world.git import GitError
from uet_es.world.launch import Running
from uet_es.world.merges import Integration
from uet_es.world.news import Arrival, News, Seen, now_us
from uet_es.world.reaper import Reaper
from uet_es.world.repository import find
from uet_es.world.site import Site

#: How soon a line of a signals file, or a request of a person, is noticed.
_POLL_S = 0.2
#: How soon the end of an attempt is noticed that another driver started.
_ADOPTED_POLL_S = 0.1


class LiveWorld:
    """The world of a real run on this machine. One thread calls it; ``interrupt`` may be any."""

    def __init__(
        self,
        *,
        run: RunId,
        plan: Plan,
        root: Path,
        state: Path,
        repository: Path | None,
        store_id: str,
        inbox: Callable[[], Sequence[AnyRequest]],
        grace_s: float = 2.0,
    ) -> None:
        """Start nothing yet.

        ``state`` is the ``.uet`` folder, ``inbox`` returns requests that it has not returned
        before, and ``grace_s`` is how long attempts have to end when they are asked to.
        """
        site = Site(
            run=run,
            plan=plan,
            root=root.resolve(),
            state=state.resolve(),
            repository=find(repository.resolve()) if repository else None,
            grace_s=grace_s,
        )
        self._site = site
        self._inbox = inbox
        self._integration = Integration(site.repository, run, store_id) if site.repository else None
        self._reaper: Reaper[Running] = Reaper()
        self._news = News(self._reaper.wake)
        self._attempts = Attempts(site, self._integration, self._news, self._reaper)
        #: One thread, so that merges happen in the order in which they were asked for.
        self._merger = ThreadPoolExecutor(1, "uet-merge")
        self._poll_at = 0.0

    @property
    def pid(self) -> int:
        """Of this process: who drives."""
        return os.getpid()

    def now_us(self) -> Instant:
        """The wall clock."""
        return now_us()

    def wait(self, until_us: Instant | None) -> Seen:
        """Everything that has happened since, or ``time.passed`` when ``until_us`` has come."""
        while True:
            self._poll_when_due()
            for ended in self._reaper.wait(self._patience_s(until_us)):
                self._attempts.ended(ended)
            if seen := self._news.taken():
                return seen
            if until_us is not None and now_us() >= until_us:
                return [(now_us(), TimePassed())]

    def perform(self, effect: AnyEffect) -> None:
        """Begin ``effect`` and return at once; what comes of it is returned by ``wait``.

        Raises:
            GitError: the integration branch cannot be made.
        """
        match effect:
            case StartAttempt():
                self._attempts.start(effect)
            case StartWorker(worker=worker):
                self._news.saw(WorkerStarted(worker=worker))
            case StopWorker():
                pass  # A local worker is a place among ``max_workers`` and nothing else.
            case StopAttempt(workstream=workstream, attempt=attempt):
                self._attempts.stop(workstream, attempt)
            case Merge():
                self._news.later(self._merger, partial(self._merge, effect))
            case RemoveWorktree():
                self._news.later(self._attempts.pool, partial(self._remove_worktree, effect))
            case OpenIntegration(base=base):
                if self._integration and base:
                    self._integration.open(base)
            case _:
                assert_never(effect)

    def reconcile(
        self, doubtful: Sequence[AnyEffect], started: Container[tuple[WorkstreamId, int]]
    ) -> Seen:
        """What is known of effects that a dead driver asked for and saw no answer to.

        ``started`` holds the attempts that were seen starting. Effects of which nothing is
        known are performed again, except that no attempt is ever started again.
        """
        for effect in doubtful:
            match effect:
                case StartAttempt(workstream=workstream, attempt=attempt):
                    self._attempts.recover(effect, known=(workstream, attempt) in started)
                case Merge() if self._integration and (landed := self._integration.landed(effect)):
                    self._news.saw(landed)
                case _:
                    self.perform(effect)
        return self._news.taken()

    def interrupt(self, signal: int) -> None:
        """Make ``wait`` return ``driver.interrupted``; safe where signals are received."""
        self._news.arrive(partial(self._news.saw, DriverInterrupted(signal=signal)))

    def track(self, workstream: WorkstreamId, attempt: int, offset: int) -> None:
        """Follow the signals of an attempt from where an earlier driver had read to."""
        path = self._site.files(workstream, attempt).signals
        self._attempts.tails.follow(workstream, attempt, path, offset)

    def has_worktree(self, workstream: WorkstreamId, attempt: int) -> bool:
        """Whether an attempt's worktree is still there."""
        return self._site.worktree_path(workstream, attempt).exists()

    def close(self, *, leave_running: bool) -> None:
        """Let go of everything; what runs goes on, or is stopped first."""
        self._attempts.close(leave_running=leave_running)
        self._merger.shutdown()
        self._reaper.close()

    def _merge(self, effect: Merge) -> Arrival:
        assert self._integration is not None
        return partial(self._news.saw, self._integration.merge(effect))

    def _remove_worktree(self, effect: RemoveWorktree) -> Arrival:
        site, workstream, attempt = self._site, effect.workstream, effect.attempt
        if site.repository is not None:
            # Never answered: what stands in its way is found as a leftover later.
            with suppress(GitError, OSError):
                worktrees.remove(
                    site.repository,
                    site.worktree_path(workstream, attempt),
                    branch=site.branch(workstream, attempt),
                    merged=effect.merged,
                )
        return _nothing

    def _poll_when_due(self) -> None:
        now = time.monotonic()
        if now < self._poll_at:
            return
        self._poll_at = now + (_ADOPTED_POLL_S if self._attempts.has_adopted else _POLL_S)
        for request in self._inbox():
            self._news.saw(request)
        self._attempts.poll()

    def _patience_s(self, until_us: Instant | None) -> float:
        if not self._news.is_empty:
            return 0
        patience_s = self._poll_at - time.monotonic()
        if until_us is not None:
            patience_s = min(patience_s, (until_us - now_us()) / 1_000_000)
        return max(0, patience_s)


def _nothing() -> None:
    """What is left to do when nothing is."""
