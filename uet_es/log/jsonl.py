"""A run as text, one entry a line: for fixtures, for sending to somebody, for ``grep``.

A line is ``{"stream":…,"version":…,"type":…`` and then the stored state, byte for byte, so a
file proves as much as the store does.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import msgspec

from uet_es.errors import LogError
from uet_es.events import Entry
from uet_es.log.chain import seed, split
from uet_es.log.codec import Codec
from uet_es.log.rows import Row
from uet_es.log.verify import break_at, seq_of
from uet_es.values import RunId, StreamId


class _Place(msgspec.Struct):
    stream: StreamId
    version: int
    type: str


def line_of(row: Row) -> bytes:
    """``row`` as a line, newline included."""
    place = msgspec.json.encode(_Place(row.stream, row.version, row.topic))
    return b"%b,%b\n" % (place[:-1], row.state[1:])


def write(path: Path, rows: Iterable[Row]) -> int:
    """Write ``rows`` to ``path``, whole or not at all, and return how many."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    count = 0
    try:
        with draft.open("wb") as file:
            for row in rows:
                file.write(line_of(row))
                count += 1
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return count


def read(path: Path) -> Iterator[Row]:
    """The rows of a file, exactly as they were stored.

    Raises:
        LogError: a line is not one that ``write`` makes; names the file and the line.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                place = msgspec.json.decode(line, type=_Place)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise LogError(f"{path}:{number}: this is not an entry: {error}") from error
            prefix = msgspec.json.encode(place)[:-1] + b","
            if not line.startswith(prefix) or not line.endswith(b"\n"):
                raise LogError(
                    f"{path}:{number}: a line begins with stream, version and type and ends with "
                    "a newline; was it edited, or cut off?"
                )
            state = b"{" + line[len(prefix) : -1]
            run = RunId(place.stream.partition("/")[0])
            yield Row(number, run, place.stream, place.version, place.type, state)


def read_entries(path: Path, codec: Codec | None = None) -> tuple[Entry, ...]:
    """The entries of a file that holds one run from its first entry, checked like a store.

    Raises:
        LogError: an entry is not the one that was written; names the file and the line.
    """
    codec = codec or Codec()
    entries: list[Entry] = []
    digest = ""
    for row in read(path):
        digest = digest or seed(row.run)
        finding = break_at(row.run, row, seq_of(row), row.position, digest)
        if finding is not None and finding.problem != "redacted":
            raise LogError(f"{path}:{row.position}: {finding}")
        try:
            entries.append(codec.decode(row))
        except LogError as error:
            raise LogError(f"{path}:{row.position}: {error}") from error
        digest = split(row.state)[1]
    return tuple(entries)


def rows_of(run: RunId, entries: Iterable[Entry], codec: Codec | None = None) -> Iterator[Row]:
    """The rows as which a store would keep ``entries``: the history of ``run`` from its start."""
    codec = codec or Codec()
    history = iter(entries)
    for first in history:
        root = RunId(first.stream.partition("/")[0])
        return codec.rows(run, chain((first,), history), seed(root))
    return iter(())
