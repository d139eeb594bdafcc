"""A recorded file as something that a warehouse can be made from."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from uet_es.errors import LogError
from uet_es.events.entry import Entry
from uet_es.log import jsonl
from uet_es.log.codec import Codec
from uet_es.log.rows import Row
from uet_es.values import RunId


class RecordedFile:
    """One run in a file, checked like a store; a fork's file holds its whole history."""

    def __init__(self, path: Path) -> None:
        self.store_id = str(path)
        self._path = path
        self._codec = Codec()

    @cached_property
    def run(self) -> RunId:
        """The run that it holds.

        Raises:
            LogError: it holds none.
        """
        last = None
        for row in jsonl.read(self._path):
            last = row
        if last is None:
            raise LogError(f"{self._path} holds no entry")
        return last.run

    def arrivals(self, *, after_position: int = 0) -> Iterator[Row]:
        """Its rows, brought to today's version."""
        jsonl.read_entries(self._path, self._codec)  # refuses what was not written like that
        for row in jsonl.read(self._path):
            if row.position > after_position:
                yield self._codec.modern(row)

    def decode(self, row: Row) -> Entry:
        """The entry that ``row`` holds."""
        return self._codec.decode(row)

    def entries(self, run: RunId) -> Iterator[Entry]:
        """The history of ``run``."""
        return iter(jsonl.read_entries(self._path, self._codec))
