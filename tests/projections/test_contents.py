"""What the tables say is what the log says: told here once more, entry by entry."""

from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from tests.projections.logs import Grower, grown
from uet_es.drivers.explain import explain
from uet_es.events import decisions as d
from uet_es.events import observations as o
from uet_es.events import tag_of
from uet_es.kernel import fold
from uet_es.log.predictions import PredictionMade
from uet_es.log.store import Log
from uet_es.projections.warehouse import Warehouse

SEEDS = (1, 3, 7)
STATES = {
    d.WorkstreamReadied: "READY",
    d.WorkstreamDispatched: "RUNNING",
    d.WorkstreamCompleted: "SUCCEEDED",
    d.WorkstreamFailed: "FAILED",
    d.WorkstreamCancelled: "CANCELLED",
    d.WorkstreamReopened: "PENDING",
}


class Told:
    """A log with several runs and forks, and the warehouse of it."""

    def __init__(self, seed):
        self.log = grown(Log.in_memory(), seed)
        self.warehouse = Warehouse.in_memory(self.log)
        self.histories = {run: tuple(self.log.entries(run)) for run in self.log.runs()}

    def table(self, name, run, columns="*"):
        return self.warehouse.documents(f"SELECT {columns} FROM {name} WHERE run = ?", [run])

    def own(self, run):
        """The entries that ``run`` wrote itself."""
        return [e for e in self.histories[run] if e.stream.partition("/")[0] == run]


@pytest.fixture(scope="module", params=SEEDS)
def told(request):
    """One after the other: what each test asks of it is small."""
    return Told(request.param)


pytestmark = pytest.mark.slow


# --- state is what the kernel folds ---


def states(ledger):
    return {
        id: (w.state, w.attempt, w.last_seq, w.code, w.reason, w.because)
        for id, w in ledger.workstreams.items()
    }


def states_told(warehouse, run):
    found = warehouse.documents("SELECT * FROM workstreams WHERE run = ?", [run])
    return {w["workstream"]: w for w in found}


def assert_state(warehouse, ledger, run):
    """Of every workstream, every worker, and the run."""
    known = states_told(warehouse, run)
    assert known.keys() == ledger.workstreams.keys()
    for id, w in ledger.workstreams.items():
        row = known[id]
        assert (row["state"], row["attempts"], row["last_seq"]) == (w.state, w.attempt, w.last_seq)
        is_failed, is_cancelled = w.state == "FAILED", w.state == "CANCELLED"
        assert row["code"] == (w.code if is_failed else None)
        assert row["message"] == (w.message if is_failed else None)
        assert row["because"] == (w.because if is_cancelled else None)
        assert row["commit"] == (w.commit if w.state == "SUCCEEDED" else None)
        if is_failed:
            assert row["reason"] == w.reason
        assert (row["ended_us"] is not None) == w.is_terminal
    found = warehouse.documents("SELECT * FROM workers WHERE run = ?", [run])
    assert {w["worker"] for w in found} == set(ledger.workers)
    for row in found:
        w = ledger.workers[row["worker"]]
        assert (row["state"], row["sort"]) == (w.state, w.group)
        assert (row["tools"], row["capabilities"]) == ([*w.tools], [*w.capabilities])
    (row,) = warehouse.documents("SELECT * FROM runs WHERE run = ?", [run])
    assert (row["outcome"], row["finished_us"]) == (
        ledger.run.outcome,
        ledger.run.finished_at_us or None,
    )
    assert row["accepted_us"] == ledger.run.accepted_at_us
    assert row["max_workers"] == ledger.run.limits.max_workers
    assert (row["last_seq"], row["last_us"]) == (ledger.seq, ledger.now_us)
    assert row["simulated"] == ledger.run.simulated


def test_state_at_the_end_is_what_the_kernel_folds(told):
    for run, entries in told.histories.items():
        assert_state(told.warehouse, fold(run, entries), run)


@pytest.mark.parametrize("seed", [2])
def test_state_on_the_way_is_what_the_kernel_folds(seed, tmp_path):
    log = Log.in_memory()
    grower = Grower(log, seed)
    with Warehouse.in_memory(log) as warehouse:
        while not grower.is_done:
            grower.grow(70)
            warehouse.catch_up()
            for run in log.runs():
                assert_state(warehouse, fold(run, log.entries(run)), run)


