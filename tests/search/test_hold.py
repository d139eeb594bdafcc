"""Does dispatch follow a schedule, with as few edges as that takes?"""

import random

from tests.builders import plan_of, random_plan, spec
from tests.search.instances import project, tiny
from tests.search.test_decode import lines
from uet_es.search.decode import Found, justified
from uet_es.search.hold import fewest, holding_edges, ranked_by_start
from uet_es.search.model import model_of
from uet_es.search.online import online_starts
from uet_es.values import SECOND_US


def test_dispatch_follows_every_schedule_to_the_microsecond():
    held = 0
    for seed in range(60):
        model = model_of((random_plan, project, tiny)[seed % 3](seed))
        for line in lines(model, random.Random(seed), 3):
            found = justified(model, line)
            edges = holding_edges(model, found)
            starts = online_starts(model, ranked_by_start(model, found), edges)
            ends = [s + t for s, t in zip(starts, model.took_us, strict=True)]
            assert tuple(ends) == found.ends_us, seed
            held += len(edges)
    assert held > 100


def test_who_would_start_too_early_waits_for_one_that_ends_when_it_shall_start():
    plan = plan_of(spec("a"), spec("b"), spec("c", ("a",), alone=True), max_workers=2)
    model = model_of(plan)
    found = Found(3 * SECOND_US, (SECOND_US, 3 * SECOND_US, 2 * SECOND_US))
    assert holding_edges(model, found) == [(2, 1)]


def test_a_schedule_without_idle_room_needs_no_edge():
    model = model_of(plan_of(*"abcd", max_workers=2))
    assert holding_edges(model, justified(model, [3, 2, 1, 0])) == []


def test_only_edges_that_are_needed_stay():
    edges = [(n, n + 1) for n in range(13)]
    needed = {(2, 3), (7, 8), (8, 9)}
    assert set(fewest(edges, needed.issubset, lambda: False)) == needed
    assert fewest(edges, lambda some: True, lambda: False) == []
    assert fewest(edges, lambda some: False, lambda: False) == edges


def test_edges_stay_when_there_is_no_time_to_try():
    assert fewest([(0, 1)], lambda some: True, lambda: True) == [(0, 1)]
