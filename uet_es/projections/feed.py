"""How stored rows become files that DuckDB reads fast.

Rows are written as NDJSON, the stored state byte for byte behind the names it lacks: nothing is
decoded on the way, and DuckDB parses on all cores (a temporary file and ``read_json`` load three
times as fast as an appender does).
"""

from collections.abc import Iterable
from pathlib import Path
from shutil import rmtree
from typing import IO, Protocol

import msgspec

from uet_es.events.entry import Entry
from uet_es.log.chain import split
from uet_es.log.predictions import PREFIX
from uet_es.log.rows import Row
from uet_es.log.upcast import tag_of_topic
from uet_es.values import RunId

#: Rows and bytes of one transaction: enough to be fast, few enough to keep memory flat.
BATCH_ROWS = 150_000
BATCH_BYTES = 128 << 20
FORKED = "run.forked"


class Source(Protocol):
    """Where rows come from: a log, or a recorded file."""

    @property
    def store_id(self) -> str: ...

    def arrivals(self, *, after_position: int = 0) -> Iterable[Row]:
        """Everything in order of arrival, brought to today's version."""
        ...

    def decode(self, row: Row) -> Entry: ...

    def entries(self, run: RunId) -> Iterable[Entry]:
        """The history of a run, a fork's joined to its parent's."""
        ...


def is_entry(row: Row) -> bool:
    """Whether ``row`` is an entry of a run, not a request that waits, not a prediction."""
    return row.run != PREFIX and row.stream != f"{row.run}/inbox"


class Lines:
    """An NDJSON file that is being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.longest = 0  #: bytes of its longest line
        self.bytes = 0
        self._file: IO[bytes] = path.open("wb", buffering=1 << 20)

    def write(self, line: bytes) -> None:
        """Add one line, newline included."""
        self._file.write(line)
        self.bytes += len(line)
        if len(line) > self.longest:
            self.longest = len(line)

    def add(self, document: object) -> None:
        """Add one document."""
        self.write(msgspec.json.encode(document) + b"\n")

    def close(self) -> None:
        """Let others read it."""
        self._file.close()


class Batch:
    """A stretch of rows on their way: entries in one file, requests and predictions in another."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.entries = Lines(folder / "entries.ndjson")
        self.asides = Lines(folder / "asides.ndjson")
        self.forks = 0
        self.rows = 0
        self.position = 0  #: of its last row
        self.head = ""  #: digest of its last row
        self._last: Row | None = None

    def add(self, row: Row) -> None:
        """Take ``row`` in; its type loses its version."""
        line = b'{"run":"%b","stream":"%b","version":%d,"type":"%b",%b\n' % (
            row.run.encode(),
            row.stream.encode(),
            row.version,
            tag_of_topic(row.topic).encode(),
            row.state[1:],
        )
        (self.entries if is_entry(row) else self.asides).write(line)
        self.rows += 1
        self.forks += row.topic == FORKED
        self._last = row

    def has_room_for(self, row: Row) -> bool:
        """Whether ``row`` may come along.

        A fork inherits what is stored by then, so only one may be in a batch: it may be the
        parent of the next.
        """
        if row.topic == FORKED and self.forks:
            return False
        return self.rows < BATCH_ROWS and self.entries.bytes < BATCH_BYTES

    def close(self) -> None:
        """Let others read the files."""
        self.entries.close()
        self.asides.close()
        if self._last is not None:
            self.position = self._last.position
            self.head = split(self._last.state)[1]

    def remove(self) -> None:
        """Forget the files."""
        rmtree(self.folder)
