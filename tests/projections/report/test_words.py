"""How a page says time, money and numbers."""

import pytest

from uet_es.aggregates.waits import Cause
from uet_es.projections.report.points import Point, knee
from uet_es.projections.report.words import (
    BECAUSE,
    CAUSES,
    count,
    money,
    percent,
    several,
    shortened,
    span,
)
from uet_es.timing.words import Because
from uet_es.values import SECOND_US


@pytest.mark.parametrize(
    ("us", "told"),
    [
        (0, "0 ms"),
        (40_499, "40 ms"),
        (4_200_000, "4.2 s"),
        (200 * SECOND_US, "3 min 20 s"),
        (7_500 * SECOND_US, "2 h 05 min"),
        (220 * 3_600 * SECOND_US, "9 d 04 h"),
    ],
)
def test_spans_are_as_exact_as_people_need(us, told):
    assert span(us) == told


@pytest.mark.parametrize(
    ("nanousd", "told"),
    [(0, "0.00 USD"), (1_234_567_890_000, "1,234.57 USD"), (37_200_000, "0.0372 USD")],
)
def test_small_sums_have_more_digits(nanousd, told):
    assert money(nanousd) == told


def test_numbers_have_nouns():
    assert [count(n, "entry") for n in (0, 1, 1_200)] == ["0 entries", "1 entry", "1,200 entries"]
    assert percent(1, 3) == "33 %"
    assert percent(1, 0) == "–"


def test_lists_end_with_and():
    assert several(["a"]) == "a"
    assert several(["a", "b"]) == "a and b"
    assert several(list("abcdef")) == "a, b, c, d and 2 more"


def test_long_names_lose_their_middle():
    assert shortened("a" * 10, 10) == "a" * 10
    text = shortened("begin" + "-" * 40 + "end", 20)
    assert len(text) == 20
    assert text.startswith("begin")
    assert text.endswith("end")


def test_every_cause_of_the_kernel_has_its_words():
    assert set(Cause.__args__) <= set(CAUSES)
    assert set(Because.__args__) == set(BECAUSE)


def test_the_knee_is_the_fewest_workers_that_are_as_good():
    assert knee([Point(8, 1.0), Point(1, 4.0), Point(4, 1.04), Point(2, 1.06)]) == Point(4, 1.04)
    assert knee([Point(1, 0.0)]) == Point(1, 0.0)
