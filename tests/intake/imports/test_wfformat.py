"""Workflows of every shape that WfCommons and studies of scheduling use."""

import copy

import pytest

from uet_es.drivers.simulation.simulate import schedule
from uet_es.errors import UsageError
from uet_es.intake.imports.compose import workstreams_of
from uet_es.intake.imports.wfformat import read_workflow

PRESENT = {
    "name": "mosaic",
    "schemaVersion": "1.5",
    "runtimeSystem": {"name": "Pegasus", "version": "5.0"},
    "workflow": {
        "repo": "unknown to every schema",
        "specification": {
            "tasks": [
                {
                    "name": "project",
                    "id": "project_1",
                    "parents": [],
                    "children": ["fit_3"],
                    "inputFiles": ["sky.fits", "region.hdr"],
                    "outputFiles": ["p1.fits", "versions.yml"],
                },
                {
                    "name": "project",
                    "id": "project_2",
                    "parents": [],
                    "children": [],
                    "inputFiles": ["sky.fits", "region.hdr"],
                    "outputFiles": ["p2.fits", "versions.yml"],
                },
                {
                    "name": "fit",
                    "id": "fit_3",
                    "parents": ["project_2"],
                    "children": [],
                    "inputFiles": ["p1.fits", "p2.fits"],
                    "outputFiles": ["/scratch/fit.txt"],
                },
            ],
            "files": [{"id": "sky.fits", "sizeInBytes": 1}],
        },
        "execution": {
            "makespanInSeconds": 30.5,
            "executedAt": "03-23-21T06:04:36Z",
            "tasks": [
                {
                    "id": "project_1",
                    "runtimeInSeconds": 16.712,
                    "command": {"program": "mProject", "arguments": ["-X", "sky.fits"]},
                    "coreCount": 2,
                    "machine": "one",
                },
                {"id": "project_2", "runtimeInSeconds": 10, "machines": ["one", "two"]},
                {"id": "fit_3", "runtimeInSeconds": 0},
            ],
            "machines": [
                {"nodeName": "one", "cpu": {"coreCount": 4, "speedInMHz": 1200}},
                {"nodeName": "two", "cpu": {"coreCount": 8}},
                {"nodeName": "three"},
            ],
        },
    },
}
LEGACY = {
    "name": "mosaic",
    "schemaVersion": "1.4",
    "wms": {"name": "Pegasus", "version": "5.0"},
    "workflow": {
        "executedAt": "03-23-21T06:04:36Z",
        "makespanInSeconds": 30.5,
        "machines": [{"nodeName": "one", "cpu": {"count": 4, "speed": 1200}}],
        "tasks": [
            {
                "name": "project_ID1",
                "type": "compute",
                "id": "ID1",
                "category": "project",
                "parents": [],
                "children": ["fit_ID2"],
                "files": [
                    {"link": "input", "name": "sky.fits", "sizeInBytes": 1},
                    {"link": "output", "name": "p1.fits", "sizeInBytes": 1, "path": "tmp/"},
                ],
                "runtimeInSeconds": 16.712,
                "command": {"program": "mProject", "arguments": ["-X"]},
                "cores": 1.0,
            },
            {"name": "fit_ID2", "type": "compute", "id": "ID2", "runtimeInSeconds": 0.25},
            {"name": "show_ID3", "type": "compute", "parents": ["ID2"], "runtimeInSeconds": 1},
        ],
    },
}
PLAIN = {
    "name": "mosaic",
    "tasks": [
        {"id": "a", "runtime_s": 2, "parents": [], "category": "a", "machine": "one"},
        {"id": "b", "runtime_s": 0.5, "parents": ["a"], "category": "fit", "cores": None},
    ],
    "makespan_s": 4,
    "machines": {"one": {"cores": 4, "mhz": None}, "two": {"cores": None}},
}


def changed(document, path, value):
    """``document`` with another value at the dotted ``path``."""
    *above, last = path.split(".")
    there = whole = copy.deepcopy(document)
    for step in above:
        there = there[int(step) if step.isdecimal() else step]
    there[int(last) if last.isdecimal() else last] = value
    return whole


@pytest.fixture
def plan(written, imported):
    """The specifications of the accepted plan, by id."""

    def read(document):
        accepted = imported(read_workflow(written(document)))
        return {spec.id: spec for spec in accepted.workstreams}

    return read


