"""Recorded logs as tests of another project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import accepted, exited, staffed
from tests.spec import given
from uet_es.log import jsonl

pytestmark = pytest.mark.slow
LOADED = "import sys; print(sorted(m for m in sys.modules if m.startswith('uet_es')))"


@pytest.fixture
def project(tmp_path):
    """A project with a test of its own, a log that holds, and one that does not."""
    run = given(accepted("a"), *staffed(1), exited("a"))
    rows = list(jsonl.rows_of("run-1", run.entries))
    for name, part in (("good", rows), ("bad", rows[:2])):
        (tmp_path / "logs" / name).mkdir(parents=True)
        jsonl.write(tmp_path / "logs" / name / "log.jsonl", part)
    (tmp_path / "more").mkdir()
    jsonl.write(tmp_path / "more" / "run.jsonl", rows)
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "data.jsonl").write_text("{}\n")
    (tmp_path / "tests" / "test_own.py").write_text(f"def test_own():\n    {LOADED}\n")
    return tmp_path


def run_pytest(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60
    )


def test_without_the_option_nothing_is_collected_and_nothing_loaded(project):
    said = run_pytest(project, "-s", "-v")
    assert said.returncode == 0
    assert "1 passed" in said.stdout
    assert "['uet_es', 'uet_es.pytest_plugin']" in said.stdout


def test_every_log_is_a_test_that_fails_as_verify_does(project):
    said = run_pytest(project, "--uet-logs", "logs", "--uet-logs", "more", "-v")
    assert said.returncode == 1
    assert "1 failed, 3 passed" in said.stdout
    assert "logs/good/log.jsonl::verify PASSED" in said.stdout
    assert "more/run.jsonl::verify PASSED" in said.stdout
    assert "tests/test_own.py::test_own PASSED" in said.stdout
    assert "logs/bad/log.jsonl: entry 3 differs" in said.stdout
    assert "recorded  nothing: the log ends here" in said.stdout
    assert "today     workstream.readied" in said.stdout
    assert "Traceback" not in said.stdout


def test_a_log_is_collected_once_however_it_is_named(project):
    said = run_pytest(project, "--uet-logs", "logs/good", "--uet-logs", ".", "logs", "-n", "2")
    assert "2 failed, 3 passed" in said.stdout


def test_structurally_is_an_option(project):
    said = run_pytest(project, "--uet-logs", "logs/good", "--uet-structural")
    assert "2 passed" in said.stdout


def test_a_folder_that_is_not_there_is_wrong_usage(project):
    said = run_pytest(project, "--uet-logs", "nowhere", "--uet-logs", "never")
    assert said.returncode == 4
    assert "--uet-logs: there is no nowhere, never" in said.stderr
