"""Would we decide the same today? Strictly, structurally, with everything that can be wrong."""

import json

import msgspec
import pytest

from tests.builders import accepted, exited, pause, spec, staffed, started
from tests.drivers.histories import drawn
from tests.spec import given
from uet_es.drivers.divergence import Divergence
from uet_es.drivers.expectation import expectation, unexpected
from uet_es.drivers.histories import History, logs_in, of_file, the_log_in
from uet_es.drivers.verdicts import judge
from uet_es.drivers.verify import verify
from uet_es.errors import LogError, UsageError
from uet_es.events.base import Decision
from uet_es.events.decisions import RetryScheduled, WorkstreamDispatched
from uet_es.events.observations import AttemptExited
from uet_es.kernel import fold
from uet_es.log import jsonl
from uet_es.log.chain import joined, link, split


@pytest.fixture
def run():
    work = spec("a", max_attempts=2)
    run = given(accepted(work, "b", "c after a"), *staffed(1, 2), started("a"), exited("a", 1))
    return run.passes(1_000_000)


def place_of(run, event, nth=0):
    """The index of the nth entry with an event of that class."""
    return [at for at, entry in enumerate(run.entries) if isinstance(entry.event, event)][nth]


def changed(entries, at, **fields):
    """The entries with another event at ``at``."""
    event = msgspec.structs.replace(entries[at].event, **fields)
    return [*entries[:at], msgspec.structs.replace(entries[at], event=event), *entries[at + 1 :]]


@pytest.mark.parametrize("structural", [False, True])
def test_what_was_decided_is_decided_again(run, structural):
    assert verify("run-1", run.entries, structural=structural) is None
    assert verify("run-1", [], structural=structural) is None


def test_a_changed_decision_is_named_with_what_would_be_decided_and_why(run):
    at = place_of(run, WorkstreamDispatched)
    found = verify("run-1", changed(run.entries, at, worker=2))
    assert found.seq == at + 1
    assert found.expected == run.entries[at]
    text = str(found)
    assert f"entry {found.seq} differs" in text
    assert "recorded  workstream.dispatched  workstream=a attempt=1 worker=2" in text
    assert "today     workstream.dispatched  workstream=a attempt=1 worker=1" in text
    assert "differs   worker: 2, today 1" in text
    assert "a: READY; may start now" in text
    assert "worker 1: IDLE" in text


def test_a_decision_too_many_and_one_too_few_are_named(run):
    at = place_of(run, WorkstreamDispatched)
    short = [entry for entry in run.entries if entry.seq != at + 1]
    assert "worker.assigned" in str(verify("run-1", short))
    cut = verify("run-1", run.entries[:at])
    assert (cut.seq, cut.recorded, cut.expected) == (at + 1, None, run.entries[at])
    assert "nothing: the log ends here" in str(cut)
    more = verify("run-1", [*run.entries, run.entries[at]])
    assert (more.recorded, more.expected) == (run.entries[at], None)
    assert "today     nothing: the run is at rest" in str(more)


def test_an_observation_that_counts_today_and_did_not_is_named(run):
    at = place_of(run, AttemptExited)
    entries = list(run.entries)
    entries[at] = msgspec.structs.replace(entries[at], ignored="stale")
    for structural in (False, True):
        found = verify("run-1", entries, structural=structural)
        assert found.seq == at + 1
        assert 'differs   ignored: stale, today ""' in str(found)


def test_who_asked_for_what_was_seen_is_only_a_note(run):
    at = place_of(run, AttemptExited)
    entries = list(run.entries)
    entries[at] = msgspec.structs.replace(entries[at], cause=0)
    assert entries[at] != run.entries[at]
    assert verify("run-1", entries) is None


