import json

import pytest

from uet_es.errors import UsageError
from uet_es.intake.imports.compose import configuration_of, workstreams_of
from uet_es.intake.imports.recorded import Recorded, Task
from uet_es.intake.imports.write import write_plan

RECORDED = Recorded("w.json", "plain workflow", "w", (Task("a b", (), 0.25),), 1.5, 3)


def test_a_folder_holds_the_workstreams_and_the_configuration(tmp_path):
    folder = tmp_path / "above" / "plan"
    write_plan(folder, workstreams_of(RECORDED, run="true"), configuration_of(RECORDED))
    assert sorted(path.name for path in folder.iterdir()) == ["uet.toml", "workstreams.json"]
    assert (folder / "uet.toml").read_text() == (
        '# Imported from "w.json" (plain workflow), tasks: 1.\n'
        "# As recorded it took 1.5 s.\n"
        "max_workers = 3\n"
    )
    assert json.loads((folder / "workstreams.json").read_text())[0]["id"] == "a-b"
    assert [path.name for path in folder.parent.iterdir()] == ["plan"]


def test_what_is_there_is_never_written_over(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "link", "."):
        with pytest.raises(UsageError, match="exists"):
            write_plan(tmp_path / name, [], "")
    assert (tmp_path / "file").read_text() == "mine"


def test_nothing_is_left_of_what_could_not_be_written(tmp_path):
    with pytest.raises(TypeError):
        write_plan(tmp_path / "plan", [object()], "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("took_s", "run"),
    [(0.25, "sleep 0.25"), (16.0, "sleep 16"), (0.0, "sleep 0.000001"), (None, "true")],
)
def test_workstreams_can_sleep_as_long_as_was_recorded(took_s, run):
    recorded = RECORDED._replace(tasks=(Task("a", (), took_s),))
    assert workstreams_of(recorded, run="sleep")[0]["run"] == run


def test_a_name_cannot_break_out_of_its_comment():
    text = configuration_of(RECORDED._replace(source='x"\nmax_workers = 9', workers=None))
    assert [line[0] for line in text.splitlines()] == ["#", "#", "#"]


def test_no_plan_asks_for_more_workers_than_are_allowed():
    assert "max_workers = 10000" in configuration_of(RECORDED._replace(workers=1_000_000))
