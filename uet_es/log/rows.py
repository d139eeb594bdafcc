"""A stored row as it lies in the store, and what holds such rows."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from uet_es.values import RunId, StreamId, inbox_stream

PREDICTIONS = "predictions"  #: what the streams of predictions begin with: no run


class Row(NamedTuple):
    """One fact as it is stored: not decoded, not judged, perhaps of a type unknown here."""

    position: int  #: order of arrival in the store, from 1; 0 before it is stored
    run: RunId
    stream: StreamId
    version: int
    topic: str  #: tag of the event, with ``.v2`` and so on after its first version
    state: bytes  #: readable JSON, ending in its digest


def is_entry(row: Row) -> bool:
    """Whether ``row`` is an entry of a run: not a request that waits, not a prediction."""
    return row.run != PREDICTIONS and row.stream != inbox_stream(row.run)


def ndjson(row: Row) -> bytes:
    """``row`` as a line: the stored state with the names it lacks before it."""
    names = {
        "position": row.position,
        "run": row.run,
        "stream": row.stream,
        "version": row.version,
        "type": row.topic,
    }
    return b"%b,%b\n" % (msgspec.json.encode(names)[:-1], row.state[1:])


class Head(NamedTuple):
    """Where the chain of a run ends."""

    digest: str
    seq: int


class Store(Protocol):
    """Something that holds rows. Only ``scan`` and ``entry`` leave the inboxes out."""

    def newest_position(self) -> int:
        """Of the row that arrived last; 0 if none did."""
        ...

    def at(self, position: int) -> Row | None:
        """The row that arrived there, of whatever kind."""
        ...

    def between(
        self, after: int, until: int, *, only: Sequence[str] = (), without: Sequence[str] = ()
    ) -> Iterator[Row]:
        """Rows of every kind behind ``after`` up to ``until``, in order of arrival.

        Entries of topics in ``only`` if it names any, and none of those in ``without``.
        """
        ...

    def text(self, after: int, until: int, without: Sequence[str]) -> Iterator[bytes]:
        """The entries behind ``after`` up to ``until`` as NDJSON, in pieces, not those topics.

        A line is the stored state with ``position``, ``run``, ``stream``, ``version`` and ``type``
        (the topic) before it.
        """
        ...

    def scan(
        self, run: RunId | None, *, after_position: int = 0, newest: int | None = None
    ) -> Iterator[Row]:
        """Rows in order of arrival; the last ``newest`` of them if that is given."""
        ...

    def entry(self, run: RunId, number: int) -> Row | None:
        """The row that arrived as number ``number`` (from 1) of ``run``."""
        ...

    def stream(self, stream: StreamId, *, after_version: int = 0) -> list[Row]: ...

    def last(self, stream: StreamId) -> Row | None: ...

    def names(self) -> list[str]:
        """What stands before the first ``/`` of any stream, each once."""
        ...

    def streams(self, name: str) -> list[StreamId]:
        """Those that begin with ``name/``, sorted."""
        ...

    def overwrite(self, rows: Sequence[Row]) -> None:
        """Replace topic and state of stored rows: for redaction, nothing else."""
        ...

    def close(self) -> None: ...
