"""What arrives at a receiver of OTLP is the run, to the microsecond and the nano-dollar."""

import base64
import itertools
import json
import os
import socket
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.builders import (
    accepted,
    cancel,
    conflicted,
    exited,
    forked,
    landed,
    lost,
    pause,
    plan_of,
    prepared,
    spec,
    staffed,
    started,
    unpause,
    used,
)
from tests.spec import given
from uet_es.cli.app import main
from uet_es.errors import TryLaterError, UsageError
from uet_es.events.observations import PlanAccepted
from uet_es.kernel import Ledger, evolve, turn
from uet_es.log.store import Log
from uet_es.plan import Limits
from uet_es.projections.exports.otlp import Sent, send_otlp
from uet_es.projections.exports.otlp.tally import Counted, Spread
from uet_es.projections.exports.otlp.words import (
    provider_of,
    result_of_attempt,
    result_of_workstream,
)
from uet_es.projections.recorded import RecordedFile
from uet_es.projections.warehouse import Warehouse
from uet_es.values import SECOND_US

pytest.importorskip("opentelemetry.sdk")

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "replay_fixtures"
DEADLINE_S = 30
BOXES = itertools.count()
WORKTREE = {"isolation": "worktree"}


class Receiver(NamedTuple):
    """The process that takes what is sent, and one box in it."""

    folder: Path
    port: int
    box: str

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}/{self.box}"

    def requests(self):
        file = self.folder / f"{self.box}.ndjson"
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def spans(self):
        """Each span as a document with plain attributes and ids, by its level and name."""
        return [
            _plain(span)
            for request in self.requests()
            if request["signal"] == "traces"
            for resource in request["request"]["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    def metrics(self):
        """The points of each metric by its name."""
        return {
            metric["name"]: [
                point | {"attributes": _attributes(point)}
                for kind in ("sum", "gauge", "histogram")
                for point in metric.get(kind, {}).get("dataPoints", ())
            ]
            for request in self.requests()
            if request["signal"] == "metrics"
            for resource in request["request"]["resourceMetrics"]
            for scope in resource["scopeMetrics"]
            for metric in scope["metrics"]
        }

    def resource(self, signal):
        key = "resourceSpans" if signal == "traces" else "resourceMetrics"
        found = next(r for r in self.requests() if r["signal"] == signal)
        return _attributes(found["request"][key][0]["resource"])


def _attributes(document):
    return {each["key"]: _value(each["value"]) for each in document.get("attributes", ())}


def _value(value):
    ((kind, plain),) = value.items()
    if kind == "arrayValue":
        return [_value(each) for each in plain["values"]]
    return int(plain) if kind == "intValue" else plain


def _plain(span):
    return {
        "name": span["name"],
        "kind": span["kind"].removeprefix("SPAN_KIND_"),
        "trace": base64.b64decode(span["traceId"]).hex(),
        "id": base64.b64decode(span["spanId"]).hex(),
        "parent": base64.b64decode(span.get("parentSpanId", "")).hex(),
        "from_ns": int(span["startTimeUnixNano"]),
        "to_ns": int(span["endTimeUnixNano"]),
        "attributes": _attributes(span),
        "links": [
            (base64.b64decode(link["spanId"]).hex(), _attributes(link)["uet.link"])
            for link in span.get("links", ())
        ],
        "events": [
            (event["name"], int(event["timeUnixNano"]), _attributes(event))
            for event in span.get("events", ())
        ],
        "failed": span.get("status", {}).get("code") == "STATUS_CODE_ERROR",
        "message": span.get("status", {}).get("message", ""),
    }


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    folder = tmp_path_factory.mktemp("receiver")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.projections.exports.receiver", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        yield folder, int(running.stdout.readline())
        running.terminate()
        running.wait(DEADLINE_S)


@pytest.fixture
def receiver(process):
    return Receiver(*process, box=f"box-{next(BOXES)}")


@pytest.fixture(scope="module")
def library():
    with Warehouse.in_memory(RecordedFile(FIXTURES / "library-36" / "log.jsonl")) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def agents():
    with Warehouse.in_memory(RecordedFile(FIXTURES / "usage-1" / "log.jsonl")) as warehouse:
        yield warehouse


def warehouse_of(*runs):
    log = Log.in_memory()
    for run in runs:
        log.append(run.ledger.id, run.entries)
    return Warehouse.in_memory(log)


def levels(spans):
    return Counter(span["attributes"]["uet.level"] for span in spans)


def the(spans, level, name=None, attempt=None):
    (found,) = (
        span
        for span in spans
        if span["attributes"]["uet.level"] == level
        and name in (None, span["attributes"].get("cicd.pipeline.task.name"))
        and attempt in (None, span["attributes"].get("uet.attempt"))
    )
    return found


# --- spans ---


def test_a_run_is_a_tree_of_spans_with_the_instants_of_the_log(library, receiver):
    sent = send_otlp(library, "run-1", endpoint=receiver.endpoint)
    spans = receiver.spans()
    by_id = {span["id"]: span for span in spans}
    assert sent.spans == len(spans) == len(by_id)
    ((workstreams, attempts, merges),) = library.rows(
        "SELECT (SELECT count(*) FROM workstreams), (SELECT count(*) FROM attempts), "
        "(SELECT count(*) FROM merges)"
    )
    found = levels(spans)
    assert found["run"] == 1
    assert (found["workstream"], found["attempt"], found["merge"]) == (
        (workstreams, attempts, merges)
    )
    assert found["setup"] == attempts
    assert len({span["trace"] for span in spans}) == 1
    parents = {"workstream": "run", "attempt": "workstream", "merge": "workstream"}
    for span in spans:
        level = span["attributes"]["uet.level"]
        if level == "run":
            assert span["parent"] == ""
            continue
        parent = by_id[span["parent"]]
        assert parent["attributes"]["uet.level"] == parents.get(level, "attempt")
        assert parent["from_ns"] <= span["from_ns"] <= span["to_ns"] <= parent["to_ns"]


def test_spans_come_in_an_order_of_their_own(library, receiver):
    send_otlp(library, "run-1", endpoint=receiver.endpoint)
    for level in ("workstream", "attempt", "merge"):
        names = [
            (span["attributes"]["cicd.pipeline.task.name"], span["attributes"].get("uet.attempt"))
            for span in receiver.spans()
            if span["attributes"]["uet.level"] == level
        ]
        assert len(names) > 30
        assert names == sorted(names)


def test_instants_and_words_of_an_attempt_are_those_of_the_log(library, receiver):
    send_otlp(library, "run-1", endpoint=receiver.endpoint)
    (row,) = library.documents("FROM attempts WHERE workstream = 'layout' AND attempt = 1")
    span = the(receiver.spans(), "attempt", "layout", 1)
    assert (span["name"], span["kind"]) == ("shell layout", "INTERNAL")
    assert (span["from_ns"], span["to_ns"]) == (row["dispatched_us"] * 1000, row["ended_us"] * 1000)
    assert span["attributes"] == {
        "uet.level": "attempt",
        "cicd.pipeline.task.name": "layout",
        "cicd.pipeline.task.type": "impl",
        "cicd.pipeline.task.run.id": "run-1/ws/layout/1",
        "cicd.pipeline.task.run.result": "success",
        "cicd.worker.id": "run-1/worker/1",
        "cicd.worker.name": "worker 1",
        "process.exit.code": 0,
        "vcs.ref.base.revision": row["base"],
        "vcs.ref.head.name": "uet-attempts/run-1/layout.1",
        "vcs.ref.head.revision": row["commit"],
        "uet.tool": "shell",
        "uet.attempt": 1,
        "uet.took_us": row["took_us"],
        "uet.cpu_us": row["cpu_us"],
        "uet.changed_files": 2,
    }


def test_dependencies_are_links(library, receiver):
    send_otlp(library, "run-1", endpoint=receiver.endpoint)
    spans = receiver.spans()
    for id, needs in library.rows("SELECT workstream, depends_on FROM workstreams"):
        links = [(the(spans, "workstream", name)["id"], "dependency") for name in needs]
        assert the(spans, "workstream", id)["links"] == links


def test_what_failed_says_how_and_what_was_spared_is_no_error(library, receiver):
    send_otlp(library, "run-1", endpoint=receiver.endpoint)
    spans = receiver.spans()
    root, upload, announce = (
        the(spans, "run"),
        the(spans, "workstream", "upload"),
        the(spans, "workstream", "announce"),
    )
    assert root["failed"]
    assert root["attributes"]["cicd.pipeline.result"] == "failure"
    assert root["attributes"]["error.type"] == "E_TOOL_FAILURE"
    assert (root["name"], root["kind"]) == ("RUN library", "SERVER")
    assert (upload["failed"], upload["attributes"]["uet.reason"]) == (True, "exit")
    assert upload["attributes"]["error.type"] == "E_TOOL_FAILURE"
    assert upload["message"].startswith("exit status")
    assert not announce["failed"]
    assert announce["attributes"]["cicd.pipeline.task.run.result"] == "skip"
    assert announce["attributes"]["uet.because"] == "upload"
    assert "error.type" not in announce["attributes"]


@pytest.mark.slow
def test_a_merge_says_where_it_went_and_a_conflict_what_collided(receiver):
    run = given(
        accepted(spec("a", **WORKTREE), spec("b", **WORKTREE)),
        *staffed(1, 2),
        *(seen for id in "ab" for seen in (prepared(id), started(id), exited(id, commit=id * 40))),
        landed("a"),
        conflicted("b", files=("x", "y")),
    )
    with warehouse_of(run) as warehouse:
        send_otlp(warehouse, "run-1", endpoint=receiver.endpoint)
    spans = receiver.spans()
    merged, collided = the(spans, "merge", "a"), the(spans, "merge", "b")
    assert not merged["failed"]
    assert merged["attributes"]["vcs.change.state"] == "merged"
    assert merged["attributes"]["vcs.ref.base.name"] == "uet/run-1"
    assert merged["attributes"]["vcs.ref.head.revision"] == "a" * 40
    assert collided["failed"]
    assert collided["attributes"]["vcs.change.state"] == "closed"
    assert collided["attributes"]["error.type"] == "E_MERGE_CONFLICT"
    assert collided["attributes"]["uet.merge.files"] == ["x", "y"]
    assert collided["attributes"]["uet.wait.merging_us"] > 0


def test_each_report_of_model_use_is_a_client_span_of_its_attempt(agents, receiver):
    send_otlp(agents, "run-1", endpoint=receiver.endpoint)
    spans = receiver.spans()
    by_id = {span["id"]: span for span in spans}
    reports = [span for span in spans if span["attributes"]["uet.level"] == "usage"]
    rows = agents.documents("FROM usage ORDER BY seq")
    assert len(reports) == len(rows) > 3
    for span, row in zip(reports, rows, strict=True):
        assert (span["kind"], span["name"]) == ("CLIENT", f"chat {row['model']}")
        assert span["from_ns"] == span["to_ns"] == row["at_us"] * 1000
        said = span["attributes"]
        assert said["gen_ai.usage.input_tokens"] == row["input_tokens"]
        assert said["gen_ai.usage.output_tokens"] == row["output_tokens"]
        assert said.get("gen_ai.usage.cache_read.input_tokens", 0) == row["cached_input_tokens"]
        assert said.get("uet.cost.nanousd") == row["cost_nanousd"]
        attempt = by_id[span["parent"]]["attributes"]
        assert attempt["uet.attempt"] == row["attempt"]
        assert attempt["cicd.pipeline.task.name"] == row["workstream"]


@pytest.mark.slow
def test_what_people_did_to_a_run_is_told_by_its_span(receiver):
    run = given(accepted("a"), *staffed(1), pause(by="ada", reason="lunch"), unpause(by="ada"))
    with warehouse_of(run) as warehouse:
        send_otlp(warehouse, "run-1", endpoint=receiver.endpoint)
    events = the(receiver.spans(), "run")["events"]
    assert [name for name, _, _ in events] == [
        "pause.asked",
        "run.paused",
        "unpause.asked",
        "run.unpaused",
    ]
    assert events[0][2] == {"uet.by": "ada", "uet.why": "lunch"}
    assert events[2][1] - events[0][1] == SECOND_US * 1000


@pytest.mark.slow
def test_a_run_that_goes_on_ends_where_the_log_does_and_keeps_its_ids(receiver):
    run = given(accepted("a", "b after a", max_workers=1), *staffed(1), started("a"))
    with warehouse_of(run) as warehouse:
        send_otlp(warehouse, "run-1", endpoint=receiver.endpoint)
    spans, metrics = receiver.spans(), receiver.metrics()
    assert levels(spans) == {"run": 1, "workstream": 1, "attempt": 1, "setup": 1}
    for level in ("run", "workstream", "attempt"):
        span = the(spans, level)
        assert span["to_ns"] == run.now_us * 1000
        assert not span["failed"]
        assert not any(name.endswith("result") for name in span["attributes"])
    (active,) = metrics["cicd.pipeline.run.active"]
    assert int(active["asInt"]) == 1
    assert {
        p["attributes"]["cicd.worker.state"]: int(p["asInt"]) for p in metrics["cicd.worker.count"]
    } == {
        "available": 0,
        "busy": 1,
        "offline": 0,
    }
    run.sees(exited("a"), started("b"), exited("b"))
    later = receiver._replace(box=f"{receiver.box}-later")
    with warehouse_of(run) as warehouse:
        send_otlp(warehouse, "run-1", endpoint=later.endpoint)
    assert {span["id"] for span in spans} < {span["id"] for span in later.spans()}
    assert the(later.spans(), "run")["attributes"]["cicd.pipeline.result"] == "success"
    assert int(later.metrics()["cicd.pipeline.run.active"][0]["asInt"]) == 0


@pytest.mark.slow
def test_a_fork_points_to_its_parent_and_is_measured_without_it(receiver):
    parent = given(accepted("a", "b"), *staffed(1, 2), used("a", cost_nanousd=5))
    parent.sees(started("a"), exited("a"))
    at = len(parent.entries)
    ledger = Ledger("run-1")
    for entry in parent.entries:
        evolve(ledger, entry)
    entries = list(turn(ledger, ledger.now_us + SECOND_US, forked(at)))
    log = Log.in_memory()
    log.append("run-1", parent.entries)
    log.append("run-2", entries)
    other = receiver._replace(box=f"{receiver.box}-parent")
    with Warehouse.in_memory(log) as warehouse:
        send_otlp(warehouse, "run-2", endpoint=receiver.endpoint)
        send_otlp(warehouse, "run-1", endpoint=other.endpoint)
    spans = receiver.spans()
    root = the(spans, "run")
    assert root["attributes"]["uet.forked_from"] == "run-1"
    assert root["links"] == [(the(other.spans(), "run")["id"], "fork")]
    assert the(spans, "attempt", "a", 1)["attributes"]["uet.inherited"] is True
    assert levels(other.spans())["usage"] == 1
    assert levels(spans)["usage"] == 0
    assert "uet.cost" not in receiver.metrics()
    assert not {s["id"] for s in spans} & {s["id"] for s in other.spans()}
    attempts = receiver.metrics().get("uet.attempt.duration", [])
    assert sum(int(point["count"]) for point in attempts) == 0
    assert int(other.metrics()["uet.attempt.duration"][0]["count"]) == 1


@pytest.mark.slow
def test_a_simulated_run_is_told_apart_and_spends_nothing(receiver):
    run = given(PlanAccepted(plan=plan_of("a"), simulated=True), *staffed(1))
    run.sees(started("a"), used("a", cost_nanousd=5), exited("a"))
    with warehouse_of(run) as warehouse:
        send_otlp(warehouse, "run-1", endpoint=receiver.endpoint)
    for signal in ("traces", "metrics"):
        assert receiver.resource(signal)["uet.simulated"] is True
        assert receiver.resource(signal)["deployment.environment.name"] == "simulation"
    assert levels(receiver.spans())["usage"] == 0
    assert "uet.cost" not in receiver.metrics()


@pytest.mark.slow
def test_large_runs_go_in_several_requests_and_lose_nothing(receiver):
    many = [f"w{number:04}" for number in range(2100)]
    run = given(accepted(*many, spec("z", many[:200])), cancel())
    with warehouse_of(run) as warehouse:
        sent = send_otlp(warehouse, "run-1", endpoint=receiver.endpoint)
    spans = receiver.spans()
    assert sent.spans == len(spans) == 2102
    assert len([r for r in receiver.requests() if r["signal"] == "traces"]) == 2
    assert len(the(spans, "workstream", "z")["links"]) == 200


# --- metrics ---


def test_sums_equal_those_of_the_log(agents, receiver):
    send_otlp(agents, "run-1", endpoint=receiver.endpoint)
    metrics = receiver.metrics()
    ((cost, unpriced, input, output),) = agents.rows(
        "SELECT cost_nanousd, unpriced, input_tokens, output_tokens FROM cost_by_run"
    )
    assert sum(int(point["asInt"]) for point in metrics["uet.cost"]) == cost > 0
    assert sum(int(point["asInt"]) for point in metrics["uet.usage.unpriced"]) == unpriced > 0
    tokens = {"input": 0, "output": 0}
    for point in metrics["gen_ai.client.token.usage"]:
        tokens[point["attributes"]["gen_ai.token.type"]] += point["sum"]
        assert sum(map(int, point["bucketCounts"])) == int(point["count"])
    assert tokens == {"input": input, "output": output}


def test_time_is_measured_as_the_warehouse_has_it(library, receiver):
    send_otlp(library, "run-1", endpoint=receiver.endpoint)
    metrics = receiver.metrics()
    ((accepted_us, finished_us, makespan_us),) = library.rows(
        "SELECT accepted_us, finished_us, makespan_us FROM runs"
    )
    durations = metrics["cicd.pipeline.run.duration"]
    assert [p["attributes"]["cicd.pipeline.run.state"] for p in durations] == [
        "executing",
        "pending",
    ]
    assert round(sum(p["sum"] for p in durations) * SECOND_US) == makespan_us
    waits = library.rows("SELECT cause, sum(took_us)::BIGINT FROM waits GROUP BY cause ORDER BY 1")
    assert [
        (p["attributes"]["uet.wait.cause"], int(p["asInt"])) for p in metrics["uet.wait.duration"]
    ] == waits
    ((utilisation,),) = library.rows("SELECT utilisation_percent / 100 FROM efficiency")
    assert metrics["uet.utilisation"][0]["asDouble"] == utilisation
    (errors,) = metrics["cicd.pipeline.run.errors"]
    assert int(errors["asInt"]) == 2
    for points in metrics.values():
        for point in points:
            assert int(point["timeUnixNano"]) == finished_us * 1000
            if "asDouble" not in point:  # what is a gauge began never
                assert int(point["startTimeUnixNano"]) == accepted_us * 1000


@pytest.mark.slow
def test_failures_of_ours_are_not_those_of_the_work(receiver):
    run = given(
        accepted(spec("a", max_attempts=3), limits=Limits(max_workers=1, max_losses=3)),
        *staffed(1),
        started("a"),
        lost("a", message="its driver died"),
    )
    with warehouse_of(run) as warehouse:
        send_otlp(warehouse, "run-1", endpoint=receiver.endpoint)
    metrics = receiver.metrics()
    (broken,) = metrics["cicd.system.errors"]
    assert broken["attributes"]["error.type"] == "E_ORCHESTRATOR_CRASH"
    assert "cicd.pipeline.run.errors" not in metrics
    attempt = the(receiver.spans(), "attempt", "a", 1)
    assert attempt["attributes"]["cicd.pipeline.task.run.result"] == "error"


def test_metrics_do_not_carry_the_run_but_its_instance(library, receiver):
    send_otlp(library, "run-1", endpoint=receiver.endpoint)
    traces, metrics = receiver.resource("traces"), receiver.resource("metrics")
    assert traces.pop("cicd.pipeline.run.id") == "run-1"
    assert traces == metrics
    assert metrics["service.name"] == "uet"
    assert metrics["cicd.pipeline.name"] == "library"
    assert len(metrics["service.instance.id"]) == 32


# --- the same bytes, and the words of others ---

AGAIN = """
import sys
from pathlib import Path
from uet_es.projections.exports.otlp import send_otlp
from uet_es.projections.recorded import RecordedFile
from uet_es.projections.warehouse import Warehouse

with Warehouse.in_memory(RecordedFile(Path(sys.argv[1]))) as warehouse:
    print(send_otlp(warehouse, "run-1", endpoint=sys.argv[2]).spans)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["library-36", "usage-1"])
def test_what_is_exported_twice_is_the_same_twice(name, receiver):
    path = FIXTURES / name / "log.jsonl"
    seen = []
    for seed in "12":
        box = receiver._replace(box=f"{receiver.box}-{seed}")
        subprocess.run(
            [sys.executable, "-W", "error", "-c", AGAIN, str(path), box.endpoint],
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": f"UTC-{seed}"},
            cwd=ROOT,
            check=True,
            timeout=DEADLINE_S,
        )
        seen.append([request["request"] for request in box.requests()])
    assert seen[0] == seen[1]
    assert len(seen[0]) == 2


@pytest.mark.slow
def test_names_are_those_of_the_conventions(library, agents, receiver):
    other = receiver._replace(box=f"{receiver.box}-other")
    send_otlp(library, "run-1", endpoint=receiver.endpoint)
    send_otlp(agents, "run-1", endpoint=other.endpoint)
    known = {
        value
        for module in ("cicd", "deployment", "error", "gen_ai", "process", "service", "vcs")
        for value in _constants(f"attributes.{module}_attributes")
    }
    used_names = {
        name for box in (receiver, other) for span in box.spans() for name in span["attributes"]
    } | set(receiver.resource("traces"))
    used_names |= {
        name
        for box in (receiver, other)
        for points in box.metrics().values()
        for point in points
        for name in point["attributes"]
    }
    foreign = {name for name in used_names if not name.startswith("uet.")}
    stable = {"error.type", "service.name", "service.version"}
    assert len(foreign) > 20
    assert foreign - stable <= known
    measured = {
        name for box in (receiver, other) for name in box.metrics() if not name.startswith("uet.")
    }
    assert measured >= {"cicd.worker.count", "gen_ai.client.token.usage"}
    assert measured <= {*_constants("metrics.cicd_metrics"), *_constants("metrics.gen_ai_metrics")}


def _constants(module):
    found = vars(import_module(f"opentelemetry.semconv._incubating.{module}"))
    return [value for name, value in found.items() if name.isupper() and isinstance(value, str)]


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("claude-sonnet-4-5", "anthropic"),
        ("gpt-5", "openai"),
        ("o3-mini", "openai"),
        ("Gemini-2.5-pro", "gcp.gemini"),
        ("bedrock/claude-sonnet-4-5", "aws.bedrock"),
        ("openrouter/deepseek-v3", "openrouter"),
        ("house-model", "unknown"),
    ],
)
def test_a_model_tells_its_provider_where_it_can(model, provider):
    assert provider_of(model) == provider


@pytest.mark.parametrize(
    ("reason", "result"),
    [
        ("exit", "failure"),
        ("scope", "failure"),
        ("timeout", "timeout"),
        ("heartbeat", "timeout"),
        ("lost", "error"),
        ("interrupted", "cancellation"),
        ("forked", "cancellation"),
    ],
)
def test_why_an_attempt_failed_decides_its_result(reason, result):
    assert result_of_attempt("failed", reason) == result
    assert result_of_workstream("FAILED", reason, began=True) == result


def test_what_was_asked_to_stop_is_cancelled_and_what_never_began_is_skipped():
    assert result_of_workstream("CANCELLED", "asked", began=False) == "cancellation"
    assert result_of_workstream("CANCELLED", "fail_fast", began=True) == "cancellation"
    assert result_of_workstream("CANCELLED", "fail_fast", began=False) == "skip"
    assert result_of_workstream("RUNNING", None, began=True) is None
    assert result_of_attempt("cancelled", None) == "cancellation"


def test_a_bucket_has_its_upper_bound_and_sums_are_exact():
    spread = Spread((1, 2), unit=SECOND_US)
    for size in (SECOND_US, SECOND_US + 1, 2 * SECOND_US, 3 * SECOND_US):
        spread.add(size, {"a": "b"})
    (point,) = spread.points()
    assert point.counts == (1, 2, 1)
    assert (point.value, point.least, point.most) == (7.000001, 1, 3)


def test_sums_are_sorted_by_their_labels():
    counted = Counted()
    for label in ("b", "a", "b"):
        counted.add(2, {"x": label, "y": None})
    assert [(p.attributes, p.value) for p in counted.points()] == [({"x": "a"}, 2), ({"x": "b"}, 4)]


# --- what can go wrong ---


def test_where_nobody_listens_a_person_is_told_once(agents, capfd, caplog):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(TryLaterError, match=r"/v1/traces cannot be reached: Connection refu"):
            send_otlp(agents, "run-1", endpoint=endpoint)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@pytest.mark.parametrize(
    ("box", "kind", "said"),
    [
        ("404", UsageError, "404 Not Found; is it the address of an OTLP receiver"),
        ("401", UsageError, "401 Unauthorized; OTEL_EXPORTER_OTLP_HEADERS"),
        ("302", UsageError, "it points to http://elsewhere:4318"),
        ("503", TryLaterError, "503 Service Unavailable; try again later"),
        ("partial", UsageError, "rejected 2 of what was sent: too old"),
        ("garbled", UsageError, "not as an OTLP receiver does"),
    ],
)
def test_who_does_not_take_it_is_quoted(box, kind, said, agents, receiver, capfd):
    with pytest.raises(kind) as raised:
        send_otlp(agents, "run-1", endpoint=receiver._replace(box=box).endpoint)
    assert said in str(raised.value)
    assert f"http://127.0.0.1:{receiver.port}/{box}/v1/traces" in str(raised.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "localhost:4318",
        "ftp://host",
        "http://",
        "http://host:99999",
        "http://h?x=1",
        "http://[",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_sent(endpoint, agents):
    with pytest.raises(UsageError, match="is no address of a receiver"):
        send_otlp(agents, "run-1", endpoint=endpoint)


@pytest.mark.slow
def test_the_command_sends_a_run_and_says_what_arrived(receiver, monkeypatch, capfd):
    words = ["uet", "export", str(FIXTURES / "library-36"), "--to", "otlp", "--endpoint"]
    monkeypatch.setattr(sys, "argv", [*words, receiver.endpoint])
    assert main() == 0
    out, err = capfd.readouterr()
    assert f"{len(receiver.spans())} spans" in out
    assert err == ""
    monkeypatch.setattr(sys, "argv", [*words, receiver._replace(box="503").endpoint])
    assert main() == 75
    monkeypatch.setattr(sys, "argv", [*words, receiver._replace(box="404").endpoint])
    assert main() == 2
    assert "Traceback" not in capfd.readouterr().err


def test_a_password_in_the_address_is_not_repeated(agents, receiver):
    endpoint = f"http://ada:secret@127.0.0.1:{receiver.port}/404"
    with pytest.raises(UsageError) as raised:
        send_otlp(agents, "run-1", endpoint=endpoint)
    assert "secret" not in str(raised.value)


def test_an_unknown_run_is_refused(agents, receiver):
    with pytest.raises(UsageError, match="there is no run run-9"):
        send_otlp(agents, "run-9", endpoint=receiver.endpoint)
    assert receiver.requests() == []


def test_variables_of_opentelemetry_say_how_to_talk_to_the_receiver(agents, receiver, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=opensesame")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    send_otlp(agents, "run-1", endpoint=receiver.endpoint)
    assert [(r["key"], r["encoding"]) for r in receiver.requests()] == [("opensesame", "gzip")] * 2


def test_variables_of_opentelemetry_change_nothing_of_what_is_said(agents, receiver, monkeypatch):
    plain = receiver._replace(box=f"{receiver.box}-plain")
    send_otlp(agents, "run-1", endpoint=plain.endpoint)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=other")
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1")
    send_otlp(agents, "run-1", endpoint=receiver.endpoint)
    said = [request["request"] for request in receiver.requests()]
    assert said == [request["request"] for request in plain.requests()]


def test_a_switched_off_library_is_not_mistaken_for_a_run_without_spans(agents, monkeypatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with pytest.raises(UsageError, match="unset it to export"):
        send_otlp(agents, "run-1", endpoint="http://127.0.0.1:9")


@pytest.mark.slow
def test_without_the_libraries_it_is_said_how_to_get_them():
    script = f"import sys; sys.modules['opentelemetry'] = None\n{AGAIN}"
    ended = subprocess.run(
        [sys.executable, "-c", script, str(FIXTURES / "usage-1" / "log.jsonl"), "http://h:1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    assert ended.returncode == 1
    assert ended.stderr.endswith(
        "UsageError: an export to otlp needs OpenTelemetry, which is not installed: "
        "pip install 'uet[otel]'\n"
    )


def test_what_was_sent_is_counted(agents, receiver):
    sent = send_otlp(agents, "run-1", endpoint=receiver.endpoint)
    points = sum(len(points) for points in receiver.metrics().values())
    assert sent == Sent(len(receiver.spans()), points)
