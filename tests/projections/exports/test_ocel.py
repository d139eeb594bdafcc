"""Both forms of the object-centric log hold the run, and pm4py reads it out of them whole."""

import json
import sqlite3
import warnings
from collections import Counter
from contextlib import closing
from importlib.util import find_spec

import msgspec
import pytest

from tests.builders import least
from tests.projections.exports.samples import LIBRARY, drawn, prefix_of
from uet_es.errors import UsageError
from uet_es.events import BY_TAG, tag_of
from uet_es.projections.exports.ocel import as_json, as_sqlite
from uet_es.projections.exports.ocel.words import OBJECTS, attributes_of, values_of
from uet_es.projections.warehouse import Warehouse

PYTHON_TYPES = {"string": str, "integer": int, "boolean": bool}
ALWAYS = "1970-01-01T00:00:00.000000Z"
#: What the warehouse says that there must be of each kind in run-1, and in run-2.
OBJECTS_IN = """
SELECT (SELECT count(*) FROM workstreams WHERE run = $1),
    (SELECT count(*) FROM attempts WHERE run = $1),
    (SELECT count(*) FROM workers WHERE run = $1)
"""
LINKS_IN = """
SELECT (SELECT coalesce(sum(len(depends_on)), 0) FROM workstreams WHERE run = $1),
    (SELECT count(worker) FROM attempts WHERE run = $1),
    (SELECT count(*) FROM attempts WHERE run = $1 AND commit <> ''),
    (SELECT count(commit) FROM merges WHERE run = $1)
"""


def json_of(warehouse, folder, run="run-1"):
    path = folder / f"{run}.json"
    as_json.export(warehouse, run, path)
    return json.loads(path.read_bytes())


def database_of(warehouse, folder, run="run-1"):
    path = folder / f"{run}.sqlite"
    as_sqlite.export(warehouse, run, path)
    return path


def asked(path, statement):
    with closing(sqlite3.connect(path)) as database:
        return database.execute(statement).fetchall()


def broken_rules(log):
    """What the standard demands of a log in JSON and this one does not keep."""
    told = []
    types = {
        kind: {
            t["name"]: {a["name"]: a["type"] for a in t["attributes"]} for t in log[f"{kind}Types"]
        }
        for kind in ("event", "object")
    }
    ids = {kind: [each["id"] for each in log[f"{kind}s"]] for kind in ("event", "object")}
    if len({*ids["event"], *ids["object"]}) != len(ids["event"]) + len(ids["object"]):
        told.append("an id twice")
    objects = set(ids["object"])
    seen = set()
    for kind in ("event", "object"):
        for each in log[f"{kind}s"]:
            known = types[kind].get(each["type"])
            if known is None:
                told.append(f"unknown type: {each}")
                continue
            for value in each["attributes"]:
                wanted = PYTHON_TYPES.get(known.get(value["name"]))
                if type(value["value"]) is not wanted:
                    told.append(f"{each['id']}: {value}")
                if kind == "object":
                    place = (each["id"], value["name"], value["time"])
                    told += [f"two values at once: {place}"] if place in seen else []
                    seen.add(place)
            related = [(r["objectId"], r["qualifier"]) for r in each["relationships"]]
            if len(set(related)) != len(related) or not {id for id, _ in related} <= objects:
                told.append(f"{each['id']}: {related}")
    return told


def test_a_log_keeps_the_rules_of_the_standard(sample, tmp_path):
    assert broken_rules(json_of(sample, tmp_path)) == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("events", {"type": "no.such"}),
        ("events", {"attributes": [{"name": "seq", "value": "one"}]}),
        ("events", {"relationships": [{"objectId": "nobody", "qualifier": "run"}]}),
        ("events", {"id": "run-1"}),
        ("objects", {"attributes": [{"name": "state", "value": "a", "time": "0"}] * 2}),
    ],
)
def test_a_broken_rule_is_told(kind, change, recorded_agents, tmp_path):
    log = json_of(recorded_agents, tmp_path)
    assert log[kind][0]["type"] in {"plan.accepted", "run"}
    log[kind][0].update(change)
    assert broken_rules(log)


@pytest.mark.slow
@pytest.mark.parametrize("entries", [1, 6, 17, 33, 394])
def test_so_does_that_of_a_run_that_goes_on(entries, tmp_path):
    with prefix_of(LIBRARY, entries, tmp_path) as warehouse:
        log = json_of(warehouse, tmp_path)
    assert broken_rules(log) == []
    assert len(log["events"]) == entries


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_so_does_that_of_any_run(seed, tmp_path):
    with Warehouse.in_memory(drawn(seed)) as warehouse:
        log = json_of(warehouse, tmp_path)
        assert broken_rules(log) == []
        check_against(warehouse, log, "run-1")