def test_a_run_says_how_it_began_and_how_it_ended(told):
    for run, entries in told.histories.items():
        (row,) = told.table("runs", run)
        forks = [e.event for e in entries if isinstance(e.event, o.RunForked)]
        accepted = entries[0].event
        of = (row["parent"], row["forked_at_seq"])
        assert of == ((forks[-1].parent, forks[-1].at_seq) if forks else (None, 0))
        assert (row["plan"], row["source"]) == (accepted.plan.digest, accepted.plan.source)
        assert row["workstreams"] == len(accepted.plan.workstreams)
        own = told.own(run)
        resumed = sum(isinstance(e.event, o.DriverResumed) and not e.ignored for e in entries)
        assert row["resumes"] == resumed
        ended = [e for e in entries if isinstance(e.event, d.RunFinished)]
        if row["outcome"] is None:
            assert row["makespan_us"] is row["succeeded"] is None
        else:
            event = ended[-1].event
            counts = (event.succeeded, event.failed, event.cancelled)
            assert (row["succeeded"], row["failed"], row["cancelled"]) == counts
            assert row["makespan_us"] == ended[-1].at_us - entries[0].at_us
        assert own[-1].seq == row["last_seq"]


def test_a_workstream_says_what_was_asked_for(told):
    for run, entries in told.histories.items():
        known = states_told(told.warehouse, run)
        for spec in entries[0].event.plan.workstreams:
            row = known[spec.id]
            for name in ("project", "section", "phase", "kind", "priority", "tool", "isolation"):
                assert row[name] == getattr(spec, name)
            for name in ("depends_on", "writes", "reads"):
                assert row[name] == [*getattr(spec, name)]
            assert row["expected_us"] == spec.expected_us
            assert row["estimated_cost_nanousd"] == spec.estimated_cost_nanousd


def transitions_of(entries):
    """Each change with the instant of the change before it; None for the first."""
    states, since = defaultdict(lambda: "PENDING"), {}
    for entry in entries:
        to_state = STATES.get(type(entry.event))
        id = getattr(entry.event, "workstream", None)
        if to_state is None or to_state == states[id]:
            continue
        yield entry, states[id], to_state, since.get(id)
        states[id], since[id] = to_state, entry.at_us


def test_every_change_of_state_is_a_transition(told):
    for run, entries in told.histories.items():
        expected = [
            (entry.seq, entry.at_us, entry.event.workstream, from_state, to_state)
            for entry, from_state, to_state, _ in transitions_of(entries)
        ]
        found = told.warehouse.rows(
            "SELECT seq, at_us, workstream, from_state, to_state FROM transitions "
            "WHERE run = ? ORDER BY seq",
            [run],
        )
        assert found == expected


def test_a_transition_says_how_long_the_state_before_had_lasted(told):
    for run, entries in told.histories.items():
        expected = [
            (entry.seq, entry.at_us - (entries[0].at_us if since is None else since))
            for entry, _, _, since in transitions_of(entries)
        ]
        found = told.warehouse.rows(
            "SELECT seq, in_from_us FROM transitions WHERE run = ? ORDER BY seq", [run]
        )
        assert found == expected


def test_when_a_workstream_was_ready_started_and_ended(told):
    for run, entries in told.histories.items():
        moments = defaultdict(dict)
        for entry in entries:
            match entry.event:
                case d.WorkstreamReadied(workstream=id):
                    moments[id]["readied_us"] = entry.at_us
                case d.WorkstreamDispatched(workstream=id):
                    moments[id].setdefault("dispatched_us", entry.at_us)
                case (
                    d.WorkstreamCompleted(workstream=id)
                    | d.WorkstreamFailed(workstream=id)
                    | d.WorkstreamCancelled(workstream=id)
                ):
                    moments[id]["ended_us"] = entry.at_us
                case d.WorkstreamReopened(workstream=id):
                    moments[id]["reopenings"] = moments[id].get("reopenings", 0) + 1
                    moments[id].pop("ended_us", None)
        for id, row in states_told(told.warehouse, run).items():
            for name in ("readied_us", "dispatched_us", "ended_us"):
                assert row[name] == moments[id].get(name)
            assert row["reopenings"] == moments[id].get("reopenings", 0)


# --- attempts, merges, workers ---


