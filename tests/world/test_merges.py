"""Merges: the exact tree that lands, conflicts, and branches that somebody else moved."""

import pytest

from tests.world.conftest import Make, Watched, git, spec, start
from uet_es.effects import Merge, OpenIntegration
from uet_es.events.observations import AttemptExited, MergeConflicted, MergeFailed, MergeLanded

pytestmark = pytest.mark.slow
AT_US = 1_800_000_000_000_000


def _ended(in_repository: Make, **commands: str) -> tuple[Watched, dict[str, str]]:
    """A world in which each command has been run in its worktree, and their commits."""
    watched = in_repository(
        *(
            spec(id, command, isolation="worktree", writes=("**",))
            for id, command in commands.items()
        )
    )
    for id in commands:
        watched.world.perform(start(id))
    watched.until(AttemptExited, len(commands))
    return watched, {seen.workstream: seen.commit for seen in watched.of(AttemptExited)}


def _merge(id: str, commit: str, seq: int = 7) -> Merge:
    return Merge(workstream=id, attempt=1, commit=commit, seq=seq, at_us=AT_US)


def test_two_pieces_of_work_land_one_after_the_other(in_repository, repository):
    before = (
        git(repository, "status", "--porcelain", "--branch"),
        git(repository, "rev-parse", "main"),
    )
    watched, commits = _ended(in_repository, a="echo a > a.txt", b="echo b >> readme.md")
    watched.world.perform(_merge("a", commits["a"], 7))
    watched.world.perform(_merge("b", commits["b"], 8))
    watched.until(MergeLanded, 2)
    first, second = watched.of(MergeLanded)
    assert git(repository, "rev-parse", "uet/run-1") == second.commit
    assert git(repository, "rev-parse", "uet/run-1^{tree}") == second.tree
    assert git(repository, "rev-list", "--parents", "-1", second.commit).split() == [
        second.commit,
        first.commit,
        commits["b"],
    ]
    assert git(repository, "show", "uet/run-1:a.txt") == "a"
    assert git(repository, "show", "uet/run-1:readme.md") == "hello\nb"
    assert git(repository, "log", "-1", "--format=%B", second.commit).splitlines() == [
        "uet: merge b",
        "",
        "Uet-Run: run-1",
        "Uet-Workstream: b",
        "Uet-Attempt: 1",
        "Uet-Entry: store/run-1#8",
    ]
    assert (
        git(repository, "log", "-1", "--format=%ct %at", second.commit) == "1800000000 1800000000"
    )
    after = (
        git(repository, "status", "--porcelain", "--branch"),
        git(repository, "rev-parse", "main"),
    )
    assert after == before


@pytest.mark.parametrize(
    ("ours", "theirs", "files"),
    [
        ("echo 1 > src/app.py", "echo 2 > src/app.py", ("src/app.py",)),
        ("rm src/app.py", "echo 2 > src/app.py", ("src/app.py",)),
        ("echo 1 > 'a b — ü'", "echo 2 > 'a b — ü'", ("a b — ü",)),
        (r"printf '\0\1' > bin", r"printf '\0\2' > bin", ("bin",)),
        ("echo 1 > x; echo 1 > y", "echo 2 > y; echo 2 > x", ("x", "y")),
    ],
    ids=["content", "delete and modify", "name", "binary", "two files"],
)
def test_a_conflict_names_its_files_and_moves_nothing(
    in_repository, repository, ours, theirs, files
):
    watched, commits = _ended(in_repository, a=ours, b=theirs)
    watched.world.perform(_merge("a", commits["a"]))
    watched.world.perform(_merge("b", commits["b"], 8))
    landed = watched.until(MergeLanded)
    conflicted = watched.until(MergeConflicted)
    assert conflicted.workstream == "b"
    assert conflicted.files == files
    assert (conflicted.ours, conflicted.theirs) == (landed.commit, commits["b"])
    assert git(repository, "rev-parse", "uet/run-1") == landed.commit
    assert git(repository, "rev-parse", "uet-attempts/run-1/b.1") == commits["b"]


def test_a_branch_that_somebody_moved_is_left_where_it_is(in_repository, repository):
    watched, commits = _ended(in_repository, a="echo a > a.txt")
    git(repository, "commit", "-q", "--allow-empty", "-m", "mine")
    git(repository, "branch", "-f", "uet/run-1", "main")
    watched.world.perform(_merge("a", commits["a"]))
    failed = watched.until(MergeFailed)
    assert "moved by somebody else" in failed.message
    assert git(repository, "rev-parse", "uet/run-1") == git(repository, "rev-parse", "main")


def test_a_branch_that_somebody_removed_fails_the_merge(in_repository, repository):
    watched, commits = _ended(in_repository, a="echo a > a.txt")
    git(repository, "branch", "-D", "uet/run-1")
    watched.world.perform(_merge("a", commits["a"]))
    assert "is gone" in watched.until(MergeFailed).message


def test_opening_again_leaves_what_has_landed(in_repository, repository):
    watched, commits = _ended(in_repository, a="echo a > a.txt")
    watched.world.perform(_merge("a", commits["a"]))
    landed = watched.until(MergeLanded)
    watched.world.perform(OpenIntegration(base=git(repository, "rev-parse", "main")))
    assert git(repository, "rev-parse", "uet/run-1") == landed.commit


def test_a_merge_that_had_landed_is_found_and_not_repeated(in_repository, repository):
    watched, commits = _ended(in_repository, a="echo a > a.txt", b="echo b > b.txt")
    watched.world.perform(_merge("a", commits["a"], 7))
    landed = watched.until(MergeLanded)
    later = in_repository(spec("a"), spec("b"))
    seen = later.world.reconcile([_merge("a", commits["a"], 7)], started=())
    assert [(s.commit, s.tree) for _, s in seen] == [(landed.commit, landed.tree)]
    # Another decision about the same workstream is another merge.
    assert later.world.reconcile([_merge("b", commits["b"], 71)], started=()) == []
    assert later.until(MergeLanded).workstream == "b"
    assert git(repository, "rev-list", "--count", "--merges", "uet/run-1") == "2"


def test_the_same_merge_of_the_same_things_is_the_same_commit(in_repository, repository):
    watched, commits = _ended(in_repository, a="echo a > a.txt")
    watched.world.perform(_merge("a", commits["a"], 7))
    first = watched.until(MergeLanded)
    git(repository, "branch", "-f", "uet/run-1", "main")
    again = in_repository(spec("a"))
    again.world.perform(_merge("a", commits["a"], 7))
    assert again.until(MergeLanded).commit == first.commit
