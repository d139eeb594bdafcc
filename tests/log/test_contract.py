"""What every log does, wherever it keeps its rows."""

import msgspec
import pytest

from tests.log.conftest import RUN
from tests.log.samples import Writer, entries, turns
from uet_es.errors import FencedError, KernelError, LogError, UsageError
from uet_es.events.observations import PauseAsked, RetryAsked, TimePassed
from uet_es.log.chain import joined, link, seed
from uet_es.log.rows import Row
from uet_es.log.store import Log
from uet_es.values import RunId, StreamId


def test_what_was_appended_is_read_in_order(log):
    for turn in turns(RUN, 4):
        log.append(RUN, turn)
    assert list(log.entries(RUN)) == entries(RUN, 4)


def test_append_returns_the_head_and_verify_finds_everything_intact(log):
    heads = [log.append(RUN, turn) for turn in turns(RUN, 3)]
    assert len(set(heads)) == 3
    head = heads[-1]
    findings = log.verify(RUN, head=head)
    assert findings.intact
    assert (findings.entries, findings.head, log.head(RUN)) == (22, head, head)


def test_reading_may_begin_behind_any_entry(log):
    log.append(RUN, entries(RUN))
    for seq in range(23):
        assert list(log.entries(RUN, after_seq=seq)) == entries(RUN)[seq:]


def test_nothing_follows_an_entry_that_is_not_there(log):
    log.append(RUN, entries(RUN))
    with pytest.raises(KernelError, match="has no entry 23"):
        list(log.entries(RUN, after_seq=23))


def test_appending_goes_on_after_reading_and_after_nothing_at_all(log):
    first, second, third = turns(RUN)
    log.append(RUN, first)
    list(log.entries(RUN))
    log.append(RUN, second)
    log.append(RUN, [])
    log.append(RUN, third)
    assert log.verify(RUN).entries == 22


def test_runs_do_not_mix_and_are_listed_in_numeric_order(log):
    for number in (2, 12, 1, 10):
        run = RunId(f"run-{number}")
        log.append(run, entries(run))
    assert log.runs() == ("run-1", "run-2", "run-10", "run-12")
    for run in log.runs():
        assert list(log.entries(run)) == entries(run)
        assert log.verify(run).intact


def test_chains_of_two_runs_differ_from_the_first_entry_on(log):
    log.append(RUN, entries(RUN))
    log.append(RunId("run-2"), entries(RunId("run-2")))
    assert len({log.head(run) for run in log.runs()} | {seed("run-1"), seed("run-2")}) == 4


def test_a_run_id_that_is_taken_is_refused(log):
    log.append(RUN, turns(RUN)[0])
    writer = Writer(RUN)
    writer.accepted()
    with pytest.raises(FencedError, match="run-1"):
        log.append(RUN, Writer(RUN).observed(TimePassed()))
    assert log.verify(RUN).entries == 2


def test_a_batch_that_is_stored_already_was_acknowledged_too_late(log):
    first, second, third = turns(RUN)
    log.append(RUN, first)
    head = log.append(RUN, second)
    assert log.append(RUN, second) == head
    log.append(RUN, third)
    assert log.append(RUN, second) == head
    assert log.verify(RUN).entries == 22


def test_half_of_a_batch_that_is_stored_already_is_a_conflict(log):
    first, second, _ = turns(RUN)
    log.append(RUN, first)
    log.append(RUN, second[:4])
    with pytest.raises(FencedError):
        log.append(RUN, second)
    assert log.verify(RUN).entries == 6


@pytest.mark.parametrize("wrong", [slice(1, None), slice(None, None, 2)])
def test_a_batch_must_begin_in_the_runs_stream_and_have_no_gap(log, wrong):
    first, second, _ = turns(RUN)
    log.append(RUN, first)
    with pytest.raises(KernelError, match="not a sequence of turns"):
        log.append(RUN, second[wrong])


def test_a_batch_behind_a_gap_is_refused(log):
    first, _, third = turns(RUN)
    log.append(RUN, first)
    with pytest.raises(KernelError, match="no entry 12"):
        log.append(RUN, third)


def test_what_could_not_be_read_again_is_not_written(log):
    first, second, _ = turns(RUN)
    log.append(RUN, first)
    wrong = msgspec.structs.replace(second[0].event, status="zero")
    batch = [msgspec.structs.replace(second[0], event=wrong)]
    with pytest.raises(KernelError, match="cannot be recorded"):
        log.append(RUN, batch)
    log.append(RUN, second)
    assert log.verify(RUN).entries == 12


