"""Are the invariants sharp enough to notice?"""

import pytest
from msgspec.structs import replace

from tests.builders import accepted, exited, lost, pause, spec, staffed, started
from tests.spec import given
from uet_es.aggregates.claims import Claims
from uet_es.aggregates.invariants import broken, startable
from uet_es.aggregates.ledger import Doom
from uet_es.plan import Limits

WORKTREE = {"isolation": "worktree"}


def busy():
    """``a`` runs, ``b`` waits for its scope, ``c`` is merged, ``d`` queues, ``z`` is PENDING."""
    limits = Limits(max_workers=4, resources={"gpu": 1})
    work = [
        spec("a", writes=("x",), resources={"gpu": 1}, expected_us=9_000_000),
        spec("b", writes=("x",)),
        spec("c", **WORKTREE),
        spec("d", **WORKTREE),
        "z after a",
    ]
    run = given(accepted(*work, limits=limits), *staffed(1, 2, 3, 4))
    return run.sees(started("a"), exited("c", commit="c"), exited("d", commit="d")).ledger


def change(ledger, id, **fields):
    ledger.workstreams[id] = replace(ledger.workstreams[id], **fields)


def change_worker(ledger, id, **fields):
    ledger.workers[id] = replace(ledger.workers[id], **fields)


def forget_limits(ledger):
    ledger.run = replace(ledger.run, limits=Limits(max_workers=1))


DAMAGE = {
    "counts": lambda run: run.counts.update(READY=0),
    "entries in streams": lambda run: run.versions.clear(),
    "predecessors": lambda run: run.unmet.update(z=9),
    "before a": lambda run: change(run, "z", state="RUNNING", step="waiting"),
    "runs beside what it may not": lambda run: change(run, "b", state="RUNNING", step="attempting"),
    "claims: writers": lambda run: run.claims.writers.clear(),
    "claims: units": lambda run: run.claims.units.update(gpu=0),
    "overdrawn": lambda run: run.claims.capacity.update(gpu=0),
    "in ready is False": lambda run: run.ready.remove("b", run.claims),
    "in ready is True": lambda run: run.ready.add("z"),
    "readiable": lambda run: run.readiable.append(0),
    "dispatch would take": lambda run: setattr(run, "claims", Claims(run.run.plan)),
    "idle workers": lambda run: run.idle.clear(),
    "live workers": lambda run: run.live.pop(1),
    "allowed": forget_limits,
    "which is attempting": lambda run: change_worker(run, 2, workstream="a"),
    "merge queue": lambda run: run.candidates.clear(),
    "is due at": lambda run: run.timers.set("attempt", "a", run.now_us),
    "doomed holds": lambda run: run.doomed.update(b=Doom(None, "asked")),
}


def test_a_run_in_full_swing_breaks_nothing():
    assert broken(busy()) == []


@pytest.mark.parametrize("words", DAMAGE)
def test_damage_is_named(words):
    ledger = busy()
    DAMAGE[words](ledger)
    assert any(words in line for line in broken(ledger)), broken(ledger)


def test_the_first_readable_one_is_checked():
    ledger = given(accepted("a", "b", "c after a")).ledger
    change(ledger, "b", state="PENDING")
    ledger.readiable.append(2)
    assert any("first readiable" in line for line in broken(ledger))


def test_a_finished_run_may_be_left_with_anything_to_do():
    run = given(accepted("a", max_workers=1), *staffed(1), exited("a"))
    run.ledger.doomed["a"] = Doom(None, "asked")
    assert broken(run.ledger) == []


def test_the_slow_way_finds_what_dispatch_would_start():
    run = given(accepted("a", "b", max_workers=2), pause(), *staffed(1, 2))
    assert startable(run.ledger) is None
    run.ledger.run = replace(run.ledger.run, paused=False)
    assert startable(run.ledger) == ("a", 1)


def test_the_slow_way_starts_nothing_beside_one_that_runs_alone():
    run = given(accepted(spec("a", alone=True), "b"), *staffed(1, 2))
    assert run.state("a") == "RUNNING attempting"
    assert startable(run.ledger) is None


def test_the_slow_way_skips_what_no_idle_worker_can_do():
    run = given(accepted("a", "b", "c"), *staffed(1, 2), lost("a"))
    assert startable(run.ledger) is None