def test_structurally_instants_and_words_do_not_matter(run):
    at = place_of(run, RetryScheduled)
    due_us = run.entries[at].event.not_before_us + 5
    later = changed(run.entries, at, not_before_us=due_us, message="in other words")
    strict = verify("run-1", later)
    assert strict.seq == at + 1
    assert "not_before_us" in str(strict)
    # A pause of another length ends at another instant; up to there nothing differs.
    rest = run.entries[at:]
    end = at + next(n for n, entry in enumerate(rest) if not isinstance(entry.event, Decision))
    assert end > at + 1
    assert verify("run-1", later[:end], structural=True) is None
    assert verify("run-1", changed(run.entries, at, attempt=2), structural=True).seq == at + 1


def test_the_state_tells_why_not():
    work = [spec("a", writes=("x",), expected_us=9_000_000), spec("b", writes=("x",))]
    run = given(accepted(*work), *staffed(1, 2), pause())
    forged = WorkstreamDispatched(workstream="b", attempt=1, worker=2)
    last = run.entries[-1]
    entry = msgspec.structs.replace(
        last, stream="run-1/ws/b", version=2, seq=last.seq + 1, cause=last.seq, event=forged
    )
    text = str(verify("run-1", [*run.entries, entry]))
    assert "today     nothing: the run is at rest" in text
    assert "b: READY; because of mode paused, conflict a" in text
    assert "worker 2: IDLE" in text
    assert "1 at work, paused" in text


def test_an_entry_that_cannot_follow_is_no_divergence_but_a_broken_log(run):
    entries = list(run.entries)
    entries[3] = msgspec.structs.replace(entries[3], version=9)
    with pytest.raises(LogError, match=f"entry {entries[3].seq} cannot follow"):
        verify("run-1", entries, structural=True)


@pytest.mark.slow
def test_any_run_verifies_and_any_lost_decision_is_noticed():
    for seed in range(30):
        entries = drawn(seed)
        assert verify("run-1", entries) is None
        assert verify("run-1", entries, structural=True) is None
        decided = [at for at, entry in enumerate(entries) if isinstance(entry.event, Decision)]
        at = decided[seed * 7 % len(decided)]
        found = verify("run-1", (*entries[:at], *entries[at + 1 :]))
        assert isinstance(found, Divergence)
        assert found.seq in (at + 1, at + 2)
        assert found.expected == entries[at]


# --- logs as they lie in folders ---