def check_against(warehouse, log, run):
    """Counts of events, objects and relations are those of the warehouse."""
    found = Counter(each["type"] for each in log["events"])
    history = "FROM run_entries WHERE run = $1"
    assert found == dict(warehouse.rows(f"SELECT type, count(*) {history} GROUP BY type", [run]))
    objects = Counter(each["type"] for each in log["objects"])
    ((workstreams, attempts, workers),) = warehouse.rows(OBJECTS_IN, [run])
    strangers = {
        each["id"]
        for each in log["objects"]
        if each["type"] in ("workstream", "attempt") and not each["attributes"]
    }
    assert objects["workstream"] + objects["attempt"] - len(strangers) == workstreams + attempts
    assert objects["worker"] == workers
    links = Counter(r["qualifier"] for each in log["objects"] for r in each["relationships"])
    ((needs, ran, made, merged),) = warehouse.rows(LINKS_IN, [run])
    assert (links["depends on"], links["ran on"], links["made by"], links["merge of"]) == (
        (needs, ran, made, merged)
    )
    assert links["part of"] == objects["workstream"] + objects["worker"]
    related = Counter(r["qualifier"] for each in log["events"] for r in each["relationships"])
    ((entries, named, tried, worked),) = warehouse.rows(
        f"SELECT count(*), count(workstream), count(attempt), count(worker) {history}", [run]
    )
    planned = workstreams
    assert related["run"] == entries
    assert (related["workstream"], related["planned"]) == (named, planned)
    assert (related["attempt"], related["worker"]) == (tried, worked)


def test_events_objects_and_relations_are_those_of_the_warehouse(sample, tmp_path):
    check_against(sample, json_of(sample, tmp_path), "run-1")


def test_a_fork_has_what_it_inherited_and_a_parent(trouble, tmp_path):
    log = json_of(trouble, tmp_path, "run-2")
    assert broken_rules(log) == []
    check_against(trouble, log, "run-2")
    assert {event["id"].partition("#")[0] for event in log["events"]} == {"run-1", "run-2"}
    (fork,) = (each for each in log["objects"] if each["id"] == "run-2")
    assert fork["relationships"] == [{"objectId": "run-1", "qualifier": "forked from"}]


def test_states_change_when_the_log_says(trouble, tmp_path):
    objects = {each["id"]: each for each in json_of(trouble, tmp_path)["objects"]}

    def states(id):
        return [a["value"] for a in objects[id]["attributes"] if a["name"] == "state"]

    assert states("run-1") == ["running", "paused", "running"]
    assert states("run-1/ws/a") == ["PENDING", "READY", "RUNNING", "SUCCEEDED"]
    assert states("run-1/ws/d") == ["PENDING", "CANCELLED"]
    assert states("run-1/ws/e/1") == ["starting", "running", "failed"]
    assert states("run-1/worker/1") == [
        "SPAWNING",
        "BUSY",
        "IDLE",
        "BUSY",
        "DRAINING",
        "TERMINATED",
    ]
    assert states("run-1/ws/stranger") == []
    at = objects["run-1/ws/d"]["attributes"][-1]["time"]
    (entry,) = trouble.rows(
        "SELECT at_us FROM entries WHERE run = 'run-1' AND type = 'workstream.cancelled'"
    )
    assert at == f"2027-01-15T08:00:{entry[0] // 1_000_000 % 60:02}.000000Z"


def test_why_something_was_cancelled_or_reopened_is_a_relation(trouble, tmp_path):
    events = json_of(trouble, tmp_path)["events"]
    (cancelled,) = (e for e in events if e["type"] == "workstream.cancelled")
    assert {"objectId": "run-1/ws/b", "qualifier": "because"} in cancelled["relationships"]
    (conflict,) = (e for e in events if e["type"] == "merge.conflicted")
    told = {(r["objectId"], r["qualifier"]) for r in conflict["relationships"]}
    assert {("ours", "ours"), ("c", "theirs")} <= told


@pytest.mark.parametrize("event", BY_TAG.values(), ids=lambda event: event.__name__)
def test_every_event_has_typed_attributes(event):
    tag = tag_of(event)
    values = values_of(tag, msgspec.json.encode(least(event)).decode())
    types = attributes_of(tag)
    assert values.keys() <= types.keys()
    for name, value in values.items():
        assert type(value) is PYTHON_TYPES[types[name]]


