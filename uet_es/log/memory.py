"""A log that is forgotten: the same rows, kept by the library's recorder in memory."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from eventsourcing.persistence import ApplicationRecorder, StoredEvent

from uet_es.errors import UsageError
from uet_es.log.rows import PREDICTIONS, Row, is_entry, ndjson
from uet_es.values import RunId, StreamId

_PAGE = 1000


class MemoryStore:
    """Rows in a recorder of this process; a ``Store``."""

    def __init__(self, recorder: ApplicationRecorder) -> None:
        self._recorder = recorder

    def newest_position(self) -> int:
        return self._recorder.max_notification_id() or 0

    def at(self, position: int) -> Row | None:
        return next((row for row in self._all(position - 1) if row.position == position), None)

    def between(
        self, after: int, until: int, *, only: Sequence[str] = (), without: Sequence[str] = ()
    ) -> Iterator[Row]:
        for row in self._between(after, until):
            wanted = row.topic not in without and (not only or row.topic in only)
            if wanted or not is_entry(row):
                yield row

    def text(self, after: int, until: int, without: Sequence[str]) -> Iterator[bytes]:
        for row in self._between(after, until):
            if is_entry(row) and row.topic not in without:
                yield ndjson(row)

    def _between(self, after: int, until: int) -> Iterator[Row]:
        return takewhile(lambda row: row.position <= until, self._all(after))

    def scan(
        self, run: RunId | None, *, after_position: int = 0, newest: int | None = None
    ) -> Iterator[Row]:
        wanted = (
            row
            for row in self._all(after_position)
            if (row.run != PREDICTIONS if run is None else row.run == run)
            and row.stream != f"{row.run}/inbox"
        )
        if newest is None:
            return wanted
        return iter(list(wanted)[-newest:] if newest else [])

    def entry(self, run: RunId, number: int) -> Row | None:
        rows = enumerate(self.scan(run), start=1)
        return next((row for at, row in rows if at == number), None)

    def stream(self, stream: StreamId, *, after_version: int = 0) -> list[Row]:
        stored = self._recorder.select_events(stream, gt=after_version)
        return [_row(0, event) for event in stored]

    def last(self, stream: StreamId) -> Row | None:
        stored = self._recorder.select_events(stream, desc=True, limit=1)
        return _row(0, stored[0]) if stored else None

    def names(self) -> list[str]:
        return list(dict.fromkeys(row.run for row in self._all(0)))

    def streams(self, name: str) -> list[StreamId]:
        return sorted({row.stream for row in self._all(0) if row.stream.startswith(f"{name}/")})

    def overwrite(self, rows: Sequence[Row]) -> None:
        raise UsageError("a log in memory is not redacted: it is forgotten")

    def close(self) -> None:
        """Nothing is open."""

    def _all(self, after_position: int) -> Iterator[Row]:
        position = after_position
        while stored := self._recorder.select_notifications(
            position, _PAGE, inclusive_of_start=False
        ):
            for notification in stored:
                position = notification.id
                yield _row(position, notification)


def _row(position: int, event: StoredEvent) -> Row:
    stream = StreamId(str(event.originator_id))
    run = RunId(stream.partition("/")[0])
    return Row(position, run, stream, event.originator_version, event.topic, event.state)
