"""The log: append turns, read entries, check the chain, redact. One object per store."""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from uet_es.errors import FencedError, KernelError, LogError, UsageError
from uet_es.events import AnyRequest, Entry
from uet_es.events.observations import PlanAccepted, Request, RunForked
from uet_es.log.arrivals import Arrivals
from uet_es.log.chain import following, seed, split
from uet_es.log.codec import Codec, Redaction
from uet_es.log.failures import translated
from uet_es.log.inbox import Inbox
from uet_es.log.lineage import Lineage
from uet_es.log.predictions import PredictionMade, Predictions, PredictionScored
from uet_es.log.redaction import redacted_entry, redacted_request, redaction_of
from uet_es.log.rows import PREDICTIONS, Head, Row, Store
from uet_es.log.sqlite_store import SqliteStore, create_store
from uet_es.log.upcast import UPCASTERS, Upcasters
from uet_es.log.verify import Findings, break_at, cut, follow, seq_of, version_of
from uet_es.values import Instant, RunId, StreamId, inbox_stream

if TYPE_CHECKING:
    from uet_es.log.application import LogApplication, Projector

T = TypeVar("T")
_RUN = re.compile(r"run-[1-9][0-9]*")


class Log:
    """Every entry of every run in one store; for use by one thread."""

    def __init__(
        self,
        store: Store,
        *,
        id: str,
        path: Path,
        codec: Codec,
        start: "Callable[[], LogApplication]",
    ) -> None:
        self.store_id = id
        self.path = path
        self._store = store
        self._codec = codec
        self._start = start
        self._started: LogApplication | None = None
        self._lineage = Lineage(store, codec)
        self.arrivals = Arrivals(store, codec)
        self._heads: dict[RunId, Head] = {}

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        create: bool = False,
        max_page_count: int | None = None,
        lock_timeout_s: float = 5.0,
        upcasters: Upcasters = UPCASTERS,
    ) -> Self:
        """Open the store at ``path``; with ``create``, make it if it is not there.

        Raises:
            UsageError: there is no store.
            LogError: it is torn, no store at all, or of a newer uet; says what is intact.
        """
        if create and not path.exists():
            create_store(path)
        store = SqliteStore(path, lock_timeout_s=lock_timeout_s)
        codec = Codec(upcasters)
        env = {
            "PERSISTENCE_MODULE": "uet_es.log.sqlite_recorder:DurableFactory",
            "SQLITE_DBNAME": f"{path.absolute().as_uri()}?mode=rw",
            "UET_LOCK_TIMEOUT_S": str(lock_timeout_s),
            "UET_MAX_PAGE_COUNT": str(max_page_count or 0),
        }

        def start() -> "LogApplication":
            from uet_es.log.application import LogApplication

            return LogApplication(env, codec)

        return cls(store, id=store.id, path=path, codec=codec, start=start)

    @classmethod
    def in_memory(cls, *, upcasters: Upcasters = UPCASTERS) -> Self:
        """A log of its own that ends with the process."""
        from uet_es.log.application import LogApplication
        from uet_es.log.memory import MemoryStore

        codec = Codec(upcasters)
        application = LogApplication({"PERSISTENCE_MODULE": "eventsourcing.popo"}, codec)
        store = MemoryStore(application.recorder)
        path = Path(":memory:")
        return cls(store, id="memory", path=path, codec=codec, start=lambda: application)

    def append(self, run: RunId, entries: Sequence[Entry]) -> str:
        """Store whole turns of ``run`` durably, all or nothing, and return the new head.

        Invariant: a batch begins in the run's own stream, so its key is a compare-and-swap.

        Raises:
            FencedError: others have written where these entries belong, or took the run's id.
            StoreBusyError: another process is writing; try again.
            TryLaterError: the disk is full or refuses.
        """
        if not entries:
            return self.head(run)
        before = entries[0].seq - 1
        if entries[0].stream != StreamId(run) or any(
            entry.seq != seq for seq, entry in enumerate(entries, start=before + 1)
        ):
            raise KernelError(f"{run}: a batch at seq {before + 1} is not a sequence of turns")
        head = self._heads.pop(run, None)
        if isinstance(entries[0].event, RunForked):
            head = self._lineage.after(entries[0].event).head
        if head is None or head.seq != before:
            head = self._head_at(run, before)
        rows = list(self._codec.rows(run, entries, head.digest))
        if not self._write(rows) and not self._has(rows):
            raise FencedError(
                f"{run}: another driver has already written entry {before + 1} and goes on from "
                "there; this one stops"
            )
        digest = split(rows[-1].state)[1]
        self._heads[run] = Head(digest, entries[-1].seq)
        return digest

    def entries(self, run: RunId, *, after_seq: int = 0) -> Iterator[Entry]:
        """The entries of ``run`` in order, each checked against the one before; none, if none.

        For a fork: those of its parent up to the fork, then its own.

        Raises:
            LogError: an entry is not the one that was written, is missing, or is of a newer uet.
        """
        origin = self._lineage.origin(run)
        if origin.parent is not None and after_seq < origin.head.seq:
            inherited = self.entries(origin.parent, after_seq=after_seq)
            yield from islice(inherited, origin.head.seq - after_seq)
            after_seq = origin.head.seq
        digest, seq = self._head_at(run, after_seq)
        position = 0
        if after_seq > origin.head.seq and (last := self._lineage.row(run, after_seq)) is not None:
            position = last.position
        decode = self._codec.decode
        for row in self._store.scan(run, after_position=position):
            _, _, stream, version, topic, state = row
            seq += 1
            found = following(digest, stream, version, topic, state)
            if not found:
                self._refuse_break(run, row, seq, digest)
            entry = decode(row)
            if entry.seq != seq:
                self._refuse_break(run, row, seq, digest)
            digest = found or split(state)[1]
            yield entry
        self._heads[run] = Head(digest, seq)

    def rows(
        self, *, run: RunId | None = None, after_position: int = 0, newest: int | None = None
    ) -> Iterator[Row]:
        """Stored rows in order of arrival, unjudged, those of unknown type too; no requests."""
        return self._store.scan(run, after_position=after_position, newest=newest)

    def runs(self) -> tuple[RunId, ...]:
        """Every run with at least one entry, in numeric order."""
        names = [RunId(name) for name in self._store.names() if _RUN.fullmatch(name)]
        known = [name for name in names if self._store.last(StreamId(name)) is not None]
        return tuple(sorted(known, key=lambda name: int(name.removeprefix("run-"))))

    def is_simulated(self, run: RunId) -> bool:
        """Whether nothing of ``run`` was executed: a what-if that was kept."""
        self._require(run)
        first = self._store.entry(run, 1)
        event = self._codec.decode(first).event if first is not None else None
        return isinstance(event, PlanAccepted | RunForked) and event.simulated

    def head(self, run: RunId) -> str:
        """The digest of the last stored entry of ``run``."""
        self._require(run)
        (last,) = self._store.scan(run, newest=1)
        return split(last.state)[1]

    def get(self, stream: StreamId, projector: "Projector[T]") -> T:
        """One aggregate, rebuilt from its own stream alone; a fork's goes on from its parent's.

        Raises:
            UsageError: the stream holds nothing.
        """
        value = self._rebuilt(stream, projector)
        if value is None:
            raise UsageError(f"{self.path} knows no {stream}")
        return value

    def request(self, run: RunId, asked: AnyRequest, at_us: Instant) -> int:
        """Put what a person asked into the inbox of ``run`` and return its place there."""
        self._require(run)
        return self._inbox(run).append(asked, at_us, self._write)

    def inbox(self, run: RunId, *, after_version: int = 0) -> Sequence[tuple[int, AnyRequest]]:
        """Requests behind ``after_version``; each knows its own ``inbox_version``."""
        return self._inbox(run).after(after_version)

    def predictions(self, plan: str) -> list[PredictionMade | PredictionScored]:
        """What was predicted for the plan with that digest, and how it came out."""
        return Predictions(self._store, plan).all()

    def predict(self, event: PredictionMade | PredictionScored, at_us: Instant) -> None:
        """Write down a prediction, or how one came out."""
        Predictions(self._store, event.plan).append(event, at_us, self._write)

    def verify(self, run: RunId, *, head: str | None = None) -> Findings:
        """Follow the chains of ``run`` and of its inbox; ``head`` is a digest kept elsewhere."""
        self._require(run)
        start = self._lineage.origin(run).head
        followed = follow(run, self._store.scan(run), seq_of, head, start)
        stream = inbox_stream(run)
        nothing = Head(seed(stream), 0)
        asked = follow(stream, self._store.stream(stream), version_of, None, nothing)
        findings = followed.findings + asked.findings
        if head is not None and not followed.met:
            findings += (cut(run, followed.count, head),)
        return Findings(
            run=run,
            entries=followed.count - start.seq,
            requests=asked.count,
            head=followed.digest,
            findings=findings,
        )

    def verify_predictions(self) -> list[Findings]:
        """Follow the chain of what was predicted about each plan."""
        found = []
        for stream in self._store.streams(PREDICTIONS):
            start = Head(seed(stream), 0)
            said = follow(stream, self._store.stream(stream), version_of, None, start)
            found.append(
                Findings(
                    run=stream,
                    entries=said.count,
                    requests=0,
                    head=said.digest,
                    findings=said.findings,
                )
            )
        return found

    def redact(self, run: RunId, seq: int, *, reason: str, by: str, at_us: Instant) -> None:
        """Replace the text in one entry, and in the request it admitted, for ever.

        The entry keeps its digest, so what follows still chains; who, when and why are kept
        with it. Asked again, it only wipes what the file may still hold of the old text.

        Raises:
            LogError: the entry is not what was written: a redaction would hide that.
            StoreBusyError: done, but a reader keeps the old text in the file; ask again.
        """
        self._require(run)
        row = self._lineage.row(run, seq)
        if row is None:
            raise UsageError(f"{run} has no entry {seq}")
        if row.run != run:
            raise UsageError(f"{run} shares entry {seq} with {row.run}: redact it there")
        if redaction_of(row) is not None:
            self._store.overwrite([])
            return
        previous = self._head_at(run, seq - 1).digest
        if (finding := break_at(run, row, seq_of(row), seq, previous)) is not None:
            raise LogError(str(finding))
        mark = Redaction(at_us=at_us, by=by, reason=reason)
        rows = [redacted_entry(self._codec, row, previous, mark)]
        event = self._codec.decode(row).event
        if isinstance(event, Request) and (asked := self._inbox(run).row(event.inbox_version)):
            rows.append(redacted_request(self._codec, *asked, mark))
        self._store.overwrite(rows)

    def close(self) -> None:
        """Let go of the file; the last one to do so folds the write-ahead log into it."""
        if self._started is not None:
            self._started.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rebuilt(self, stream: StreamId, projector: "Projector[T]") -> T | None:
        inherited = self._lineage.inherited(stream)
        before: T | None = None
        if inherited is not None:
            of_parent, at_seq = inherited

            def up_to_fork(was: T | None, entries: Iterable[Entry]) -> T | None:
                return projector(was, (entry for entry in entries if entry.seq <= at_seq))

            before = self._rebuilt(of_parent, up_to_fork)

        def go_on(was: T | None, entries: Iterable[Entry]) -> T | None:
            return projector(before if was is None else was, entries)

        try:
            value = self._application.rebuilt(stream, go_on)
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
        return before if value is None else value

    @property
    def _application(self) -> "LogApplication":
        if self._started is None:
            self._started = self._start()
        return self._started

    def _inbox(self, run: RunId) -> Inbox:
        return Inbox(run, self._store, self._codec)

    def _require(self, run: RunId) -> None:
        if self._store.last(StreamId(run)) is None:
            known = self.runs()
            there = f"the newest is {known[-1]}" if known else "there is none yet"
            raise UsageError(f"{self.path} knows no run {run!r}; {there}")

    def _write(self, rows: Sequence[Row]) -> bool:
        try:
            return self._application.write(rows)
        except sqlite3.Error as error:
            raise translated(error, self.path) from error

    def _has(self, rows: Sequence[Row]) -> bool:
        """Whether exactly these rows are stored: written before, and only the answer was lost."""
        for row in rows:
            stored = self._store.stream(row.stream, after_version=row.version - 1)
            if not stored or stored[0][2:] != row[2:]:
                return False
        return True

    def _head_at(self, run: RunId, seq: int) -> Head:
        if seq == 0:
            return Head(seed(run), 0)
        row = self._lineage.row(run, seq)
        if row is None:
            raise KernelError(f"{run} has no entry {seq} that another could follow")
        return Head(split(row.state)[1], seq)

    def _refuse_break(self, run: RunId, row: Row, seq: int, digest: str) -> None:
        finding = break_at(run, row, seq_of(row), seq, digest)
        if finding is not None and finding.problem != "redacted":
            raise LogError(f"{finding}; `uet log verify {run}` says more")
