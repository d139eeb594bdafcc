"""Does uet agree with its past? Every recorded run, decoded, folded, decided again, re-encoded."""

import json
from pathlib import Path

import pytest

from uet_es.aggregates.invariants import broken
from uet_es.drivers.expectation import expectation
from uet_es.drivers.verify import verify
from uet_es.kernel import Ledger, evolve, fold
from uet_es.log import jsonl
from uet_es.log.chain import split
from uet_es.log.codec import Codec
from uet_es.log.upcast import UPCASTERS

FIXTURES = sorted(p.parent for p in Path("replay_fixtures").glob("*/log.jsonl"))


@pytest.fixture(params=FIXTURES, ids=lambda folder: folder.name)
def fixture(request):
    return request.param


def recorded(fixture):
    expect = json.loads((fixture / "expect.json").read_text())
    return expect, list(jsonl.read_entries(fixture / "log.jsonl"))


def test_there_are_fixtures_and_each_says_why_it_exists():
    assert FIXTURES
    assert all((folder / "README.md").read_text().strip() for folder in FIXTURES)


def test_it_folds_to_the_same_state(fixture):
    expect, entries = recorded(fixture)
    assert expectation(fold(expect["run"], entries)) == expect


def test_it_is_decided_the_same_today(fixture):
    expect, entries = recorded(fixture)
    assert str(verify(expect["run"], entries)) == "None"


def test_it_is_written_the_same_byte_for_byte(fixture, tmp_path):
    """Entries that an upcaster lifted are written as today; all others as they were."""
    expect, entries = recorded(fixture)
    stored = list(jsonl.read(fixture / "log.jsonl"))
    codec = Codec()
    kept = [
        (row, entry)
        for row, entry in zip(stored, entries, strict=True)
        if row.topic not in UPCASTERS
    ]
    for row, entry in kept:
        assert codec.encode(entry) == split(row.state)[0]
    if len(kept) == len(stored):
        again = tmp_path / "log.jsonl"
        jsonl.write(again, jsonl.rows_of(expect["run"], entries))
        assert again.read_bytes() == (fixture / "log.jsonl").read_bytes()


def test_old_versions_of_events_are_among_the_fixtures():
    topics = {row.topic for folder in FIXTURES for row in jsonl.read(folder / "log.jsonl")}
    assert set(UPCASTERS) <= topics


def test_the_invariants_hold_after_every_turn(fixture):
    expect, entries = recorded(fixture)
    ledger = Ledger(expect["run"])
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        evolve(ledger, entry)
        if following is None or following.turn != entry.turn:
            assert broken(ledger) == []


def test_a_changed_decision_is_named(fixture):
    expect, entries = recorded(fixture)
    place = next(n for n, e in enumerate(entries) if e.stream.count("/ws/") and n > 20)
    without = [*entries[:place], *entries[place + 1 :]]
    found = verify(expect["run"], without)
    assert found is not None
    assert found.seq == entries[place].seq + 1
    assert found.expected == entries[place]
