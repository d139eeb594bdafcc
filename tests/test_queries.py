"""What analysts read: each query of the page runs, finds something, and shows its columns.

The log is that of a small shop: a week of real runs of one plan with two models that cost and one
that nobody knows, failures and retries, claims that clash, a merge that conflicts, a fork, what
people asked for, predictions and what came of them, a what-if, and a run that goes on.
"""

import random
import re
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from tests.builders import plan_of, spec
from uet_es.drivers.loop import admit, take
from uet_es.drivers.predictions import predict, score
from uet_es.drivers.simulation.durations import Fate, Setup
from uet_es.drivers.simulation.simulate import simulate
from uet_es.drivers.simulation.world import SimulatedWorld
from uet_es.effects import Merge, StartAttempt, StartWorker
from uet_es.events.base import Decision
from uet_es.events.decisions import (
    RetryScheduled,
    WorkerAssigned,
    WorkerReleased,
    WorkerTerminated,
    WorkstreamCancelled,
    WorkstreamCompleted,
    WorkstreamDispatched,
    WorkstreamFailed,
    WorkstreamReadied,
)
from uet_es.events.observations import (
    AttemptLost,
    CancelAsked,
    LimitsChanged,
    MergeLanded,
    PauseAsked,
    PlanAccepted,
    RunForked,
    UnpauseAsked,
    UsageReported,
)
from uet_es.kernel import Ledger, fold, in_doubt, wake_at
from uet_es.log.store import Log
from uet_es.projections.asking import answer, statements
from uet_es.projections.models import FRESH, MACROS, models, parse
from uet_es.projections.warehouse import Warehouse
from uet_es.values import SECOND_US

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[1] / "docs"
QUERIES_MIN = 20
MINUTE_US = 60 * SECOND_US
DAY_US = 24 * 60 * MINUTE_US
STATES = {
    WorkstreamReadied: "READY",
    WorkstreamDispatched: "RUNNING",
    WorkstreamCompleted: "SUCCEEDED",
    WorkstreamFailed: "FAILED",
    WorkstreamCancelled: "CANCELLED",
}
ENDS = WorkstreamCompleted | WorkstreamFailed | WorkstreamCancelled
PRICES = {"claude-sonnet-5-5": (3_000, 15_000), "gpt-6.1": (2_000, 8_000), "home-made": None}


class Query(NamedTuple):
    """One query of the page, and the columns that it shows an answer with."""

    title: str
    statement: str
    columns: list[str]


def queries():
    """Those of the page, each with the answer below it."""
    found = []
    for chapter in re.split(r"^## ", (DOCS / "queries.md").read_text("utf-8"), flags=re.MULTILINE)[
        1:
    ]:
        title, _, text = chapter.partition("\n")
        blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        assert [language for language, _ in blocks] == ["sql", "text"], title
        (_, statement), (_, shown) = blocks
        found.append(Query(title, statement, shown.splitlines()[0].split()))
    return found


QUERIES = queries()


def shop(*, max_workers=3, resources=None):
    """A plan of four phases; the importers need the one database, two want the same file."""

    def work(id, after, minutes, **fields):
        return spec(
            id,
            after,
            expected_us=minutes * MINUTE_US,
            isolation="worktree",
            project="shop",
            max_attempts=2,
            **{"command": "true", "writes": (f"src/{id}",), **fields},
        )

    database = {"resources": {"database": 1}}
    plan = plan_of(
        work("schema", (), 12, phase="design", tool="claude", kind="design"),
        work("layout", (), 8, phase="design", tool="claude", kind="design"),
        work("api", ("schema",), 40, phase="build", tool="aider"),
        work("search", ("schema",), 25, phase="build", tool="aider", writes=("src/api",)),
        work("import-a", ("schema",), 30, phase="build", tool="codex", **database),
        work("import-b", ("schema",), 20, phase="build", tool="codex", **database),
        work("import-c", ("schema",), 15, phase="build", tool="codex", **database),
        work("web", ("layout", "api"), 35, phase="build", tool="claude"),
        work("theme", ("layout",), 18, phase="build", tool="aider"),
        work("e2e", ("web", "search"), 20, phase="verify", tool="shell", kind="test"),
        work("load", ("import-a", "import-b"), 15, phase="verify", tool="shell", kind="test"),
        work("manual", ("theme",), 10, phase="release", tool="aider", kind="docs"),
        max_workers=max_workers,
        tools=dict.fromkeys(("aider", "claude", "codex"), "true"),
        digest="0d5b",
        source="plans/shop",
        base="0" * 40,
        durations="estimates",
    )
    limits = replace(plan.limits, resources=resources or {"database": 1})
    return replace(plan, limits=limits)


