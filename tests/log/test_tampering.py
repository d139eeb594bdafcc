"""Somebody changes the file with plain SQL: verify names the first entry that is not as written."""

import sqlite3

import pytest

from tests.log.conftest import RUN, tamper
from tests.log.samples import entries
from uet_es.errors import LogError
from uet_es.events.observations import PauseAsked
from uet_es.log.chain import joined, link, split
from uet_es.log.predictions import PredictionMade
from uet_es.log.store import Log
from uet_es.plan import Limits
from uet_es.values import RunId

OTHER = RunId("run-12")


@pytest.fixture
def head(path):
    with Log.open(path, create=True) as log:
        log.append(OTHER, entries(OTHER))
        head = log.append(RUN, entries(RUN))
        for at_us in (1, 2, 3):
            log.request(RUN, PauseAsked(by="ann"), at_us)
    return head


MINE = "originator_id LIKE 'run-1%' AND originator_id NOT LIKE 'run-12%'"


def at(seq):
    """The SQL condition for one entry of the run."""
    return f"CAST(state AS TEXT) LIKE '{{\"seq\":{seq},%' AND {MINE}"


def found(path, **head):
    with Log.open(path) as log:
        assert log.verify(OTHER).intact
        findings = log.verify(RUN, **head)
        assert not findings.intact
        return [(f.problem, f.chain, f.number) for f in findings.findings]


def refused(path):
    with Log.open(path) as log, pytest.raises(LogError) as error:
        list(log.entries(RUN))
    return str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        "SET state = replace(state, '\"status\":1', '\"status\":0')",
        "SET state = replace(state, '\"at_us\":179', '\"at_us\":178')",
        "SET topic = 'attempt.lost'",
        "SET originator_version = 77",
        "SET originator_id = 'run-1/ws/api', originator_version = 77",
        "SET state = substr(state, 1, length(state) - 2)",
        "SET state = x''",
        "SET state = NULL",
        "SET state = 5, topic = NULL",
        "SET state = substr(state, 1, length(state) - 6) || x'ff62637d227d'",
        'SET state = replace(state, \'"chain":"\', \'"chain":"0\')',
    ],
)
def test_a_changed_entry_is_named(path, head, change):
    tamper(path, f"UPDATE stored_events {change} WHERE {at(3)}")
    assert found(path) == [("altered", RUN, 3)]
    assert "3" in refused(path)


def test_a_changed_entry_with_a_digest_of_its_own_is_found_at_the_next(path, head):
    connection = sqlite3.connect(path)
    rows = connection.execute(
        f"SELECT originator_id, originator_version, topic, state FROM stored_events WHERE {MINE} "
        "ORDER BY rowid LIMIT 3"
    ).fetchall()
    connection.close()
    stream, version, topic, state = rows[2]
    content = split(state)[0].replace(b'"status":1', b'"status":0')
    digest = link(split(rows[1][3])[1], stream, version, topic, content)
    forged = joined(content, digest).decode()
    tamper(
        path,
        f"UPDATE stored_events SET state = CAST('{forged}' AS BLOB) "
        f"WHERE originator_id = '{stream}' AND originator_version = {version}",
    )
    assert found(path) == [("altered", RUN, 4)]


def test_a_removed_entry_is_named(path, head):
    tamper(path, f"DELETE FROM stored_events WHERE {at(7)}")
    assert found(path) == [("removed", RUN, 7)]
    assert "run-1#7: removed: it is missing" in refused(path)


def test_a_removed_first_entry_is_named(path, head):
    tamper(
        path, "DELETE FROM stored_events WHERE originator_id = 'run-1' AND originator_version = 1"
    )
    assert found(path) == [("removed", RUN, 1)]


