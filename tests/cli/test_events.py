"""`uet events`: the conversation, the lines of JSON, every filter, following."""

import sqlite3

import pytest

from tests.cli.ground import await_file, shell, start, write_plan

KEYS = ["run", "seq", "turn", "stream", "version", "at_us", "cause", "type", "event"]


def test_a_line_has_exactly_the_promised_keys(uet, finished):
    lines = uet("events", "--json").lines
    assert [list(line) for line in lines] == [KEYS] * len(lines)
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0]["type"] == "plan.accepted"
    assert "type" not in lines[0]["event"]
    assert lines[-1]["type"] == "run.finished"


def test_observations_stand_at_the_margin_and_decisions_are_indented(uet, finished):
    lines = uet("events").out.splitlines()
    assert lines[0].startswith("     1     0.000  plan.accepted")
    (dispatched,) = [line for line in lines if "a → a.1" in line]
    assert dispatched.split("workstream.dispatched")[0].strip().isdecimal()
    assert "E_TOOL_FAILURE (exit)" in uet("events").out


def test_the_newest_ones_come_in_order(uet, finished):
    everything = uet("events", "--json").lines
    assert uet("events", "--json", "--tail", 3).lines == everything[-3:]
    assert uet("events", "--json", "--tail", 0).lines == []


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("attempt.started", "attempt.started"),
        ("TASK_STARTED", "attempt.started"),
        ("task_started", "attempt.started"),
        ("Worker_Spawned", "worker.spawned"),
    ],
)
def test_types_may_be_named_in_both_ways(uet, finished, name, tag):
    lines = uet("events", "--json", "--event-type", name).lines
    assert lines
    assert {line["type"] for line in lines} == {tag}


def test_a_type_that_is_never_recorded_matches_nothing(uet, finished):
    assert uet("events", "--event-type", "RESOURCE_LIMIT") == (0, "", "")


def test_unknown_types_are_wrong_usage_and_near_ones_are_named(uet, finished):
    said = uet("events", "--event-type", "attempt.start", "--event-type", "TASK_STARTD")
    assert said.status == 2
    assert "attempt.started" in said.err
    assert "TASK_STARTED" in said.err


def test_channel_workstream_and_worker_narrow_down(uet, finished):
    lines = uet("events", "--json", "--workstream", "b").lines
    assert {line["event"]["workstream"] for line in lines} == {"b"}
    lines = uet("events", "--json", "--channel", "error_events").lines
    assert "retry.scheduled" in {line["type"] for line in lines}
    lines = uet("events", "--json", "--worker", "1").lines
    assert {line["event"]["worker"] for line in lines} == {1}
    assert uet("events", "--channel", "gossip").status == 2


def test_since_takes_a_time_or_a_span(uet, finished):
    everything = uet("events", "--json").lines
    assert uet("events", "--json", "--since", "1h").lines == everything
    assert uet("events", "--json", "--since", "2001-02-03T04:05").lines == everything
    assert uet("events", "--json", "--since", "2999-01-01").lines == []
    assert uet("events", "--since", "yesterday").status == 2


def test_an_unknown_type_in_the_store_is_shown_raw(uet, finished):
    state = b'{"seq":99,"turn":9,"at_us":1,"cause":3,"event":{"type":"omen.seen","birds":7}}'
    with sqlite3.connect(finished / ".uet" / "log.db") as db:
        db.execute("INSERT INTO stored_events VALUES ('run-1/omen', 1, 'omen.seen', ?)", (state,))
    db.close()
    line = uet("events", "--json", "--tail", 1).lines[0]
    assert (line["type"], line["event"]) == ("omen.seen", {"birds": 7})
    assert '{"birds":7}' in uet("events", "--tail", 1).out
    assert uet("events").status == 0
    assert uet("status").status == 5


def test_following_a_finished_run_ends(uet, finished):
    assert uet("events", "run-1", "-f", "--json").out == uet("events", "--json").out


@pytest.mark.slow
def test_following_goes_on_to_the_end_of_the_run(uet, folder):
    go = folder / "go"
    wait = f"touch {folder}/began; while [ ! -e {go} ]; do sleep 0.02; done"
    write_plan(folder / "plan", shell("a", wait))
    driver = start(folder, "run", "plan", "-q")
    await_file(folder / "began")
    reader = start(folder, "events", "run-1", "-f", "--json")
    for line in reader.stdout:
        if "attempt.started" in line:
            break
    go.touch()
    rest, err = reader.communicate(timeout=30)
    driver.communicate(timeout=30)
    assert (reader.returncode, err) == (0, "")
    assert "run.finished" in rest.splitlines()[-1]


@pytest.mark.slow
def test_following_without_a_run_goes_on_with_the_next_one(uet, finished):
    reader = start(finished, "events", "-f", "--json", "--event-type", "plan.accepted")
    assert '"run":"run-1"' in reader.stdout.readline()
    assert uet("run", "plan", "-q").status == 1
    assert '"run":"run-2"' in reader.stdout.readline()
    reader.kill()
    reader.communicate(timeout=30)


@pytest.mark.slow
def test_what_changed_nothing_says_so(uet, folder):
    signals = '{"type":"heartbeat","workstream":"ghost"}'
    write_plan(folder / "plan", shell("a", f"echo '{signals}' >> \"$UET_SIGNALS\""))
    assert uet("run", "plan", "-q").status == 0
    (line,) = uet("events", "--json", "--event-type", "HEARTBEAT").lines
    assert line["ignored"].startswith("foreign")
    assert "[ignored: foreign" in uet("events", "--event-type", "HEARTBEAT").out


@pytest.mark.slow
def test_plain_sqlite_reads_the_same_entries(uet, finished):
    query = "SELECT count(*) FROM entries WHERE run = 'run-1'"
    with sqlite3.connect(finished / ".uet" / "log.db") as db:
        (number,) = db.execute(query).fetchone()
    db.close()
    assert number == len(uet("events", "--json").lines)
