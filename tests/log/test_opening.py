"""Opening what is no whole store of ours: said with what is intact, nothing repaired."""

import sqlite3

import pytest

from tests.log.conftest import RUN
from tests.log.samples import entries
from uet_es.errors import LogError, UsageError
from uet_es.log.examine import examine
from uet_es.log.sqlite_store import create_store
from uet_es.log.store import Log
from uet_es.values import RunId


@pytest.fixture
def whole(path):
    with Log.open(path, create=True) as log:
        for number in (1, 2, 3):
            run = RunId(f"run-{number}")
            log.append(run, entries(run, 20))
    return path


def refusal(path):
    before = path.read_bytes()
    with pytest.raises(LogError) as error:
        Log.open(path)
    assert path.read_bytes() == before
    assert "Nothing was changed" in str(error.value)
    assert str(path) in str(error.value)
    return str(error.value)


def test_a_store_that_is_not_there_is_not_made_by_looking(tmp_path):
    for path in (tmp_path / "log.db", tmp_path / "no" / "log.db", tmp_path):
        with pytest.raises(UsageError, match="no store at"):
            Log.open(path)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_no_store(path):
    path.parent.mkdir()
    path.touch()
    assert "the file is empty" in refusal(path)
    with pytest.raises(LogError):
        Log.open(path, create=True)


@pytest.mark.parametrize("size", [5, 600, 20_000])
def test_another_kind_of_file_is_no_store(path, size):
    path.parent.mkdir()
    path.write_bytes(b"a text file\n" * (size // 12 + 1))
    assert "no SQLite database" in refusal(path)


def test_another_database_is_no_store(path):
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (name)")
    connection.close()
    assert "not a store of uet (no such table" in refusal(path)


def test_a_store_of_a_newer_uet_is_left_to_it(whole):
    connection = sqlite3.connect(whole)
    connection.execute("UPDATE store SET format = 7")
    connection.commit()
    connection.close()
    said = refusal(whole)
    assert "written by a newer uet (format 7, this one reads 1)" in said
    assert "all 576 entries of 3 runs can be read" in said


def test_a_store_without_identity_is_refused(whole):
    connection = sqlite3.connect(whole)
    connection.execute("DELETE FROM store")
    connection.commit()
    connection.close()
    assert "`store` does not say" in refusal(whole)


def test_a_store_cut_off_anywhere_is_reported_with_what_can_be_read(whole):
    content = whole.read_bytes()
    readable = []
    for size in sorted({1, 50, 99, 100, 511, 512, 4095, *range(4096, len(content), 10_001)}):
        whole.write_bytes(content[:size])
        said = refusal(whole)
        assert "torn" in said or "damaged" in said or "no SQLite" in said, (size, said)
        readable.append(examine(whole).entries)
    assert readable == sorted(readable)
    assert 300 < readable[-1] < 576
    whole.write_bytes(content)
    with Log.open(whole) as log:
        assert log.verify(RUN).intact


def test_examining_a_whole_store_counts_everything(whole):
    found = examine(whole)
    assert (found.problem, found.format, found.runs, found.entries) == ("", 1, 3, 576)
    assert found.all_read
    assert "nothing wrong; all 576 entries of 3 runs" in str(found)


def test_examining_garbage_in_the_middle_says_where_it_ends(whole):
    content = bytearray(whole.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 8192] = b"\xa5" * 8192
    whole.write_bytes(content)
    found = examine(whole)
    assert "damaged" in found.problem
    assert 0 < found.entries < 576
    assert not found.all_read


def test_a_store_is_made_whole_and_never_over_another(path):
    create_store(path)
    with Log.open(path) as log:
        id = log.store_id
        log.append(RUN, entries(RUN))
    create_store(path)
    with Log.open(path, create=True) as log:
        assert log.store_id == id
        assert log.verify(RUN).entries == 22
    assert [file.name for file in path.parent.iterdir()] == ["log.db"]


def test_a_folder_that_cannot_be_written_is_no_traceback(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="file"):
        Log.open(tmp_path / "file" / "log.db", create=True)
