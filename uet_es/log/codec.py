"""Entries and requests as the bytes that are stored, and back."""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from uet_es.errors import KernelError, LogError
from uet_es.events import BY_TAG, AnyEvent, AnyRequest, Entry
from uet_es.log.chain import joined, link
from uet_es.log.rows import Row
from uet_es.log.upcast import UPCASTERS, Plain, Upcasters, newest, tag_of_topic, upcast
from uet_es.values import Instant, RunId


class Redaction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The recorded break in the chain: who took text out of an entry, when and why."""

    at_us: Instant
    by: str
    reason: str


class _Stored(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """An entry without its stream and version, which have columns of their own."""

    seq: int
    turn: int
    at_us: Instant
    cause: int
    followed: bool = False
    ignored: str = ""
    event: AnyEvent
    redacted: Redaction | None = None
    seal: str = ""
    chain: str = ""


class _StoredRequest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A request as it waits in an inbox."""

    at_us: Instant
    event: AnyRequest
    redacted: Redaction | None = None
    seal: str = ""
    chain: str = ""


_ENCODER = msgspec.json.Encoder()
_ENTRIES = msgspec.json.Decoder(_Stored)
_REQUESTS = msgspec.json.Decoder(_StoredRequest)


class Codec:
    """Translates for one table of upcasters; knows the topic of every event."""

    def __init__(self, upcasters: Upcasters = UPCASTERS) -> None:
        self._upcasters = upcasters
        self._topic_of = {event: newest(tag, upcasters) for tag, event in BY_TAG.items()}
        self._topics = frozenset(self._topic_of.values())

    @property
    def old_topics(self) -> tuple[str, ...]:
        """Topics that are read but no longer written."""
        return tuple(self._upcasters)

    def topics_of(self, tags: Collection[str]) -> list[str]:
        """The topics, old ones included, under which events with one of ``tags`` may lie."""
        known = {*self._topics, *self._upcasters}
        return sorted(t for t in known if tag_of_topic(newest(t, self._upcasters)) in tags)

    def topic_of(self, event: AnyEvent) -> str:
        """The topic under which ``event`` is written today."""
        return self._topic_of[type(event)]

    def encode(self, entry: Entry) -> bytes:
        """The stored bytes before their digest: an object still open at its end.

        What cannot be read again is never written, and what is written is what encoding the
        entry read would write. That is not a matter of course: a value equal to its default
        is left out only where it is the very same object.

        Raises:
            KernelError: a field holds what its type does not allow.
        """
        stored = _Stored(
            seq=entry.seq,
            turn=entry.turn,
            at_us=entry.at_us,
            cause=entry.cause,
            followed=entry.followed,
            ignored=entry.ignored,
            event=entry.event,
        )
        try:
            return _ENCODER.encode(_ENTRIES.decode(_ENCODER.encode(stored)))[:-1]
        except (msgspec.MsgspecError, TypeError) as error:
            raise KernelError(f"{entry!r} cannot be recorded: {error}") from error

    def rows(self, run: RunId, entries: Iterable[Entry], previous: str) -> Iterator[Row]:
        """``entries`` as rows to store, chained to the digest ``previous``."""
        for entry in entries:
            content = self.encode(entry)
            topic = self.topic_of(entry.event)
            previous = link(previous, entry.stream, entry.version, topic, content)
            state = joined(content, previous)
            yield Row(0, run, entry.stream, entry.version, topic, state)

    def encode_request(self, asked: AnyRequest, at_us: Instant) -> bytes:
        """The same for what waits in an inbox."""
        stored = _StoredRequest(at_us=at_us, event=asked)
        try:
            return _ENCODER.encode(_REQUESTS.decode(_ENCODER.encode(stored)))[:-1]
        except (msgspec.MsgspecError, TypeError) as error:
            raise KernelError(f"{asked!r} cannot be recorded: {error}") from error

    def decode(self, row: Row) -> Entry:
        """The entry that ``row`` holds, brought to today's version.

        Raises:
            LogError: of a type or with a field that this uet does not know, or damaged.
        """
        _, _, stream, version, topic, state = row
        try:
            if topic in self._topics:
                stored = _ENTRIES.decode(state)
            else:
                topic, plain = self._upcast(row)
                stored = msgspec.convert(plain, _Stored)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise LogError(_unreadable(row, str(error))) from error
        if self._topic_of[type(stored.event)] != topic:
            raise LogError(_unreadable(row, "its type and its event differ"))
        return Entry(  # in the order of its fields: this is the hottest line of reading
            stream,
            version,
            stored.seq,
            stored.turn,
            stored.at_us,
            stored.event,
            stored.cause,
            stored.followed,
            stored.ignored,
        )

    def modern(self, row: Row) -> Row:
        """``row`` with its event as it would be written today; one of unknown type as it is."""
        if row.topic in self._topics or row.topic not in self._upcasters:
            return row
        topic, plain = self._upcast(row)
        return row._replace(topic=topic, state=_ENCODER.encode(plain))

    def decode_request(self, row: Row) -> AnyRequest:
        """The request that ``row`` of an inbox holds, knowing its place there."""
        try:
            if row.topic in self._topics:
                stored = _REQUESTS.decode(row.state)
            else:
                stored = msgspec.convert(self._upcast(row)[1], _StoredRequest)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise LogError(_unreadable(row, str(error))) from error
        return msgspec.structs.replace(stored.event, inbox_version=row.version)

    def _upcast(self, row: Row) -> tuple[str, Plain]:
        if row.topic not in self._upcasters:
            raise LogError(_unreadable(row, "this uet does not know that type of event"))
        stored = msgspec.json.decode(row.state, type=Plain)
        event = msgspec.convert(stored.get("event"), Plain)
        topic, event = upcast(row.topic, event, self._upcasters)
        return topic, {**stored, "event": event}


def _unreadable(row: Row, why: str) -> str:
    return (
        f"{row.stream} version {row.version} ({row.topic}) cannot be read: {why}; "
        "was it written by a newer uet?"
    )
