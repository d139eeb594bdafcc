"""Promises about the vocabulary and the kernel that no single example shows."""

import ast
import inspect
import json
import pickle
import re
from itertools import pairwise
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from tests.builders import least, spec
from uet_es import aggregates, errors, kernel, policies
from uet_es.aggregates import observed
from uet_es.aggregates.worker import MAY_BECOME
from uet_es.aggregates.workstream import MAY_FOLLOW
from uet_es.effects import AnyEffect, Effect
from uet_es.events import (
    BUS_NAMES,
    BUS_NAMES_WITHOUT_EVENT,
    BY_TAG,
    AnyDecision,
    AnyEvent,
    AnyObservation,
    AnyRequest,
    AnyRunDecision,
    AnySignal,
    AnyWorkerDecision,
    AnyWorkstreamDecision,
    Decision,
    Entry,
    Fact,
    Observation,
    tag_of,
)
from uet_es.events.base import RunDecision, WorkerDecision, WorkstreamDecision
from uet_es.events.observations import UNCOUNTED, Request, Signal
from uet_es.plan import Flags, Limits, Plan, Recorded, WorkerGroup, WorkstreamSpec
from uet_es.values import (
    Channel,
    ErrorCode,
    FailureReason,
    State,
    Step,
    WorkerState,
    inbox_stream,
    worker_stream,
    workstream_stream,
)

EVENTS = list(BY_TAG.values())
RECORDED = [Plan, WorkstreamSpec, WorkerGroup, Limits, Flags, Entry]
BASES = {Observation, Decision, RunDecision, WorkerDecision, WorkstreamDecision, Signal, Request}

by_name = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)


def below(root):
    """Every class under ``root``."""
    found = set()
    for child in root.__subclasses__():
        found |= {child, *below(child)}
    return found


def modules_of(package):
    """The syntax trees of a package's modules, by name."""
    folder = Path(package.__file__).parent
    paths = sorted(path for path in folder.glob("*.py") if path.stem != "__init__")
    return {path.stem: ast.parse(path.read_text()) for path in paths}


def named_in(tree, kind, attribute):
    """The plain names that ``tree`` calls, or matches."""
    nodes = (getattr(node, attribute) for node in ast.walk(tree) if isinstance(node, kind))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


# --- the vocabulary ---


def test_every_tag_has_exactly_one_class():
    written = below(Fact) - BASES
    assert written == set(EVENTS) == set(get_args(AnyEvent))
    assert len(BY_TAG) == len(written)
    assert [tag_of(event) for event in EVENTS] == list(BY_TAG)


@by_name
def test_an_event_has_a_name_a_tag_words_and_a_channel(event):
    words = re.findall("[A-Z][a-z]+", event.__name__)
    assert tag_of(event) == ".".join(word.lower() for word in words)
    assert len((event.__dict__["__doc__"] or "").strip()) > 10
    assert event.channel in get_args(Channel)


def test_every_channel_is_used():
    assert {event.channel for event in EVENTS} == set(get_args(Channel))


def test_unions_hold_what_they_are_named_for():
    assert set(get_args(AnyObservation)) == {e for e in EVENTS if issubclass(e, Observation)}
    assert set(get_args(AnyDecision)) == {e for e in EVENTS if issubclass(e, Decision)}
    assert set(get_args(AnyRunDecision)) == below(RunDecision)
    assert set(get_args(AnyWorkerDecision)) == below(WorkerDecision)
    assert set(get_args(AnyWorkstreamDecision)) == below(WorkstreamDecision)
    assert set(get_args(AnySignal)) == below(Signal)
    assert set(get_args(AnyRequest)) == below(Request)
    assert set(get_args(AnyEffect)) == below(Effect)


def test_the_names_of_the_earlier_system_are_known():
    words = """WORKER_SPAWNED WORKER_TERMINATED TASK_ASSIGNED TASK_STARTED TASK_PROGRESS
    TASK_COMPLETED TASK_FAILED HEARTBEAT MERGE_CONFLICT RESOURCE_LIMIT"""
    assert set(BUS_NAMES) | BUS_NAMES_WITHOUT_EVENT == set(words.split())
    assert not set(BUS_NAMES) & BUS_NAMES_WITHOUT_EVENT
    assert len(BUS_NAMES) == len(set(BUS_NAMES.values()))


