"""What does running work hold, and what does that keep from starting?"""

import pytest

from tests.builders import plan_of, spec
from uet_es.aggregates.claims import Blocker, Claims
from uet_es.plan import Limits

LIMITS = Limits(resources={"gpu": 2})
FULL = spec("a", writes=("x",), reads=("y",), conflict_group="g", resources={"gpu": 2, "db": 0})


def claims(*held, overlaps=()):
    found = Claims(plan_of(limits=LIMITS, overlaps=overlaps))
    for one in held:
        found.hold(one)
    return found


HELD = {
    "a written pattern from a writer": (spec("a", writes=("x",)), {"writes": ("x",)}, ("p:x", "w")),
    "a read pattern from a writer": (spec("a", reads=("x",)), {"writes": ("x",)}, ("p:x", "w")),
    "a written pattern from a reader": (spec("a", writes=("x",)), {"reads": ("x",)}, ("p:x", "r")),
    "a group": (spec("a", conflict_group="g"), {"conflict_group": "g"}, ("g:g", "w")),
    "units": (spec("a", resources={"gpu": 1}), {"resources": {"gpu": 2}}, ("r:gpu", "2")),
    "solitude": (spec("a", alone=True), {}, ("*", "r")),
    "company": (spec("a"), {"alone": True}, ("*", "w")),
}


@pytest.mark.parametrize("what", HELD)
def test_what_is_held_blocks_until_it_is_given_back(what):
    holder, wanted, blocker = HELD[what]
    found = claims(holder)
    other = spec("b", **wanted)
    assert found.blocker(other) == Blocker(*blocker)
    assert found.blocks(Blocker(*blocker))
    freer = [*found.end_attempt(holder), *found.end_scope(holder)]
    assert blocker[0] in freer
    assert found.blocker(other) is None
    assert not found.blocks(Blocker(*blocker))


def test_readers_block_no_readers():
    found = claims(spec("a", reads=("x",)))
    assert found.blocker(spec("b", reads=("x",))) is None
    assert not found.blocks(Blocker("p:x", "r"))


def test_an_overlap_works_both_ways():
    for mine, other in (("d", "d/f"), ("d/f", "d")):
        found = claims(spec("a", writes=(mine,)), overlaps=(("d", "d/f"),))
        assert found.blocker(spec("b", writes=(other,))) == Blocker("p:" + mine, "w")
        assert found.blocker(spec("b", reads=(other,))) == Blocker("p:" + mine, "r")


def test_a_pattern_held_twice_is_free_when_both_have_given_it_back():
    one, two = spec("a", reads=("x",)), spec("b", reads=("x",))
    found = claims(one, two)
    found.end_scope(one)
    assert found.blocker(spec("c", writes=("x",))) == Blocker("p:x", "w")
    found.end_scope(two)
    assert found.blocker(spec("c", writes=("x",))) is None


def test_the_end_of_an_attempt_gives_back_units_and_no_paths():
    found = claims(FULL)
    assert found.end_attempt(FULL) == ["*", "r:db", "r:gpu"]
    assert found.free("gpu") == 2
    assert found.blocker(spec("b", reads=("x",))) == Blocker("p:x", "r")
    assert found.end_scope(FULL) == ["p:x", "p:y", "g:g"]
    assert (found.writers, found.readers, found.groups) == ({}, {}, set())


def test_solitude_is_free_when_nothing_is_attempted_any_more():
    one, two = spec("a"), spec("b")
    found = claims(one, two)
    assert found.end_attempt(one) == []
    assert found.end_attempt(two) == ["*"]


def test_a_pool_nobody_offers_is_never_free():
    assert claims().blocker(spec("a", resources={"tpu": 1})) == Blocker("r:tpu", "1")


def test_nothing_held_blocks_nothing():
    assert claims().blocker(FULL) is None