@pytest.fixture
def fixture(run, tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    jsonl.write(folder / "log.jsonl", jsonl.rows_of("run-1", run.entries))
    expect = expectation(fold("run-1", run.entries))
    (folder / "expect.json").write_text(json.dumps(expect))
    return folder


def change_expectation(folder, **fields):
    file = folder / "expect.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def test_a_good_log_holds(fixture):
    verdict = judge(of_file(fixture / "log.jsonl"))
    assert verdict.holds
    assert str(verdict) == f"{fixture}/log.jsonl: {verdict.entries} entries decided the same"
    assert verdict.document()["divergence"] is None


def test_a_log_that_leads_elsewhere_does_not_hold(fixture):
    change_expectation(fixture, outcome="succeeded", workstreams={"a": "FAILED", "z": "READY"})
    verdict = judge(of_file(fixture / "log.jsonl"))
    assert not verdict.holds
    assert [problem.partition("expect.json: ")[2] for problem in verdict.problems] == [
        'outcome: expected "succeeded", it is null',
        "workstreams: a: expected FAILED, it is RUNNING",
        "workstreams: b: expected not planned, it is RUNNING",
        "workstreams: c: expected not planned, it is PENDING",
        "workstreams: z: expected READY, it is not planned",
    ]


def test_exact_numbers_are_not_expected_structurally(fixture, run):
    ledger = fold("run-1", run.entries)
    change_expectation(fixture, makespan_us=1, ledger="0")
    assert len(list(unexpected(fixture / "expect.json", ledger))) == 2
    assert list(unexpected(fixture / "expect.json", ledger, structural=True)) == []


def test_an_expectation_of_a_newer_uet_or_none_at_all_is_refused(fixture, run):
    ledger = fold("run-1", run.entries)
    change_expectation(fixture, mood="good")
    (problem,) = unexpected(fixture / "expect.json", ledger)
    assert "mood: nothing is known of it; was it written by a newer uet?" in problem
    for text, said in (("{", "not JSON"), ("[]", "not an object")):
        (fixture / "expect.json").write_text(text)
        (problem,) = unexpected(fixture / "expect.json", ledger)
        assert said in problem


def damaged(lines, how):
    match how:
        case "a hole":
            return [*lines[:4], *lines[5:]]
        case "cut in a line":
            return [*lines[:4], lines[4][:30]]
        case "cut in a turn":
            return lines[:4]
        case "edited":
            return [*lines[:4], lines[4].replace(b'"at_us":1', b'"at_us":2'), *lines[5:]]
        case "newer":
            return [*lines[:4], lines[4].replace(b'"type":"', b'"type":"omen.seen.', 1)]
        case "no text":
            return [b"\xff\xfe\n"]
        case "empty":
            return []


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("a hole", "log.jsonl:5: run-1#5: removed"),
        ("cut in a line", "log.jsonl:5: this is not an entry"),
        ("cut in a turn", "log.jsonl: entry 5 differs\n  recorded  nothing: the log ends here"),
        ("edited", "log.jsonl:5: run-1#5 "),
        ("newer", "log.jsonl:5: "),
        ("no text", "log.jsonl:1: this is not an entry"),
        ("empty", "log.jsonl: holds no entry"),
    ],
)
def test_a_damaged_log_says_which_line_and_what(fixture, how, said):
    lines = (fixture / "log.jsonl").read_bytes().splitlines(keepends=True)
    (fixture / "log.jsonl").write_bytes(b"".join(damaged(lines, how)))
    verdict = judge(of_file(fixture / "log.jsonl"))
    assert not verdict.holds
    assert f"{fixture}/{said}" in str(verdict)


def test_a_type_of_a_newer_uet_is_refused_with_its_line(fixture, run):
    rows = list(jsonl.rows_of("run-1", run.entries))
    content, _ = split(rows[2].state)
    before = split(rows[1].state)[1]
    digest = link(before, rows[2].stream, rows[2].version, "omen.seen", content)
    rows[2] = rows[2]._replace(topic="omen.seen", state=joined(content, digest))
    jsonl.write(fixture / "log.jsonl", rows[:3])
    (problem,) = judge(of_file(fixture / "log.jsonl")).problems
    assert problem.startswith(f"{fixture}/log.jsonl:3: ")
    assert "newer uet" in problem


def test_logs_are_found_below_a_folder_in_order(fixture, tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "other.jsonl").write_bytes((fixture / "log.jsonl").read_bytes())
    assert logs_in(tmp_path) == [tmp_path / "b" / "other.jsonl", fixture / "log.jsonl"]
    assert logs_in(fixture / "log.jsonl") == [fixture / "log.jsonl"]
    assert the_log_in(fixture) == fixture / "log.jsonl"
    assert the_log_in(tmp_path / "b") == tmp_path / "b" / "other.jsonl"
    with pytest.raises(UsageError, match=r"holds 2 logs: name one of b/other\.jsonl"):
        the_log_in(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no log in it"):
        the_log_in(tmp_path / "empty")


def test_what_is_expected_belongs_to_one_log(fixture):
    (fixture / "other.jsonl").write_bytes((fixture / "log.jsonl").read_bytes())
    assert of_file(fixture / "log.jsonl").expect == fixture / "expect.json"
    assert of_file(fixture / "other.jsonl").expect is None


def test_a_history_without_a_plan_says_so(run):
    def history(entries):
        return History("x", lambda: iter(entries), lambda: iter(()))

    assert history(run.entries).plan.workstreams[0].id == "a"
    with pytest.raises(LogError, match="no entry"):
        assert history([]).plan
    with pytest.raises(LogError, match="begin with a plan"):
        assert history(run.entries[1:]).plan
