"""How stored rows become files that DuckDB reads fast.

The log puts entries together as NDJSON without making objects of them, and DuckDB parses on all
cores: a temporary file and ``read_json`` load three times as fast as an appender does.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from shutil import rmtree
from typing import IO, Protocol

import msgspec

from uet_es.events.entry import Entry
from uet_es.log.rows import Row
from uet_es.values import RunId

#: Rows of one transaction: two of DuckDB's row groups, which it then writes but once.
BATCH_ROWS = 245_760
FORKED = "run.forked"


class Arriving(Protocol):
    """Rows in order of arrival, as ``log.arrivals`` has them.

    ``text`` and ``digest_at`` may be asked by another thread while ``between`` is being read.
    """

    def newest_position(self) -> int: ...

    def digest_at(self, position: int) -> str: ...

    def between(
        self, after: int, until: int, *, without: Collection[str] = ()
    ) -> Iterable[Row]: ...

    def text(self, after: int, until: int) -> Iterator[bytes]: ...

    def decode(self, row: Row) -> Entry: ...


class Source(Protocol):
    """Where rows come from: a log, or a recorded file."""

    @property
    def store_id(self) -> str: ...

    @property
    def arrivals(self) -> Arriving: ...

    def entries(self, run: RunId) -> Iterable[Entry]:
        """The history of a run, a fork's joined to its parent's."""
        ...


class Lines:
    """An NDJSON file that is being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] = path.open("wb", buffering=1 << 20)

    def write(self, piece: bytes) -> None:
        """Add whole lines."""
        self._file.write(piece)

    def add(self, document: object) -> None:
        """Add one document."""
        self._file.write(msgspec.json.encode(document) + b"\n")

    def close(self) -> None:
        """Let others read it."""
        self._file.close()


class Batch:
    """A stretch of the log on its way into the warehouse, as files in a folder of its own."""

    def __init__(self, folder: Path, after: int, until: int) -> None:
        folder.mkdir()
        self.folder = folder
        self.after = after
        self.until = until  #: position of its last row
        self.has_fork = False
        #: Of its events, and ``requests``, ``predictions``; those of workers may be missing.
        self.types: set[str] = set()

    def path(self, name: str) -> Path:
        """The file with what is called ``name``."""
        return self.folder / f"{name}.ndjson"

    def write_entries(self, source: Source) -> int:
        """Fetch the entries; returns the length of the longest piece, which no line exceeds."""
        longest = 0
        with self.path("entries").open("wb", buffering=0) as file:
            for piece in source.arrivals.text(self.after, self.until):
                file.write(piece)
                longest = max(longest, len(piece))
        return longest

    def remove(self) -> None:
        """Forget the files."""
        rmtree(self.folder)
