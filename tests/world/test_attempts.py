"""Attempts as processes: what they get, what they leave, how they end."""

import hashlib
from pathlib import Path

import pytest

from tests.world.conftest import Make, spec, start
from uet_es.events.observations import AttemptExited, AttemptStarted, AttemptUnstarted


def test_an_attempt_is_seen_starting_and_ending(make: Make):
    watched = make(spec("a", "echo hello"))
    watched.world.perform(start("a"))
    exited = watched.until(AttemptExited)
    assert [type(seen) for seen in watched.told] == [AttemptStarted, AttemptExited]
    assert watched.told[0].pid > 0
    assert (exited.status, exited.stdout_bytes, exited.stderr_bytes) == (0, 6, 0)
    assert exited.stdout_sha256 == hashlib.sha256(b"hello\n").hexdigest()
    assert exited.stderr_sha256 == ""
    assert exited.took_us > 0
    assert exited.cpu_us is not None


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("exit 7", 7),
        ("false", 1),
        ("no-such-command-anywhere", 127),
        ("kill -9 $$; true", -9),
        ("sh -c 'kill -TERM $$'", 143),
        (("true", "exit 3", "exit 4"), 3),
        (("cd /", "test $PWD = /"), 0),
        ("set -e; false; true", 1),
        ('echo "$(', 2),
        ('test "$#$1" = 0', 0),
        ("x=1\ntest $x = 1", 0),
    ],
)
def test_the_status_is_what_the_shell_says(make: Make, command, status):
    watched = make(spec("a", command))
    watched.world.perform(start("a"))
    assert watched.until(AttemptExited).status == status


def test_the_lines_of_a_list_stop_at_the_first_that_fails(make: Make):
    watched = make(spec("a", ("echo one", "false", "echo three")))
    watched.world.perform(start("a"))
    assert watched.until(AttemptExited).status == 1
    assert (watched.folder("a") / "stdout").read_text() == "one\n"


def test_the_written_status_says_what_was_observed(make: Make):
    watched = make(spec("a", "exit 5"))
    watched.world.perform(start("a"))
    watched.until(AttemptExited)
    written = (watched.folder("a") / "status").read_text()
    assert written.startswith("5 0m")
    assert written.endswith("s\n")


@pytest.mark.slow
@pytest.mark.parametrize("size", [200_000, 50_000_000])
def test_output_of_any_size_blocks_nobody(make: Make, size):
    watched = make(spec("a", f"head -c {size} /dev/zero; head -c {size} /dev/zero >&2"))
    watched.world.perform(start("a"))
    exited = watched.until(AttemptExited)
    digest = hashlib.sha256(bytes(size)).hexdigest()
    assert (exited.stdout_bytes, exited.stderr_bytes) == (size, size)
    assert (exited.stdout_sha256, exited.stderr_sha256) == (digest, digest)


def test_an_attempt_gets_the_named_variables_and_no_others(make: Make, monkeypatch):
    monkeypatch.setenv("SECRET", "s3cret")
    monkeypatch.setenv("TOKEN", "for a")
    monkeypatch.setenv("LC_TIME", "C")
    monkeypatch.setenv("UET_RUN", "that of an outer uet")
    watched = make(spec("a", "env", env=("TOKEN", "NOT_THERE")))
    watched.world.perform(start("a"))
    watched.until(AttemptExited)
    lines = (watched.folder("a") / "stdout").read_text().splitlines()
    got = dict(line.split("=", 1) for line in lines)
    assert got["TOKEN"] == "for a"
    assert got["UET_RUN"] == "run-1"
    assert got["UET_WORKSTREAM"] == "a"
    assert got["UET_ATTEMPT"] == "1"
    assert got["UET_WORKER_ID"] == "1"
    assert got["UET_ADAPTER_TYPE"] == "shell"
    assert got["UET_SIGNALS"] == str(watched.folder("a") / "signals.jsonl")
    assert got["UET_SANDBOX_PATH"] == got["PWD"] == str(watched.state.parent)
    allowed = {"PATH", "HOME", "USER", "LANG", "TERM", "TMPDIR", "TOKEN", "PWD", "OLDPWD", "_"}
    allowed |= {"SHLVL"}
    extra = {name for name in got if not name.startswith(("UET_", "LC_"))} - allowed
    assert extra == set()


def test_the_task_is_written_as_a_prompt_file(make: Make):
    watched = make(
        spec(
            "a", 'cat "$UET_PROMPT_FILE"', tasks=("Mend the door", "Öl it"), writes=("src/a b.py",)
        )
    )
    watched.world.perform(start("a"))
    watched.until(AttemptExited)
    said = (watched.folder("a") / "stdout").read_text(encoding="utf-8")
    assert said.startswith("# a\n")
    assert "- Mend the door\n- Öl it\n" in said
    assert "- `src/a b.py`\n" in said


def test_a_command_that_is_too_long_is_an_attempt_that_could_not_start(make: Make):
    watched = make(spec("a", ": " + "x" * 5_000_000))
    watched.world.perform(start("a"))
    assert "too long" in watched.until(AttemptUnstarted).message


def test_a_tool_without_a_command_is_an_attempt_that_could_not_start(make: Make):
    watched = make(spec("a", tool="aider"))
    watched.world.perform(start("a"))
    assert "[tools.aider]" in watched.until(AttemptUnstarted).message


def test_leftovers_of_another_run_of_the_same_name_are_not_taken_for_its_own(make: Make):
    watched = make(spec("a", "exit 3"))
    old = watched.folder("a")
    old.mkdir(parents=True)
    (old / "status").write_text("0\n")
    (old / "signals.jsonl").write_text('{"type":"heartbeat"}\n')
    watched.world.perform(start("a"))
    assert watched.until(AttemptExited).status == 3
    assert [type(seen) for seen in watched.told] == [AttemptStarted, AttemptExited]


def test_nothing_of_the_driver_is_open_in_an_attempt(make: Make, tmp_path: Path):
    with (tmp_path / "open").open("w") as file:
        assert not file.closed
        watched = make(spec("a", "ls -l /proc/self/fd"))
        watched.world.perform(start("a"))
        watched.until(AttemptExited)
    listed = (watched.folder("a") / "stdout").read_text()
    assert str(tmp_path / "open") not in listed
    assert str(watched.folder("a") / "lock") in listed


def test_a_reader_that_goes_away_ends_its_writer(make: Make):
    watched = make(spec("a", "{ yes; echo $? >&2; } | head -1"))
    watched.world.perform(start("a"))
    watched.until(AttemptExited)
    assert (watched.folder("a") / "stderr").read_text() == "141\n"
