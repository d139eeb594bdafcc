"""Who of the ready may start, and who wakes whom?"""

from tests.builders import plan_of, spec
from uet_es.aggregates.claims import Claims
from uet_es.aggregates.ready import ReadyQueue, need_of

SHELL = ("shell", ())


def queue(*specs):
    plan = plan_of(*specs)
    ranked = [w.id for w in plan.workstreams]
    found = ReadyQueue(ranked, {w.id: w for w in plan.workstreams})
    claims = Claims(plan)
    for id in ranked:
        found.add(id)
    found.settle(claims)
    return found, claims


def head(found, need=SHELL):
    rank = found.head(need)
    return None if rank is None else found.named(rank)


def test_a_need_is_a_tool_and_capabilities():
    assert need_of(spec("a", tool="codex", capabilities=("gpu",))) == ("codex", ("gpu",))


def test_the_head_is_the_first_in_rank_of_those_with_the_need():
    found, _ = queue(spec("b"), spec("a", tool="codex"), spec("c"))
    assert (head(found), head(found, ("codex", ()))) == ("b", "a")
    assert head(found, ("nobody", ())) is None
    assert list(found.needs()) == [("codex", ()), SHELL]
    assert ("b" in found, "z" in found, len(found)) == (True, False, 3)


def test_who_leaves_makes_room_for_the_next():
    found, claims = queue("a", "b")
    found.remove("a", claims)
    found.settle(claims)
    assert head(found) == "b"
    found.remove("a", claims)
    assert len(found) == 1


def test_a_blocked_head_steps_aside_and_is_woken_by_the_release():
    a, b, c = spec("a", writes=("x",)), spec("b", writes=("x",)), spec("c")
    found, claims = queue(a, b, c)
    claims.hold(a)
    found.remove("a", claims)
    found.settle(claims)
    assert head(found) == "c"
    claims.end_attempt(a)
    found.released(claims.end_scope(a), claims)
    found.settle(claims)
    assert head(found) == "b"


def parked_behind(holder, *others):
    found, claims = queue(holder, *others)
    claims.hold(holder)
    found.remove(holder.id, claims)
    found.settle(claims)
    assert head(found) is None
    return found, claims


def free(found, claims, holder):
    found.released([*claims.end_attempt(holder), *claims.end_scope(holder)], claims)
    found.settle(claims)


def test_the_baton_passes_on_when_the_woken_one_starts():
    a, b, c = (spec(id, reads=("x",)) for id in "abc")
    writer = spec("_", writes=("x",))
    found, claims = parked_behind(writer, a, b, c)
    free(found, claims, writer)
    for one in (a, b, c):
        assert head(found) == one.id
        claims.hold(one)
        found.remove(one.id, claims)
        found.settle(claims)


def test_the_baton_passes_on_when_the_woken_one_is_parked_again():
    writer = spec("_", writes=("x",), conflict_group="g")
    a, b = spec("a", reads=("x",), conflict_group="h"), spec("b", reads=("x",))
    other = spec("other", conflict_group="h")
    found, claims = parked_behind(writer, a, b)
    claims.hold(other)
    free(found, claims, writer)
    assert head(found) == "b"


def test_the_baton_passes_on_when_the_woken_one_is_cancelled():
    writer, a, b = spec("_", writes=("x",)), spec("a", reads=("x",)), spec("b", reads=("x",))
    found, claims = parked_behind(writer, a, b)
    free(found, claims, writer)
    found.remove("a", claims)
    found.settle(claims)
    assert head(found) == "b"


def test_a_parked_one_that_left_is_not_woken():
    writer, a, b = spec("_", writes=("x",)), spec("a", reads=("x",)), spec("b", reads=("x",))
    found, claims = parked_behind(writer, a, b)
    found.remove("a", claims)
    free(found, claims, writer)
    assert head(found) == "b"


def test_a_release_that_is_not_enough_wakes_nobody():
    first, second = spec("_", reads=("x",)), spec("__", reads=("x",))
    found, claims = queue(first, second, spec("a", writes=("x",)))
    for one in (first, second):
        claims.hold(one)
        found.remove(one.id, claims)
    found.settle(claims)
    free(found, claims, first)
    assert head(found) is None
    free(found, claims, second)
    assert head(found) == "a"


def test_a_release_nobody_waits_for_is_harmless():
    found, claims = queue("a")
    found.released(["p:x", "*"], claims)
    assert head(found) == "a"


def test_while_something_runs_alone_nobody_is_moved():
    alone = spec("a", alone=True)
    found, claims = queue(alone, "b")
    claims.hold(alone)
    found.remove("a", claims)
    found.settle(claims)
    assert "b" in found
    free(found, claims, alone)
    assert head(found) == "b"


def test_who_wants_to_be_alone_waits_until_nothing_runs():
    busy = spec("_")
    found, claims = parked_behind(busy, spec("a", alone=True))
    free(found, claims, busy)
    assert head(found) == "a"


def test_the_same_one_may_come_back():
    found, claims = queue("a")
    found.remove("a", claims)
    found.add("a")
    found.settle(claims)
    assert (head(found), len(found)) == ("a", 1)
