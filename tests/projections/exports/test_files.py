"""The plain view says what the warehouse says, and a refreshed one is what a new one would be."""

import json

import pytest

from tests.projections.exports.samples import LIBRARY, prefix_of
from uet_es.errors import UsageError
from uet_es.projections.exports.files import MARKER, STORY, export


def files_in(folder):
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def page(folder, name):
    return json.loads((folder / f"{name}.json").read_bytes())


@pytest.fixture
def view(trouble, tmp_path):
    export(trouble, "run-1", tmp_path / "view")
    return tmp_path / "view"


def test_the_current_state_is_on_one_page(view):
    current = page(view, "current")
    assert {id: each["state"] for id, each in current["workstreams"].items()} == (
        {"a": "SUCCEEDED", "b": "FAILED", "c": "RUNNING", "d": "CANCELLED", "e": "RUNNING"}
    )
    assert current["counts"]["RUNNING"] == 2
    assert (current["outcome"], current["run"]) == (None, "run-1")
    failed = current["workstreams"]["b"]
    assert (failed["code"], failed["reason"]) == ("E_MERGE_CONFLICT", "conflict")
    assert current["workstreams"]["d"]["because"] == "b"


def test_every_page_agrees_with_the_warehouse(sample, tmp_path):
    folder = tmp_path / "view"
    export(sample, "run-1", folder)
    of_run = "WHERE run = 'run-1'"
    states = dict(sample.rows(f"SELECT workstream, state FROM workstreams {of_run}"))
    current = page(folder, "current")
    assert {id: each["state"] for id, each in current["workstreams"].items()} == states
    assert {id: page(folder, f"by_workstream/{id}")["state"] for id in states} == states
    for state, number in current["counts"].items():
        listed = page(folder, f"by_status/{state}")["workstreams"]
        assert listed == sorted(id for id, each in states.items() if each == state)
        assert len(listed) == number
    for worker, state in sample.rows(f"SELECT worker, state FROM workers {of_run}"):
        found = page(folder, f"by_worker/{worker}")
        assert found["state"] == current["workers"][str(worker)]["state"] == state
        tries = [(each["workstream"], each["attempt"]) for each in found.get("tries", ())]
        assert sorted(tries) == sample.rows(
            f"SELECT workstream, attempt FROM attempts {of_run} AND worker = ? ORDER BY ALL",
            [worker],
        )


def test_transitions_are_a_line_each_in_their_order(sample, tmp_path):
    export(sample, "run-1", tmp_path / "view")
    lines = [json.loads(line) for line in (tmp_path / "view" / STORY).read_bytes().splitlines()]
    found = [(each["seq"], each["workstream"], each["from"], each["to"]) for each in lines]
    assert found == sample.rows(
        "SELECT seq, workstream, from_state, to_state FROM transitions "
        "WHERE run = 'run-1' ORDER BY seq"
    )


@pytest.mark.slow
def test_a_workstream_tells_its_story_and_what_it_waits_for(tmp_path):
    with prefix_of(LIBRARY, 60, tmp_path) as warehouse:
        export(warehouse, "run-1", tmp_path / "view")
    found = page(tmp_path / "view", "by_workstream/handbook")
    assert found["waits_for"]["cause"] == "dependency"
    assert found["waits_for"]["waits_for"] in found["depends_on"]
    layout = page(tmp_path / "view", "by_workstream/layout")
    assert [each["to_state"] for each in layout["story"]] == ["READY", "RUNNING", "SUCCEEDED"]
    assert layout["dependents"][0] == "authors-code"
    assert "waits_for" not in layout


@pytest.mark.slow
def test_a_refreshed_view_is_what_a_new_one_would_be(tmp_path, recorded_library):
    old = tmp_path / "old"
    for entries in (1, 16, 33, 120, 120, 300):
        with prefix_of(LIBRARY, entries, tmp_path) as warehouse:
            before = files_in(old).get(STORY, b"")
            export(warehouse, "run-1", old)
            assert files_in(old)[STORY].startswith(before)
            export(warehouse, "run-1", tmp_path / f"new-{entries}-{len(list(tmp_path.iterdir()))}")
    export(recorded_library, "run-1", old)
    export(recorded_library, "run-1", tmp_path / "new")
    assert files_in(old) == files_in(tmp_path / "new")


@pytest.mark.slow
def test_the_story_is_appended_to_and_other_pages_are_replaced(tmp_path, recorded_library):
    folder = tmp_path / "view"
    with prefix_of(LIBRARY, 60, tmp_path) as warehouse:
        export(warehouse, "run-1", folder)
    with (folder / STORY).open("rb") as story, (folder / "current.json").open("rb") as current:
        old = current.read()
        told = story.read()
        counts = export(recorded_library, "run-1", folder)
        assert told + story.read() == (folder / STORY).read_bytes()
        current.seek(0)
        assert current.read() == old  # whoever has it open keeps all of the old one
    assert counts["changed page"] > 0
    assert export(recorded_library, "run-1", folder)["changed page"] == 0


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-9], lambda t: b"{}\n" + t, lambda t: t + b"more\n"]
)
def test_what_was_changed_by_others_is_put_right(spoil, view, trouble):
    whole = files_in(view)
    (view / STORY).write_bytes(spoil(whole[STORY]))
    (view / "current.json").write_bytes(b"{}")
    (view / "by_worker" / "99.json").write_bytes(b"{}")
    (view / "by_status" / "READY.json").unlink()
    export(trouble, "run-1", view)
    assert files_in(view) == whole


def test_only_its_own_folder_is_refreshed(view, trouble, tmp_path):
    whole = files_in(view)
    with pytest.raises(UsageError, match=r"view shows run-1, not run-2: name another folder"):
        export(trouble, "run-2", view)
    assert files_in(view) == whole
    (tmp_path / "theirs").mkdir()
    with pytest.raises(UsageError, match=r"theirs exists and is left as it is"):
        export(trouble, "run-1", tmp_path / "theirs")
    assert list((tmp_path / "theirs").iterdir()) == []


@pytest.mark.parametrize(
    ("marker", "told"),
    [(b"not json", "cannot be read"), (b'{"schema_version":99,"run":"run-1"}', "by a newer uet")],
)
def test_a_marker_that_is_of_no_use_is_refused(marker, told, view, trouble):
    (view / MARKER).write_bytes(marker)
    with pytest.raises(UsageError, match=told):
        export(trouble, "run-1", view)
