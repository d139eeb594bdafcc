"""What people ask of a run: appended from any process, read by the one that drives it."""

from collections.abc import Callable, Sequence

import msgspec

from uet_es.errors import StoreBusyError
from uet_es.events import AnyRequest
from uet_es.log.chain import joined, link, seed, split
from uet_es.log.codec import Codec
from uet_es.log.rows import Row, Store
from uet_es.values import Instant, RunId, inbox_stream

_TRIES = 100


class Inbox:
    """The inbox stream of one run: its own versions, its own chain, outside ``seq``."""

    def __init__(self, run: RunId, store: Store, codec: Codec) -> None:
        self._run = run
        self._stream = inbox_stream(run)
        self._store = store
        self._codec = codec

    def append(
        self, asked: AnyRequest, at_us: Instant, write: Callable[[Sequence[Row]], bool]
    ) -> int:
        """Add ``asked`` at the end and return its version.

        Raises:
            StoreBusyError: so many others were asking that its turn never came.
        """
        asked = msgspec.structs.replace(asked, asked_at_us=at_us, inbox_version=0)
        content = self._codec.encode_request(asked, at_us)
        topic = self._codec.topic_of(asked)
        for _ in range(_TRIES):
            last = self._store.last(self._stream)
            version = last.version + 1 if last else 1
            previous = split(last.state)[1] if last else seed(self._stream)
            digest = link(previous, self._stream, version, topic, content)
            row = Row(0, self._run, self._stream, version, topic, joined(content, digest))
            if write([row]):
                return version
        raise StoreBusyError(f"{self._stream}: too many requests at once; try again")

    def after(self, version: int) -> Sequence[tuple[int, AnyRequest]]:
        """Requests behind ``version``, each knowing its own."""
        rows = self._store.stream(self._stream, after_version=version)
        return [(row.version, self._codec.decode_request(row)) for row in rows]

    def row(self, version: int) -> tuple[Row, str] | None:
        """One stored request, and the digest that it follows."""
        around = self._store.stream(self._stream, after_version=version - 2)[:2]
        for before, row in zip([None, *around], around, strict=False):
            if row.version == version:
                return row, split(before.state)[1] if before else seed(self._stream)
        return None
