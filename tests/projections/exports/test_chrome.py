"""A trace says what the warehouse says, in a form that its readers take whole."""

import json

import pytest

from tests.projections.exports import perfetto
from tests.projections.exports.samples import LIBRARY, drawn, prefix_of
from tests.projections.exports.trace_rules import broken_rules, of_phase
from uet_es.errors import UsageError
from uet_es.projections.exports.chrome import export
from uet_es.projections.warehouse import Warehouse

OF = "run = 'run-1'"


def trace_of(warehouse, folder, run="run-1"):
    path = folder / f"{run}.json"
    path.unlink(missing_ok=True)
    export(warehouse, run, path)
    return json.loads(path.read_bytes())


def sole(found):
    ((value,),) = found
    return value


def lines(trace):
    """The names of all threads by their numbers."""
    return {e["tid"]: e["args"]["name"] for e in of_phase(trace, "M") if e["name"] == "thread_name"}


def slices(trace, line):
    named = lines(trace)
    return [e for e in of_phase(trace, "X") if named[e["tid"]] == line]


def test_a_trace_keeps_the_rules_of_the_format(sample, tmp_path):
    assert broken_rules(trace_of(sample, tmp_path)) == []


@pytest.mark.slow
@pytest.mark.parametrize("entries", [1, 6, 16, 19, 33, 60, 200, 394])
def test_so_does_that_of_a_run_that_goes_on(entries, tmp_path):
    with prefix_of(LIBRARY, entries, tmp_path) as warehouse:
        trace = trace_of(warehouse, tmp_path)
        end = sole(warehouse.rows("SELECT last_us - accepted_us FROM runs"))
    assert broken_rules(trace) == []
    assert trace["otherData"]["outcome"] == "unfinished"
    assert all(e["ts"] + e.get("dur", 0) <= end for e in trace["traceEvents"] if "ts" in e)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_so_does_that_of_any_run(seed, tmp_path):
    with Warehouse.in_memory(drawn(seed)) as warehouse:
        trace = trace_of(warehouse, tmp_path)
        assert broken_rules(trace) == []
        drawn_attempts = [e for e in of_phase(trace, "X") if "attempt" in e["args"]]
        merges = [e for e in drawn_attempts if e["cat"] == "merge"]
        (counts,) = warehouse.rows(
            "SELECT (SELECT count(*) FROM attempts), (SELECT count(started_us) FROM merges)"
        )
        assert (len(drawn_attempts) - len(merges), len(merges)) == counts


def test_every_attempt_is_on_its_worker_with_set_up_and_work_inside(sample, tmp_path):
    trace = trace_of(sample, tmp_path)
    found = sample.rows(
        "SELECT worker, workstream || '.' || attempt, dispatched_us - accepted_us, "
        "coalesce(started_us, ended_us, last_us) - dispatched_us, "
        "coalesce(ended_us, last_us) - dispatched_us, coalesce(a.outcome, 'unfinished') "
        f"FROM attempts AS a JOIN runs USING (run) WHERE {OF}"
    )
    assert found
    for worker, name, ts, setup_us, whole_us, outcome in found:
        line = slices(trace, f"worker {worker}")
        (whole,) = (e for e in line if e["name"] == name)
        assert (whole["ts"], whole["dur"]) == (ts, whole_us)
        assert whole["args"]["outcome"] == outcome
        parts = [
            (e["name"], e["ts"], e["dur"])
            for e in line
            if e["name"] in ("set-up", "work") and ts <= e["ts"] < ts + whole_us
        ]
        expected = [("set-up", ts, setup_us), ("work", ts + setup_us, whole_us - setup_us)]
        assert parts == [part for part in expected if part[2]]


def test_the_line_of_a_workstream_is_its_lead_time(sample, tmp_path):
    trace = trace_of(sample, tmp_path)
    for id, lead_us in sample.rows(
        f"SELECT workstream, sum(took_us)::BIGINT FROM waits WHERE {OF} GROUP BY 1"
    ):
        assert sum(e["dur"] for e in slices(trace, id)) == lead_us
    causes = {cause for (cause,) in sample.rows(f"SELECT DISTINCT cause FROM waits WHERE {OF}")}
    drawn_causes = {e["args"]["cause"] for e in of_phase(trace, "X") if "cause" in e["args"]}
    assert drawn_causes == causes


def test_the_critical_path_covers_the_whole_run(recorded_library, tmp_path):
    trace = trace_of(recorded_library, tmp_path)
    makespan_us = sole(recorded_library.rows("SELECT makespan_us FROM runs"))
    steps = sole(recorded_library.rows("SELECT count(*) FROM critical_path WHERE took_us > 0"))
    path = slices(trace, "critical path")
    assert (len(path), sum(e["dur"] for e in path)) == (steps, makespan_us)


def test_arrows_lead_from_attempts_over_merges_to_those_that_waited(recorded_library, tmp_path):
    trace = trace_of(recorded_library, tmp_path)
    merges = sole(recorded_library.rows("SELECT count(*) FROM merges WHERE result = 'landed'"))
    dependencies = sole(
        recorded_library.rows(
            "SELECT count(*) FROM (SELECT workstream, unnest(depends_on) AS needed "
            "FROM workstreams) AS n JOIN attempts AS a USING (workstream) "
            "WHERE a.attempt = 1"
        )
    )
    arrows = [e["cat"] for e in of_phase(trace, "s")]
    assert (arrows.count("merge"), arrows.count("dependency")) == (merges, dependencies)
    assert len(arrows) == merges + dependencies


