"""One run from its plan to its end, through every driver that died on it, checked all the way."""

import random
import tempfile
from pathlib import Path

from tests.simulation.ending import check_end
from tests.simulation.judge import Judge
from tests.simulation.seeded import seeded_plan
from tests.simulation.snapshot import snapshot
from tests.simulation.storage import File, Memory
from tests.simulation.world import LyingWorld
from uet_es.aggregates.invariants import broken
from uet_es.drivers import live
from uet_es.drivers.place import find_place
from uet_es.effects import Merge, StartAttempt, StopAttempt
from uet_es.errors import TryLaterError
from uet_es.events.base import Decision
from uet_es.events.observations import DriverResumed, RetryAsked, TimePassed
from uet_es.kernel import Ledger, decide, evolve, fold, turn, wake_at
from uet_es.world import state_folder

RUN = "run-1"
#: Longer stories do not end.
GROUPS_MAX, LIVES_MAX = 1500, 200


class Crash(BaseException):
    """The driver dies here and now; nothing may catch it."""


class Driver(live.Driver):
    """The real one, in another world."""

    def __init__(self, place, log, plan, watcher, world):
        self._place, self._log, self._id, self._plan = place, log, RUN, plan
        self._watcher, self._world, self._inbox_version = watcher, world, 0
        world.inbox = self._requests


class Story:
    """A plan, a seed, a store. ``crash_at`` is the moment of the only crash, else dice say when."""

    def __init__(self, seed, folder, plan=None, *, in_file=False, crash_at=None):
        self.plan = plan or seeded_plan(seed)
        self.place = find_place(Path(folder))
        state_folder.prepare(self.place.root)
        self.storage = File(self.place.store) if in_file else Memory()
        self.storage.weather.forecast = self._forecast
        self.dice = random.Random(f"story {seed}")
        self.world = LyingWorld(self.plan, random.Random(f"world {seed}"), self._moment)
        self.world.ask, self.world.is_durable = self._ask, self._is_durable
        self.judge = Judge(self.plan)
        self.shadow = Ledger(RUN)  #: what the log says, one entry after another
        self.moments = 0  #: places passed at which a driver could have died
        self.crash_at = crash_at
        self.crashes = self.dice.choice((0, 1, 3, 10)) if crash_at is None else 0
        self.storms = self.dice.choice((0, 0, 4)) if crash_at is None else 0
        self.rivals = self.dice.choice((0, 0, 0, 2)) if crash_at is None else 0
        self.retries = 1
        self.busy = 0
        self.groups = 0
        self.lives = 0
        self.entries = []
        self.log = None

    # --- the lives of its drivers ---------------------------------------------------------------

    def tell(self):
        """Drive until the run has ended, whatever it takes; every check holds on the way."""
        while True:
            self.lives += 1
            assert self.lives < LIVES_MAX, "the run does not end"
            try:
                ledger = self._live()
            except (Crash, TryLaterError):
                continue
            if ledger.run.outcome is not None and not self._is_asked_again(ledger):
                self.compare(ledger)
                check_end(self, ledger)
                self.storage.close()
                return self

    def _live(self):
        self.world.forget()
        self.log = self.storage.opened()
        self.storage.weather.is_refused = False
        self._catch_up()
        driver = Driver(self.place, self.log, self.plan, self, self.world)
        if not self.entries:
            return driver.begin()
        ledger = fold(RUN, self.log.entries(RUN))
        self.compare(ledger)
        return driver.go_on(ledger)

    def _is_asked_again(self, ledger):
        failed = [w.id for w in ledger.workstreams.values() if w.state == "FAILED"]
        if not failed or not self.retries or self.dice.random() < 0.5:
            return False
        self.retries -= 1
        self._ask(RetryAsked(workstream=self.dice.choice(failed)))
        return True

    # --- what a watcher sees ----------------------------------------------------------------------

    def opened(self, ledger, interrupt):
        """A driver is there."""

    def written(self, ledger, entries):
        """Check everything, as nothing has been done about these entries yet."""
        self.groups += 1
        assert self.groups < GROUPS_MAX, "the run does not end"
        self._read(entries)
        assert decide(ledger) is None
        assert decide(ledger) is None
        self.compare(ledger)
        self._moment()

    def _read(self, entries):
        for entry in entries:
            if isinstance(entry.event, TimePassed):
                wake_us = wake_at(self.shadow)
                assert wake_us is not None
                assert entry.at_us >= wake_us, f"entry {entry.seq} is before {wake_us}"
            if not isinstance(entry.event, Decision):
                self._rest()
            self.judge.read(entry)
            self.world.ground.limits = self.judge.limits
            evolve(self.shadow, entry)
        self._rest()
        wake_us = wake_at(self.shadow)
        assert wake_us is None or wake_us > self.shadow.now_us
        self.entries += entries

    def _rest(self):
        """What holds after every turn."""
        problems = broken(self.shadow)
        assert not problems, f"after entry {self.shadow.seq}: {problems}"

    def compare(self, ledger):
        assert snapshot(ledger) == snapshot(self.shadow), "the fold is not the ledger"

    def _catch_up(self):
        """Read what others wrote, or what was durable before its driver knew."""
        missed = list(self.log.entries(RUN, after_seq=self.shadow.seq))
        if missed:
            self._read(missed)

    # --- bad moments ------------------------------------------------------------------------------

    def _moment(self):
        """The driver may die here."""
        self.moments += 1
        if self.crash_at is not None:
            if self.moments == self.crash_at:
                raise Crash
        elif self.crashes and self.dice.random() < 0.02:
            self.crashes -= 1
            raise Crash

    def _forecast(self):
        """What becomes of the next append."""
        self._moment()
        if self.busy:
            self.busy -= 1
            return "busy"
        if self.rivals and self.entries and self.dice.random() < 0.05:
            self.rivals -= 1
            self._overtake()
        if not self.storms or self.dice.random() > 0.05:
            return ""
        self.storms -= 1
        fate = self.dice.choice(("busy", "full", "unanswered"))
        self.busy = self.dice.randrange(6) if fate == "busy" else 0
        return fate

    def _overtake(self):
        """Another driver, whom no lock held back, takes the run and dies at once."""
        with self.storage.weather.calm():
            other = self.storage.other()
            ledger = fold(RUN, other.entries(RUN))
            if ledger.run.outcome is None:
                resumed = DriverResumed(pid=4711)
                other.append(RUN, turn(ledger, self.world.now_us(), resumed))

    def _ask(self, request):
        self.storage.other().request(RUN, request, self.world.now_us())

    def _is_durable(self, effect):
        """Whether the log calls for it, and the last append did not fail."""
        if self.storage.weather.is_refused:
            return False
        match effect:
            case StartAttempt(workstream=id, attempt=n) | StopAttempt(workstream=id, attempt=n):
                return self.shadow.workstreams[id].attempt >= n
            case Merge(workstream=id, seq=seq):
                return (self.shadow.run.merging, self.shadow.run.merge_seq) == (id, seq)
            case _:
                return True


def tell(seed, plan=None, **choices):
    """The story of ``seed``, told to its end in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="uet-sim-") as folder:
        return Story(seed, folder, plan, **choices).tell()
