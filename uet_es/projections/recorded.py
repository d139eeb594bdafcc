"""A recorded file as something that a warehouse can be made from."""

from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Self

from uet_es.errors import LogError
from uet_es.events.entry import Entry
from uet_es.log import jsonl
from uet_es.log.chain import split
from uet_es.log.codec import Codec
from uet_es.log.rows import Row, ndjson
from uet_es.log.upcast import tag_of_topic
from uet_es.values import RunId


class RecordedFile:
    """One run in a file, checked like a store; a fork's file holds its whole history.

    It is a ``Source``, and its own ``arrivals``: a line is a position.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._codec = Codec()

    @property
    def store_id(self) -> str:
        """The digest of its first line: the same wherever the file lies."""
        return split(self._rows[0].state)[1]

    @property
    def arrivals(self) -> Self:
        """Its lines."""
        return self

    @property
    def run(self) -> RunId:
        """The run that it holds."""
        return self._rows[-1].run

    def newest_position(self) -> int:
        """Of its last line."""
        return len(self._rows)

    def digest_at(self, position: int) -> str:
        """The digest of that line."""
        return split(self._rows[position - 1].state)[1]

    def between(self, after: int, until: int, *, without: Collection[str] = ()) -> Iterator[Row]:
        """Its lines, brought to today's version."""
        return (r for r in self._rows[after:until] if tag_of_topic(r.topic) not in without)

    def text(self, after: int, until: int) -> Iterator[bytes]:
        """The same as NDJSON."""
        return map(ndjson, self._rows[after:until])

    def decode(self, row: Row) -> Entry:
        """The entry that ``row`` holds."""
        return self._codec.decode(row)

    def entries(self, run: RunId) -> Iterator[Entry]:
        """The history of ``run``."""
        return iter(jsonl.read_entries(self._path, self._codec))

    @cached_property
    def _rows(self) -> list[Row]:
        jsonl.read_entries(self._path, self._codec)  # refuses what was not written like that
        rows = [self._codec.modern(row) for row in jsonl.read(self._path)]
        if not rows:
            raise LogError(f"{self._path} holds no entry")
        return rows
