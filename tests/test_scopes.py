import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uet_es.scopes import covers, literal_start, normalise, overlap


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("docs", "docs"),
        ("docs/", "docs"),
        ("./docs//api/", "docs/api"),
        ("src\\core\\lib.py", "src/core/lib.py"),
        ("a/./b", "a/b"),
        (".", "**"),
        ("./", "**"),
        ("a/**/**/b", "a/**/b"),
        (".github/workflows", ".github/workflows"),
        ("a..b/c...", "a..b/c..."),
    ],
)
def test_every_pattern_has_one_spelling(written, normal):
    assert normalise(written) == normal
    assert normalise(normal) == normal


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("/etc/passwd", "relative to the repository's root"),
        ("\\\\server\\share", "absolute"),
        ("C:\\src", "drive letter"),
        ("c:src", "drive letter"),
        ("../other", "'..'"),
        ("a/../../b", "'..'"),
        ("a\0b", "control character"),
        ("a\nb", "control character"),
    ],
)
def test_a_pattern_that_leaves_the_repository_is_refused_with_what_to_do(written, words):
    with pytest.raises(ValueError, match=words):
        normalise(written)


OVERLAPPING = [
    ("docs", "docs"),
    ("docs", "docs/x.md"),
    ("docs", "docs/api/x.md"),
    ("**", "anything/at/all.py"),
    ("src/*.py", "src/a.py"),
    ("src/*", "src/core/lib.py"),
    ("src/**", "src/core/lib.py"),
    ("src/**/lib.py", "src/lib.py"),
    ("src/**/lib.py", "src/a/b/lib.py"),
    ("src/**/lib.py", "src/core"),
    ("**/*.md", "docs"),
    ("**/*.md", "docs/x.md"),
    ("src/*.py", "src/lib*"),
    ("src/a*c.py", "src/*b*.py"),
    ("src/?.py", "src/[ab].py"),
    ("src/[a-c].py", "src/[c-e].py"),
    ("src/[!a].py", "src/[ab].py"),
    ("src/[!a].py", "src/[!b].py"),
    ("src/[]x].py", "src/].py"),
    ("a/**/z", "a/b/**"),
    ("**/test_*.py", "src/**/*_x.py"),
    ("app/[id]/page.tsx", "app/[id]/page.tsx"),
    ("app/[id]/page.tsx", "app/*/page.tsx"),
    ("app/[slug]", "app/[slug]/page.tsx"),
    ("app/[slug]", "app/?slug?"),
    ("src/[", "src/["),
    ("lib.d", "**/*.md"),
    ("src/v1.2", "src/v1.2/x.md"),
]

DISJOINT = [
    ("docs", "docs2"),
    ("docs", "doc"),
    ("docs/x.md", "docs/y.md"),
    ("docs/x", "src/x"),
    ("src/*.py", "src/a.md"),
    ("src/*.py", "src/core/a.py"),
    ("src/*.py", "src/*.md"),
    ("src/a*.py", "src/b*.py"),
    ("src/?.py", "src/ab.py"),
    ("src/[a-c].py", "src/[d-f].py"),
    ("src/[!ab].py", "src/[ab].py"),
    ("**/*.md", "src/a.py"),
    ("**/*.md", "**/*.py"),
    ("src/**/*.md", "src/core/a.py"),
    ("tests/**/*.py", "src/a.py"),
    ("Src/a.py", "src/a.py"),
]


@pytest.mark.parametrize(("a", "b"), OVERLAPPING)
def test_patterns_that_share_a_file_overlap_both_ways(a, b):
    assert overlap(a, b)
    assert overlap(b, a)


@pytest.mark.parametrize(("a", "b"), DISJOINT)
def test_patterns_that_share_no_file_do_not_overlap(a, b):
    assert not overlap(a, b)
    assert not overlap(b, a)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("docs", "docs/api/x.md"),
        ("docs", "docs"),
        ("src/*.py", "src/a.py"),
        ("src/*", "src/core/lib.py"),
        ("**/lib.py", "lib.py"),
        ("**/lib.py", "a/b/lib.py"),
        ("a/**", "a/b/c"),
        ("**/__pycache__", "src/__pycache__/x.pyc"),
        ("app/[id]/page.tsx", "app/[id]/page.tsx"),
        ("app/[id]/page.tsx", "app/d/page.tsx"),
    ],
)
def test_a_pattern_covers_what_it_names_and_what_lies_below(pattern, path):
    assert covers(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("docs/x.md", "docs"),
        ("docs", "docs2/x.md"),
        ("src/*.py", "src/core/lib.py"),
        ("**/lib.py", "a/lib.pyc"),
        ("src/[ab].py", "src/c.py"),
        ("a/**/z", "a/b/y"),
    ],
)
def test_a_pattern_does_not_cover_what_it_does_not_name(pattern, path):
    assert not covers(pattern, path)


def test_letter_case_can_be_ignored():
    assert overlap("Src/*.PY", "src/a.py", ignore_case=True)
    assert covers("Docs", "docs/x.md", ignore_case=True)
    assert not covers("Docs", "docs/x.md")


# Small alphabets make meetings likely; extensions only at the end keep directories without them.
names = st.text("ab", min_size=1, max_size=3)
parts = st.text("ab*?", min_size=1, max_size=3) | st.sampled_from(["**", "[ab]", "[!a]b", "a[b"])
patterns = st.lists(parts, min_size=1, max_size=4).map("/".join).map(normalise)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


@given(patterns, patterns, paths)
def test_two_patterns_that_cover_one_path_overlap(a, b, path):
    if covers(a, path) and covers(b, path):
        assert overlap(a, b)


ALL_PATHS = [
    "/".join(path)
    for length in (1, 2, 3, 4, 5)
    for path in itertools.product(("a", "b", "ab"), repeat=length)
]


@pytest.mark.slow
@given(
    *(
        st.lists(st.sampled_from(["a", "b", "*", "?", "**", "a*", "[ab]"]), min_size=1, max_size=3)
        .map("/".join)
        .map(normalise)
        for _ in "xy"
    )
)
def test_overlap_agrees_with_trying_every_short_path(a, b):
    assert overlap(a, b) == any(covers(a, path) and covers(b, path) for path in ALL_PATHS)


@given(patterns, patterns)
def test_overlap_is_symmetric_and_only_where_starts_agree(a, b):
    assert overlap(a, b) == overlap(b, a)
    if overlap(a, b):
        one, other = literal_start(a), literal_start(b)
        assert one.startswith(other) or other.startswith(one)


@given(paths, paths)
def test_paths_overlap_exactly_when_one_contains_the_other(a, b):
    assert overlap(a, b) == (covers(a, b) or covers(b, a))
