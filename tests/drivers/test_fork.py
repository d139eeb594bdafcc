"""Forks for real: finished work is kept, the rest is done again under other limits."""

from collections import Counter

import pytest

from tests.builders import plan_of, spec
from tests.drivers.reference import git, log_is_sound, make_repository
from uet_es.aggregates.projectors import project_run, project_worker, project_workstream
from uet_es.drivers import live
from uet_es.drivers.fork import fork
from uet_es.drivers.place import find_place
from uet_es.drivers.verify import verify
from uet_es.errors import UsageError
from uet_es.events.observations import AttemptStarted, MergeLanded, RunForked, UsageReported
from uet_es.kernel import fold
from uet_es.log.store import Log
from uet_es.plan import Limits

pytestmark = pytest.mark.slow


def plan(done):
    def work(id, after=(), **fields):
        lines = (f"echo {id} > {id}.txt", f"echo {id} >> {done}")
        return spec(id, after, command=lines, writes=(f"{id}.txt",), isolation="worktree", **fields)

    return plan_of(work("a"), work("b"), work("c", ("a", "b")), work("d", ("c",)), max_workers=1)


@pytest.fixture
def ran(tmp_path):
    place = make_repository(tmp_path / "repo")
    ledger = live.run(place, plan(tmp_path / "done"))
    assert ledger.run.outcome == "succeeded"
    return place, log_is_sound(place, "run-1"), tmp_path / "done"


def first_end(entries, kind):
    """The seq of the end of the turn in which ``kind`` was first seen."""
    at = next(n for n, e in enumerate(entries) if isinstance(e.event, kind))
    return next(
        e.seq for e in entries[at:] if e.seq == len(entries) or entries[e.seq].turn != e.turn
    )


def test_a_fork_keeps_what_had_landed_and_does_the_rest_under_its_own_limits(ran):
    place, entries, done = ran
    at = first_end(entries, MergeLanded)
    before = git(
        place.root, "for-each-ref", "refs/heads/uet/run-1", "refs/heads/uet-attempts/run-1"
    )
    ledger = fork(place, "run-1", at, Limits(max_workers=3))
    assert ledger.id == "run-2"
    assert ledger.run.outcome == "succeeded"
    assert ledger.run.limits.max_workers == 3
    again = Counter(done.read_text().split())
    assert again == {"a": 1, "b": 2, "c": 2, "d": 2}
    tree = git(place.root, "rev-parse", "uet/run-2^{tree}")
    assert tree == git(place.root, "rev-parse", "uet/run-1^{tree}")
    assert log_is_sound(place, "run-1") == entries
    after = git(place.root, "for-each-ref", "refs/heads/uet/run-1", "refs/heads/uet-attempts/run-1")
    assert after == before
    assert git(place.root, "rev-parse", f"refs/uet/run-2/{at}")


def test_the_history_of_a_fork_is_the_parents_and_then_its_own(ran):
    place, entries, _ = ran
    at = first_end(entries, MergeLanded)
    ledger = fork(place, "run-1", at)
    joined = log_is_sound(place, "run-2")
    assert joined[:at] == entries[:at]
    assert isinstance(joined[at].event, RunForked)
    assert [e.seq for e in joined] == list(range(1, len(joined) + 1))
    assert all(e.stream.startswith("run-2") for e in joined[at:])
    assert verify("run-2", joined) is None
    with Log.open(place.store) as log:
        assert len(list(log.rows(run="run-2"))) == len(joined) - at
        assert log.get("run-2", project_run) == ledger.run
        for id, workstream in ledger.workstreams.items():
            assert log.get(f"run-2/ws/{id}", project_workstream) == workstream
        for id, worker in ledger.workers.items():
            assert log.get(f"run-2/worker/{id}", project_worker) == worker


def test_a_fork_of_a_fork_goes_on_from_there(ran):
    place, entries, _ = ran
    fork(place, "run-1", first_end(entries, MergeLanded))
    joined = log_is_sound(place, "run-2")
    second = [e.seq for e in joined if isinstance(e.event, MergeLanded)][1]
    at = next(e.seq for e in joined[second:] if joined[e.seq].turn != e.turn)
    ledger = fork(place, "run-2", at)
    assert ledger.id == "run-3"
    assert ledger.run.outcome == "succeeded"
    assert fold("run-3", log_is_sound(place, "run-3")).run == ledger.run


def test_an_attempt_that_runs_at_the_fork_is_made_anew_without_being_counted(ran):
    place, entries, _ = ran
    at = first_end(entries, AttemptStarted)
    ledger = fork(place, "run-1", at)
    assert ledger.run.outcome == "succeeded"
    assert (ledger.workstreams["a"].attempt, ledger.workstreams["a"].counted) == (2, 0)


def test_a_fork_spends_nothing_of_what_its_parent_spent(tmp_path):
    place = find_place(tmp_path)
    usage = '{"type":"usage","model":"m","input_tokens":10}'
    ledger = live.run(
        place,
        plan_of(
            spec("a", command=(f"echo '{usage}' >> $UET_SIGNALS",)),
            spec("b", ("a",), command=("true",)),
            prices={"m": {"input": "1", "output": "1"}},
        ),
    )
    entries = log_is_sound(place, "run-1")
    at = first_end(entries, UsageReported)
    child = fork(place, "run-1", at)
    assert (ledger.run.cost_nanousd, child.run.inherited_nanousd) == (10_000, 10_000)
    assert child.run.cost_nanousd == 10_000  # its attempt ran at the fork, and ran again


def test_where_a_run_cannot_be_forked_is_said_with_where_it_can(ran):
    place, entries, _ = ran
    inside = next(e.seq for e in entries if entries[e.seq - 1].turn == entries[e.seq].turn)
    with pytest.raises(UsageError, match="inside the turn of entries 1 to"):
        fork(place, "run-1", inside)
    with pytest.raises(UsageError, match="has entries 1 to"):
        fork(place, "run-1", 10_000)
    with pytest.raises(UsageError, match="there is no run run-9"):
        fork(place, "run-9", 1)
    with Log.open(place.store) as log:
        assert log.runs() == ("run-1",)
