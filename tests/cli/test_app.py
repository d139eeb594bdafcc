"""The command as a whole: help, version, errors, streams, laziness."""

import os
import subprocess
import sys

import pytest

from tests.cli.ground import COMMAND, shell, write_plan
from uet_es import __version__
from uet_es.cli import document
from uet_es.cli.failures import tell
from uet_es.errors import KernelError, StoreBusyError


def test_the_version_is_the_package_s(uet):
    assert uet("--version") == (0, f"uet {__version__}\n", "")


def test_an_unknown_verb_is_answered_with_the_nearest_one(uet):
    said = uet("valdate")
    assert said.status == 2
    assert "validate" in said.err


@pytest.mark.parametrize(
    "words",
    [("run", "-j", "0", "plan"), ("validate", "--max-workers", "0", "plan"), ("status", "--bogus")],
)
def test_wrong_flags_end_with_2(uet, words):
    said = uet(*words)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("uet: ")


def test_a_folder_can_be_named_first(uet, folder):
    write_plan(folder / "elsewhere" / "plan", shell("a"))
    assert uet("-C", "elsewhere", "validate", "plan").status == 0


def test_a_folder_that_is_not_there_ends_with_2(uet):
    said = uet("-C", "nowhere", "list")
    assert said.status == 2
    assert "nowhere" in said.err


def test_a_bug_is_told_as_one_without_a_trace(capsys):
    with pytest.raises(KernelError) as caught:
        raise KernelError("entry 3 cannot follow")
    assert tell(caught.value) == 70
    told = capsys.readouterr().err
    assert "this is a bug in uet" in told
    assert "test_app.py" in told
    assert "Traceback" not in told


def test_an_unexpected_error_is_a_bug(capsys):
    assert tell(ZeroDivisionError("division by zero")) == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_trace_is_shown_on_request(capsys, monkeypatch):
    monkeypatch.setenv("UET_DEBUG", "1")
    assert tell(KernelError("no rest")) == 70
    assert "KernelError: no rest" in capsys.readouterr().err


def test_now_is_the_wrong_time_ends_with_75(capsys):
    assert tell(StoreBusyError("busy")) == 75
    assert tell(OSError(28, "No space left on device", "log.db")) == 75
    assert "log.db" in capsys.readouterr().err


@pytest.mark.slow
def test_help_imports_nothing_that_only_verbs_need():
    code = """
import sys
sys.argv = ["uet", "--help"]
from uet_es.cli.app import main
assert main() == 0
heavy = {"eventsourcing", "networkx", "duckdb", "rich.live", "msgspec", "genai_prices", "yaml",
         "sqlite3", "uet_es.kernel", "uet_es.intake"}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == "[]"


@pytest.mark.slow
def test_text_is_plain_where_only_ascii_is_known(folder):
    write_plan(folder / "plan", shell("a"), shell("b", depends_on=["a"]))
    ended = subprocess.run(
        [*COMMAND, "validate", "plan"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert b"a -> b" in ended.stdout


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_error(finished):
    line = f"{' '.join(COMMAND)} events --json | head -n 1"
    ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    assert ended.stdout.count("\n") == 1


def test_the_page_on_the_command_line_is_current():
    assert document.FILE.read_text("utf-8") == document.document()


def test_every_option_has_a_line_of_help():
    text = document.document()
    assert "|  |" not in text
    assert "None" not in text
