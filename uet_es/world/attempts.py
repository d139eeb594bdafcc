"""Attempts from the effect that asks for one to the observation that ends it."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from uet_es.effects import StartAttempt
from uet_es.events.observations import (
    AttemptExited,
    AttemptLost,
    AttemptStarted,
    AttemptUnstarted,
    WorktreePrepared,
)
from uet_es.values import WorkstreamId
from uet_es.world import process_tree, worktrees
from uet_es.world.git import GitError
from uet_es.world.launch import Launcher, Running
from uet_es.world.merges import Integration
from uet_es.world.news import Arrival, News
from uet_es.world.prices import PriceList
from uet_es.world.reaper import Ended, Reaper
from uet_es.world.settle import End, Settlement, written_end
from uet_es.world.site import Site
from uet_es.world.tails import Tails

#: Threads that wait for git and for disks; more than cores, because they mostly wait.
_THREADS = 2 * (os.cpu_count() or 1) + 2
_STOPPED = -15

_Key = tuple[WorkstreamId, int]


class Attempts:
    """All attempts of a run that this driver started or took over."""

    def __init__(
        self, site: Site, integration: Integration | None, news: News, reaper: Reaper[Running]
    ) -> None:
        self.tails = Tails(PriceList(site.plan.prices, site.plan.price_table))
        self.pool = ThreadPoolExecutor(_THREADS, "uet-world")
        self._site = site
        self._specs = {spec.id: spec for spec in site.plan.workstreams}
        self._integration = integration
        self._news = news
        self._reaper = reaper
        self._launcher = Launcher(site)
        self._settlement = Settlement(site)
        self._running: dict[_Key, Running] = {}
        self._adopted: dict[_Key, Running] = {}  #: of these, the ones that are not our children
        self._stops: list[threading.Thread] = []

    @property
    def has_adopted(self) -> bool:
        """Whether there are attempts of which only ``poll`` tells the end."""
        return bool(self._adopted)

    def start(self, effect: StartAttempt) -> None:
        """Begin an attempt; with a worktree, once that stands."""
        running = self._running_of(effect)
        self._running[effect.workstream, effect.attempt] = running
        try:
            running.files.make()
        except OSError as error:
            self._unstarted(running, str(error))
            return
        if running.spec.isolation == "worktree":
            self._news.later(self.pool, partial(self._prepare, running))
        else:
            self._launch(running)

    def stop(self, workstream: WorkstreamId, attempt: int) -> None:
        """Ask a running attempt to end, then end it; in a thread of its own."""
        running = self._running.get((workstream, attempt))
        if running is None or running.stopped:
            return
        running.stopped = True
        if running.pid or (workstream, attempt) in self._adopted:
            thread = threading.Thread(
                target=process_tree.stop, args=(running.tree, self._site.grace_s), daemon=True
            )
            thread.start()
            self._stops.append(thread)

    def ended(self, ended: Ended[Running]) -> None:
        """Tell what became of a child; in a thread if that takes time."""
        running = ended.of
        took_us = (time.monotonic_ns() - running.began_ns) // 1000
        end = End(ended.status, took_us, ended.cpu_us)
        exited = self._settlement.at_once(running, end)
        if exited is None:
            self._news.later(self.pool, partial(self._settle, running, end))
        else:
            self._gone(running, exited)

    def recover(self, effect: StartAttempt, *, known: bool) -> None:
        """Find out what became of a dead driver's attempt; ``known`` if it was seen starting."""
        running = self._running_of(effect)
        running.worktree = worktrees.remembered(running.files.worktree)
        self.tails.follow(running.spec.id, running.attempt, running.files.signals)
        # Asked in this order: a lock that is free stays free, and then so does what is written.
        is_held = running.files.is_held()
        end = written_end(running.files)
        if is_held:
            running.pid = process_tree.shim_of(running.tree)
        if (is_held or end) and not known:
            self._was_started(running)
        if end:
            self._gone(running, self._settlement.settle(running, end))
        elif is_held:
            key = (running.spec.id, running.attempt)
            self._running[key] = self._adopted[key] = running
        else:
            self._gone(running, self._settlement.lost(running, "it died with its driver"))

    def poll(self) -> None:
        """Read signals, and look whether attempts of another driver have ended."""
        for workstream in dict.fromkeys(workstream for workstream, _ in self._running):
            for signal in self.tails.read(workstream):
                self._news.saw(signal)
        for key, running in list(self._adopted.items()):
            is_held = running.files.is_held()
            end = written_end(running.files)
            if end or not is_held:
                del self._adopted[key]
            if end:
                self._news.later(self.pool, partial(self._settle, running, end))
            elif not is_held:
                self._gone(running, self._settlement.lost(running, "it ended without a status"))

    def close(self, *, leave_running: bool) -> None:
        """Wait for what was begun; what runs goes on, or is stopped first."""
        if not leave_running:
            for workstream, attempt in self._running:
                self.stop(workstream, attempt)
        for thread in self._stops:
            thread.join()
        self.pool.shutdown()

    def _running_of(self, effect: StartAttempt) -> Running:
        files = self._site.files(effect.workstream, effect.attempt)
        return Running(self._specs[effect.workstream], effect, files)

    def _prepare(self, running: Running) -> Arrival:
        began_ns = time.monotonic_ns()
        workstream, attempt = running.spec.id, running.attempt
        if self._site.repository is None or self._integration is None:
            return partial(self._unstarted, running, "a worktree needs a git repository")
        try:
            worktree = worktrees.prepare(
                self._site.repository,
                self._site.worktree_path(workstream, attempt),
                branch=self._site.branch(workstream, attempt),
                base=self._integration.head(),
            )
            worktrees.remember(worktree, running.files.worktree)
        except (GitError, OSError) as error:
            return partial(self._unstarted, running, str(error))
        running.worktree = worktree
        took_us = (time.monotonic_ns() - began_ns) // 1000
        return partial(
            self._prepared,
            running,
            WorktreePrepared(
                workstream=workstream, attempt=attempt, base=worktree.base, took_us=took_us
            ),
        )

    def _prepared(self, running: Running, prepared: WorktreePrepared) -> None:
        self._news.saw(prepared)
        if running.stopped:
            workstream, attempt = running.spec.id, running.attempt
            self._gone(
                running, AttemptExited(workstream=workstream, attempt=attempt, status=_STOPPED)
            )
        else:
            self._launch(running)

    def _launch(self, running: Running) -> None:
        running.began_ns = time.monotonic_ns()
        workstream, attempt = running.spec.id, running.attempt
        try:
            running.pid = self._launcher.launch(running)
        except (LookupError, OSError, ValueError) as error:
            self._unstarted(running, str(error))
            return
        self._reaper.watch(running.pid, running)
        self.tails.follow(workstream, attempt, running.files.signals)
        self._news.saw(AttemptStarted(workstream=workstream, attempt=attempt, pid=running.pid))

    def _was_started(self, running: Running) -> None:
        workstream, attempt = running.spec.id, running.attempt
        if running.worktree:
            base = running.worktree.base
            self._news.saw(WorktreePrepared(workstream=workstream, attempt=attempt, base=base))
        self._news.saw(AttemptStarted(workstream=workstream, attempt=attempt, pid=running.pid))

    def _unstarted(self, running: Running, message: str) -> None:
        workstream, attempt = running.spec.id, running.attempt
        self._running.pop((workstream, attempt), None)
        self._news.saw(AttemptUnstarted(workstream=workstream, attempt=attempt, message=message))

    def _settle(self, running: Running, end: End) -> Arrival:
        return partial(self._gone, running, self._settlement.settle(running, end))

    def _gone(self, running: Running, last: AttemptExited | AttemptLost) -> None:
        for signal in self.tails.read(running.spec.id, ended=running.attempt):
            self._news.saw(signal)
        self._news.saw(last)
        self._running.pop((running.spec.id, running.attempt), None)
