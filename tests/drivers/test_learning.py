"""What a log teaches: simulated from its own model, it must come out as it was."""

import random
from functools import cache

import pytest
from msgspec.structs import replace

from tests.builders import plan_of, random_plan, spec
from uet_es.drivers.simulation.durations import Fate, Machine, Model, Setup, Usual
from uet_es.drivers.simulation.learning import history_of, learn
from uet_es.drivers.simulation.recorded import recorded
from uet_es.drivers.simulation.simulate import resume_simulated, simulate
from uet_es.drivers.simulation.solution import solved
from uet_es.events.observations import AttemptExited, AttemptStarted
from uet_es.kernel import fold

ENGINE = Machine(turn_us=2000, launch_us=1500, settle_us=700)
SEEDS = 60


def run(plan, model):
    entries = []
    simulate(plan, model, entries.extend)
    return entries


@cache
def told(seed, machine, computing):
    """A random plan and the log of a simulated run of it; attempts do random things."""
    plan = random_plan(seed)
    dice = random.Random(seed)

    def short():
        return dice.randrange(1000, 30_000)

    def fate(isolated):
        took_us = dice.randrange(100_000, 9_000_000)
        cpu_us = int(took_us * dice.choice((0, 0.3, 0.7, 1))) if computing else 0
        plain = Fate(took_us, int(dice.random() < 0.2), cpu_us)
        if not isolated:
            return plain
        return plain._replace(
            setup=Setup(short(), short()),
            collect_us=short(),
            commits=dice.random() < 0.8,
            merge_us=short(),
            collides=("f",) if dice.random() < 0.1 else (),
        )

    known = {
        w.id: {attempt: fate(w.isolation == "worktree") for attempt in range(1, 4)}
        for w in plan.workstreams
    }
    return plan, run(plan, Model(machine=machine, known=known))


@pytest.mark.slow
def test_a_log_without_sharing_comes_out_as_it_was():
    for seed in range(SEEDS):
        for machine in (Machine(), ENGINE):
            plan, entries = told(seed, machine, False)
            assert run(plan, learn(entries, cores=0)) == entries, seed


@pytest.mark.slow
def test_a_log_with_shared_cores_comes_out_as_it_was_where_it_says_enough():
    """While all cores are busy for long, a log may not tell who waited and who had no core."""
    differing = 0
    for seed in range(SEEDS):
        plan, entries = told(seed, replace(ENGINE, cores=2), True)
        model = learn(entries, cores=2)
        again = run(plan, model)
        differing += again != entries
        took_us = entries[-1].at_us
        assert abs(again[-1].at_us - took_us) <= took_us // 1000, seed
    assert differing <= SEEDS // 10


@pytest.mark.slow
def test_recorded_walls_are_explained_to_the_microsecond():
    """Eight attempts of all sorts on two cores, never more than four at once."""
    worst_us = 0
    for seed in range(20):
        dice = random.Random(seed)
        plan = plan_of(*[spec(f"w{n}", expected_us=9 - n) for n in range(8)], max_workers=4)
        known = {}
        for w in plan.workstreams:
            took_us = dice.randrange(100_000, 900_000)
            cpu_us = int(took_us * dice.choice((0, 0.2, 0.5)))
            known[w.id] = {1: Fate(took_us, 0, cpu_us)}
        entries = run(plan, Model(machine=Machine(cores=2), known=known))
        found = learn(entries, cores=2)
        again = run(plan, found)
        walls = [took(log) for log in (entries, again)]
        worst_us = max(worst_us, *(abs(walls[0][id] - walls[1][id]) for id in walls[0]))
        for id in known:
            assert found.known[id][1].took_us == pytest.approx(known[id][1].took_us, abs=2)
    assert worst_us <= 1


def took(entries):
    return {e.event.workstream: e.event.took_us for e in entries if is_exit(e)}


def is_exit(entry):
    return isinstance(entry.event, AttemptExited)


def test_what_four_burners_take_alone_is_found_from_what_they_took_together():
    """On two cores each goes at half speed: 800 together is 400 alone."""
    known = {id: {1: Fate(400, 0, 400)} for id in "abcd"}
    plan = plan_of(*"abcd", max_workers=4)
    entries = run(plan, Model(machine=Machine(cores=2), known=known))
    assert set(took(entries).values()) == {800}
    model = learn(entries, cores=2)
    assert {fate[1].took_us for fate in model.known.values()} == {400}
    lonely = replace(plan, limits=replace(plan.limits, max_workers=1))
    assert run(lonely, model)[-1].at_us == 1600


def as_if_real(entries):
    """The log with processes in it."""
    return [
        replace(e, event=replace(e.event, pid=7)) if isinstance(e.event, AttemptStarted) else e
        for e in entries
    ]


