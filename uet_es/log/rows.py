"""A stored row as it lies in the store, and what holds such rows."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from uet_es.values import RunId, StreamId


class Row(NamedTuple):
    """One fact as it is stored: not decoded, not judged, perhaps of a type unknown here."""

    position: int  #: order of arrival in the store, from 1; 0 before it is stored
    run: RunId
    stream: StreamId
    version: int
    topic: str  #: tag of the event, with ``.v2`` and so on after its first version
    state: bytes  #: readable JSON, ending in its digest


class Head(NamedTuple):
    """Where the chain of a run ends."""

    digest: str
    seq: int


class Store(Protocol):
    """Something that holds rows. Only ``scan`` and ``entry`` leave the inboxes out."""

    def arrivals(self, after_position: int) -> Iterator[Row]:
        """Everything in order of arrival: entries, requests, predictions."""
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

    def overwrite(self, rows: Sequence[Row]) -> None:
        """Replace topic and state of stored rows: for redaction, nothing else."""
        ...

    def close(self) -> None: ...
