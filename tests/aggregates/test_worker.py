"""What does each decision make of a worker, and where may it not follow?"""

from typing import get_args

import pytest

from tests.builders import assigned, released, spawned, terminated, worker_readied, worker_recalled
from uet_es.aggregates.worker import MAY_BECOME, Worker, evolve
from uet_es.errors import KernelError
from uet_es.events import AnyWorkerDecision
from uet_es.values import WorkerState

STATES = get_args(WorkerState)
DECISIONS = [worker_readied(1), assigned(1, "a"), released(1), worker_recalled(1), terminated(1)]
#: From each state, the decisions that may follow and what they make of it.
LEADS = {
    ("SPAWNING", "worker.readied"): "IDLE",
    ("SPAWNING", "worker.terminated"): "TERMINATED",
    ("IDLE", "worker.assigned"): "BUSY",
    ("IDLE", "worker.recalled"): "DRAINING",
    ("IDLE", "worker.terminated"): "TERMINATED",
    ("BUSY", "worker.released"): "IDLE",
    ("BUSY", "worker.recalled"): "DRAINING",
    ("BUSY", "worker.terminated"): "TERMINATED",
    ("DRAINING", "worker.terminated"): "TERMINATED",
}


def tag(decision):
    return decision.__struct_config__.tag


def at(state):
    working = {"workstream": "a", "attempt": 2} if state in ("BUSY", "DRAINING") else {}
    return Worker(id=1, state=state, **working)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("decision", DECISIONS, ids=tag)
def test_a_decision_leads_where_it_may_and_nowhere_else(state, decision):
    leads = LEADS.get((state, tag(decision)))
    if leads:
        assert evolve(at(state), decision, 9).state == leads
    else:
        with pytest.raises(KernelError, match="entry 9"):
            evolve(at(state), decision, 9)


def test_the_transitions_are_the_specified_ones():
    assert {
        "SPAWNING": {"IDLE", "TERMINATED"},
        "IDLE": {"BUSY", "DRAINING", "TERMINATED"},
        "BUSY": {"IDLE", "DRAINING", "TERMINATED"},
        "DRAINING": {"TERMINATED"},
        "TERMINATED": set(),
    } == MAY_BECOME
    assert set(MAY_BECOME) == set(STATES)
    reached = {(state, leads) for (state, _), leads in LEADS.items()}
    assert reached == {(state, to) for state, tos in MAY_BECOME.items() for to in tos}
    assert {type(d) for d in [spawned(1), *DECISIONS]} == set(get_args(AnyWorkerDecision))


def test_a_new_worker_is_what_was_wanted():
    now = evolve(None, spawned(4, tools=("codex",), capabilities=("gpu",), group=1), 2)
    assert now == Worker(id=4, tools=("codex",), capabilities=("gpu",), group=1)
    assert now.is_alive


def test_a_number_is_never_used_again():
    with pytest.raises(KernelError, match="worker 1 exists already"):
        evolve(at("TERMINATED"), spawned(1), 9)


@pytest.mark.parametrize("decision", DECISIONS, ids=tag)
def test_nothing_is_decided_about_a_worker_that_was_never_wanted(decision):
    with pytest.raises(KernelError, match="never spawned"):
        evolve(None, decision, 9)


def test_it_knows_its_attempt_until_that_is_over():
    busy = evolve(at("IDLE"), assigned(1, "a", 2), 2)
    assert (busy.workstream, busy.attempt) == ("a", 2)
    assert evolve(busy, worker_recalled(1), 3).workstream == "a"
    assert evolve(busy, released(1), 3) == Worker(id=1, state="IDLE")
    gone = evolve(busy, terminated(1, "lost"), 3)
    assert (gone.workstream, gone.attempt, gone.is_alive) == (None, 0, False)