def test_a_few_idle_moments_of_a_real_run_are_not_read_as_waiting():
    """Four on two cores that were busy for 96 %: only a simulated log is taken at its word."""
    known = {id: {1: Fate(1000, 0, 480)} for id in "abcd"}
    plan = plan_of(*"abcd", max_workers=4)
    entries = run(plan, Model(machine=Machine(cores=2), known=known))
    assert {fate[1].took_us for fate in learn(entries, cores=2).known.values()} == {1000}
    real = learn(as_if_real(entries), cores=2)
    assert {fate[1].took_us for fate in real.known.values()} == {480}


def test_waiting_of_a_real_run_stays_waiting_where_cores_are_idle():
    known = {id: {1: Fate(1000, 0, 430)} for id in "abcd"}
    plan = plan_of(*"abcd", max_workers=4)
    entries = run(plan, Model(machine=Machine(cores=2), known=known))
    real = learn(as_if_real(entries), cores=2)
    assert {fate[1].took_us for fate in real.known.values()} == {1000}


def test_computing_for_longer_than_it_took_means_threads():
    known = {"a": {1: Fate(400, 0, 1200)}}
    entries = run(plan_of("a"), Model(machine=Machine(cores=4), known=known))
    model = learn(entries, cores=4)
    assert model.known["a"][1] == Fate(400, 0, 1200)
    slower = Model(machine=Machine(cores=2), known=model.known)
    assert run(plan_of("a"), slower)[-1].at_us == 600


def test_the_engine_is_found_in_the_gaps():
    _, entries = told(3, ENGINE, False)
    machine = learn(entries, cores=0).machine
    assert (machine.turn_us, machine.launch_us) == (2000, 1500)


def test_nothing_is_short_of_a_core_where_the_log_was_simulated():
    for seed in range(0, SEEDS, 6):
        _, entries = told(seed, Machine(cores=2), True)
        assert solved(recorded(entries), Machine(cores=2)).shortage_us < 1000


def test_a_timed_out_attempt_would_have_taken_as_long_again():
    plan = plan_of(spec("a", timeout_us=500))
    entries = run(plan, Model(known={"a": {1: Fate(9000, 0)}}))
    assert learn(entries, cores=0).known["a"] == {1: Fate(1002, 0)}


def test_history_is_the_middle_of_what_succeeded():
    plan = plan_of(spec("a", tool="t", kind="docs"), "b")
    runs = [
        run(plan, Model(known={"a": {1: Fate(n, 0)}, "b": {1: Fate(n, 1)}}))
        for n in (900, 1000, 1300)
    ]
    history = history_of(runs, cores=0)
    assert history.by_workstream == {"a": Usual(1000, None)}
    assert history.by_tool == {"t": Usual(1000, None)}
    assert history.by_kind == {"docs": Usual(1000, None)}
    assert history.spread == (900, 1000, 1300)


def test_history_of_other_runs_stands_in_for_what_this_one_does_not_tell():
    other = history_of([run(plan_of("a", "b"), lambda id_, attempt: (70, 0))], cores=0)
    own = run(plan_of("a"), lambda id_, attempt: (90, 0))
    history = learn(own, cores=0, history=other).history
    assert history.by_workstream == {"a": Usual(90, None), "b": Usual(70, None)}


def begins_turn(entry):
    return entry.stream == "run-0" and entry.turn == entry.version


def forks(entries):
    """Where a group of turns ends and the next begins."""
    for n in range(1, len(entries)):
        last = entries[n - 1]
        begun = next(
            e for e in reversed(entries[:n]) if e.turn == e.version and e.stream == "run-0"
        )
        if entries[n].stream == "run-0" and entries[n].turn != last.turn and not begun.followed:
            yield n


@pytest.mark.slow
def test_a_run_goes_on_from_the_middle_as_it_did():
    ended = same = number = 0
    for seed in range(0, SEEDS, 4):
        _, entries = told(seed, Machine(), False)
        model = learn(entries, cores=0)
        for n in list(forks(entries))[::3]:
            rest = []
            ledger = fold("run-0", entries[:n])
            resume_simulated(ledger, model, rest.extend, after=entries[n:])
            number += 1
            same += rest == entries[n:]
            ended += rest[-1].at_us == entries[-1].at_us
    assert number > 100
    # A removal of a worktree that has begun is known to nobody.
    assert ended >= number * 99 // 100
    assert same >= number * 98 // 100


def test_without_a_sequel_what_runs_goes_on_for_the_rest_of_what_is_expected():
    plan = plan_of("a", "b")
    fates = Model(known={"a": {1: Fate(100, 0)}, "b": {1: Fate(300, 0)}})
    entries = run(plan, fates)
    n = next(n for n, e in enumerate(entries) if e.at_us == 100)
    while entries[n].at_us == 100:
        n += 1
    ledger = resume_simulated(fold("run-0", entries[:n]), fates)
    assert ledger.now_us == 300
