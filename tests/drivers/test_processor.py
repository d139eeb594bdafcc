"""Cores that are shared: closed forms, and conservation."""

import random

import pytest

from uet_es.drivers.simulation.processor import Processor, demand_of, stretch
from uet_es.values import SECOND_US


def ends(cores, *works):
    """When each of (begin, took, cpu) ends, by itself."""
    processor = Processor(cores)
    waiting = sorted((begin_us, number) for number, (begin_us, _, _) in enumerate(works))
    found = {}
    while waiting or processor.first:
        if waiting and (processor.first is None or waiting[0][0] <= processor.first[0]):
            begin_us, number = waiting.pop(0)
            processor.add(number, *works[number][1:], begin_us)
        else:
            end_us, number = processor.first
            assert processor.remove(number, end_us) == pytest.approx(1, abs=1e-5)
            found[number] = end_us
    return [found[number] for number in range(len(works))]


def burner(took_us, begin_us=0):
    return (begin_us, took_us, took_us)


def test_as_many_burners_as_cores_take_what_they_take_alone():
    assert ends(2, burner(300), burner(500)) == [300, 500]


def test_three_burners_on_two_cores_take_half_as_long_again():
    assert ends(2, *[burner(SECOND_US)] * 3) == [3 * SECOND_US // 2] * 3


def test_who_ends_leaves_the_core_to_the_others():
    """1 and 3 seconds on one core: half speed until 2, when the first is done."""
    assert ends(1, burner(SECOND_US), burner(3 * SECOND_US)) == [2 * SECOND_US, 4 * SECOND_US]


def test_who_comes_later_slows_the_others_from_then_on():
    assert ends(1, burner(100), burner(100, 50)) == [150, 200]


def test_waiting_needs_no_core():
    assert ends(1, (0, 700, 0), (0, 700, 0), burner(700)) == [700, 700, 700]


def test_computing_that_fits_is_not_slowed():
    assert ends(1, (0, 1000, 500), (0, 1000, 500)) == [1000, 1000]


def test_half_waiting_is_slowed_half_as_much():
    """Three that compute half their time on one core: 3·½ / (½ + ½s) = 1 gives s = 2."""
    half = demand_of(1000, 500)
    assert stretch([half] * 3, 1) == pytest.approx(2)
    assert ends(1, *[(0, 1000, 500)] * 3) == [1500] * 3


def test_threads_use_several_cores_if_there_are_any():
    assert ends(4, (0, 1000, 4000)) == [1000]
    assert ends(2, (0, 1000, 4000)) == [2000]


def test_what_is_cut_short_says_how_much_of_it_is_done():
    processor = Processor(1)
    processor.add(1, 1000, 1000, 0)
    processor.add(2, 1000, 1000, 0)
    assert processor.remove(1, 500) == pytest.approx(0.25)
    assert processor.first == (1250, 2)


@pytest.mark.parametrize("seed", range(20))
def test_a_busy_core_does_all_the_work_and_no_more(seed):
    dice = random.Random(seed)
    works = [burner(dice.randrange(1, 50_000)) for _ in range(dice.randrange(2, 12))]
    total_us = sum(took_us for _, took_us, _ in works)
    assert total_us <= max(ends(1, *works)) <= total_us + len(works)


@pytest.mark.parametrize("seed", range(20))
def test_the_stretch_keeps_exactly_all_cores_busy(seed):
    dice = random.Random(seed)
    demands = [demand_of(1000, dice.randrange(1, 1500)) for _ in range(dice.randrange(6, 40))]
    slower = stretch(demands, 2)
    used = sum(d.computing * d.threads / (d.waiting + d.computing * slower) for d in demands)
    assert used == pytest.approx(2)
    assert slower > 1
    assert stretch([*demands, demand_of(1000, 10)], 2) > slower
