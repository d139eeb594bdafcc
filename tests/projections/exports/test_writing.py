"""What is written is there whole or not at all, and nothing that was there is touched."""

import pytest

from uet_es.errors import UsageError
from uet_es.projections.writing import replace_file, whole_file, whole_folder


class BoomError(Exception):
    """Something went wrong half-way."""


def names_in(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_file_appears_when_it_is_whole(tmp_path):
    with whole_file(tmp_path / "out") as draft:
        draft.write_text("half")
        assert "out" not in names_in(tmp_path)
        draft.write_text("whole")
    assert names_in(tmp_path) == ["out"]
    assert (tmp_path / "out").read_text() == "whole"


def test_a_folder_appears_when_it_is_whole(tmp_path):
    with whole_folder(tmp_path / "out") as draft:
        (draft / "a").write_text("a")
        assert "out" not in names_in(tmp_path)
    assert names_in(tmp_path) == ["out"]
    assert names_in(tmp_path / "out") == ["a"]


@pytest.mark.parametrize("form", [whole_file, whole_folder])
def test_nothing_is_left_of_what_failed(form, tmp_path):
    def fail_half_way():
        with form(tmp_path / "out") as draft:
            (draft / "a" if draft.is_dir() else draft).write_text("half")
            raise BoomError

    with pytest.raises(BoomError):
        fail_half_way()
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("form", [whole_file, whole_folder])
@pytest.mark.parametrize("make", ["file", "folder", "dangling link"])
def test_what_exists_is_refused_and_left(form, make, tmp_path):
    path = tmp_path / "out"
    {
        "file": lambda: path.write_text("mine"),
        "folder": path.mkdir,
        "dangling link": lambda: path.symlink_to(tmp_path / "nowhere"),
    }[make]()
    with pytest.raises(UsageError, match=r"out exists and is left as it is"), form(path):
        pytest.fail("nothing is to be written")
    assert names_in(tmp_path) == ["out"]


@pytest.mark.parametrize("form", [whole_file, whole_folder])
def test_a_folder_that_is_not_there_is_named(form, tmp_path):
    with (
        pytest.raises(UsageError, match=r"there is no folder .*/no: make it"),
        form(tmp_path / "no" / "out"),
    ):
        pytest.fail("nothing is to be written")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("form", [whole_file, whole_folder])
def test_what_came_meanwhile_is_not_written_over(form, tmp_path):
    def be_overtaken():
        with form(tmp_path / "out") as draft:
            (draft / "a" if draft.is_dir() else draft).write_text("ours")
            (tmp_path / "out").write_text("theirs")

    with pytest.raises(UsageError, match=r"out exists"):
        be_overtaken()
    assert names_in(tmp_path) == ["out"]
    assert (tmp_path / "out").read_text() == "theirs"


def test_a_replaced_file_is_the_new_one_and_who_reads_the_old_keeps_it(tmp_path):
    file = tmp_path / "page"
    file.write_bytes(b"old")
    with file.open("rb") as reader:
        replace_file(file, b"new")
        assert reader.read() == b"old"
    assert file.read_bytes() == b"new"
    assert names_in(tmp_path) == ["page"]
