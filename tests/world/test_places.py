"""The state folder, the driver lock and the user's repository."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world.conftest import git
from uet_es.errors import TryLaterError, UsageError
from uet_es.world.driver_lock import DriverLock, driver_of
from uet_es.world.repository import (
    GIT_OLDEST,
    find,
    git_version,
    head_commit,
    runs_with_branches,
    uncommitted,
)
from uet_es.world.state_folder import keep_head, kept_head, prepare


def test_git_does_not_see_the_state_folder(repository):
    state = prepare(repository)
    (state / "log.db").touch()
    assert prepare(repository) == state == repository / ".uet"
    assert git(repository, "status", "--porcelain") == ""


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / ".uet").write_text("a file")
    with pytest.raises(UsageError, match=r"\.uet"):
        prepare(tmp_path)


def test_the_last_head_is_kept(tmp_path):
    state = prepare(tmp_path)
    assert kept_head(state, "run-1") == ""
    keep_head(state, "run-1", "abc")
    keep_head(state, "run-1", "def")
    assert kept_head(state, "run-1") == "def"
    assert [path.name for path in (state / "heads").iterdir()] == ["run-1"]


def test_a_second_driver_is_refused_and_told_who_drives(tmp_path):
    state = prepare(tmp_path)
    with DriverLock(state, "run-1"):
        with pytest.raises(TryLaterError, match=f"pid {os.getpid()} on "):
            DriverLock(state, "run-1")
        assert driver_of(state, "run-1").startswith(f"pid {os.getpid()} on ")
        DriverLock(state, "run-2").close()
    assert driver_of(state, "run-1") == ""
    assert driver_of(state, "run-3") == ""
    DriverLock(state, "run-1").close()


@pytest.mark.slow
def test_a_driver_that_was_killed_holds_nothing(tmp_path):
    state = prepare(tmp_path)
    code = (
        "import os, signal, sys; from pathlib import Path;"
        "from uet_es.world.driver_lock import DriverLock;"
        "lock = DriverLock(Path(sys.argv[1]), 'run-1'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run(
        (sys.executable, "-c", code, str(state)),
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    assert (state / "runs" / "run-1" / "driver.lock").read_text().startswith("pid ")
    DriverLock(state, "run-1").close()


def test_a_repository_is_found_from_below(repository):
    found = find(repository / "src")
    assert found is not None
    assert found.top == repository
    assert found.common == repository / ".git"
    assert head_commit(repository) == git(repository, "rev-parse", "HEAD")


def test_a_worktree_shares_the_folder_of_its_repository(repository, tmp_path):
    git(repository, "worktree", "add", "-q", str(tmp_path / "other"))
    found = find(tmp_path / "other")
    assert found is not None
    assert (found.top, found.common) == (tmp_path / "other", repository / ".git")


def test_elsewhere_there_is_none(tmp_path):
    assert find(tmp_path) is None


def test_a_bare_repository_is_refused(tmp_path):
    git(tmp_path, "init", "-q", "--bare", "bare")
    with pytest.raises(UsageError, match="bare"):
        find(tmp_path / "bare")


def test_a_repository_without_commits_is_refused(tmp_path):
    git(tmp_path, "init", "-q", "new")
    with pytest.raises(UsageError, match="no commit yet"):
        head_commit(tmp_path / "new")


def test_what_is_not_committed_is_listed_and_the_index_left_alone(repository):
    assert uncommitted(repository) == ()
    index = (repository / ".git" / "index").read_bytes()
    (repository / "readme.md").write_text("changed\n")
    (repository / "new file ü").touch()
    (repository / "x.pyc").touch()
    assert uncommitted(repository) == ("new file ü", "readme.md")
    assert (repository / ".git" / "index").read_bytes() == index


def test_runs_that_left_branches_are_known(repository):
    for branch in ("uet/run-1", "uet-attempts/run-3/a.1", "uet-attempts/run-3/b.1", "other"):
        git(repository, "branch", branch)
    assert runs_with_branches(repository) == {"run-1", "run-3"}


def test_git_here_is_new_enough():
    version = git_version()
    assert version is not None
    assert version >= GIT_OLDEST