def fates(plan, seed):
    """What the attempts of one run do: the agents among them report what they used."""
    dice = random.Random(f"fates {seed}")
    known = {}
    for id, us, tool in ((w.id, w.expected_us, w.tool) for w in plan.workstreams):
        for attempt in (1, 2, 3):
            took_us = int(us * dice.uniform(0.7, 1.6))
            goes_wrong = dice.random() < (0.25 if attempt == 1 else 0.05)
            known[id, attempt] = Fate(
                took_us=took_us,
                status=int(goes_wrong),
                cpu_us=took_us // 3,
                setup=Setup(fill_us=2 * SECOND_US),
                commits=True,
                changed=dice.randrange(1, 9),
                outside=("README.md",) if dice.random() < 0.05 else (),
                merge_us=dice.randrange(1, 20) * SECOND_US,
                collides=("src/routes.py", "src/api/pages.py")
                if id == "search" and dice.random() < 0.5
                else (),
                signals=() if tool == "shell" else usage(dice, took_us),
            )
    return lambda name, attempt: known[name, attempt]


def usage(dice, took_us):
    """Three reports of one model, spread over an attempt."""
    model = dice.choice(list(PRICES))
    reports = []
    for part in (1, 2, 3):
        tokens, answered = dice.randrange(5_000, 90_000), dice.randrange(100, 6_000)
        price = PRICES[model]
        reported = UsageReported(
            workstream="",
            attempt=0,
            model=model,
            input_tokens=tokens,
            output_tokens=answered,
            cached_input_tokens=tokens * dice.randrange(10) // 10,
            cost_nanousd=price and tokens * price[0] + answered * price[1],
            price_table="genai-prices" if price else "",
            price_version="0.2.3" if price else "",
            key=f"{part}",
        )
        reports.append((took_us * part // 4, reported))
    return tuple(reports)


def run_for_real(log, run, plan, at_us, *, asked=(), until_us=None, parent=None):
    """Drive a run in a simulated world, written down like a real one; the ledger at the end.

    ``asked`` are requests and when they are made; ``until_us`` is when it stops to be looked at.
    """
    world = SimulatedWorld(fates(plan, run), at_us)

    def write(ledger, seen):
        entries = admit(ledger, seen)
        log.append(run, entries)
        return ledger, entries

    if parent is None:
        first = [(at_us, PlanAccepted(plan=plan, uet="0.1.0"))]
        ledger = take(Ledger(run), world, write, first)
    else:
        unanswered = in_doubt(parent)
        ledger = take(parent, world, write, branched(parent, run, at_us))
        for effect in unanswered:
            if isinstance(effect, StartWorker | Merge):
                world.perform(effect)
    for after_us, request in asked:
        version = log.request(run, request, at_us + after_us)
        said = {"inbox_version": version, "asked_at_us": at_us + after_us}
        world.see(at_us + after_us, replace(request, **said))
    while ledger.run.outcome is None and (until_us is None or ledger.now_us < until_us):
        ledger = take(ledger, world, write, world.wait(wake_at(ledger)))
    score(log, ledger)
    return ledger


def branched(ledger, run, at_us):
    """What a fork of ``ledger`` sees first: attempts that run there are not its own."""
    forked = RunForked(run=run, parent=ledger.id, at_seq=ledger.seq, uet="0.1.0")
    running = [effect for effect in in_doubt(ledger) if isinstance(effect, StartAttempt)]
    return [
        (at_us, forked),
        *(
            (at_us, AttemptLost(workstream=e.workstream, attempt=e.attempt, forked=True))
            for e in running
        ),
    ]


def tell(log, now_us):
    """Everything that happened until ``now_us``."""
    plan = shop()
    asked = [
        (30 * MINUTE_US, PauseAsked(by="ada", reason="the office closes")),
        (45 * MINUTE_US, UnpauseAsked(by="ada")),
        (50 * MINUTE_US, LimitsChanged(limits=shop(max_workers=4).limits, by="grace")),
    ]
    run_for_real(log, "run-1", plan, now_us - 9 * DAY_US, asked=asked)
    for number in range(2, 7):
        at_us = now_us - (7 - number) * DAY_US
        learnt_from = None if number < 4 else "run-2"
        predict(log, plan, promised(plan), learnt_from=learnt_from, at_us=at_us)
        run_for_real(log, f"run-{number}", plan, at_us)
    parent = fold("run-2", log_until(log, "run-2", landed=3))
    run_for_real(log, "run-7", plan, now_us - 4 * DAY_US, parent=parent)
    for run, workers in (("run-8", 4), ("run-9", 6)):
        wider, imagined = shop(max_workers=workers), []
        accepted = PlanAccepted(plan=wider, uet="0.1.0", simulated=True)
        simulate(wider, fates(wider, run), imagined.extend, now_us, run, accepted=accepted)
        log.append(run, imagined)
    begun_us = now_us - 40 * MINUTE_US
    run_for_real(log, "run-10", plan, begun_us, until_us=now_us - MINUTE_US)
    unneeded = CancelAsked(by="ada", workstream="manual", reason="not needed")
    log.request("run-10", unneeded, now_us)


def promised(plan):
    """The makespan if everything takes as long as expected."""
    expected = {w.id: w.expected_us for w in plan.workstreams}
    return simulate(plan, lambda name, attempt: (expected[name], 0)).run.finished_at_us


def log_until(log, run, *, landed):
    """The entries of ``run`` up to the end of the turn in which so many merges had landed."""
    entries, merges = [], 0
    for entry in log.entries(run):
        if merges == landed and not isinstance(entry.event, Decision):
            break
        entries.append(entry)
        merges += isinstance(entry.event, MergeLanded)
    return entries


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """The log, its warehouse, and now."""
    folder, now_us = tmp_path_factory.mktemp("shop"), time.time_ns() // 1000
    with Log.open(folder / "log.db", create=True) as log:
        tell(log, now_us)
        with Warehouse.open(folder / "warehouse.duckdb", log) as warehouse:
            warehouse.catch_up()
            assert not warehouse.unreadable
            yield log, warehouse, now_us


@pytest.fixture(scope="module")
def asked(week):
    """The answer to a query of the page, by its title: columns, and rows as documents."""
    _, warehouse, _ = week
    with warehouse.reading() as connection:

        def ask(title):
            (query,) = (query for query in QUERIES if query.title == title)
            (statement,) = statements(query.statement)
            found = answer(connection, statement)
            rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
            return found.columns, rows

        yield ask


def test_there_are_many_and_each_has_a_title_of_its_own():
    assert len(QUERIES) >= QUERIES_MIN
    assert len({query.title for query in QUERIES}) == len(QUERIES)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.title)
def test_a_query_finds_something_in_the_columns_that_the_page_shows(query, asked):
    columns, rows = asked(query.title)
    assert columns == query.columns
    assert rows
    assert "\nORDER BY " in query.statement
    for column in columns:
        assert any(row[column] is not None for row in rows), f"{column} is never known"


def test_the_cost_of_last_week_is_what_the_log_says(week, asked):
    log, _, now_us = week
    cost, input_tokens = defaultdict(int), Counter()
    phases = {w.id: w.phase for w in shop().workstreams}
    for run in log.runs():
        if log.is_simulated(run):
            continue
        for row in log.rows(run=run):
            entry = log.arrivals.decode(row)
            if isinstance(entry.event, UsageReported) and not entry.ignored:
                key = entry.event.model, phases[entry.event.workstream]
                if entry.at_us >= now_us - 7 * DAY_US:
                    cost[key] += entry.event.cost_nanousd or 0
                    input_tokens[key] += entry.event.input_tokens
    _, rows = asked("What did last week cost, by model and phase?")
    told = {(row["model"], row["phase"]): row for row in rows}
    assert {key: row["input_tokens"] for key, row in told.items()} == input_tokens
    for key, row in told.items():
        assert (row["usd"] or 0) * 1_000_000_000 == cost[key], key
    assert [row["unpriced"] > 0 for row in rows] == [row["usd"] is None for row in rows]


def test_what_had_happened_before_is_not_of_last_week(week):
    log, _, now_us = week
    old = [entry.at_us for entry in log.entries("run-1") if isinstance(entry.event, UsageReported)]
    assert old
    assert max(old) < now_us - 7 * DAY_US


def test_failures_are_those_of_real_runs_once_each(week, asked):
    log, _, _ = week
    tools = {w.id: w.tool for w in shop().workstreams}
    failures = Counter()
    for run in log.runs():
        for row in () if log.is_simulated(run) else log.rows(run=run):
            event = log.arrivals.decode(row).event
            if isinstance(event, RetryScheduled | WorkstreamFailed):
                failures[tools[event.workstream], event.code, event.reason] += 1
    _, rows = asked("Which tools fail most, and how?")
    # The attempts that a fork left to its parent have failed in neither.
    told = {(row["tool"], row["code"], row["reason"]): row["failures"] for row in rows}
    assert told == {key: n for key, n in failures.items() if key[2] != "forked"}


def test_hours_of_workers_add_up_to_their_timeline(week, asked):
    log, _, _ = week
    spans = {}
    busy_us = 0
    for entry in log.entries("run-6"):
        match entry.event:
            case WorkerAssigned(worker=worker):
                spans[worker] = entry.at_us
            case WorkerReleased(worker=worker) | WorkerTerminated(worker=worker):
                busy_us += entry.at_us - spans.pop(worker, entry.at_us)
    _, rows = asked("How busy was each worker, hour by hour?")
    hours = sum(row["busy_percent"] for row in rows) / 100
    assert hours == pytest.approx(busy_us / (60 * MINUTE_US), abs=0.0005 * len(rows))


def test_a_fork_keeps_what_had_succeeded_before_it(week, asked):
    log, _, _ = week
    prefix = log_until(log, "run-2", landed=3)
    kept = sum(isinstance(entry.event, WorkstreamCompleted) for entry in prefix)
    paid = sum(
        entry.event.cost_nanousd or 0
        for entry in prefix
        if isinstance(entry.event, UsageReported) and not entry.ignored
    )
    (row,) = asked("What did a fork save?")[1]
    assert (row["run"], row["parent"], row["at_seq"]) == ("run-7", "run-2", len(prefix))
    assert row["kept"] == kept == 3
    assert row["kept_usd"] * 1_000_000_000 == paid > 0


def test_a_request_that_nobody_admitted_waits(asked):
    _, rows = asked("Who asked for what?")
    assert [(row["run"], row["about"], row["became"]) for row in rows] == [
        ("run-10", "manual", "waits"),
        ("run-1", "run", "admitted"),
        ("run-1", "run", "admitted"),
        ("run-1", "run", "admitted"),
    ]


def rows_of(chapter):
    """What the first column of a table names, in a chapter of the page on the warehouse."""
    text = (DOCS / "warehouse.md").read_text("utf-8").split(f"\n## {chapter}\n")[1]
    cells = re.findall(r"^\| (`.+?) \|", text.partition("\n## ")[0], re.MULTILINE)
    return [word for cell in cells for word in re.findall(r"`(\w+)", cell)]


def test_every_table_macro_and_batch_is_explained():
    tables = rows_of("Tables at a glance")
    assert sorted(tables) == sorted(model.name for model in models())
    assert rows_of("Units") == re.findall(r"CREATE MACRO (\w+)", MACROS)
    assert sorted(rows_of("One more table")) == sorted(FRESH)


def test_the_example_of_a_model_is_one(week):
    text = (DOCS / "warehouse.md").read_text("utf-8")
    (shown,) = re.findall(r"^```sql\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    model = parse(shown)
    log, _, _ = week
    with Warehouse.in_memory(log) as warehouse:
        warehouse.connection.execute(model.definition)
        found = warehouse.documents(f"SELECT * FROM {model.name}")
    assert found
    assert all(list(row) == list(model.columns) for row in found)


REAL = ("run-1", "run-2", "run-3", "run-4", "run-5", "run-6", "run-10")


def stays(log, run):
    """Workstream, state and how long it was in it, for each state that was left."""
    entries = list(log.entries(run))
    since = {w.id: ("PENDING", entries[0].at_us) for w in shop().workstreams}
    for entry in entries:
        state = STATES.get(type(entry.event))
        if state is not None and state != since[entry.event.workstream][0]:
            before, from_us = since[entry.event.workstream]
            yield entry.event.workstream, before, entry.at_us - from_us
            since[entry.event.workstream] = state, entry.at_us


def test_times_in_states_are_those_between_changes(week, asked):
    log, _, _ = week
    phases = {w.id: w.phase for w in shop().workstreams}
    took_us = defaultdict(list)
    for run in REAL:
        ended = {e.event.workstream for e in log.entries(run) if isinstance(e.event, ENDS)}
        for id, state, us in stays(log, run):
            if id in ended:
                took_us[phases[id], state].append(us)
    _, rows = asked("How long are workstreams in each state?")
    assert {row["phase"] for row in rows} == set(phases.values())
    for row in rows:
        for state in ("PENDING", "READY", "RUNNING"):
            all_us = took_us[row["phase"], state]
            mean_s = sum(all_us) / len(all_us) / SECOND_US
            assert row[f"{state.lower()}_s"] == pytest.approx(mean_s, abs=0.051), row["phase"]


def test_changes_of_state_tell_how_long_the_state_before_was(week):
    log, _, _ = week
    with Warehouse.in_memory(log) as warehouse:
        for run in REAL:
            told = warehouse.rows(
                "SELECT workstream, from_state, in_from_us FROM transitions WHERE run = ? "
                "ORDER BY seq",
                [run],
            )
            assert told == list(stays(log, run))
