"""Attempts in worktrees: what they start from, what they leave, what they had claimed."""

import shutil
from pathlib import Path

import pytest

from tests.world.conftest import Make, git, spec, start
from uet_es.effects import RemoveWorktree
from uet_es.events.observations import (
    AttemptExited,
    AttemptLost,
    AttemptStarted,
    AttemptUnstarted,
    WorktreePrepared,
)

BRANCH = "uet-attempts/run-1/a.1"

pytestmark = pytest.mark.slow


def _tree(command="true", id="a", **more):
    return spec(id, command, isolation="worktree", **({"writes": ("**",)} | more))


def _files(repository: Path, commit: str) -> list[str]:
    return git(
        repository, "-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", commit
    ).splitlines()


def _run(in_repository: Make, workstream, **more):
    watched = in_repository(workstream, **more)
    watched.world.perform(start("a"))
    return watched, watched.until(AttemptExited)


def test_an_attempt_starts_from_what_was_merged_in_a_place_of_its_own(in_repository, repository):
    head = git(repository, "rev-parse", "HEAD")
    watched, exited = _run(in_repository, _tree("pwd; cat readme.md"))
    assert [type(s) for s in watched.told] == [WorktreePrepared, AttemptStarted, AttemptExited]
    assert watched.told[0].base == head
    place = watched.state / "worktrees" / "run-1" / "a.1"
    assert (watched.folder("a") / "stdout").read_text() == f"{place}\nhello\n"
    assert (exited.commit, exited.changed, exited.outside) == ("", 0, ())


def test_what_it_changed_is_committed_on_its_branch_and_nowhere_else(in_repository, repository):
    before = git(repository, "status", "--porcelain", "--branch")
    head = git(repository, "rev-parse", "HEAD")
    _, exited = _run(
        in_repository,
        _tree("echo four >> src/app.py; echo new > 'a file — ü.txt'; rm readme.md; echo x > l.pyc"),
    )
    assert (exited.status, exited.changed, exited.outside) == (0, 3, ())
    assert git(repository, "rev-parse", BRANCH) == exited.commit
    assert git(repository, "rev-parse", f"{exited.commit}^") == head
    assert _files(repository, exited.commit) == [".gitignore", "a file — ü.txt", "src/app.py"]
    assert git(repository, "log", "-1", "--format=%an <%ae>|%s", BRANCH) == (
        "uet <uet@localhost>|uet: a, attempt 1"
    )
    assert git(repository, "rev-parse", "HEAD", "uet/run-1") == f"{head}\n{head}"
    assert git(repository, "status", "--porcelain", "--branch") == before


def test_a_failed_attempt_keeps_its_partial_work_on_its_branch(in_repository, repository):
    _, exited = _run(in_repository, _tree("echo half > half.txt; exit 1"))
    assert exited.status == 1
    assert "half.txt" in _files(repository, exited.commit)


@pytest.mark.parametrize(
    ("command", "outside"),
    [
        ("echo x > src/new.py", ()),
        ("echo x > 'other file.txt'", ("other file.txt",)),
        ("mkdir src/secret; echo x > src/secret/key", ("src/secret/key",)),
        ("mv readme.md src/readme.md", ("readme.md",)),
        ("echo x > a.log; echo y > src/b.py", ()),
        ("chmod +x readme.md", ("readme.md",)),
        ("ln -s /etc/passwd link", ("link",)),
        ("echo x > ü.txt; echo x > b.txt", ("b.txt", "ü.txt")),
        ("git init -q inner; echo x > inner/y", ("inner/",)),
    ],
)
def test_what_it_had_not_claimed_is_named(in_repository, command, outside):
    claims = _tree(command, writes=("src",), forbidden=("src/secret",))
    _, exited = _run(in_repository, claims, scope_ignore=("**/*.log",))
    assert exited.outside == outside


def test_litter_is_neither_committed_nor_judged(in_repository, repository):
    command = "mkdir -p build/x; echo 1 > build/x/o; echo 2 > src/new.py"
    _, exited = _run(in_repository, _tree(command, writes=("src",)), scope_ignore=("build",))
    assert (exited.changed, exited.outside) == (1, ())
    assert "build/x/o" not in _files(repository, exited.commit)


def test_its_own_commits_are_kept_and_the_rest_is_added(in_repository, repository):
    person = "-c user.name=agent -c user.email=agent@localhost"
    _, exited = _run(
        in_repository,
        _tree(f"echo 1 > one; git add one; git {person} commit -qm own; echo 2 > two"),
    )
    assert exited.changed == 2
    log = git(repository, "log", "--format=%s", BRANCH).splitlines()
    assert log == ["uet: a, attempt 1", "own", "first"]


def test_a_commit_that_left_nothing_over_is_taken_as_it_is(in_repository, repository):
    person = "-c user.name=agent -c user.email=agent@localhost"
    _, exited = _run(
        in_repository, _tree(f"echo 1 > one; git add one; git {person} commit -qm own")
    )
    assert git(repository, "log", "-1", "--format=%s", exited.commit) == "own"


@pytest.mark.parametrize(
    "command",
    [
        "git checkout -q --orphan other && git rm -rqf . && echo x > only",
        "git checkout -q --detach && rm -r * && echo x > only",
        'rm -r * && echo x > only && touch "$(git rev-parse --git-dir)/index.lock"',
        'rm -r * && echo x > only && echo broken > "$(git rev-parse --git-dir)/index"',
        "rm -r * && echo x > only && rm .git",
        "rm -r * && echo x > only && git update-ref -d HEAD",
        "git rm -rq . && echo y > staged && git add staged && rm staged && echo x > only",
    ],
    ids=["orphan", "detached", "locked", "broken index", "no .git", "no branch", "staged"],
)
def test_whatever_it_does_to_its_git_its_files_are_found(in_repository, repository, command):
    _, exited = _run(in_repository, _tree(command))
    assert exited.status == 0
    assert set(_files(repository, exited.commit)) - {".gitignore"} == {"only"}
    assert git(repository, "merge-base", exited.commit, "main") == git(
        repository, "rev-parse", "main"
    )


