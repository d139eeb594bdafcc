"""Where the boxes of a graph stand."""

import random

from uet_es.projections.report.layers import layered


def graph(seed, size=40):
    dice = random.Random(seed)
    return {
        f"w{n}": tuple(f"w{d}" for d in sorted(dice.sample(range(n), min(n, dice.randrange(3)))))
        for n in range(size)
    }


def test_what_is_needed_is_further_left():
    for seed in range(20):
        depends_on = graph(seed)
        place = layered(depends_on)
        assert place.keys() == depends_on.keys()
        for id, needed in depends_on.items():
            assert all(place[each].column < place[id].column for each in needed)


def test_no_two_stand_in_the_same_place():
    for seed in range(20):
        place = layered(graph(seed))
        assert len(set(place.values())) == len(place)


def test_the_order_in_which_they_are_named_does_not_matter():
    depends_on = graph(3)
    turned = dict(reversed(depends_on.items()))
    assert layered(turned) == layered(depends_on)


def test_lines_cross_less_often_than_by_name():
    # Each zN depends on a9-N: by name every line would cross every other.
    depends_on = {f"a{n}": () for n in range(10)} | {f"z{n}": (f"a{9 - n}",) for n in range(10)}
    place = layered(depends_on)
    assert all(place[f"z{n}"].row == place[f"a{9 - n}"].row for n in range(10))


def test_a_column_that_would_be_too_high_is_cut():
    place = layered({f"w{n}": () for n in range(1_000)})
    rows = {each.row for each in place.values()}
    columns = {each.column for each in place.values()}
    assert len(rows) <= 62 < 1_000 == len(place)
    assert len(columns) == 17


def test_a_chain_may_be_long():
    place = layered({f"w{n:05}": (f"w{n - 1:05}",) if n else () for n in range(5_000)})
    assert place["w04999"] == (4_999, 0)


def test_an_empty_graph_has_no_places():
    assert layered({}) == {}