def test_tasks_become_workstreams_that_wait_for_parents_and_for_whom_they_are_children(plan):
    specs = plan(PRESENT)
    assert specs["fit_3"].depends_on == ("project_1", "project_2")
    assert specs["project_1"].depends_on == ()
    assert specs["project_1"].expected_us == 16_712_000
    assert specs["project_1"].command == "true"
    assert specs["project_1"].isolation == "none"


def test_a_runtime_of_nothing_is_the_least_that_can_be_recorded(plan):
    assert plan(PRESENT)["fit_3"].expected_us == 1


def test_files_are_claimed_unless_that_would_keep_apart_what_ran_side_by_side(plan):
    specs = plan(PRESENT)
    assert specs["project_1"].writes == ("p1.fits",)
    assert specs["project_1"].reads == ("region.hdr", "sky.fits")
    assert specs["project_1"].extra["metadata"]["unclaimed_files"] == ["versions.yml"]
    assert specs["fit_3"].reads == ("p1.fits", "p2.fits")
    assert specs["fit_3"].writes == ("scratch/fit.txt",)


def test_what_has_no_field_in_a_plan_is_kept(plan):
    specs = plan(PRESENT)
    assert specs["project_1"].project == "mosaic"
    assert specs["project_1"].section == "mProject"
    assert specs["project_2"].section == "project"
    assert specs["project_1"].extra["metadata"] == {
        "name": "project_1",
        "task": "project",
        "command": "mProject -X sky.fits",
        "machine": "one",
        "cores": 2.0,
        "unclaimed_files": ["versions.yml"],
        "imported": {
            "source": "recorded.json",
            "format": "WfFormat 1.5",
            "makespan_s": 30.5,
        },
    }
    assert specs["project_2"].extra["metadata"]["machine"] == "one, two"


def test_all_cores_of_all_machines_are_workers(written, imported):
    assert imported(read_workflow(written(PRESENT))).limits.max_workers == 12


def test_the_newest_version_is_read_alike(written):
    newer = read_workflow(written(changed(PRESENT, "schemaVersion", "1.6"), "6.json"))
    older = read_workflow(written(PRESENT, "5.json"))
    assert newer.format == "WfFormat 1.6"
    assert newer.tasks == older.tasks


def test_a_workflow_that_was_never_executed_has_no_estimates(written, imported):
    specified = {"specification": PRESENT["workflow"]["specification"]}
    recorded = read_workflow(written(changed(PRESENT, "workflow", specified)))
    assert (recorded.makespan_s, recorded.workers) == (None, None)
    accepted = imported(recorded)
    assert accepted.durations == "unit"
    assert accepted.limits.max_workers == 4


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4"])
def test_older_versions_have_all_in_one_place(plan, version):
    specs = plan(changed(LEGACY, "schemaVersion", version))
    assert list(specs) == ["fit_ID2", "project_ID1", "show_ID3"]
    assert specs["fit_ID2"].depends_on == ("project_ID1",)
    assert specs["show_ID3"].depends_on == ("fit_ID2",)
    assert specs["project_ID1"].writes == ("tmp/p1.fits",)
    assert specs["project_ID1"].reads == ("sky.fits",)
    assert specs["project_ID1"].section == "project"
    assert specs["project_ID1"].expected_us == 16_712_000
    assert specs["project_ID1"].extra["metadata"]["command"] == "mProject -X"


def test_the_oldest_words_for_the_same_things_are_known(written):
    workflow = {
        "jobs": [{"name": "a", "runtime": 2.5}, {"name": "b", "parents": ["a"], "runtime": 1}],
        "makespan": 9,
    }
    document = {"name": "w", "schemaVersion": "1.2", "workflow": workflow}
    recorded = read_workflow(written(document))
    assert recorded.makespan_s == 9
    assert [(task.name, task.after, task.took_s) for task in recorded.tasks] == [
        ("a", (), 2.5),
        ("b", ("a",), 1),
    ]


def test_older_tasks_of_one_name_are_told_apart_by_their_ids(written):
    tasks = [
        {"name": "fit", "id": "1", "runtimeInSeconds": 1},
        {"name": "fit", "id": "2", "runtimeInSeconds": 1, "parents": ["1"]},
    ]
    recorded = read_workflow(written(changed(LEGACY, "workflow.tasks", tasks)))
    assert [(task.name, task.after) for task in recorded.tasks] == [
        ("fit_1", ()),
        ("fit_2", ("fit_1",)),
    ]


