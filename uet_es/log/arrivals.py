"""Everything in order of arrival: for whoever keeps up with the log."""

from collections.abc import Collection, Iterator

from uet_es.events import Entry
from uet_es.log.chain import split
from uet_es.log.codec import Codec
from uet_es.log.rows import Row, Store, is_entry, ndjson


class Arrivals:
    """What is stored, unjudged; what an older uet wrote is brought to today's version."""

    def __init__(self, store: Store, codec: Codec) -> None:
        self._store = store
        self._codec = codec

    def newest_position(self) -> int:
        """Of what arrived last, of whatever kind; 0 if nothing did."""
        return self._store.newest_position()

    def digest_at(self, position: int) -> str:
        """The digest of what arrived there; "" if nothing did."""
        row = self._store.at(position)
        return "" if row is None else split(row.state)[1]

    def between(self, after: int, until: int, *, without: Collection[str] = ()) -> Iterator[Row]:
        """What arrived behind ``after`` up to ``until``; no entries with those tags.

        Requests, predictions and entries of unknown type are among them.
        """
        topics = self._codec.topics_of(without)
        return map(self._codec.modern, self._store.between(after, until, without=topics))

    def text(self, after: int, until: int) -> Iterator[bytes]:
        """The entries of that stretch as NDJSON in pieces, in no certain order.

        A line is the stored state with ``position``, ``run``, ``stream``, ``version`` and ``type``
        (the topic) before it.
        """
        yield from self._store.text(after, until, self._codec.old_topics)
        for row in self._store.between(after, until, only=self._codec.old_topics):
            if is_entry(row):
                yield ndjson(self._codec.modern(row))

    def decode(self, row: Row) -> Entry:
        """The entry that ``row`` holds.

        Raises:
            LogError: of a type or with a field that this uet does not know, or damaged.
        """
        return self._codec.decode(row)