def test_the_sets_of_words_are_the_specified_ones():
    assert get_args(State) == ("PENDING", "READY", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED")
    assert get_args(WorkerState) == ("SPAWNING", "IDLE", "BUSY", "DRAINING", "TERMINATED")
    codes = """E_TOOL_FAILURE E_MCP_FAILURE E_RESOURCE_LIMIT E_OS_MODE_FAILURE E_PLAN_CONSISTENCY
    E_MERGE_CONFLICT E_ORCHESTRATOR_CRASH E_UNKNOWN"""
    assert set(get_args(ErrorCode)) == set(codes.split())
    assert set(get_args(FailureReason)) >= UNCOUNTED


def test_streams_are_named_by_what_they_hold():
    assert workstream_stream("run-1", "api") == "run-1/ws/api"
    assert worker_stream("run-1", 2) == "run-1/worker/2"
    assert inbox_stream("run-1") == "run-1/inbox"


# --- the form of the record ---


@pytest.mark.parametrize("kind", [*EVENTS, *RECORDED], ids=lambda kind: kind.__name__)
def test_what_is_recorded_is_frozen_refuses_the_unknown_and_omits_defaults(kind):
    config = kind.__struct_config__
    assert (config.frozen, config.forbid_unknown_fields, config.omit_defaults) == (True, True, True)


@by_name
def test_the_fields_of_an_event_are_given_by_name(event):
    with pytest.raises(TypeError, match="positional"):
        event("x")


def test_every_recorded_struct_is_looked_at():
    assert below(Recorded) == {Plan, WorkstreamSpec, WorkerGroup, Limits, Flags}


@by_name
def test_an_event_is_written_without_its_defaults_and_read_back_the_same(event):
    one = least(event)
    text = msgspec.json.encode(one)
    required = {field.name for field in msgspec.structs.fields(event) if field.required}
    assert set(json.loads(text)) == required | {"type"}
    assert msgspec.json.decode(text, type=AnyEvent) == one
    assert msgspec.json.encode(msgspec.json.decode(text, type=AnyEvent)) == text


def test_a_plan_is_written_without_its_defaults():
    plan = Plan(workstreams=(spec("a", ("b",), once=True), spec("b")))
    first = {"id": "a", "depends_on": ["b"], "once": True}
    assert json.loads(msgspec.json.encode(plan)) == {"workstreams": [first, {"id": "b"}]}


def test_an_unknown_field_or_tag_is_refused():
    for text in (b'{"type":"time.passed","more":1}', b'{"type":"time.flew"}', b'{"type":1}'):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(text, type=AnyEvent)


@by_name
def test_fields_hold_no_floats(event):
    for field in msgspec.structs.fields(event):
        assert "float" not in str(field.type), field.name


# --- who makes and who hears ---


def test_every_decision_has_a_producer():
    made = set()
    for tree in modules_of(policies).values():
        made |= named_in(tree, ast.Call, "func")
    assert {e.__name__ for e in EVENTS if issubclass(e, Decision)} <= made


def test_no_policy_makes_an_observation():
    made = set()
    for tree in modules_of(policies).values():
        made |= named_in(tree, ast.Call, "func")
    assert not made & {e.__name__ for e in EVENTS if issubclass(e, Observation)}


def test_every_observation_has_an_arm():
    arms = named_in(ast.parse(inspect.getsource(observed.observe)), ast.MatchClass, "cls")
    assert arms == {e.__name__ for e in EVENTS if issubclass(e, Observation)}


def test_every_decision_has_an_arm():
    arms = set()
    for tree in modules_of(aggregates).values():
        arms |= named_in(tree, ast.MatchClass, "cls")
        isinstances = (n for n in ast.walk(tree) if isinstance(n, ast.Call))
        arms |= {
            call.args[1].id
            for call in isinstances
            if getattr(call.func, "id", "") == "isinstance" and isinstance(call.args[1], ast.Name)
        }
    assert {e.__name__ for e in EVENTS if issubclass(e, Decision)} <= arms


# --- what may follow what ---


def test_each_decision_says_where_it_may_find_a_workstream():
    assert set(MAY_FOLLOW) == set(get_args(AnyWorkstreamDecision))
    places = {place for found in MAY_FOLLOW.values() for place in found}
    for state, step in places:
        assert state in get_args(State)
        assert step in get_args(Step)
        assert bool(step) == (state == "RUNNING")


def test_success_is_final_and_every_other_place_can_be_left():
    places = {place for found in MAY_FOLLOW.values() for place in found}
    assert {state for state, _ in places} == set(get_args(State)) - {"SUCCEEDED"}
    assert {step for _, step in places} == set(get_args(Step))


def test_workers_move_as_specified():
    assert set(MAY_BECOME) == set(get_args(WorkerState))
    moves = {(state, to) for state, tos in MAY_BECOME.items() for to in tos}
    assert moves == {
        ("SPAWNING", "IDLE"),
        ("SPAWNING", "TERMINATED"),
        ("IDLE", "BUSY"),
        ("IDLE", "DRAINING"),
        ("IDLE", "TERMINATED"),
        ("BUSY", "IDLE"),
        ("BUSY", "DRAINING"),
        ("BUSY", "TERMINATED"),
        ("DRAINING", "TERMINATED"),
    }


# --- the kernel ---


def test_the_kernel_offers_these_names():
    assert kernel.__all__ == [
        "Ledger",
        "before",
        "decide",
        "effects_of",
        "evolve",
        "expected",
        "fold",
        "in_doubt",
        "turn",
        "wake_at",
    ]
    assert all(hasattr(kernel, name) for name in kernel.__all__)


def test_every_policy_is_asked_once_and_in_this_order():
    asked = [propose.__module__.rpartition(".")[2] for propose in kernel.POLICIES]
    assert asked == [
        "reopen",
        "stop",
        "health",
        "settle",
        "retry",
        "merges",
        "staffing",
        "dispatch",
        "exchange",
        "finish",
    ]
    assert sorted(asked) == sorted(modules_of(policies))


def imported(tree):
    """The modules that ``tree`` imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_policies_do_not_know_each_other():
    for name, tree in modules_of(policies).items():
        assert not [other for other in imported(tree) if other.startswith("uet_es.policies")], name


@pytest.mark.parametrize("name", sorted(modules_of(policies)))
def test_a_policy_asks_a_question_and_has_one_answer(name):
    tree = modules_of(policies)[name]
    assert ast.get_docstring(tree).endswith("?")
    public = [n.name for n in tree.body if isinstance(n, ast.FunctionDef) and n.name[0] != "_"]
    assert public == ["propose"]


# --- errors ---

ERRORS = {
    errors.PlanError: 1,
    errors.UsageError: 2,
    errors.LogError: 5,
    errors.TryLaterError: 75,
    errors.StoreBusyError: 75,
    errors.FencedError: 75,
    errors.KernelError: 70,
}
PROBLEMS = (
    errors.Problem(file="a.yaml", id="a", field="run", message="is missing: add it"),
    errors.Problem(file="", id="b", field="", message="twice"),
)


def test_every_error_has_its_exit_status():
    own = (error for error in below(errors.UetError) if error.__module__ == errors.__name__)
    assert {error: error.exit_status for error in own} == ERRORS


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_survives_pickling(error):
    one = error(PROBLEMS) if error is errors.PlanError else error("why", 3)
    again = pickle.loads(pickle.dumps(one))
    assert (type(again), again.args, str(again)) == (error, one.args, str(one))


def test_a_plan_error_names_every_problem_on_a_line_of_its_own():
    one = errors.PlanError(list(PROBLEMS))
    assert one.problems == PROBLEMS
    assert str(one) == "a.yaml: a: run: is missing: add it\nb: twice"


def test_problems_sort_by_file_id_and_field():
    assert all(a < b for a, b in pairwise(sorted(PROBLEMS)))
