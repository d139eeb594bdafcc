"""`uet log verify` and `uet log redact`."""

import sqlite3

import pytest

from tests.cli.ground import shell, write_plan


def change(folder, statement):
    with sqlite3.connect(folder / ".uet" / "log.db") as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute(statement)
    db.close()


def test_an_intact_log_ends_with_0(uet, finished):
    said = uet("log", "verify")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("run-1: intact, ")
    (document,) = uet("log", "verify", "--json").document
    assert (document["run"], document["intact"], document["findings"]) == ("run-1", True, [])
    assert uet("log", "verify", "run-1", "--json").document == document
    assert uet("log", "verify", "run-1", "--head", document["head"]).status == 0


def test_a_changed_entry_is_named(uet, finished):
    change(
        finished,
        "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), '\"status\":3', "
        "'\"status\":0') AS BLOB) WHERE topic = 'attempt.exited'",
    )
    said = uet("log", "verify")
    assert said.status == 5
    (document,) = uet("log", "verify", "--json").document
    assert document["findings"][0]["problem"] == "altered"
    assert f"run-1#{document['findings'][0]['number']} (run-1 version" in said.out
    assert uet("status").status == 5


def test_a_removed_entry_is_named(uet, finished):
    change(finished, "DELETE FROM stored_events WHERE topic = 'retry.scheduled'")
    assert uet("log", "verify", "--json").document[0]["findings"][0]["problem"] == "removed"


def test_a_cut_tail_shows_against_the_kept_head(uet, finished):
    change(
        finished, "DELETE FROM stored_events WHERE rowid = (SELECT max(rowid) FROM stored_events)"
    )
    said = uet("log", "verify", "run-1")
    assert said.status == 5
    assert "cut" in said.out
    (finished / ".uet" / "heads" / "run-1").unlink()
    assert uet("log", "verify", "run-1").status == 0
    assert uet("log", "verify", "run-1", "--head", "0" * 64).status == 5


def test_a_run_that_vanished_whole_shows_against_its_head(uet, finished):
    change(finished, "DELETE FROM stored_events")
    said = uet("log", "verify")
    assert said.status == 5
    assert "no entry of it is left" in said.out


def test_a_head_needs_its_run(uet, finished):
    assert uet("log", "verify", "--head", "0" * 64).status == 2


@pytest.fixture
def secret(uet, folder):
    write_plan(folder / "plan", shell("a", "echo hunter2", tasks=["the password is hunter2"]))
    assert uet("run", "plan", "-q").status == 0
    return folder


def test_a_secret_is_taken_out_and_the_log_says_so(uet, secret):
    assert "hunter2" in uet("events", "--json").out
    said = uet("log", "redact", "run-1", "1", "--reason", "a password")
    assert said.status == 0
    assert "hunter2" not in uet("events", "--json").out
    assert b"hunter2" not in (secret / ".uet" / "log.db").read_bytes()
    verified = uet("log", "verify", "run-1")
    assert verified.status == 0
    assert "a password" in verified.out
    assert uet("status").status == 0


@pytest.mark.parametrize(
    "words", [("run-9", "1"), ("run-1", "999"), ("run-1", "0"), ("run-1", "x"), ("run-1",)]
)
def test_what_is_not_there_is_not_redacted(uet, secret, words):
    before = uet("events", "--json").out
    assert uet("log", "redact", *words, "--reason", "why").status == 2
    assert uet("events", "--json").out == before


def test_redacting_needs_a_reason(uet, secret):
    assert uet("log", "redact", "run-1", "1").status == 2
    assert uet("log", "redact", "run-1", "1", "--reason", " ").status == 2
