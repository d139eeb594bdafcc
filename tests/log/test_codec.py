"""Bytes in the store: readable, stable, refused when they say more than we understand."""

import msgspec
import pytest

from tests.log.conftest import RUN
from tests.log.samples import entries
from uet_es.errors import LogError
from uet_es.events import BY_TAG, Entry
from uet_es.events.decisions import WorkstreamCancelled
from uet_es.log.chain import following, joined, link, seed, split
from uet_es.log.codec import Codec
from uet_es.log.rows import Row
from uet_es.log.store import Log
from uet_es.log.upcast import Upcaster, tag_of_topic
from uet_es.values import StreamId

CODEC = Codec()


def rows():
    return list(CODEC.rows(RUN, entries(RUN), seed(RUN)))


def with_event(change):
    """The third entry, whose event has been changed as a plain object."""
    row = rows()[2]
    stored = msgspec.json.decode(row.state)
    change(stored)
    return row._replace(state=msgspec.json.encode(stored))


def test_a_row_is_the_readable_json_that_is_documented():
    row = rows()[2]
    content, digest = split(row.state)
    assert row[2:5] == ("run-1", 2, "attempt.exited")
    assert content == (
        b'{"seq":3,"turn":2,"at_us":1790000000000003,"cause":0,"followed":true,'
        b'"event":{"type":"attempt.exited","workstream":"inbox","attempt":1,"status":1,'
        b'"took_us":1000000,"stdout_sha256":"' + b"c" * 64 + b'"}'
    )
    assert row.state == content + b',"chain":"' + digest.encode() + b'"}'
    assert list(msgspec.json.decode(row.state)) == [
        *("seq", "turn", "at_us", "cause", "followed", "event", "chain")
    ]


def test_what_was_decoded_is_encoded_to_the_same_bytes():
    decoded = [CODEC.decode(row) for row in rows()]
    assert decoded == entries(RUN)
    assert list(CODEC.rows(RUN, decoded, seed(RUN))) == rows()


def test_a_word_equal_to_its_default_is_written_the_same_wherever_it_came_from():
    word = "".join(["depen", "dency"])
    events = [WorkstreamCancelled(workstream="a", reason=reason) for reason in ("dependency", word)]
    assert len({msgspec.json.encode(event) for event in events}) == 2
    first = entries(RUN)[0]
    assert len({CODEC.encode(msgspec.structs.replace(first, event=e)) for e in events}) == 1


def test_every_event_has_a_topic_and_the_first_version_is_its_tag():
    topics = {tag: CODEC._topic_of[event] for tag, event in BY_TAG.items()}
    assert {tag for tag, topic in topics.items() if topic != tag} == {"usage.reported"}
    assert topics["usage.reported"] == "usage.reported.v2"


@pytest.mark.parametrize(
    "change",
    [
        lambda stored: stored.update(colour="red"),
        lambda stored: stored["event"].update(colour="red"),
        lambda stored: stored["event"].update(status="zero"),
        lambda stored: stored["event"].update(type="attempt.teleported"),
        lambda stored: stored["event"].pop("attempt"),
        lambda stored: stored.pop("event"),
        lambda stored: stored.update(event=None),
    ],
)
def test_what_is_not_understood_is_refused_by_name(change):
    with pytest.raises(LogError, match=r"run-1 version 2 \(attempt.exited\).*newer uet"):
        CODEC.decode(with_event(change))


def test_a_type_that_differs_from_its_topic_is_refused():
    with pytest.raises(LogError, match="its type and its event differ"):
        CODEC.decode(rows()[2]._replace(topic="attempt.lost"))


def test_a_digest_covers_place_and_content_without_ambiguity():
    first, second = rows()[:2]
    assert following(seed(RUN), *first[2:]) == split(first.state)[1]
    assert following(split(first.state)[1], *second[2:]) == split(second.state)[1]
    for other in (
        first._replace(stream=StreamId("run-1/ws/a")),
        first._replace(version=2),
        first._replace(topic="plan.accepted.v2"),
        first._replace(state=first.state.replace(b'"seq":1', b'"seq":2')),
        first._replace(state=first.state + b" "),
        first._replace(state=first.state[:-1]),
        first._replace(state=b""),
    ):
        assert following(seed(RUN), *other[2:]) == ""
    assert following(seed("run-2"), *first[2:]) == ""
    spellings = [("a", 1, "b c"), ("a b", 1, "c"), ("a", 11, "b c"), ("a 1", 1, "b c")]
    assert len({link("", *spelling, b"{") for spelling in spellings}) == 4


