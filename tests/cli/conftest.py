"""A folder of one's own for each test, and the command in it."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.ground import (
    DEADLINE_S,
    Said,
    await_file,
    make_repository,
    shell,
    start,
    write_plan,
)
from uet_es.cli.app import main

Uet = Callable[..., Said]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder, and a home without configuration."""
    for name in [each for each in os.environ if each.startswith(("UET_", "GIT_"))]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    work = tmp_path / "work"
    home.mkdir()
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def uet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Uet:
    """The command, run in this process: what it ends with and what it says."""

    def run(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["uet", *map(str, words)])
        capsys.readouterr()
        status = main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Said(status, out, err)

    return run


@pytest.fixture
def repository(folder: Path) -> Path:
    """The present folder as a repository with one commit."""
    make_repository(folder)
    return folder


@pytest.fixture
def finished(uet: Uet, folder: Path) -> Path:
    """A folder with one run: a succeeded, b failed twice, c cancelled because of b."""
    plan = write_plan(
        folder / "plan",
        shell("a", "echo out of a; echo beside >&2"),
        shell("b", "exit 3", max_attempts=2),
        shell("c", depends_on=["b"]),
    )
    (plan / "uet.toml").write_text("[retry]\nbackoff_s = 0.01\n")
    assert uet("run", "plan").status == 1
    return folder


@pytest.fixture
def interrupted(uet: Uet, folder: Path) -> Path:
    """A folder with an unfinished run that nobody drives: a was stopped, b waits for it."""
    began = folder / "began"
    again = f"[ -e {folder}/again ] || {{ touch {began}; exec sleep 60; }}"
    write_plan(folder / "plan", shell("a", again), shell("b", depends_on=["a"]))
    driver = start(folder, "run", "plan")
    await_file(began)
    # Two of the same signal may arrive as one.
    driver.send_signal(signal.SIGTERM)
    driver.send_signal(signal.SIGINT)
    driver.communicate(timeout=DEADLINE_S)
    assert driver.returncode == 130
    (folder / "again").touch()
    return folder
