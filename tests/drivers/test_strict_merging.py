"""Strict merging with real git: whatever finishes first, the same merges and the same tree."""

import random
from functools import cache

import pytest

from tests.builders import spec
from tests.drivers.reference import git, make_repository
from uet_es.drivers.loop import admit, drive, take
from uet_es.drivers.simulation.simulate import SimulatedWorld
from uet_es.effects import Merge, OpenIntegration, StartAttempt
from uet_es.events.decisions import MergeStarted
from uet_es.events.observations import AttemptExited, AttemptStarted, MergeLanded, PlanAccepted
from uet_es.kernel import Ledger
from uet_es.plan import Limits, Plan
from uet_es.values import SECOND_US
from uet_es.world.merges import Integration
from uet_es.world.repository import find

pytestmark = pytest.mark.slow
ORDERS = 200


def plan(order):
    """Six workstreams; two write the same file without being ordered by the plan."""
    specs = (
        spec("a", writes=("a.txt",), isolation="worktree", expected_us=3 * SECOND_US),
        spec("b", writes=("shared.txt",), isolation="worktree"),
        spec("c", writes=("c.txt",), isolation="worktree"),
        spec("d", ("a",), writes=("d.txt",), isolation="worktree"),
        spec("e", ("a", "b"), writes=("e.txt",), isolation="worktree"),
        spec("f", writes=("shared.txt",), isolation="worktree"),
    )
    return Plan(
        workstreams=specs, limits=Limits(max_workers=4, merge_order=order), base="to be filled"
    )


@cache
def blob_of(top, text):
    """The object that holds ``text``."""
    written = top / ".git" / "blob"
    written.write_text(text)
    return git(top, "hash-object", "-w", str(written))


class GitWorld(SimulatedWorld):
    """Attempts take random virtual time and commit one file; merges are git's own."""

    def __init__(self, place, base, run, dice):
        super().__init__(lambda workstream, attempt: (dice.randrange(1, 50) * SECOND_US, 0))
        self.top = place.root
        self.integration = Integration(find(place.root), run, "store")
        self.integration.open(base)
        self.head = base
        self.commits = {}

    def perform(self, effect):
        match effect:
            case StartAttempt(workstream=id, attempt=attempt):
                took_us, status = self._fate(id, attempt)
                self._later(0, AttemptStarted(workstream=id, attempt=attempt))
                commit = self.committed(id)
                exited = AttemptExited(
                    workstream=id, attempt=attempt, status=status, took_us=took_us, commit=commit
                )
                self._later(took_us, exited)
            case Merge():
                merged = self.integration.merge(effect)
                if isinstance(merged, MergeLanded):
                    self.head = merged.commit
                self._later(0, merged)
            case OpenIntegration():
                pass
            case _:
                super().perform(effect)

    def committed(self, id):
        """A commit on the integration head that appends a line to the file of ``id``."""
        file = "shared.txt" if id in "bf" else f"{id}.txt"
        before = ""
        if file == "shared.txt" and git(self.top, "ls-tree", "--name-only", self.head, file):
            before = git(self.top, "show", f"{self.head}:{file}") + "\n"
        blob = blob_of(self.top, before + id + "\n")
        entry = f"100644,{blob},{file}"
        git(self.top, "read-tree", self.head)
        git(self.top, "update-index", "--add", "--cacheinfo", entry)
        tree = git(self.top, "write-tree")
        return git(self.top, "commit-tree", tree, "-p", self.head, "-m", id)


def merged(place, base, n, order):
    """The order of merging and the final tree of run ``n``."""
    dice = random.Random(n)
    world = GitWorld(place, base, f"run-{n}", dice)
    log = []

    def write(ledger, seen):
        entries = admit(ledger, seen)
        log.extend(entries)
        return ledger, entries

    ledger = take(Ledger(f"run-{n}"), world, write, [(0, PlanAccepted(plan=plan(order)))])
    ledger = drive(ledger, world, write)
    assert ledger.run.outcome == "succeeded"
    finished = [e.event.workstream for e in log if isinstance(e.event, AttemptExited)]
    landed = [(e.event.workstream, e.event.tree) for e in log if isinstance(e.event, MergeLanded)]
    started = [e.event.workstream for e in log if isinstance(e.event, MergeStarted)]
    assert started == [id for id, _ in landed]
    return tuple(finished), tuple(landed), git(place.root, "rev-parse", f"{world.head}^{{tree}}")


def test_two_hundred_finish_orders_give_one_merge_log_and_one_tree(tmp_path):
    place = make_repository(tmp_path / "repo")
    base = git(place.root, "rev-parse", "HEAD")
    results = [merged(place, base, n, "strict") for n in range(1, ORDERS + 1)]
    assert len({finished for finished, _, _ in results}) > ORDERS // 4
    assert len({landed for _, landed, _ in results}) == 1
    assert len({tree for _, _, tree in results}) == 1


def test_merging_what_is_ready_follows_the_finishing(tmp_path):
    place = make_repository(tmp_path / "repo")
    base = git(place.root, "rev-parse", "HEAD")
    results = [merged(place, base, n, "ready") for n in range(1, 11)]
    assert len({landed for _, landed, _ in results}) > 1