def test_counters_end_with_the_sums_of_the_log(recorded_agents, tmp_path):
    trace = trace_of(recorded_agents, tmp_path)
    ((input, output, nanousd),) = recorded_agents.rows(
        "SELECT sum(input_tokens), sum(output_tokens), sum(cost_nanousd) FROM usage"
    )
    last = {e["name"]: e["args"] for e in of_phase(trace, "C")}
    assert last["tokens"] == {"input": input, "output": output}
    assert last["cost in USD"] == {"cost": float(nanousd) / 1e9}
    assert last["workstreams"] == {"ready": 0, "running": 0}


def test_failures_are_on_the_line_of_the_workstream_and_pauses_on_that_of_the_run(
    trouble, tmp_path
):
    trace = trace_of(trouble, tmp_path)
    named = lines(trace)
    told = [(named[e["tid"]], e["name"]) for e in of_phase(trace, "i")]
    for expected in (
        ("e", "workstream.failed"),
        ("c", "attempt.lost"),
        ("b", "merge.conflicted"),
        ("d", "workstream.cancelled"),
        ("events", "run.paused"),
        ("events", "driver.resumed"),
        ("events", "limits.changed"),
    ):
        assert told.count(expected) == 1
    (paused,) = (e for e in of_phase(trace, "i") if e["name"] == "pause.asked")
    assert paused["args"]["by"] == "ada"


def test_a_fork_is_drawn_with_what_it_inherited(trouble, tmp_path):
    trace = trace_of(trouble, tmp_path, "run-2")
    inherited = sole(
        trouble.rows("SELECT count(*) FROM attempts WHERE run = 'run-2' AND inherited")
    )
    assert broken_rules(trace) == []
    assert len([e for e in of_phase(trace, "X") if "outcome" in e["args"]]) >= inherited > 0
    assert "run.forked" in {e["name"] for e in of_phase(trace, "i")}


def test_a_run_that_is_not_there_is_refused_and_leaves_nothing(recorded_agents, tmp_path):
    with pytest.raises(UsageError, match=r"run-7 has no entry"):
        export(recorded_agents, "run-7", tmp_path / "trace.json")
    assert list(tmp_path.iterdir()) == []


# --- the engine of Perfetto itself ---


@pytest.mark.slow
@pytest.mark.skipif(bool(perfetto.MISSING), reason=perfetto.MISSING)
def test_perfetto_reads_all_of_it_without_complaint(sample, tmp_path):
    path = tmp_path / "trace.json"
    written = export(sample, "run-1", path)
    answers = perfetto.ask(
        path,
        "SELECT count(*) FROM slice",
        "SELECT count(*) FROM flow",
        "SELECT name, value FROM stats WHERE value <> 0 AND severity <> 'info'",
        "SELECT count(*) FROM slice WHERE dur < 0",
        "SELECT DISTINCT name FROM counter_track ORDER BY name",
        "SELECT process.name FROM process WHERE pid > 1 ORDER BY pid",
        "SELECT max(ts + dur) FROM slice",
    )
    (found,), (arrows,), *complaints = answers[0], answers[1], *answers[2:4]
    assert found == (written["slice"] + written["instant"],)  # an instant is a slice of no length
    assert arrows == (written["arrow"],)
    assert complaints == [[], [(0,)]]
    spent = ["cost in USD cost", "tokens input", "tokens output"]
    used = sole(sample.rows(f"SELECT count(*) FROM usage WHERE {OF}"))
    states = ["workstreams ready", "workstreams running"]
    assert [name for (name,) in answers[4]] == (spent if used else []) + states
    assert answers[5] == [("workers",), ("integration worker",), ("workstreams",)]
    last_us = sole(sample.rows(f"SELECT last_us - accepted_us FROM runs WHERE {OF}"))
    assert answers[6] == [(last_us * 1000,)]


# --- the rules themselves ---


def _overlap(trace):
    first = of_phase(trace, "X")[0]
    trace["traceEvents"].append({**first, "ts": first["ts"] + 1})


def _lose_a_name(trace):
    named = next(e for e in of_phase(trace, "M") if e["name"] == "thread_name")
    trace["traceEvents"].remove(named)


def _lose_an_end(trace):
    trace["traceEvents"].remove(of_phase(trace, "f")[0])


def _let_an_arrow_hang(trace):
    of_phase(trace, "s")[0]["tid"] = of_phase(trace, "C")[0]["tid"]


def _turn_a_counter_back(trace):
    of_phase(trace, "C")[-1]["ts"] = 0


def _count_in_words(trace):
    of_phase(trace, "C")[0]["args"]["ready"] = "none"


def _use_fractions(trace):
    of_phase(trace, "X")[0]["ts"] = 0.5


def _invent_a_phase(trace):
    of_phase(trace, "i")[0]["ph"] = "?"


@pytest.mark.parametrize(
    "spoil",
    [
        _overlap,
        _lose_a_name,
        _lose_an_end,
        _let_an_arrow_hang,
        _turn_a_counter_back,
        _count_in_words,
        _use_fractions,
        _invent_a_phase,
    ],
)
def test_a_broken_rule_is_told(spoil, recorded_library, tmp_path):
    trace = trace_of(recorded_library, tmp_path)
    spoil(trace)
    assert broken_rules(trace)