def test_entries_that_changed_places_are_named(path, head):
    seven, eight = (f"(SELECT rowid FROM stored_events WHERE {at(n)})" for n in (7, 8))
    tamper(
        path,
        f"UPDATE stored_events SET rowid = 1000 WHERE rowid = {seven}",
        f"UPDATE stored_events SET rowid = {eight} - 1 WHERE rowid = {eight}",
        f"UPDATE stored_events SET rowid = {eight} + 1 WHERE rowid = 1000",
    )
    assert found(path) == [("reordered", RUN, 7)]


def test_a_cut_tail_is_found_by_the_head_that_was_kept_elsewhere(path, head):
    for seq in (22, 21):
        connection = sqlite3.connect(path)
        connection.execute("DROP TRIGGER IF EXISTS entries_are_never_removed")
        connection.execute(f"DELETE FROM stored_events WHERE {at(seq)}")
        connection.commit()
        connection.close()
    with Log.open(path) as log:
        assert log.verify(RUN).intact
    assert found(path, head=head) == [("cut", RUN, 21)]


def test_a_changed_or_removed_request_is_named(path, head):
    tamper(
        path,
        "UPDATE stored_events SET state = replace(state, 'ann', 'bob') "
        "WHERE originator_id = 'run-1/inbox' AND originator_version = 2",
    )
    assert found(path) == [("altered", "run-1/inbox", 2)]
    connection = sqlite3.connect(path)
    connection.execute(
        "DELETE FROM stored_events WHERE originator_id = 'run-1/inbox' AND originator_version = 2"
    )
    connection.commit()
    connection.close()
    assert found(path) == [("removed", "run-1/inbox", 2)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_events SET topic = 'x'",
        "UPDATE stored_events SET rowid = rowid + 100",
        "DELETE FROM stored_events",
        "INSERT OR REPLACE INTO stored_events VALUES ('run-1', 1, 'x', 'x')",
        "REPLACE INTO stored_events (rowid, originator_id, originator_version) VALUES (1, 'x', 1)",
        "INSERT INTO stored_events VALUES ('run-1', 1, 'x', 'x') "
        "ON CONFLICT DO UPDATE SET topic = 'x'",
        "INSERT OR IGNORE INTO stored_events VALUES ('run-1', 1, 'x', 'x')",
    ],
)
def test_the_store_refuses_to_be_changed(path, head, statement):
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="the log is immutable"):
        connection.execute(statement)
    connection.close()
    with Log.open(path) as log:
        assert log.verify(RUN, head=head).intact


def test_people_read_entries_with_plain_sql(path, head):
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT seq, turn, at, stream, version, type, cause, event ->> '$.status' FROM entries "
        "WHERE run = 'run-1'"
    ).fetchall()
    asked = connection.execute("SELECT run, version, type FROM requests").fetchall()
    connection.close()
    assert [row[0] for row in rows] == list(range(1, 23))
    assert rows[2] == (3, 2, "2026-09-21T14:13:20.000Z", "run-1", 2, "attempt.exited", 0, 1)
    assert asked == [("run-1", n, "pause.asked") for n in (1, 2, 3)]


def test_a_changed_or_removed_prediction_is_named(path, head):
    for makespan_us in (10, 20, 30):
        with Log.open(path) as log:
            made = PredictionMade(plan="p", limits=Limits(), makespan_us=makespan_us)
            log.predict(made, at_us=makespan_us)
            (said,) = log.verify_predictions()
            assert (said.run, said.intact) == ("predictions/p", True)
    tamper(path, "UPDATE stored_events SET state = replace(state, ':20,', ':21,')")
    with Log.open(path) as log:
        (said,) = log.verify_predictions()
        assert [(f.problem, f.number) for f in said.findings] == [("altered", 2)]
    second = "originator_id = 'predictions/p' AND originator_version = 2"
    tamper(path, f"DELETE FROM stored_events WHERE {second}")
    with Log.open(path) as log:
        (said,) = log.verify_predictions()
        assert [(f.problem, f.number) for f in said.findings] == [("removed", 2)]
