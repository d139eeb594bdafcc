"""`uet import`: from a file of another program to a simulated plan."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.ground import COMMAND

WORKFLOW = {
    "name": "mosaic",
    "tasks": [
        {"id": "project/1", "runtime_s": 2, "parents": []},
        {"id": "project/2", "runtime_s": 3, "parents": []},
        {"id": "fit", "runtime_s": 0.5, "parents": ["project/1", "project/2"]},
    ],
    "makespan_s": 4.5,
    "machines": {"one": {"cores": 2}},
}
TRACE = {
    "name": "build",
    "tasks": [
        {"id": "a.o", "start_ms": 0, "end_ms": 1000, "parents": []},
        {"id": "b.o", "start_ms": 0, "end_ms": 1000, "parents": []},
        {"id": "c.o", "start_ms": 1000, "end_ms": 5000, "parents": []},
    ],
}
MANIFEST = """\
rule make
  command = touch $out
build a.o: make
build b.o: make
build app: make a.o b.o
"""


@pytest.fixture
def workflow(folder):
    path = folder / "mosaic.json"
    path.write_text(json.dumps(WORKFLOW))
    return path


@pytest.fixture
def trace(folder):
    path = folder / "trace.json"
    path.write_text(json.dumps(TRACE))
    return path


@pytest.fixture
def built(folder, monkeypatch):
    """The present folder, in which the real ninja built; it is on the path."""
    programs = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    (folder / "build.ninja").write_text(MANIFEST)
    subprocess.run(["ninja", "--quiet"], check=True)
    return folder


@pytest.mark.slow
def test_a_workflow_becomes_a_plan_that_is_valid_and_can_be_simulated(uet, workflow):
    said = uet("import", "wfformat", workflow, "-o", "plan")
    assert (said.status, said.err) == (0, "")
    assert said.out == (
        "plan: 3 workstreams, 2 dependencies (plain workflow)\n"
        "recorded: 4.5 s with 2 workers\n"
        "next:\n"
        "  uet validate plan\n"
        "  uet simulate plan\n"
    )
    valid = uet("validate", "plan", "--json").document
    assert (valid["valid"], valid["warnings"]) == (True, [])
    assert (valid["workstreams"], valid["dependencies"], valid["max_workers"]) == (3, 2, 2)
    assert valid["parallelism"]["conflicts"] == []
    assert uet("simulate", "plan", "--json").document["makespan_s"] == 3.5


@pytest.mark.slow
def test_an_imported_plan_can_be_run(uet, workflow):
    uet("import", "wfformat", workflow, "-o", "plan")
    assert uet("run", "plan", "-q").status == 0
    assert uet("status", "--json").document["outcome"] == "succeeded"


def test_the_document_says_what_was_found(uet, workflow):
    assert uet("import", "wfformat", workflow, "-o", "plan", "--json").document == {
        "schema_version": 1,
        "folder": "plan",
        "source": "mosaic.json",
        "format": "plain workflow",
        "workstreams": 3,
        "dependencies": 2,
        "max_workers": 2,
        "recorded_makespan_s": 4.5,
        "warnings": [],
        "next": ["uet validate plan", "uet simulate plan"],
    }


def test_workstreams_do_nothing_unless_they_shall_sleep(uet, folder, workflow):
    for words, run in (((), "true"), (("--run", "sleep"), "sleep 0.5")):
        assert uet("import", "wfformat", workflow, "-o", run, *words).status == 0
        first = json.loads((folder / run / "workstreams.json").read_text())[0]
        assert (first["id"], first["run"]) == ("fit", run)


def test_what_has_no_runtime_is_said(uet, folder):
    (folder / "w.json").write_text('{"tasks": [{"id": "a"}, {"id": "b"}]}')
    said = uet("import", "wfformat", "w.json", "-o", "plan")
    assert said.status == 0
    assert said.err == "uet: warning: 2 tasks without a runtime: the plan counts units\n"
    assert "unknown time with an unknown number of workers" in said.out


@pytest.mark.slow
def test_a_build_becomes_a_plan_that_can_be_simulated(uet, built):
    assert uet("import", "ninja", "-o", "plan").status == 0
    document = uet("simulate", "plan", "--json").document
    assert [slot["id"] for slot in document["schedule"]][-1] == "app"
    by_log = uet("import", "ninja", ".ninja_log", "-o", "again")
    assert by_log.status == 0
    for name in ("workstreams.json", "uet.toml"):
        assert (built / "plan" / name).read_bytes() == (built / "again" / name).read_bytes()


@pytest.mark.slow
def test_a_trace_takes_as_long_as_recorded_in_the_recorded_order(uet, trace):
    assert uet("import", "ninja", "--trace", trace, "-o", "own").status == 0
    assert uet("import", "ninja", "--trace", trace, "--keep-order", "-o", "kept").status == 0
    assert uet("simulate", "own", "--json").document["makespan_s"] == 4
    assert uet("simulate", "kept", "--json").document["makespan_s"] == 5


def test_an_existing_folder_is_refused_before_anything_is_read(uet, folder):
    (folder / "plan").mkdir()
    for words in (("wfformat", "nowhere.json"), ("ninja", "nowhere")):
        said = uet("import", *words, "-o", "plan")
        assert said.status == 2
        assert "plan exists" in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("wfformat", "mosaic.json"), "say where: -o DIR"),
        (("wfformat", "nowhere.json", "-o", "plan"), "nowhere.json: no such file"),
        (("wfformat", ".", "-o", "plan"), "is a folder"),
        (("wfformat", "mosaic.json", "-o", "plan", "--run", "rm"), "--run"),
        (("ninja", "-o", "plan"), ".ninja_log: no such file"),
        (("ninja", ".", "--trace", "trace.json", "-o", "plan"), "leave out FOLDER"),
        (("ninja", "--build", "0", "-o", "plan"), "--build"),
        (("snakemake", "."), "No such command"),
    ],
)
def test_wrong_usage_ends_with_2_and_writes_nothing(uet, folder, workflow, words, told):
    said = uet("import", *words)
    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert not (folder / "plan").exists()


def test_a_wrong_file_ends_with_1_tells_every_mistake_and_writes_nothing(uet, folder):
    tasks = [{"id": "a", "runtime_s": -1, "parents": ["b"]}, {"id": "c", "parents": ["c"]}]
    (folder / "w.json").write_text(json.dumps({"tasks": tasks}))
    said = uet("import", "wfformat", "w.json", "-o", "plan")
    assert (said.status, said.out) == (1, "")
    assert said.err.splitlines() == [
        "uet: w.json: a: parents: 'b' is not the id of a workstream; add it or remove the name",
        "uet: w.json: a: runtime_s: must be greater than or equal to 0, not -1",
        "uet: w.json: c: parents: waits for itself; remove its own id",
    ]
    assert [path.name for path in folder.iterdir()] == ["w.json"]


@pytest.mark.slow
def test_the_bytes_are_the_same_in_every_process(folder, workflow):
    written = set()
    for seed in ("0", "1", "2"):
        words = [*COMMAND, "import", "wfformat", "mosaic.json", "-o", f"plan-{seed}"]
        locale = {"LC_ALL": "C"} if seed == "1" else {}
        subprocess.run(words, check=True, env={**os.environ, "PYTHONHASHSEED": seed, **locale})
        written.add((folder / f"plan-{seed}" / "workstreams.json").read_bytes())
    assert len(written) == 1
