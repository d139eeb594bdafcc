"""Does an idle worker stand in the place of one that is needed?"""

from msgspec.structs import replace

from tests.builders import (
    accepted,
    completed,
    exited,
    readied,
    released,
    spec,
    staffed,
    started,
    terminated,
    worker_recalled,
)
from tests.spec import given
from uet_es.kernel import fold
from uet_es.plan import WorkerGroup
from uet_es.policies.exchange import propose


def sorts(*tools):
    return tuple(WorkerGroup(count=1, tools=(tool,)) for tool in tools)


def shell_is_done():
    """The only worker there may be serves the shell; what is ready needs another one."""
    work = ["a", spec("b", ("a",), tool="codex")]
    run = given(accepted(*work, max_workers=1, workers=sorts("shell", "codex")), *staffed(1))
    return run.sees(started("a"), exited("a"))


def before_exchange():
    run = shell_is_done()
    place = [e.event for e in run.entries].index(worker_recalled(1))
    ledger = fold("run-1", run.entries[:place])
    return ledger, ledger.run.limits


def test_whoever_is_idle_goes_when_only_another_sort_can_do_what_is_ready():
    decided = shell_is_done().decided
    assert decided[:3] == [completed("a"), released(1), readied("b")]
    assert decided[3:5] == [worker_recalled(1), terminated(1, "drained")]


def test_the_lowest_idle_worker_goes():
    ledger, limits = before_exchange()
    assert propose(ledger, limits) == worker_recalled(1)


def test_nobody_goes_while_another_observation_is_still_to_come():
    ledger, limits = before_exchange()
    ledger.followed = True
    assert propose(ledger, limits) is None


def test_nobody_is_exchanged_while_the_run_drains():
    ledger, limits = before_exchange()
    ledger.run = replace(ledger.run, interrupts=1)
    assert propose(ledger, limits) is None


def test_nobody_goes_while_there_is_room_for_one_more():
    ledger, limits = before_exchange()
    assert propose(ledger, replace(limits, max_workers=2)) is None


def test_nobody_goes_while_one_that_can_do_it_is_there_or_on_its_way():
    ledger, limits = before_exchange()
    ledger.live_by_group[1] = 1
    assert propose(ledger, limits) is None


def test_nobody_goes_from_work():
    work = ["a", spec("b", tool="codex")]
    run = given(accepted(*work, max_workers=1, workers=sorts("shell", "codex")), *staffed(1))
    assert [run.state(id) for id in "ab"] == ["RUNNING attempting", "READY"]
    assert run.ledger.workers[1].state == "BUSY"


def test_nobody_goes_for_work_that_may_not_start_anyway():
    work = [
        spec("a", tool="x"),
        spec("b", tool="y", writes=("f",)),
        spec("c", tool="z", writes=("f",)),
    ]
    run = given(accepted(*work, workers=sorts("x", "y", "z")), *staffed(1, 2), exited("a"))
    run.decides(completed("a"), released(1))
    assert run.state("c") == "READY"