def attempts_of(entries, own_from):
    """Every try, by workstream and number, as the entries tell it one after another."""
    found = {}
    for entry in entries:
        event, at_us = entry.event, entry.at_us
        if entry.ignored:
            continue
        if isinstance(event, d.WorkstreamDispatched):
            found[event.workstream, event.attempt] = {
                "inherited": entry.seq < own_from,
                "worker": event.worker,
                "dispatched_us": at_us,
            }
            continue
        row = found.get((getattr(event, "workstream", None), getattr(event, "attempt", None)))
        if row is None:
            continue
        match event:
            case o.WorktreePrepared():
                row.setdefault("prepared_us", at_us)  # a new driver makes it once more
                row.setdefault("base", event.base)
            case o.AttemptStarted():
                row.update(started_us=at_us, setup_us=at_us - row["dispatched_us"])
            case o.AttemptExited():
                row.update(ended_us=at_us, ending="exited", outside=[*event.outside])
                for name in ("took_us", "cpu_us", "status", "commit", "changed"):
                    row[name] = getattr(event, name)
                row.update(stdout_bytes=event.stdout_bytes, stderr_bytes=event.stderr_bytes)
            case o.AttemptLost():
                row.update(ended_us=at_us, ending="lost")
            case o.AttemptUnstarted():
                row.update(ended_us=at_us, ending="unstarted")
            case d.AttemptRecalled():
                row["recalled"] = event.reason
            case d.RetryScheduled() | d.WorkstreamFailed():
                for name in ("code", "reason", "message"):
                    row[name] = getattr(event, name)
                row["counted"] = getattr(event, "counted", True)
            case d.WorkstreamSubmitted() | d.WorkstreamCompleted():
                row["accepted"] = True
    for row in found.values():
        accepted = "succeeded" if row.get("accepted") else None
        ended = "cancelled" if "ended_us" in row else None
        row["outcome"] = "failed" if "code" in row else accepted or ended
    return found


def test_attempts_are_what_the_entries_tell_one_after_another(told):
    endings = Counter()
    for run, entries in told.histories.items():
        expected = attempts_of(entries, told.own(run)[0].seq)
        rows = told.table("attempts", run)
        found = {(row["workstream"], row["attempt"]): row for row in rows}
        assert len(found) == len(rows)
        assert found.keys() == expected.keys()
        for key, row in found.items():
            rest = {n: v for n, v in row.items() if n not in ("run", "workstream", "attempt")}
            assert rest == {**dict.fromkeys(rest), **expected[key]}, (run, key)
        endings.update(row["outcome"] for row in rows)
    assert {"succeeded", "failed"} <= endings.keys()


def test_merges_are_what_the_entries_tell_one_after_another(told):
    for run, entries in told.histories.items():
        expected, own_from = {}, told.own(run)[0].seq
        for entry in entries:
            event, at_us = entry.event, entry.at_us
            if entry.ignored:
                continue
            match event:
                case d.WorkstreamSubmitted(workstream=id, attempt=n):
                    row = {"submitted_us": at_us, "inherited": entry.seq < own_from}
                    expected[id, n] = row
                case d.MergeStarted(workstream=id, attempt=n):
                    expected[id, n]["started_us"] = at_us
                case o.MergeLanded(workstream=id, attempt=n):
                    row = {"result": "landed", "took_us": event.took_us, "ended_us": at_us}
                    expected[id, n] |= {**row, "commit": event.commit, "tree": event.tree}
                case o.MergeConflicted(workstream=id, attempt=n):
                    row = {"result": "conflicted", "took_us": event.took_us, "ended_us": at_us}
                    expected[id, n] |= {**row, "files": [*event.files]}
                case o.MergeFailed(workstream=id, attempt=n):
                    row = {"result": "failed", "took_us": 0, "ended_us": at_us}
                    expected[id, n] |= {**row, "message": event.message}
        found = {(row["workstream"], row["attempt"]): row for row in told.table("merges", run)}
        assert found.keys() == expected.keys()
        for key, row in found.items():
            rest = {n: v for n, v in row.items() if n not in ("run", "workstream", "attempt")}
            assert rest == {**dict.fromkeys(rest), **expected[key]}, (run, key)


def test_the_life_of_a_worker_has_no_gap_and_nothing_twice(told):
    entered = {
        d.WorkerSpawned: "SPAWNING",
        d.WorkerReadied: "IDLE",
        d.WorkerAssigned: "BUSY",
        d.WorkerReleased: "IDLE",
        d.WorkerRecalled: "DRAINING",
        d.WorkerTerminated: "TERMINATED",
    }
    for run, entries in told.histories.items():
        lives = defaultdict(list)
        for entry in entries:
            if type(entry.event) in entered:
                at = (None, None)
                if isinstance(entry.event, d.WorkerAssigned):
                    at = (entry.event.workstream, entry.event.attempt)
                life = lives[entry.event.worker]
                if isinstance(entry.event, d.WorkerRecalled):
                    at = life[-1][2]
                life.append((entered[type(entry.event)], entry.at_us, at, entry.version))
        for worker, life in lives.items():
            stretches = [
                (version, state, *at, from_us, after[1] if after else None)
                for (state, from_us, at, version), after in zip(
                    life, [*life[1:], None], strict=True
                )
                if state != "TERMINATED"
            ]
            found = told.warehouse.rows(
                "SELECT version, state, workstream, attempt, from_us, to_us FROM worker_timeline "
                "WHERE run = ? AND worker = ? ORDER BY version",
                [run, worker],
            )
            assert found == stretches
            assert all(one[5] == other[4] for one, other in pairwise(found))
            (row,) = [row for row in told.table("workers", run) if row["worker"] == worker]
            assert row["spawned_us"] == found[0][4]
            assert row["terminated_us"] == found[-1][5]
            assert row["attempts"] == sum(state == "BUSY" for state, *_ in life)
            ended = [e.event for e in entries if type(e.event) is d.WorkerTerminated]
            reasons = {event.worker: event.reason for event in ended}
            assert row["ended"] == reasons.get(worker)
            first = [from_us for state, from_us, _, _ in life if state == "IDLE"]
            assert row["readied_us"] == (first[0] if first else None)


