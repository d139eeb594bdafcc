"""The log in a file: durability, fencing, other processes, a store that is full or busy."""

import signal
import sqlite3
import subprocess
import sys

import pytest

from tests.log.conftest import RUN
from tests.log.samples import SECRET, Writer, entries, turns
from uet_es.errors import FencedError, LogError, StoreBusyError, TryLaterError
from uet_es.events.observations import PauseAsked, TextReported, TimePassed
from uet_es.log.sqlite_recorder import DurableConnection
from uet_es.log.store import Log
from uet_es.log.tables import EVENTS_TABLE
from uet_es.values import RunId


def test_a_store_is_found_again_with_its_id(path):
    with Log.open(path, create=True) as log:
        log.append(RUN, entries(RUN))
        id = log.store_id
    with Log.open(path) as log:
        assert (log.store_id, list(log.entries(RUN))) == (id, entries(RUN))
    assert [file.name for file in path.parent.iterdir()] == ["log.db"]


def test_two_stores_have_two_ids(tmp_path):
    ids = set()
    for name in ("a.db", "b.db"):
        with Log.open(tmp_path / name, create=True) as log:
            ids.add(log.store_id)
    assert len(ids) == 2


def test_commits_are_synced_and_written_ahead(stored):
    datastore = stored._application.recorder.datastore
    with datastore.get_connection(commit=True) as connection:
        cursor = connection.cursor()
        for name, value in (("synchronous", 2), ("journal_mode", "wal")):
            cursor.execute(f"PRAGMA {name}")
            assert cursor.fetchone()[0] == value


def test_the_shell_cannot_move_the_log(path, monkeypatch):
    for name, value in {
        "PERSISTENCE_MODULE": "eventsourcing.popo",
        "UET_PERSISTENCE_MODULE": "eventsourcing.popo",
        "COMPRESSOR_TOPIC": "gzip",
        "ORIGINATOR_ID_TYPE": "uuid",
        "SQLITE_DBNAME": ":memory:",
        "IS_SNAPSHOTTING_ENABLED": "y",
    }.items():
        monkeypatch.setenv(name, value)
    with Log.open(path, create=True) as log:
        log.append(RUN, entries(RUN))
    with Log.open(path) as log:
        assert log.verify(RUN).entries == 22


def test_our_table_is_the_one_the_library_writes_to():
    from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

    recorder = SQLiteApplicationRecorder(SQLiteDatastore(":memory:"))
    (statement,) = recorder.create_table_statements
    assert EVENTS_TABLE.replace(" ", "") == statement.replace(" ", "")


def test_of_two_drivers_the_one_out_of_date_is_fenced(path):
    first, second, third = turns(RUN)
    with Log.open(path, create=True) as stale, Log.open(path) as fresh:
        stale.append(RUN, first)
        assert list(fresh.entries(RUN)) == first
        fresh.append(RUN, second)
        writer = Writer(RUN)
        writer.accepted()
        with pytest.raises(FencedError, match="run-1: another driver"):
            stale.append(RUN, writer.observed(TimePassed()))
        assert list(stale.entries(RUN)) == first + second
        stale.append(RUN, third)
        assert fresh.verify(RUN).entries == 22


def test_a_full_store_says_so_in_sqlites_words_and_keeps_nothing_of_the_batch(path):
    with Log.open(path, create=True) as log:
        log.append(RUN, turns(RUN)[0])
    pages = path.stat().st_size // 4096
    with Log.open(path, max_page_count=pages + 1) as log:
        writer = Writer(RUN)
        writer.accepted()
        with pytest.raises(TryLaterError, match="database or disk is full"):
            log.append(RUN, [e for _ in range(30) for e in writer.turn()])
        assert log.verify(RUN).entries == 2
        log.append(RUN, turns(RUN)[1])
        assert log.verify(RUN).entries == 12
    with Log.open(path) as log:
        log.append(RUN, turns(RUN)[2])
        assert log.verify(RUN).entries == 22


def test_a_store_that_another_process_writes_is_busy_and_then_not(path):
    first, second, _ = turns(RUN)
    with Log.open(path, create=True, lock_timeout_s=0.01) as log:
        log.append(RUN, first)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match="locked"):
            log.append(RUN, second)
        with pytest.raises(StoreBusyError):
            log.request(RUN, PauseAsked(), 1)
        assert log.verify(RUN).entries == 2
        other.execute("ROLLBACK")
        other.close()
        log.append(RUN, second)
        assert log.verify(RUN).entries == 12


