"""Signals files, followed: every complete line once, in order, chatter sampled."""

import os
import stat
import time
from collections.abc import Iterator

from uet_es.events.observations import AnySignal, ProgressReported
from uet_es.values import WorkstreamId
from uet_es.world.prices import PriceList
from uet_es.world.signals import LINE_MAX, SignalReader

_CHUNK = 1 << 20
_SAMPLE_NS = 1_000_000_000  #: at most one progress line of an attempt in this time


class Tail:
    """One attempt's signals file, read up to ``offset``."""

    def __init__(self, path: str, reader: SignalReader, offset: int = 0) -> None:
        self.offset = offset
        self._path = path
        self._reader = reader
        self._overlong = False  #: in the middle of a line that was refused for its length
        self._held: ProgressReported | None = None
        self._sampled_ns = 0

    def read(self, *, to_the_end: bool = False) -> Iterator[AnySignal]:
        """What was written since; with ``to_the_end`` a last line without newline counts."""
        for signal in self._lines(to_the_end):
            if isinstance(signal, ProgressReported):
                self._held = signal
                continue
            # Offsets only grow in the record: what was written before comes before.
            yield from self._released()
            yield signal
        now_ns = time.monotonic_ns()
        if to_the_end or now_ns - self._sampled_ns >= _SAMPLE_NS:
            yield from self._released(now_ns)

    def _released(self, now_ns: int = 0) -> Iterator[AnySignal]:
        if self._held is not None:
            held, self._held = self._held, None
            self._sampled_ns = now_ns or time.monotonic_ns()
            yield held

    def _lines(self, to_the_end: bool) -> Iterator[AnySignal]:
        # The file belongs to the attempt: a pipe or a link in its place must not hold us up.
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError:
            return
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return
            while unread := os.pread(fd, _CHUNK, self.offset):
                lines = unread.split(b"\n")
                rest = lines.pop()
                for line in lines:
                    yield from self._line(line, len(line) + 1)
                if len(rest) > LINE_MAX or (to_the_end and rest and len(unread) < _CHUNK):
                    yield from self._line(rest, len(rest))
                    self._overlong = len(rest) > LINE_MAX
                elif not lines:
                    return
        finally:
            os.close(fd)

    def _line(self, line: bytes, length: int) -> Iterator[AnySignal]:
        self.offset += length
        was_overlong, self._overlong = self._overlong, False
        if was_overlong:
            self._overlong = length == len(line)
        elif len(line) > LINE_MAX:
            yield self._reader.refused(f"a line of more than {LINE_MAX} bytes", self.offset)
        elif line.strip():
            yield self._reader.read(line, self.offset)


class Tails:
    """The signals files of a run, found by workstream."""

    def __init__(self, prices: PriceList) -> None:
        self._prices = prices
        self._of: dict[WorkstreamId, dict[int, Tail]] = {}

    def follow(
        self, workstream: WorkstreamId, attempt: int, path: str, offset: int | None = None
    ) -> None:
        """Follow the file at ``path``; one that is followed already goes on where it is."""
        tails = self._of.setdefault(workstream, {})
        if attempt not in tails or offset is not None:
            reader = SignalReader(workstream, attempt, self._prices)
            tails[attempt] = Tail(path, reader, offset or 0)

    def read(self, workstream: WorkstreamId, ended: int | None = None) -> Iterator[AnySignal]:
        """What was written to the files of ``workstream``; attempt ``ended`` writes no more."""
        for attempt, tail in self._of.get(workstream, {}).items():
            yield from tail.read(to_the_end=attempt == ended)