# --- money and requests ---


def test_usage_is_each_report_that_counts_once_to_the_last_nano_dollar(told):
    total, counted = Counter(), 0
    for run in told.histories:
        expected = [
            (
                *(entry.seq, entry.at_us, event.workstream, event.attempt, event.model),
                *(event.input_tokens, event.output_tokens, event.cached_input_tokens),
                *(event.cost_nanousd, event.price_table, event.price_version, event.key),
            )
            for entry in told.own(run)
            if isinstance(event := entry.event, o.UsageReported) and not entry.ignored
        ]
        found = told.warehouse.rows(
            "SELECT * EXCLUDE (run) FROM usage WHERE run = ? ORDER BY seq", [run]
        )
        if told.log.is_simulated(run):
            assert found == []
            continue
        assert found == expected
        counted += len(expected)
        for row in expected:
            total["cost"] += row[8] or 0
            total["unpriced"] += row[8] is None
            total["input"] += row[5]
    for by in ("day", "model", "phase", "run", "tool", "worker", "workstream"):
        sums = told.warehouse.rows(
            "SELECT sum(reports), sum(unpriced), sum(input_tokens), sum(cost_nanousd) "
            f"FROM cost_by_{by}"
        )
        assert sums == [(counted, total["unpriced"], total["input"], total["cost"])]
    assert counted > 5


def test_spending_knows_the_workstream_the_worker_and_how_the_attempt_ended(told):
    for run, entries in told.histories.items():
        known = {w.id: w for w in entries[0].event.plan.workstreams}
        attempts = attempts_of(entries, 0)
        rows = told.table("spending", run)
        assert bool(rows) <= (not told.log.is_simulated(run))
        for row in rows:
            spec = known[row["workstream"]]
            assert (row["tool"], row["phase"]) == (spec.tool, spec.phase)
            attempt = attempts[row["workstream"], row["attempt"]]
            assert (row["worker"], row["outcome"]) == (attempt["worker"], attempt["outcome"])
            assert row["day"].isoformat() == "2026-09-21"


def test_requests_are_what_lies_in_the_inbox_and_what_became_of_it(told):
    for run in told.histories:
        admitted = {}
        for entry in told.own(run):
            if version := getattr(entry.event, "inbox_version", 0):
                admitted.setdefault(version, (entry.seq, entry.ignored))
        expected = [
            (
                *(version, tag_of(asked), getattr(asked, "workstream", None)),
                *(asked.by, asked.reason, *admitted.get(version, (None, None))),
            )
            for version, asked in told.log.inbox(run)
        ]
        found = told.warehouse.rows(
            'SELECT version, type, workstream, "by", reason, seq, ignored FROM requests '
            "WHERE run = ? ORDER BY version",
            [run],
        )
        assert found == expected
        asked_us = [asked.asked_at_us for _, asked in told.log.inbox(run)]
        assert told.table("requests", run, "asked_us") == [{"asked_us": us} for us in asked_us]


def test_forecasts_and_scores_are_what_was_written_down_about_each_plan(told):
    for run in told.histories:
        plan = f"digest of {run}"
        made, scored = [], []
        for version, event in enumerate(told.log.predictions(plan), start=1):
            if isinstance(event, PredictionMade):
                workers = event.limits.max_workers
                made.append((version, workers, event.learnt_from, event.makespan_us))
            else:
                scored.append((version, event.run, event.predicted_us, event.measured_us))
        assert made == told.warehouse.rows(
            "SELECT version, max_workers, learnt_from, makespan_us FROM forecasts "
            "WHERE plan = ? ORDER BY version",
            [plan],
        )
        assert scored == told.warehouse.rows(
            "SELECT version, run, predicted_us, measured_us FROM scores "
            "WHERE plan = ? ORDER BY version",
            [plan],
        )


