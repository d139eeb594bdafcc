"""What a model knows, from where, and how it is told to differ."""

from fractions import Fraction

import pytest

from tests.builders import plan_of, spec
from uet_es.drivers.simulation.durations import (
    SPREAD_MIN,
    USUAL_SPREAD,
    Fate,
    History,
    Machine,
    Model,
    Setup,
    Usual,
    from_plan,
)
from uet_es.values import SECOND_US

A = spec("a", expected_us=7 * SECOND_US, tool="aider", kind="test")


def test_the_same_attempt_goes_before_everything():
    known = {"a": {1: Fate(100, 0), 2: Fate(200, 1)}}
    model = Model(known=known, history=History(by_workstream={"a": Usual(5, None)}))
    assert model.fate(A, 2) == Fate(200, 1)


def test_a_retry_that_the_record_does_not_know_does_what_the_last_one_did():
    assert Model(known={"a": {1: Fate(100, 0), 2: Fate(200, 3)}}).fate(A, 9) == Fate(200, 3)


def test_a_lost_attempt_does_what_the_one_did_that_replaced_it():
    assert Model(known={"a": {2: Fate(200, 0), 3: Fate(300, 0)}}).fate(A, 1) == Fate(200, 0)


def test_then_come_workstream_tool_kind_and_estimate():
    by_kind = {"test": Usual(3, 3)}
    by_tool = {"aider": Usual(2, 2)}
    by_workstream = {"a": Usual(1, 1)}
    assert Model().fate(A, 1) == Fate(7 * SECOND_US, 0)
    assert Model(history=History(by_kind=by_kind)).fate(A, 1) == Fate(3, 0, 3)
    assert Model(history=History(by_kind=by_kind, by_tool=by_tool)).fate(A, 1) == Fate(2, 0, 2)
    full = History(by_kind=by_kind, by_tool=by_tool, by_workstream=by_workstream)
    assert Model(history=full).fate(A, 1) == Fate(1, 0, 1)


def test_a_plan_knows_only_the_history_of_its_own_workstreams():
    history = History(by_workstream={"a": Usual(1, None), "z": Usual(2, None)})
    assert from_plan(plan_of("a"), history).history.by_workstream == {"a": Usual(1, None)}


def test_a_worktree_of_which_nothing_is_known_costs_what_it_usually_does():
    machine = Machine(setup=Setup(4, 5), collect_us=6, merge_us=7)
    fate = Model(machine=machine).fate(spec("a", isolation="worktree"), 1)
    assert (fate.setup, fate.collect_us, fate.merge_us, fate.commits) == (Setup(4, 5), 6, 7, True)


@pytest.mark.parametrize(
    ("factors", "took_us"),
    [
        ({"a": 2}, 14),
        ({"aider": 3}, 21),
        ({"test": 5}, 35),
        ({"a": 2, "aider": 3, "test": 5}, 14),
        ({"aider": 3, "test": 5}, 21),
        ({"a": Fraction(1, 2)}, Fraction(7, 2)),
        ({"b": 9}, 7),
    ],
)
def test_its_own_factor_goes_before_that_of_its_tool_and_that_before_its_kind(factors, took_us):
    scaled = Model().scaled({name: Fraction(factor) for name, factor in factors.items()})
    assert scaled.fate(A, 1).took_us == took_us * SECOND_US


def test_scaling_stretches_computing_and_leaves_git_alone():
    fate = Fate(100, 0, 40, setup=Setup(4, 5), collect_us=6, merge_us=7)
    scaled = Model(known={"a": {1: fate}}).scaled({"a": Fraction(2)})
    assert scaled.fate(A, 1) == fate._replace(took_us=200, cpu_us=80)


def test_certain_failure_fails_and_none_never_does():
    model = Model(known={"a": {1: Fate(100, 3, outside=("x",))}})
    for attempt in range(1, 30):
        assert model.failing({"a": Fraction(1)}, 5).fate(A, attempt).status == 1
        assert model.failing({"a": Fraction(0)}, 5).fate(A, attempt) == Fate(100, 0)


def test_failures_are_as_frequent_as_asked_and_the_same_for_the_same_seed():
    half = Model().failing({"a": Fraction(1, 2)}, 5)
    drawn = [half.fate(A, attempt).status for attempt in range(400)]
    assert 160 < sum(drawn) < 240
    again = Model().failing({"a": Fraction(1, 2)}, 5)
    assert drawn == [again.fate(A, attempt).status for attempt in range(400)]
    other = Model().failing({"a": Fraction(1, 2)}, 6)
    assert drawn != [other.fate(A, attempt).status for attempt in range(400)]


def sampled(model):
    return [model.fate(A, attempt).took_us / A.expected_us for attempt in range(300)]


def test_samples_spread_as_history_does_if_there_is_enough_of_it():
    spread = (500,) * SPREAD_MIN
    assert set(sampled(Model(history=History(spread=spread)).sampled(1))) == {0.5}
    few = sampled(Model(history=History(spread=spread[1:])).sampled(1))
    assert {round(1000 * factor) for factor in few} == set(USUAL_SPREAD)


def test_samples_are_the_same_for_the_same_seed_only():
    assert sampled(Model().sampled(1)) == sampled(Model().sampled(1))
    assert sampled(Model().sampled(1)) != sampled(Model().sampled(2))


def test_the_usual_spread_is_five_percent_about_the_usual():
    mean = sum(USUAL_SPREAD) / len(USUAL_SPREAD)
    deviation = (sum((s - mean) ** 2 for s in USUAL_SPREAD) / len(USUAL_SPREAD)) ** 0.5
    assert mean == pytest.approx(1000, abs=1)
    assert 50 < deviation < 65
