"""Where a run's own entries begin: at the first, or where it was forked from another run."""

from typing import NamedTuple

from uet_es.errors import LogError
from uet_es.events import BY_TAG
from uet_es.events.observations import RunForked
from uet_es.log.chain import seed, split
from uet_es.log.codec import Codec
from uet_es.log.rows import Head, Row, Store
from uet_es.values import RunId, StreamId

_FORKED = next(tag for tag, event in BY_TAG.items() if event is RunForked)


class Origin(NamedTuple):
    """What a run's first own entry follows."""

    head: Head
    parent: RunId | None  #: None: nothing came before


class Lineage:
    """Follows runs to the ones they were forked from."""

    def __init__(self, store: Store, codec: Codec) -> None:
        self._store = store
        self._codec = codec

    def origin(self, run: RunId) -> Origin:
        """Where ``run`` begins."""
        first = self._store.entry(run, 1)
        if first is None or first.topic.partition(".v")[0] != _FORKED:
            return Origin(Head(seed(run), 0), None)
        event = self._codec.decode(first).event
        assert isinstance(event, RunForked)
        return self.after(event)

    def after(self, forked: RunForked) -> Origin:
        """What the fork's first entry follows.

        Raises:
            LogError: the parent has no such entry.
        """
        row = self.row(forked.parent, forked.at_seq)
        if row is None:
            raise LogError(
                f"{forked.run} was forked from entry {forked.at_seq} of {forked.parent}, "
                "which is not in this store"
            )
        return Origin(Head(split(row.state)[1], forked.at_seq), forked.parent)

    def row(self, run: RunId, seq: int) -> Row | None:
        """The stored row of entry ``seq`` in the history of ``run``, whoever owns it."""
        origin = self.origin(run)
        if origin.parent is not None and seq <= origin.head.seq:
            return self.row(origin.parent, seq)
        return self._store.entry(run, seq - origin.head.seq)

    def inherited(self, stream: StreamId) -> tuple[StreamId, int] | None:
        """The parent's stream that ``stream`` goes on from, and up to which seq; None if none."""
        run, slash, rest = stream.partition("/")
        origin = self.origin(RunId(run))
        if origin.parent is None:
            return None
        return StreamId(f"{origin.parent}{slash}{rest}"), origin.head.seq
