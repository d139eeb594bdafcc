"""What was true at an entry?"""

import itertools

import pytest

from tests.builders import accepted, exited, pause, spec, staffed
from tests.drivers.histories import drawn
from tests.spec import given
from uet_es.aggregates.digest import digest_of
from uet_es.drivers.replay import END, Moment, moment_document, played, replayed, turns
from uet_es.drivers.status import ready_document, status_document
from uet_es.errors import LogError, UsageError
from uet_es.events.base import Decision
from uet_es.kernel import fold


@pytest.fixture
def run():
    return given(accepted("a", "b", "c after a"), *staffed(1, 2), exited("a"), exited("b", 1))


def test_at_any_entry_even_inside_a_turn_it_is_the_fold_up_to_there(run):
    for seq in range(1, len(run.entries) + 1):
        ledger = replayed(run.entries, Moment(seq=seq))
        assert ledger.seq == seq
        assert digest_of(ledger) == digest_of(fold("run-1", run.entries[:seq]))
    assert digest_of(replayed(run.entries)) == digest_of(run.ledger)


def test_a_time_takes_everything_up_to_it(run):
    third = run.entries[-1].at_us - 1
    assert replayed(run.entries, Moment(at_us=third)).now_us < third
    begun = run.entries[0].at_us
    for at_us in {entry.at_us for entry in run.entries}:
        last = max(entry.seq for entry in run.entries if entry.at_us <= at_us)
        assert replayed(run.entries, Moment(at_us=at_us)).seq == last
        assert replayed(run.entries, Moment(after_us=at_us - begun)).seq == last
    assert replayed(run.entries, Moment(after_us=10**12)).seq == len(run.entries)


def test_a_moment_outside_of_the_run_is_refused(run):
    with pytest.raises(UsageError, match="has no entry 999: its last one is"):
        replayed(run.entries, Moment(seq=999))
    with pytest.raises(UsageError, match="had not begun by then"):
        replayed(run.entries, Moment(at_us=run.entries[0].at_us - 1))
    with pytest.raises(LogError, match="no entry"):
        replayed([], END)


def test_a_turn_is_an_observation_and_what_it_caused(run):
    told = [list(turn.entries) for turn in turns(run.entries)]
    assert list(itertools.chain(*told)) == run.entries
    for entries in told:
        assert not isinstance(entries[0].event, Decision)
        assert all(isinstance(entry.event, Decision) for entry in entries[1:])


def test_the_state_of_a_turn_is_that_after_its_last_entry(run):
    for turn in turns(run.entries):
        assert turn.ledger.seq == turn.entries[-1].seq


def test_a_turn_may_be_cut(run):
    cut = next(e.seq for e in run.entries if isinstance(e.event, Decision))
    *_, last = turns(run.entries, Moment(seq=cut))
    assert last.entries[-1].seq == cut


def test_playing_waits_as_long_as_it_took_divided_by_the_speed(run):
    slept = []
    told = list(played(turns(run.entries), 20, slept.append))
    assert [turn.entries for turn in told] == [turn.entries for turn in turns(run.entries)]
    assert slept == [1 / 20] * (len(told) - 1)


def test_what_happens_at_once_is_played_at_once():
    run = given(accepted("a", "b"), *staffed(1, 2)).together(exited("a"), exited("b"))
    slept = []
    list(played(turns(run.entries), 1, slept.append))
    assert slept == [1.0] * 3


def test_the_document_is_that_of_status_with_what_could_start():
    work = [spec("a", writes=("x",), expected_us=9_000_000), spec("b", writes=("x",)), "c"]
    run = given(accepted(*work), *staffed(1), pause())
    document = moment_document(run.ledger)
    expected = status_document(run.ledger)
    assert {name: document[name] for name in expected} == expected
    assert set(document) - set(expected) == {"driver", "seq", "at_us", "ready", "waiting"}
    assert (document["seq"], document["at_us"]) == (run.ledger.seq, run.now_us)
    assert document["ready"] == ready_document(run.ledger)["ready"]
    assert {"cause": "conflict", "on": "a"} in document["waiting"]["b"]


@pytest.mark.slow
def test_any_run_can_be_looked_at_anywhere():
    for seed in range(5):
        entries = drawn(seed)
        for turn in turns(entries):
            assert moment_document(turn.ledger)["seq"] == turn.entries[-1].seq
