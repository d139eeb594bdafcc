"""The files of an attempt, as a later driver reads them."""

import os

import pytest

from uet_es.world.attempt_files import AttemptFiles


@pytest.fixture
def files(tmp_path):
    made = AttemptFiles(str(tmp_path / "a" / "1"))
    made.make()
    return made


def _write_status(files, text: str) -> None:
    with open(files.status, "w") as file:  # noqa: PTH123
        file.write(text)


@pytest.mark.parametrize(
    ("text", "status", "cpu_us"),
    [
        ("0 0m0.01s 0m0.02s 1m1.5s 0m0.000000s\n", 0, 61_530_000),
        ("137 0m0.000s 0m0.000s 0m0.000s 0m0.000s\n", 137, 0),
        ("3\n", 3, None),
        ("3 0m0,01s 0m0,02s 0m0,0s 0m0,0s\n", 3, None),
    ],
)
def test_a_complete_status_is_read(files, text, status, cpu_us):
    _write_status(files, text)
    os.utime(files.status, ns=(0, 5_000_000))
    assert files.ending() == (status, cpu_us, 5_000)


@pytest.mark.parametrize("text", ["", "0", "0 0m0.0s 0m0.0s 0m0.0s 0m0.0s", "\n", "x 0m0.0s\n"])
def test_anything_else_is_no_end(files, text):
    _write_status(files, text)
    assert files.ending() is None


def test_a_lock_is_held_until_its_last_copy_is_closed(files):
    assert not files.is_held()
    fd = files.take_lock()
    copy = os.dup(fd)
    os.close(fd)
    assert files.is_held()
    os.close(copy)
    assert not files.is_held()
    assert files.began_us() > 0


def test_a_folder_in_which_something_runs_is_not_made_anew(files):
    fd = files.take_lock()
    with pytest.raises(FileExistsError, match="still runs"):
        files.make()
    os.close(fd)
    files.make()
    assert os.listdir(files.folder) == []  # noqa: PTH208
