"""The page that Prometheus reads, read with its own reader."""

from collections import Counter
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench import analysts
from tests.builders import accepted, exited, plan_of, spec, staffed, started
from tests.projections.tellings import counted, fork, own_entries, tell
from uet_es.events.observations import PauseAsked, PlanAccepted, UsageReported
from uet_es.log.store import Log
from uet_es.projections.figures.prometheus import exposition
from uet_es.projections.recorded import RecordedFile
from uet_es.projections.warehouse import Warehouse

pytestmark = pytest.mark.slow
LIBRARY = Path(__file__).parents[2] / "replay_fixtures" / "library-36" / "log.jsonl"


@pytest.fixture
def log():
    with Log.in_memory() as log:
        yield log


def page_of(source, run=None):
    return "".join(f"{line}\n" for line in exposition(Warehouse.in_memory(source), run))


def read(page):
    """Every sample by name and labels."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def of(samples, name):
    """The samples of one name by the values of their labels."""
    return {
        tuple(value for _, value in labels): number
        for (each, *labels), number in samples.items()
        if each == name
    }


def test_every_series_has_a_type_and_a_help_and_no_two_are_the_same(log):
    analysts.fill(log, 1, 10)
    page = page_of(log)
    families = list(text_string_to_metric_families(page))
    assert {family.type for family in families} == {"counter", "gauge", "histogram"}
    assert all(family.documentation for family in families)
    samples = [line for line in page.splitlines() if not line.startswith("#")]
    assert len(read(page)) == len(samples)
    for family in families:
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter")


def test_states_transitions_and_failures_of_a_real_run():
    samples = read(page_of(RecordedFile(LIBRARY)))
    states = of(samples, "uet_workstreams")
    assert states[("SUCCEEDED",)] == 33
    assert (states[("FAILED",)], states[("CANCELLED",)], states[("RUNNING",)]) == (1, 2, 0)
    changes = of(samples, "uet_workstream_transitions_total")
    assert changes[("RUNNING", "SUCCEEDED")] == 33
    assert changes[("PENDING", "CANCELLED")] == 2
    assert changes[("PENDING", "READY")] == changes[("READY", "RUNNING")] == 34
    assert of(samples, "uet_attempt_failures_total") == {("E_TOOL_FAILURE", "exit"): 2}
    assert of(samples, "uet_attempts_total") == {("failed", "shell"): 2, ("succeeded", "shell"): 33}
    assert of(samples, "uet_workers")[("TERMINATED",)] == 4
    assert of(samples, "uet_runs")[("failed",)] == 1


def test_times_in_a_state_are_a_histogram_of_stays_that_are_over(log):
    tell(
        log,
        "run-1",
        (0, accepted("a", "b after a")),
        (4, staffed(1)[0]),
        *[(4, started("a")), (34.5, exited("a")), (35, started("b"))],
    )
    samples = read(page_of(log))
    name = "uet_workstream_state_seconds"
    assert of(samples, f"{name}_count") == {("PENDING",): 2, ("READY",): 2, ("RUNNING",): 1}
    assert of(samples, f"{name}_sum") == {("PENDING",): 34.5, ("READY",): 4, ("RUNNING",): 30.5}
    running = {
        float(le): number
        for (le, state), number in of(samples, f"{name}_bucket").items()
        if state == "RUNNING"
    }
    assert (running[15], running[60], running[float("inf")]) == (0, 1, 1)
    counts = list(running.values())
    assert counts == sorted(counts)


def test_a_stay_of_exactly_the_end_of_a_class_is_in_it(log):
    steps = [(1, started("a")), (1, exited("a"))]
    tell(log, "run-1", (0, accepted("a")), (1, staffed(1)[0]), *steps)
    page = page_of(log)
    assert 'uet_workstream_state_seconds_bucket{state="READY",le="0.1"} 0\n' in page
    assert 'uet_workstream_state_seconds_bucket{state="READY",le="1"} 1\n' in page


def test_cost_and_tokens_are_those_of_the_log_to_the_last_digit(log):
    analysts.fill(log, 2, 15)
    tokens, cost = Counter(), Counter()
    for _, entry in counted(log):
        event = entry.event
        tokens["input", event.model] += event.input_tokens - event.cached_input_tokens
        tokens["cached_input", event.model] += event.cached_input_tokens
        tokens["output", event.model] += event.output_tokens
        cost[event.model] += event.cost_nanousd or 0
    page = page_of(log)
    assert of(read(page), "uet_tokens_total") == dict(tokens)
    for model, nano in cost.items():
        whole, rest = divmod(nano, 10**9)
        assert f'uet_cost_usd_total{{model="{model}"}} {whole}.{rest:09d}\n' in page


def test_names_with_quotes_backslashes_and_newlines_survive(log):
    odd = 'a "b" \\n c\nd{e="f"} 7'
    used = UsageReported(workstream="a", attempt=1, model=odd, input_tokens=3, cost_nanousd=1)
    steps = [(1, started("a")), (2, used)]
    tell(log, "run-1", (0, accepted(spec("a", tool=odd))), (0, staffed(1)[0]), *steps)
    samples = read(page_of(log))
    assert of(samples, "uet_tokens_total")["input", odd] == 3
    assert of(samples, "uet_usage_reports_total") == {(odd, ""): 1}


def test_what_people_asked_is_counted_once_admitted_or_not(log):
    asked = PauseAsked(by="ann")
    tell(log, "run-1", (0, accepted("a")), (0, staffed(1)[0]))
    log.request("run-1", asked, 5)
    requests = of(read(page_of(log)), "uet_manual_overrides_total")
    assert requests == {
        ("cancel.asked",): 0,
        ("limits.changed",): 0,
        ("pause.asked",): 1,
        ("retry.asked",): 0,
        ("unpause.asked",): 0,
    }
    admitted = PauseAsked(by="ann", inbox_version=1)
    with Log.in_memory() as other:
        steps = [(0, accepted("a")), (0, staffed(1)[0]), (1, admitted)]
        tell(other, "run-1", *steps)
        assert of(read(page_of(other)), "uet_manual_overrides_total") == requests
        other.request("run-1", asked, 5)
        assert of(read(page_of(other)), "uet_manual_overrides_total") == requests


def test_a_fork_adds_only_what_it_did_itself(log):
    used = UsageReported(workstream="a", attempt=1, model="m", input_tokens=3, cost_nanousd=1)
    steps = [(1, started("a")), (2, used), (3, exited("a", 1))]
    plan = accepted(spec("a", max_attempts=2), "b")
    tell(log, "run-1", (0, plan), (0, staffed(1)[0]), *steps)
    before = read(page_of(log))
    last = [entry.seq for entry in own_entries(log, "run-1")][-1]
    fork(log, "run-1", "run-2", last)
    after = read(page_of(log))
    for name in ("uet_tokens_total", "uet_cost_usd_total", "uet_usage_reports_total"):
        assert of(after, name) == of(before, name)
    failures = of(after, "uet_attempt_failures_total")
    assert (
        failures["E_TOOL_FAILURE", "exit"]
        == of(before, "uet_attempt_failures_total")["E_TOOL_FAILURE", "exit"]
    )
    transitions = "uet_workstream_transitions_total"
    assert of(after, transitions) == of(before, transitions)
    assert of(after, "uet_runs")[("unfinished",)] == 2


def test_counters_only_grow_while_a_run_goes_on(tmp_path):
    lines = LIBRARY.read_bytes().splitlines(keepends=True)
    earlier = {}
    for kept in (1, 40, 150, 290, len(lines)):
        file = tmp_path / f"{kept}.jsonl"
        file.write_bytes(b"".join(lines[:kept]))
        page = page_of(RecordedFile(file))
        counters = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(page)
            if family.type in ("counter", "histogram")
            for sample in family.samples
        }
        assert all(counters[key] >= value for key, value in earlier.items())
        assert sum(counters.values()) >= sum(earlier.values())
        earlier = counters


def test_one_run_has_a_label_and_simulated_runs_only_count_when_they_are_named(log):
    imagined = PlanAccepted(plan=plan_of("a"), simulated=True)
    tell(log, "run-1", (0, imagined), (0, staffed(1)[0]))
    tell(log, "run-2", (0, accepted("a", "b")), (0, staffed(1)[0]))
    everything = of(read(page_of(log)), "uet_workstreams")
    assert sum(everything.values()) == 2
    of_one = read(page_of(log, "run-1"))
    assert all(("run", "run-1") in key for key in of_one)
    assert sum(of(of_one, "uet_workstreams").values()) == 1


def test_a_page_is_the_same_whenever_it_is_written(log):
    analysts.fill(log, 1, 10)
    assert page_of(log) == page_of(log)