def test_an_unfinished_merge_is_committed_as_it_lies_there(in_repository, repository):
    person = "-c user.name=agent -c user.email=agent@localhost"
    command = (
        f"git checkout -qb x; echo 1 > readme.md; git {person} commit -qam x;"
        f"git checkout -q -; echo 2 > readme.md; git {person} commit -qam y;"
        f"git {person} merge -q x; true"
    )
    _, exited = _run(in_repository, _tree(command))
    assert "<<<<<<<" in git(repository, "show", f"{exited.commit}:readme.md")


def test_a_file_that_became_a_folder_is_found(in_repository, repository):
    _, exited = _run(in_repository, _tree("rm readme.md; mkdir readme.md; echo 1 > readme.md/x"))
    assert (exited.changed, exited.outside) == (2, ())
    assert "readme.md/x" in _files(repository, exited.commit)


def test_a_name_that_is_no_text_is_recorded_escaped(in_repository):
    _, exited = _run(in_repository, _tree(r"touch $(printf 'bad\377name')", writes=("src",)))
    assert exited.outside == (r"bad\xffname",)


def test_a_worktree_that_the_attempt_removed_is_lost_work(in_repository):
    watched = in_repository(_tree('cd /; rm -rf "$UET_SANDBOX_PATH"'))
    watched.world.perform(start("a"))
    lost = watched.until(AttemptLost)
    assert lost.code == "E_TOOL_FAILURE"
    assert "could not be committed" in lost.message


def test_hooks_signing_and_prompts_of_the_user_take_no_part(in_repository, repository, plain_home):
    (plain_home / ".gitconfig").write_text(
        "[commit]\n gpgsign = true\n[gpg]\n program = /bin/false\n[core]\n editor = /bin/false\n"
    )
    hooks = repository / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "post-checkout", "reference-transaction", "commit-msg"):
        hook = hooks / name
        hook.write_text(f"#!/bin/sh\necho {name} >> {plain_home}/ran\nexit 1\n")
        hook.chmod(0o755)
    _, exited = _run(in_repository, _tree("echo x > new"))
    assert exited.changed == 1
    assert not (plain_home / "ran").exists()


def test_variables_of_a_hook_that_calls_us_do_not_lead_astray(
    in_repository, repository, monkeypatch, tmp_path
):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no-index"))
    _, exited = _run(in_repository, _tree("echo x > new"))
    assert exited.changed == 1


def test_started_in_a_subfolder_it_works_and_claims_from_there(in_repository, repository):
    command = 'echo "$PWD"; echo x > app.py; echo y > ../readme.md'
    watched, exited = _run(in_repository, _tree(command), root=repository / "src")
    assert (watched.folder("a") / "stdout").read_text().endswith("/a.1/src\n")
    assert (exited.changed, exited.outside) == (2, ("../readme.md",))


def test_a_branch_that_exists_stops_the_start_and_says_so(in_repository, repository):
    git(repository, "branch", BRANCH)
    watched = in_repository(_tree())
    watched.world.perform(start("a"))
    assert BRANCH in watched.until(AttemptUnstarted).message


def test_without_a_repository_a_worktree_cannot_be_made(make):
    watched = make(_tree())
    watched.world.perform(start("a"))
    assert "repository" in watched.until(AttemptUnstarted).message


def test_many_worktrees_are_made_at_once(in_repository, repository):
    ids = [f"w{n}" for n in range(64)]
    watched = in_repository(*(_tree("echo $UET_WORKSTREAM > $UET_WORKSTREAM", id) for id in ids))
    for id in ids:
        watched.world.perform(start(id))
    watched.until(AttemptExited, 64, deadline_s=60)
    assert watched.of(AttemptUnstarted) == []
    assert all(seen.changed == 1 for seen in watched.of(AttemptExited))


@pytest.mark.parametrize("merged", [True, False])
def test_a_worktree_is_removed_and_its_branch_with_it_if_merged(in_repository, repository, merged):
    watched, exited = _run(in_repository, _tree("echo x > new; echo y > l.pyc"))
    place = watched.state / "worktrees" / "run-1" / "a.1"
    assert place.exists()
    effect = RemoveWorktree(workstream="a", attempt=1, merged=merged)
    watched.world.perform(effect)
    watched.world.perform(effect)
    watched.world.close(leave_running=True)
    assert not place.exists()
    branches = git(repository, "branch", "--list", BRANCH, "--format=%(objectname)")
    assert branches == ("" if merged else exited.commit)
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_a_worktree_that_is_gone_already_is_no_obstacle(in_repository, repository):
    watched, _ = _run(in_repository, _tree("echo x > new"))
    shutil.rmtree(watched.state / "worktrees")
    watched.world.perform(RemoveWorktree(workstream="a", attempt=1, merged=True))
    watched.world.close(leave_running=True)
    assert git(repository, "branch", "--list", BRANCH) == ""
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_the_worktree_looks_clean_to_who_looks_into_it(in_repository, repository):
    watched, _ = _run(in_repository, _tree("echo x > new; echo y >> readme.md"))
    place = watched.state / "worktrees" / "run-1" / "a.1"
    assert git(place, "status", "--porcelain") == ""
    assert [path.name for path in (place / "src").iterdir()] == ["app.py"]