# --- rows written by an older uet


def v1_to_v2(event):
    return {**event, "status": 0 if event["ok"] else 1} | {"ok": None}


def v2_to_v3(event):
    return {name: value for name, value in event.items() if name != "ok"}


UPCASTERS = {
    "attempt.exited": Upcaster("attempt.exited.v2", v1_to_v2),
    "attempt.exited.v2": Upcaster("attempt.exited.v3", v2_to_v3),
    "attempt.vanished": Upcaster("attempt.lost", lambda event: event),
}


def old_row(topic, event, previous=""):
    content = msgspec.json.encode({"seq": 1, "turn": 1, "at_us": 5, "cause": 0, "event": event})[
        :-1
    ]
    digest = link(previous, RUN, 1, topic, content)
    return Row(1, RUN, StreamId(RUN), 1, topic, joined(content, digest))


def test_an_old_row_is_read_as_todays_event_through_every_version():
    codec = Codec(UPCASTERS)
    event = {"type": "attempt.exited", "workstream": "a", "attempt": 1}
    v1 = codec.decode(old_row("attempt.exited", {**event, "ok": True}))
    v2 = codec.decode(old_row("attempt.exited.v2", {**event, "status": 0, "ok": None}))
    v3 = codec.decode(old_row("attempt.exited.v3", {**event, "status": 0}))
    assert v1 == v2 == v3
    assert (v1.event.status, codec.topic_of(v1.event)) == (0, "attempt.exited.v3")


def test_an_old_name_becomes_todays_tag():
    event = {"type": "attempt.vanished", "workstream": "a", "attempt": 1}
    entry = Codec(UPCASTERS).decode(old_row("attempt.vanished", event))
    assert type(entry.event) is BY_TAG["attempt.lost"]


def test_an_old_row_that_its_upcaster_cannot_mend_is_named():
    event = {"type": "attempt.exited.v2", "workstream": "a"}
    with pytest.raises(LogError, match=r"run-1 version 1 \(attempt.exited.v2\)"):
        Codec(UPCASTERS).decode(old_row("attempt.exited.v2", event))


def test_upcasters_in_a_circle_are_refused_at_once():
    with pytest.raises(ValueError, match="circle"):
        Codec(
            {
                "run.paused": Upcaster("run.paused.v2", dict),
                "run.paused.v2": Upcaster("run.paused", dict),
            }
        )


def test_old_rows_are_upcast_in_place_under_the_chain_of_what_was_stored(path):
    event = {"type": "attempt.exited", "workstream": "a", "attempt": 1, "ok": False}
    row = old_row("attempt.exited", event, seed(RUN))
    with Log.open(path, create=True, upcasters=UPCASTERS) as log:
        assert log._write([row])
        assert log.verify(RUN).intact
        (entry,) = log.entries(RUN)
        assert entry.event.status == 1
        assert log.get(StreamId(RUN), lambda _, events: list(events)) == [entry]
        renumbered = msgspec.structs.replace(entry, version=2, seq=2)
        log.append(RUN, [renumbered])
        assert [r.topic for r in log.rows()] == ["attempt.exited", "attempt.exited.v3"]
        assert [e.event for e in log.entries(RUN)] == [entry.event] * 2
        assert next(log.rows()).state == row.state
        log.redact(RUN, 1, reason="x", by="ann", at_us=9)
        assert log.verify(RUN).intact
        assert next(log.entries(RUN)) == entry
    with Log.open(path) as log, pytest.raises(LogError, match=r"attempt.exited.v3.*newer uet"):
        list(log.entries(RUN))


def test_a_tag_is_what_stands_before_the_version():
    topics = ["a.b", "a.b.v2", "a.b.v12", "a.vb", ".v2", "a.v"]
    assert [tag_of_topic(t) for t in topics] == ["a.b", "a.b", "a.b", "a.vb", ".v2", "a.v"]


def test_every_field_of_the_entry_is_stored():
    stored = {name for row in rows() for name in msgspec.json.decode(row.state)}
    in_columns = {"stream", "version"}
    sometimes = {"ignored"}
    assert stored | in_columns | sometimes == {*Entry.__struct_fields__, "chain"}
