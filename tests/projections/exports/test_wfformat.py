"""A run in WfFormat keeps its schema, says what the warehouse says, and can be imported again."""

import copy
import json

import pytest

from tests.builders import accepted, spec
from tests.projections.exports.samples import LIBRARY, drawn, prefix_of
from tests.projections.exports.wfformat_schema import SCHEMA
from uet_es.errors import UsageError
from uet_es.intake.imports.wfformat import read_workflow
from uet_es.kernel import Ledger, turn
from uet_es.log.store import Log
from uet_es.projections.exports.wfformat import export
from uet_es.projections.warehouse import Warehouse

jsonschema = pytest.importorskip("jsonschema")


def document_of(warehouse, folder, run="run-1"):
    path = folder / f"{run}.json"
    export(warehouse, run, path)
    return json.loads(path.read_bytes())


def mistakes(document):
    """What the schema objects to, and what WfCommons' validator asks beside it."""
    validator = jsonschema.Draft202012Validator(
        SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    told = [error.message for error in validator.iter_errors(document)]
    if told:
        return told
    workflow = document["workflow"]
    tasks = {task["id"]: task for task in workflow["specification"]["tasks"]}
    files = [file["id"] for file in workflow["specification"]["files"]]
    if len(tasks) != len(workflow["specification"]["tasks"]) or len({*files}) != len(files):
        told.append("an id twice")
    for id, task in tasks.items():
        for kin, back in (("parents", "children"), ("children", "parents")):
            told += [
                f"{id}: {kin}" for kid in task[kin] if id not in tasks.get(kid, {}).get(back, ())
            ]
        if not {*task["inputFiles"], *task["outputFiles"]} <= {*files}:
            told.append(f"{id}: a file that is not listed")
    execution = workflow.get("execution", {"tasks": [], "machines": []})
    machines = {machine["nodeName"] for machine in execution["machines"]}
    executed = [task["id"] for task in execution["tasks"]]
    if len({*executed}) != len(executed) or not {*executed} <= tasks.keys():
        told.append("executed, but not specified")
    if any(not {task["machine"], *task["machines"]} <= machines for task in execution["tasks"]):
        told.append("a machine that is not listed")
    return told


def test_a_run_keeps_the_schema(sample, tmp_path):
    assert mistakes(document_of(sample, tmp_path)) == []


def test_so_does_a_fork(trouble, tmp_path):
    assert mistakes(document_of(trouble, tmp_path, "run-2")) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_so_does_any_run(seed, tmp_path):
    with Warehouse.in_memory(drawn(seed)) as warehouse:
        assert mistakes(document_of(warehouse, tmp_path)) == []


@pytest.mark.slow
@pytest.mark.parametrize("entries", [1, 17, 33, 200])
def test_so_does_a_run_that_goes_on(entries, tmp_path):
    with prefix_of(LIBRARY, entries, tmp_path) as warehouse:
        document = document_of(warehouse, tmp_path)
        ((dispatched,),) = warehouse.rows("SELECT count(DISTINCT workstream) FROM attempts")
    assert mistakes(document) == []
    assert len(document["workflow"].get("execution", {}).get("tasks", ())) == dispatched


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(schemaVersion="1.6"),
        lambda d: d["workflow"]["specification"]["tasks"][0].update(parent=[]),
        lambda d: d["workflow"]["specification"]["tasks"][0]["children"].append("nobody"),
        lambda d: d["workflow"]["specification"]["tasks"][0]["parents"].append("a/b"),
        lambda d: d["workflow"]["specification"]["files"].clear(),
        lambda d: d["workflow"]["execution"]["tasks"][0].update(machine="another"),
        lambda d: d["workflow"]["execution"]["tasks"][0].update(runtimeInSeconds="1"),
        lambda d: d["workflow"]["execution"]["tasks"].append(
            d["workflow"]["execution"]["tasks"][0]
        ),
    ],
)
def test_a_mistake_is_told(spoil, recorded_library, tmp_path):
    document = copy.deepcopy(document_of(recorded_library, tmp_path))
    spoil(document)
    assert mistakes(document)


def test_times_are_those_of_the_warehouse(recorded_library, tmp_path):
    execution = document_of(recorded_library, tmp_path)["workflow"]["execution"]
    ((makespan_us, workers),) = recorded_library.rows("SELECT makespan_us, max_workers FROM runs")
    assert execution["makespanInSeconds"] == makespan_us / 1e6
    assert [machine["cpu"]["coreCount"] for machine in execution["machines"]] == [workers]
    assert {task["id"]: task["runtimeInSeconds"] for task in execution["tasks"]} == {
        id: us / 1e6
        for id, us in recorded_library.rows(
            "SELECT workstream, sum(took_us)::BIGINT FROM attempts GROUP BY workstream"
        )
    }
    (layout,) = (task for task in execution["tasks"] if task["id"] == "layout")
    assert layout["executedAt"] == "2026-11-22T12:34:43.913469Z"
    assert (layout["avgCPU"], layout["command"]) == (76.638, {"program": "shell"})


def test_dependencies_and_claims_are_those_of_the_plan(recorded_library, tmp_path):
    document = document_of(recorded_library, tmp_path)
    tasks = {task["name"]: task for task in document["workflow"]["specification"]["tasks"]}
    for id, needs, reads, writes in recorded_library.rows(
        "SELECT workstream, depends_on, reads, writes FROM workstreams"
    ):
        assert tasks[id]["parents"] == needs
        assert (len(tasks[id]["inputFiles"]), len(tasks[id]["outputFiles"])) == (
            (len(reads), len(writes))
        )


def test_names_with_other_letters_stay_apart(tmp_path):
    log = Log.in_memory()
    plan = (spec("a+b", writes=("x/y", "x+y", "x_y")), spec("a_b", ("a+b",)), spec("a=b", ("a_b",)))
    log.append("run-1", turn(Ledger("run-1"), 1, accepted(*plan)))
    with Warehouse.in_memory(log) as warehouse:
        document = document_of(warehouse, tmp_path)
    assert mistakes(document) == []
    tasks = document["workflow"]["specification"]["tasks"]
    assert {task["name"]: task["id"] for task in tasks} == (
        {"a+b": "a_b.2", "a_b": "a_b", "a=b": "a_b.3"}
    )
    assert tasks[0]["outputFiles"] == ["x_y.3", "x_y.2", "x_y"]
    assert "execution" not in document["workflow"]


def test_what_is_exported_can_be_imported(recorded_library, tmp_path):
    document_of(recorded_library, tmp_path)
    again = read_workflow(tmp_path / "run-1.json")
    ((workers, makespan_us),) = recorded_library.rows("SELECT max_workers, makespan_us FROM runs")
    assert (again.workers, again.makespan_s) == (workers, makespan_us / 1e6)
    tasks = {task.name: task for task in again.tasks}
    for id, needs in recorded_library.rows("SELECT workstream, depends_on FROM workstreams"):
        assert tasks[id].after == tuple(needs)
    times = {id: task.took_s for id, task in tasks.items() if task.took_s is not None}
    assert times == {
        id: us / 1e6
        for id, us in recorded_library.rows(
            "SELECT workstream, sum(took_us)::BIGINT FROM attempts GROUP BY workstream"
        )
    }


def test_a_run_that_is_not_there_is_refused_and_leaves_nothing(recorded_agents, tmp_path):
    with pytest.raises(UsageError, match=r"run-7 has no entry"):
        export(recorded_agents, "run-7", tmp_path / "run.json")
    assert list(tmp_path.iterdir()) == []
