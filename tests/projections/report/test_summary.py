"""What the summary says of workers."""

import pytest

from tests.projections.exports.samples import drawn
from uet_es.projections.report.money import Spent
from uet_es.projections.report.points import Point
from uet_es.projections.report.reading import Reading
from uet_es.projections.report.summary import (
    bottlenecks,
    efficiency,
    occupied,
    sentences,
    states,
    where_time_went,
)
from uet_es.projections.warehouse import Warehouse

NOTHING = Spent([], {})


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([Point(2, 3.0), Point(4, 1.9), Point(8, 1.0)], "More workers would help: with 8 it"),
        (
            [Point(2, 3.0), Point(4, 1.9), Point(8, 1.0), Point(16, 1.0)],
            "Beyond 8 workers nothing improves much: with so many it would take 1.0 s.",
        ),
        (
            [Point(1, 3.0), Point(2, 1.9), Point(4, 1.9), Point(8, 1.9)],
            "Beyond 2 workers nothing improves much: the run had 4.",
        ),
    ],
)
def test_the_curve_becomes_one_sentence(library, points, said):
    text = list(sentences(Reading(library, "run-1"), [], NOTHING, points))
    assert any(said in sentence for sentence in text)


def test_causes_add_up_to_all_lead_time(library):
    reading = Reading(library, "run-1")
    ((lead_us,),) = library.rows("SELECT sum(lead_us)::BIGINT FROM lead_time")
    causes = where_time_went(reading)
    assert sum(each["took_us"] for each in causes) == lead_us
    assert sum(each["share"] for each in causes) == pytest.approx(1)
    assert {"set-up", "work", "worker", "conflict"} <= {each["cause"] for each in causes}


def test_shares_stay_between_nothing_and_all():
    for seed in range(6):
        with Warehouse.in_memory(drawn(seed)) as warehouse:
            reading = Reading(warehouse, "run-1")
            assert 0 <= occupied(reading) <= 1
            assert sum(states(reading).values()) == reading.facts["workstreams"]
            assert efficiency(reading)["lower_bound_us"] <= reading.makespan_us
            assert all(each["told"] for each in bottlenecks(reading))