def test_plain_tasks_need_no_version(plan):
    specs = plan(PLAIN)
    assert specs["b"].depends_on == ("a",)
    assert [specs[id].expected_us for id in "ab"] == [2_000_000, 500_000]
    assert [specs[id].section for id in "ab"] == ["", "fit"]


def test_the_schedule_is_that_of_the_recorded_shape(written, imported):
    slots = schedule(imported(read_workflow(written(PRESENT))))
    assert max(slot.end_us for slot in slots) == 16_712_001


def test_the_order_in_the_file_makes_no_difference(written):
    turned = copy.deepcopy(PRESENT)
    turned["workflow"]["specification"]["tasks"].reverse()
    turned["workflow"]["execution"]["tasks"].reverse()
    one = workstreams_of(read_workflow(written(PRESENT)), run="true")
    other = workstreams_of(read_workflow(written(turned)), run="true")
    assert one == other


def test_every_mistake_is_told_at_once_with_its_task(written, mistakes):
    broken = changed(PRESENT, "workflow.execution.tasks.0.runtimeInSeconds", -1)
    broken = changed(broken, "workflow.specification.tasks.0.children", ["fit_4"])
    broken = changed(broken, "workflow.specification.tasks.1.parents", ["project_2"])
    broken = changed(broken, "workflow.specification.tasks.2.inputFiles", "p1.fits")
    broken["workflow"]["execution"]["tasks"].append({"id": "ghost", "runtimeInSeconds": 1})
    broken["workflow"]["specification"]["tasks"].append({"name": "nameless"})
    assert mistakes(read_workflow, written(broken)) == [
        (
            "",
            "workflow.specification.tasks[3].id",
            "is required; add it",
        ),
        ("fit_3", "inputFiles", 'must be a valid list, not "p1.fits"'),
        (
            "ghost",
            "workflow.execution.tasks",
            "is not the id of a task in workflow.specification.tasks",
        ),
        (
            "project_1",
            "children",
            "'fit_4' is not the id of a workstream; did you mean 'fit_3'?",
        ),
        ("project_1", "runtimeInSeconds", "must be greater than or equal to 0, not -1"),
        ("project_2", "parents", "waits for itself; remove its own id"),
    ]


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    [
        ("schemaVersion", "2.0", "schemaVersion", "'2.0' is not a known version; known are 1.0"),
        ("schemaVersion", 1.5, "schemaVersion", "1.5 is not a known version"),
        ("schemaVersion", None, "schemaVersion", "is missing"),
        ("workflow", None, "workflow", "must be an object"),
        ("workflow.specification.tasks", [], "workflow.specification.tasks", "at least one"),
        (
            "workflow.execution.makespanInSeconds",
            "long",
            "workflow.execution.makespanInSeconds",
            "must be a valid number",
        ),
        (
            "workflow.execution.machines.0.cpu.coreCount",
            0,
            "workflow.execution.machines.0.cpu.coreCount",
            "greater than or equal to 1",
        ),
    ],
)
def test_a_document_of_another_shape_is_refused(written, mistakes, path, value, field, words):
    ((_, told_field, message),) = mistakes(read_workflow, written(changed(PRESENT, path, value)))
    assert told_field == field
    assert words in message


def test_an_id_used_twice_is_told(written, mistakes):
    tasks = [*PLAIN["tasks"], {"id": "a", "runtime_s": 1, "parents": []}]
    assert mistakes(read_workflow, written(PLAIN | {"tasks": tasks})) == [
        ("a", "id", "is used more than once; names must be unique")
    ]


def test_a_cycle_is_shown_as_a_path(written, mistakes):
    cyclic = changed(PLAIN, "tasks.0.parents", ["b"])
    ((id, field, message),) = mistakes(read_workflow, written(cyclic))
    assert (id, field) == ("a", "parents")
    assert "a -> b -> a" in message


def test_what_is_no_json_object_is_refused_with_its_place(written, mistakes):
    assert "line 1" in mistakes(read_workflow, written("{"))[0][2]
    assert "one object" in mistakes(read_workflow, written([PLAIN]))[0][2]
    assert "NaN" in mistakes(read_workflow, written('{"tasks": NaN}'))[0][2]
    assert mistakes(read_workflow, written("[]"))
    assert mistakes(read_workflow, written(""))


def test_a_missing_file_a_folder_and_another_sort_are_wrong_usage(tmp_path, written):
    for path in (tmp_path / "nowhere.json", tmp_path, written("x", "flow.xml")):
        with pytest.raises(UsageError):
            read_workflow(path)
