"""`uet cancel`, `pause`, `unpause`, `retry`: while a driver lives, and while none does."""

import pytest

from tests.cli.ground import await_file, shell, start, write_plan


@pytest.mark.slow
def test_a_run_is_cancelled_while_it_goes_on(uet, folder):
    write_plan(
        folder / "plan",
        shell("a", f"touch {folder}/began; exec sleep 60"),
        shell("b", depends_on=["a"]),
    )
    driver = start(folder, "run", "plan", "--json", "-q")
    await_file(folder / "began")
    said = uet("cancel", "run-1", "--reason", "enough")
    assert said.status == 0
    assert f"pid {driver.pid}" in said.out
    out, _ = driver.communicate(timeout=30)
    assert driver.returncode == 1
    assert '"outcome": "cancelled"' in out
    assert "enough" in uet("events", "--event-type", "cancel.asked").out


@pytest.mark.slow
def test_a_paused_run_starts_nothing_until_it_is_unpaused(uet, interrupted):
    assert "uet resume run-1" in uet("pause").out
    assert "nothing to pause: the run is paused already" in uet("pause").err
    driver = start(interrupted, "resume", "run-1")
    for line in driver.stderr:
        if "run.paused" in line:
            break
    assert {"cause": "mode", "on": "paused"} in uet("ready", "--json").document["waiting"]["a"]
    assert uet("unpause").status == 0
    driver.communicate(timeout=30)
    assert driver.returncode == 0


@pytest.mark.slow
def test_a_workstream_is_cancelled_while_no_driver_lives(uet, interrupted):
    said = uet("cancel", "run-1", "a")
    assert said.status == 0
    assert "no driver is alive: uet resume run-1" in said.out
    document = uet("resume", "--json").document
    assert document["workstreams"] == {"a": "CANCELLED", "b": "CANCELLED"}


def test_a_failed_workstream_is_tried_again_with_what_it_had_cancelled(uet, finished):
    document = uet("retry", "run-1", "b", "--json").document
    assert (document["request"], document["workstream"], document["driver"]) == ("retry", "b", None)
    after = uet("resume", "-q", "--json").document
    assert after["workstreams"] == {"a": "SUCCEEDED", "b": "FAILED", "c": "CANCELLED"}
    assert uet("status", "--json").document["workstreams"]["b"]["attempts"] == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("retry", "run-1", "nobody"), "no workstream nobody"),
        (("retry", "run-1", "a"), "a is SUCCEEDED"),
        (("retry", "run-1", "c"), "depends on b"),
        (("retry", "run-9", "a"), "no run run-9"),
        (("cancel", "run-1", "nobody"), "no workstream nobody"),
        (("cancel", "run-1"), "the run has finished"),
        (("cancel", "run-1", "b"), "the run has finished"),
        (("pause",), "the run has finished"),
        (("unpause",), "the run has finished"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(uet, finished, words, told):
    store = (finished / ".uet" / "log.db").read_bytes()
    said = uet(*words)
    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert (finished / ".uet" / "log.db").read_bytes() == store


def test_a_full_store_is_told_in_the_words_of_sqlite(uet, finished, monkeypatch):
    monkeypatch.setenv("UET_STORE_MAX_PAGES", "1")  # SQLite takes it as: not one page more
    said = uet("retry", "b", "--reason", "x" * 9000)
    assert said.status == 75
    assert "database or disk is full" in said.err
    monkeypatch.delenv("UET_STORE_MAX_PAGES")
    assert uet("log", "verify").status == 0
