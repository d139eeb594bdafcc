"""Workers of several sorts, where the limits allow fewer than there are needs."""

from tests.builders import accepted, exited, lost_worker, pause, spec, staffed, started
from tests.spec import given
from uet_es.plan import WorkerGroup


def sorts(*tools):
    return tuple(WorkerGroup(count=1, tools=(tool,)) for tool in tools)


def churned(run, turns=9):
    """Workers come as soon as they are wanted; how many were ever wanted."""
    for _ in range(turns):
        coming = [w.id for w in run.ledger.workers.values() if w.state == "SPAWNING"]
        if not coming:
            break
        run.sees(*staffed(*coming))
    return len(run.ledger.workers)


def test_the_place_of_a_recalled_worker_goes_to_the_one_that_is_needed():
    work = [spec("a", tool="x"), spec("b", tool="y"), spec("c", ("a",), tool="z")]
    run = given(accepted(*work, "d after c", workers=sorts("x", "y", "z", "shell")))
    run.sees(*staffed(1, 2), exited("a"))
    churned(run)
    assert run.state("c") == "RUNNING attempting"


def test_the_last_work_gets_the_worker_it_needs():
    work = [spec("a", tool="x"), spec("b", tool="y"), spec("c", ("a", "b"), tool="z")]
    run = given(accepted(*work, workers=sorts("x", "y", "z")), *staffed(1, 2))
    run.sees(exited("a"), exited("b"))
    churned(run)
    assert run.state("c") == "RUNNING attempting"


def test_a_lost_worker_is_replaced_as_long_as_only_it_can_do_what_is_left():
    work = [spec("a", tool="x"), spec("b", ("a",), tool="y")]
    run = given(accepted(*work, max_workers=4, workers=sorts("x", "y")), *staffed(1))
    run.sees(exited("a"), lost_worker(2))
    churned(run)
    assert run.state("b") == "RUNNING attempting"


def test_a_paused_run_exchanges_nobody():
    work = [spec("a", tool="x"), spec("b", tool="y")]
    run = given(accepted(*work, max_workers=1, workers=sorts("x", "y")), pause())
    assert churned(run) == 1


def test_beside_one_that_runs_alone_nobody_is_exchanged():
    work = [spec("a", tool="x", alone=True, order=-1), spec("b", tool="y"), spec("c", tool="z")]
    run = given(accepted(*work, workers=sorts("x", "y", "z")), *staffed(1), started("a"))
    assert churned(run) == 2


def test_for_work_that_nobody_can_do_nobody_is_exchanged():
    work = [spec("a", tool="x"), spec("b", tool="y")]
    run = given(accepted(*work, workers=sorts("x"), max_workers=1), *staffed(1), exited("a"))
    assert churned(run) == 1