# --- time ---


def test_waits_of_the_last_opening_are_those_that_why_tells(told):
    for run, entries in told.histories.items():
        known = states_told(told.warehouse, run)
        for id in known:
            why = explain(entries, id)
            found = told.warehouse.rows(
                "SELECT cause, waits_for, from_us, to_us, took_us FROM waits WHERE run = ? "
                "AND workstream = ? AND opening = ? ORDER BY from_us",
                [run, id, known[id]["reopenings"]],
            )
            assert found == [(s.cause, s.on, s.from_us, s.to_us, s.took_us) for s in why.spans]


def test_lead_time_adds_up_to_the_microsecond(told):
    causes = ("mode", "dependency", "order", "backoff", "conflict", "resource", "worker")
    for run, entries in told.histories.items():
        for row in told.table("lead_time", run):
            why = explain(entries, row["workstream"])
            assert row["lead_us"] == why.to_us - why.from_us
            assert (row["from_us"], row["to_us"]) == (why.from_us, why.to_us)
            parts = [row[f"{cause}_us"] for cause in (*causes, "merging", "work")]
            assert sum(parts) == row["lead_us"]
            assert row["is_open"] == (why.state not in ("SUCCEEDED", "FAILED", "CANCELLED"))


def test_every_opening_of_every_workstream_is_told_without_gaps(told):
    for run in told.histories:
        found = told.warehouse.rows(
            "SELECT workstream, opening, from_us, to_us, is_open FROM waits WHERE run = ? "
            "ORDER BY workstream, opening, from_us",
            [run],
        )
        for one, other in pairwise(found):
            if one[:2] == other[:2]:
                assert one[3] == other[2]
            assert one[2] < one[3]


def test_the_critical_path_adds_up_to_the_makespan(told):
    finished = 0
    for run in told.histories:
        (row,) = told.table("runs", run)
        steps = told.warehouse.documents(
            "SELECT * FROM critical_path WHERE run = ? ORDER BY position", [run]
        )
        assert [step["position"] for step in steps] == list(range(1, len(steps) + 1))
        assert all(one["to_us"] == other["from_us"] for one, other in pairwise(steps))
        assert steps[0]["from_us"] == row["accepted_us"]
        if row["outcome"] is not None:
            assert sum(step["took_us"] for step in steps) == row["makespan_us"]
            finished += 1
        else:
            assert steps[-1]["to_us"] <= row["last_us"]
    assert finished > 1


def test_the_sums_of_a_run_are_those_of_its_attempts(told):
    for run, entries in told.histories.items():
        (times,) = told.table("run_times", run)
        idle = [
            (before.at_us, entry.at_us)
            for before, entry in pairwise(entries)
            if isinstance(entry.event, o.RunForked)
        ]
        exited = lost = 0
        for row in attempts_of(entries, 0).values():
            exited += row.get("took_us", 0)
            if row.get("ending") == "lost" and "started_us" in row:
                from_us, to_us = row["started_us"], row["ended_us"]
                lost += to_us - from_us  # as far as anybody saw
                lost -= sum(b - a for a, b in idle if from_us <= a and b <= to_us)
        assert times["work_us"] == exited + lost
        ((setup,),) = told.warehouse.rows(
            "SELECT coalesce(sum(took_us), 0) FROM waits "
            "WHERE run = ? AND cause = 'work' AND starts_with(waits_for, 'set-up')",
            [run],
        )
        assert times["setup_us"] == setup
        assert times["longest_path_us"] <= times["work_us"]
        (row,) = told.table("efficiency", run)
        (about,) = told.table("runs", run)
        idle_us = sum(to_us - from_us for from_us, to_us in idle)
        assert times["idle_us"] == idle_us
        whole = (about["finished_us"] or about["last_us"]) - about["accepted_us"]
        assert row["makespan_us"] == whole - idle_us
        assert row["lower_bound_us"] >= times["longest_path_us"]
        assert row["lower_bound_us"] * times["workers_max"] >= times["work_us"]


def test_the_plans_are_those_that_were_accepted(told):
    expected = {}
    for entries in told.histories.values():
        plan = entries[0].event.plan
        edges = sum(len(w.depends_on) for w in plan.workstreams)
        sums = sum(w.expected_us for w in plan.workstreams)
        row = (plan.source, len(plan.workstreams), edges, sums, plan.durations, entries[0].at_us)
        expected[plan.digest] = row
    found = told.warehouse.rows("SELECT * FROM plans")
    assert {plan: tuple(row) for plan, *row in found} == expected
    assert len(found) == len(expected)
