import itertools

from hypothesis import given
from hypothesis import strategies as st

from uet_es.intake.conflicts import MOST_LISTED, Conflict, conflicts_of, overlapping_patterns
from uet_es.intake.graph import graph_of
from uet_es.intake.transitive import reach_of
from uet_es.plan import WorkstreamSpec
from uet_es.scopes import overlap


def spec(id, *, after=(), **fields):
    return WorkstreamSpec(id=id, depends_on=after, **fields)


def found(*specs):
    graph = graph_of({each.id: each.depends_on for each in specs})
    overlaps = overlapping_patterns(specs)
    return conflicts_of(specs, overlaps, graph=graph, reach=reach_of(graph))


def test_two_writers_of_one_file_conflict():
    assert found(spec("a", writes=("docs",)), spec("b", writes=("docs/x.md",))).listed == (
        Conflict("a", "b", "file_scope", ("docs", "docs/x.md")),
    )


def test_a_reader_conflicts_with_a_writer_but_not_with_a_reader():
    conflicts = found(
        spec("a", reads=("src/*.py",)), spec("b", reads=("src/a.py",)), spec("c", writes=("src",))
    )
    assert conflicts.listed == (
        Conflict("a", "c", "file_scope", ("src/*.py", "src")),
        Conflict("b", "c", "file_scope", ("src/a.py", "src")),
    )


def test_two_readers_of_the_same_pattern_do_not_conflict():
    assert found(spec("a", reads=("x",)), spec("b", reads=("x",))).total == 0


def test_an_order_however_indirect_is_no_conflict():
    assert (
        found(
            spec("a", writes=("x",)),
            spec("b", after=("a",)),
            spec("c", after=("b",), writes=("x",)),
        ).total
        == 0
    )


def test_groups_and_solitude_conflict_and_files_are_the_first_reason():
    conflicts = found(
        spec("a", conflict_group="db"),
        spec("b", conflict_group="db"),
        spec("c", alone=True),
        spec("d", conflict_group="other"),
    )
    assert conflicts.listed == (
        Conflict("a", "b", "conflict_group", ()),
        Conflict("a", "c", "parallel_ok", ()),
        Conflict("b", "c", "parallel_ok", ()),
        Conflict("c", "d", "parallel_ok", ()),
    )


def test_all_conflicts_are_counted_and_the_first_are_listed():
    conflicts = found(*(spec(f"{n:03}", writes=("x",)) for n in range(150)))
    assert conflicts.total == 150 * 149 // 2
    assert len(conflicts.listed) == MOST_LISTED
    assert conflicts.listed[0].ws_b == "001"


patterns = st.lists(
    st.sampled_from(["a", "b", "ab", "*", "**", "a*", "[ab]", "x.py", "*.py"]),
    min_size=1,
    max_size=3,
).map("/".join)


@given(st.sets(patterns, max_size=8), st.sets(patterns, max_size=8))
def test_the_index_finds_what_trying_every_pair_finds(writes, reads):
    specs = [spec("a", writes=tuple(sorted(writes))), spec("b", reads=tuple(sorted(reads)))]
    pairs = itertools.combinations(sorted(writes | reads), 2)
    assert overlapping_patterns(specs) == tuple(
        (a, b) for a, b in pairs if (a in writes or b in writes) and overlap(a, b)
    )


@given(
    st.lists(st.tuples(st.sets(patterns, max_size=2), st.sets(patterns, max_size=2)), max_size=6)
)
def test_conflicts_are_the_pairs_that_share_a_written_file(claims):
    specs = [
        spec(f"w{n}", writes=tuple(sorted(writes)), reads=tuple(sorted(reads)))
        for n, (writes, reads) in enumerate(claims)
    ]

    def share(ours, theirs):
        return any(overlap(x, y) for x in ours for y in theirs)

    expected = [
        (a.id, b.id)
        for a, b in itertools.combinations(specs, 2)
        if share(a.writes, (*b.writes, *b.reads)) or share(a.reads, b.writes)
    ]
    assert [(each.ws_a, each.ws_b) for each in found(*specs).listed] == expected
