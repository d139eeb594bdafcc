"""What is really so: processes, worktrees and the integration branch, whatever anybody was told."""

from dataclasses import dataclass, field

from tests.simulation.excludes import clashing, overdrawn
from uet_es.events.observations import AttemptExited, AttemptLost
from uet_es.values import SECOND_US


@dataclass
class Process:
    """One execution of an attempt."""

    workstream: str
    attempt: int
    worker: int
    began_us: int
    ends_us: int
    status: int = 0
    is_lost: bool = False  #: it leaves no status
    commit: str = ""
    outside: tuple = ()
    signals: list = field(default_factory=list)  #: (instant, what it wrote), in order

    def ending(self):
        """What can be seen of it once it has ended."""
        if self.is_lost:
            return AttemptLost(workstream=self.workstream, attempt=self.attempt)
        return AttemptExited(
            workstream=self.workstream,
            attempt=self.attempt,
            status=self.status,
            took_us=self.ends_us - self.began_us,
            commit=self.commit,
            outside=self.outside,
        )


class Ground:
    """Refuses, by an assertion, whatever must not really happen."""

    def __init__(self, plan):
        self.limits = plan.limits  #: as people changed them
        self.specs = {w.id: w for w in plan.workstreams}
        self.clashes = clashing(plan)
        self.processes = {}
        self.landed = {}  #: workstream → seq of the decision that was carried out
        self.worktrees = set()

    def running(self, now_us):
        return [p for p in self.processes.values() if p.ends_us > now_us]

    def start(self, process):
        """A process begins."""
        id, key = process.workstream, (process.workstream, process.attempt)
        spec, now_us = self.specs[id], process.began_us
        beside = [p.workstream for p in self.running(now_us)]
        assert key not in self.processes, f"attempt {key} is executed a second time"
        assert id not in self.landed, f"{id} has landed and is executed again"
        assert id not in beside, f"two attempts of {id} run at once"
        executed = any(p.workstream == id for p in self.processes.values())
        assert not (spec.once and executed), f"{id} is executed more than once"
        for other in beside:
            assert frozenset((id, other)) not in self.clashes, f"{id} really runs beside {other}"
            alone = spec.alone or self.specs[other].alone
            assert not alone, f"{id} and {other} run together, and one wants to be alone"
        others = [self.specs[other] for other in beside]
        pools = overdrawn(spec, others, self.limits)
        assert not pools, f"{pools} are really overdrawn by {[id, *beside]}"
        assert len(beside) < self.limits.max_workers, f"{[id, *beside]} are too many"
        self.processes[key] = process
        if spec.isolation == "worktree":
            self.worktrees.add(key)

    def stop(self, key, now_us):
        """Whether it runs and is made to end: soon, though it may be done before."""
        process = self.processes.get(key)
        if process is None or process.ends_us <= now_us:
            return False
        if process.ends_us > now_us + SECOND_US:
            process.ends_us, process.status, process.is_lost = now_us + SECOND_US, -15, False
        return True

    def kill(self, now_us, worker=None):
        """The power goes, or one worker: what ran ends without a word."""
        killed = [p for p in self.running(now_us) if worker in (None, p.worker)]
        for process in killed:
            process.ends_us, process.is_lost = now_us, True
        return killed

    def land(self, effect):
        """Its commit is on the integration branch from now on."""
        id = effect.workstream
        assert id not in self.landed, f"{id} is merged twice"
        process = self.processes[id, effect.attempt]
        assert process.commit == effect.commit, f"{id}: {effect.commit} is not what it made"
        assert not process.status, f"{id}: a failed attempt is merged"
        self.landed[id] = effect.seq

    def remove(self, effect, now_us):
        """Its worktree goes: not while it works, nor before its work is where it belongs."""
        key = (effect.workstream, effect.attempt)
        process = self.processes.get(key)
        if process is not None:
            assert process.ends_us <= now_us, f"the worktree of {key} goes while it works"
            if effect.merged and process.commit:
                assert effect.workstream in self.landed, f"{key} goes before it is merged"
        self.worktrees.discard(key)