def test_a_half_read_scan_does_not_hide_what_comes_later(stored):
    first, second, third = turns(RUN)
    stored.append(RUN, first)
    scan = stored.entries(RUN)
    next(scan)
    stored.append(RUN, second)
    stored.request(RUN, PauseAsked(), 1)
    assert len(stored.inbox(RUN)) == 1
    assert list(stored.entries(RUN)) == first + second
    stored.append(RUN, third)
    assert list(scan) == first[1:]
    assert stored.append(RUN, third) == stored.head(RUN)


ASK = """
import sys
from pathlib import Path
from uet_es.events.observations import PauseAsked
from uet_es.log.sqlite_recorder import DurableConnection
from uet_es.log.store import Log
with Log.open(Path(sys.argv[1]), lock_timeout_s=60) as log:
    for at_us in range(int(sys.argv[2])):
        log.request("run-1", PauseAsked(by=sys.argv[3]), at_us)
"""


@pytest.mark.slow
def test_requests_of_several_processes_all_arrive_in_one_chain(path):
    with Log.open(path, create=True) as log:
        log.append(RUN, entries(RUN))
        askers = [
            subprocess.Popen([sys.executable, "-c", ASK, str(path), "40", name])
            for name in ("ann", "bob")
        ]
        assert [asker.wait(timeout=60) for asker in askers] == [0, 0]
        asked = log.inbox(RUN)
        assert [version for version, _ in asked] == list(range(1, 81))
        for name in ("ann", "bob"):
            assert [r.asked_at_us for _, r in asked if r.by == name] == list(range(40))
        assert log.verify(RUN).requests == 80


APPEND_AND_DIE = """
import os, signal, sys
from pathlib import Path
from tests.log.samples import turns
from uet_es.log.sqlite_recorder import DurableConnection
from uet_es.log.store import Log
log = Log.open(Path(sys.argv[1]), create=True)
for turn in turns("run-1", 50):
    log.append("run-1", turn)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_what_was_appended_survives_the_death_of_the_process(path):
    done = subprocess.run([sys.executable, "-c", APPEND_AND_DIE, str(path)], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert path.with_name("log.db-wal").stat().st_size
    with Log.open(path) as log:
        assert log.verify(RUN).entries == 2 + 49 * 10
        assert list(log.entries(RUN)) == entries(RUN, 50)


def test_reading_a_log_does_not_import_the_library_that_writes_it(path):
    with Log.open(path, create=True) as log:
        log.append(RUN, entries(RUN))
    code = (
        "import sys; from pathlib import Path; from uet_es.log.store import Log\n"
        f"log = Log.open(Path({str(path)!r})); print(log.verify('run-1').entries)\n"
        "print([m for m in ('eventsourcing', 'duckdb') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "22\n[]\n"


def test_ids_that_nobody_knows_are_accepted(stored):
    writer = Writer(RUN)
    stored.append(RUN, writer.accepted())
    stranger = TextReported(workstream="nobody", attempt=99, text=SECRET)
    stored.append(RUN, writer.observed(stranger))
    assert list(stored.entries(RUN))[-1].event == stranger


def test_a_page_that_is_damaged_is_reported_when_it_is_read(path):
    with Log.open(path, create=True) as log:
        log.append(RUN, entries(RUN, 100))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 4096)
    with Log.open(path) as log, pytest.raises(LogError, match=r"log\.db"):
        list(log.entries(RUN))


def test_the_run_id_range_does_not_reach_into_its_neighbours(stored):
    for name in ("run-1", "run-10", "run-2"):
        run = RunId(name)
        stored.append(run, entries(run))
    assert {row.run for row in stored.rows(run=RUN)} == {"run-1"}
    assert len(list(stored.rows(run=RUN))) == 22


def test_a_commit_that_fails_leaves_no_transaction_open():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY)")
    deferred = "REFERENCES a DEFERRABLE INITIALLY DEFERRED"
    connection.execute(f"CREATE TABLE b (a INTEGER {deferred})")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO b VALUES (1)")
    durable = DurableConnection(connection, max_age=None)
    with pytest.raises(sqlite3.IntegrityError):
        durable.commit()
    assert not connection.in_transaction
    durable.close()