def test_a_single_stream_is_rebuilt_by_the_projector_given(log):
    log.append(RUN, entries(RUN))

    def collected(value, events):
        return [*(value or []), *events] or None

    stream = StreamId("run-1/ws/inbox")
    assert log.get(stream, collected) == [e for e in entries(RUN) if e.stream == stream]
    with pytest.raises(UsageError, match="run-1/ws/web"):
        log.get(StreamId("run-1/ws/web"), collected)


def test_rows_come_in_order_of_arrival_and_know_their_place(log):
    for run in (RunId("run-1"), RunId("run-2")):
        log.append(run, entries(run))
        log.request(run, PauseAsked(), 5)
    rows = list(log.rows())
    assert [row.stream for row in rows] == [e.stream for r in log.runs() for e in entries(r)]
    assert list(log.rows(after_position=rows[29].position)) == rows[30:]
    assert list(log.rows(newest=3)) == rows[-3:]
    assert list(log.rows(newest=0)) == []
    assert list(log.rows(run=RUN)) == rows[:22]
    assert list(log.rows(run=RUN, newest=2)) == rows[20:22]
    assert list(log.rows(run=RUN, after_position=rows[3].position, newest=50)) == rows[4:22]


def test_requests_wait_in_the_inbox_outside_seq(log):
    log.append(RUN, entries(RUN))
    assert log.inbox(RUN) == []
    assert log.request(RUN, PauseAsked(by="ann"), 7) == 1
    assert log.request(RUN, RetryAsked(workstream="api", reason="again"), 8) == 2
    assert log.inbox(RUN) == [
        (1, PauseAsked(inbox_version=1, asked_at_us=7, by="ann")),
        (2, RetryAsked(inbox_version=2, asked_at_us=8, workstream="api", reason="again")),
    ]
    assert [version for version, _ in log.inbox(RUN, after_version=1)] == [2]
    assert list(log.entries(RUN)) == entries(RUN)
    assert (log.verify(RUN).entries, log.verify(RUN).requests) == (22, 2)


def test_a_run_that_does_not_exist_is_named_with_the_newest_that_does(log):
    with pytest.raises(UsageError, match="there is none yet"):
        log.head(RUN)
    run = RunId("run-1")
    log.append(run, entries(run))
    unknown = RunId("run-11")
    for ask in (
        lambda: log.head(unknown),
        lambda: log.verify(unknown),
        lambda: log.request(unknown, PauseAsked(), 1),
        lambda: log.redact(unknown, 1, reason="", by="", at_us=1),
    ):
        with pytest.raises(UsageError, match="no run 'run-11'; the newest is run-1"):
            ask()
    assert (log.inbox(unknown), list(log.entries(unknown))) == ([], [])


def test_a_head_that_the_chain_never_had_is_a_cut_tail(log):
    first, second, _ = turns(RUN)
    early = log.append(RUN, first)
    log.append(RUN, second)
    assert log.verify(RUN, head=early).intact
    findings = log.verify(RUN, head="f" * 64)
    assert not findings.intact
    assert [(f.problem, f.number) for f in findings.findings] == [("cut", 13)]


def test_a_log_in_memory_refuses_redaction():
    log = Log.in_memory()
    log.append(RUN, entries(RUN))
    with pytest.raises(UsageError):
        log.redact(RUN, 1, reason="x", by="y", at_us=1)


def test_an_entry_of_an_unknown_type_is_shown_raw_and_refused_when_decoded(log):
    head = log.append(RUN, entries(RUN))
    assert log._write([from_the_future(head)])
    assert list(log.rows())[-1].topic == "attempt.teleported"
    assert log.verify(RUN).entries == 23
    with pytest.raises(LogError, match=r"run-1 version 99 \(attempt.teleported\).*newer uet"):
        list(log.entries(RUN))


def from_the_future(head):
    content = b'{"seq":23,"turn":1,"at_us":1,"cause":0,"event":{"type":"attempt.teleported","x":1}'
    topic = "attempt.teleported"
    state = joined(content, link(head, RUN, 99, topic, content))
    return Row(0, RUN, StreamId(RUN), 99, topic, state)