def test_an_event_of_a_newer_uet_is_there_without_attributes():
    assert values_of("comet.sighted", '{"type":"comet.sighted","tail":3}') == {}
    assert values_of("run.paused", '{"type":"run.paused","moon":"full"}') == {}
    assert list(attributes_of("comet.sighted")) == ["seq", "turn", "cause", "ignored"]


# --- SQLite ---


def test_the_database_holds_what_the_json_holds(sample, tmp_path):
    log, path = json_of(sample, tmp_path), database_of(sample, tmp_path)
    assert asked(path, "PRAGMA foreign_key_check") == []
    assert asked(path, "PRAGMA integrity_check") == [("ok",)]
    for kind in ("event", "object"):
        items = log[f"{kind}s"]
        assert sorted(asked(path, f"SELECT ocel_id, ocel_type FROM {kind}")) == sorted(
            (each["id"], each["type"]) for each in items
        )
        tables = dict(asked(path, f"SELECT * FROM {kind}_map_type"))
        assert sorted(tables) == sorted(t["name"] for t in log[f"{kind}Types"])
        for name, mapped in tables.items():
            of_it = [each for each in items if each["type"] == name]
            (counted,) = asked(path, f'SELECT count(*) FROM "{kind}_{mapped}"')
            changes = sum(
                len({a.get("time") for a in each["attributes"]} - {ALWAYS, None}) for each in of_it
            )
            assert counted == (len(of_it) + changes,)
    related = [
        (e["id"], r["objectId"], r["qualifier"]) for e in log["events"] for r in e["relationships"]
    ]
    assert sorted(asked(path, "SELECT * FROM event_object")) == sorted(related)
    links = [
        (o["id"], r["objectId"], r["qualifier"]) for o in log["objects"] for r in o["relationships"]
    ]
    assert sorted(asked(path, "SELECT * FROM object_object")) == sorted(links)


def test_types_have_tables_with_typed_columns(recorded_library, tmp_path):
    path = database_of(recorded_library, tmp_path)
    columns = {name: type for _, name, type, *_ in asked(path, "PRAGMA table_info(object_Attempt)")}
    assert list(columns) == ["ocel_id", "ocel_time", "ocel_changed_field", *OBJECTS["attempt"]]
    assert (columns["ocel_time"], columns["took_us"], columns["state"]) == (
        ("TIMESTAMP", "INTEGER", "TEXT")
    )
    ((took_us, at),) = asked(
        path, "SELECT took_us, ocel_time FROM event_AttemptExited ORDER BY seq LIMIT 1"
    )
    assert (took_us, at) == (4961, "2026-11-22T12:34:43.962117Z")


def test_a_run_that_is_not_there_is_refused_and_leaves_nothing(recorded_agents, tmp_path):
    for form in (as_json, as_sqlite):
        with pytest.raises(UsageError, match=r"run-7 has no entry"):
            form.export(recorded_agents, "run-7", tmp_path / "log")
    assert list(tmp_path.iterdir()) == []


# --- pm4py ---


@pytest.mark.slow
@pytest.mark.skipif(find_spec("pm4py") is None, reason="pm4py is not installed")
def test_pm4py_reads_all_of_it_out_of_either_form(sample, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, of its libraries
        from pm4py import read_ocel2_json, read_ocel2_sqlite
        from pm4py.objects.ocel.validation import ocel20_rel_validation

        log = json_of(sample, tmp_path)
        database = database_of(sample, tmp_path)
        read = [read_ocel2_json(str(tmp_path / "run-1.json")), read_ocel2_sqlite(str(database))]
        _, unsatisfied = ocel20_rel_validation.apply(str(database))
    assert unsatisfied == []
    types = {kind: Counter(each["type"] for each in log[kind]) for kind in ("events", "objects")}
    related = Counter(r["qualifier"] for each in log["events"] for r in each["relationships"])
    links = Counter(r["qualifier"] for each in log["objects"] for r in each["relationships"])
    states = sum(a["name"] == "state" for each in log["objects"] for a in each["attributes"])
    stateful = sum(any(a["name"] == "state" for a in o["attributes"]) for o in log["objects"])
    for found in read:
        assert Counter(found.events["ocel:activity"]) == types["events"]
        assert Counter(found.objects["ocel:type"]) == types["objects"]
        assert Counter(found.relations["ocel:qualifier"]) == related
        assert Counter(found.o2o["ocel:qualifier"]) == links
        assert len(found.object_changes) == states - stateful
        instants = [int(at.timestamp() * 1e6 + 0.5) for at in found.events["ocel:timestamp"]]
        of_run = "FROM run_entries WHERE run = 'run-1'"
        assert sorted(instants) == [
            us for (us,) in sample.rows(f"SELECT at_us {of_run} ORDER BY 1")
        ]
