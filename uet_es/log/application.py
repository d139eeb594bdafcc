"""The `eventsourcing` application behind the log: the only place that writes entries.

Importing the library costs tens of milliseconds, so the log does it when it first writes.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import (
    InfrastructureFactory,
    IntegrityError,
    JSONTranscoder,
    Mapper,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.utils import Environment

from uet_es.events import Entry
from uet_es.log.codec import Codec
from uet_es.log.rows import Row
from uet_es.values import RunId, StreamId

if TYPE_CHECKING:
    from eventsourcing.domain import DomainEventProtocol
    from eventsourcing.utils import EnvType

T = TypeVar("T")
Projector = Callable[[T | None, Iterable[Entry]], T | None]


class LogApplication(Application[str]):
    """Streams of entries under text ids; its environment is what it is given, nothing else."""

    name = "uet"

    def __init__(self, env: "EnvType", codec: Codec) -> None:
        self._codec = codec
        super().__init__({"ORIGINATOR_ID_TYPE": "text", "CREATE_TABLE": "n", **env})

    def construct_env(self, name: str, env: "EnvType | None" = None) -> Environment:
        """Nothing from the shell: a stray PERSISTENCE_MODULE there must not move a log."""
        return Environment(name, dict(env or {}))

    def construct_factory(self, env: Environment) -> "InfrastructureFactory[Any]":
        return InfrastructureFactory.construct(env)

    def construct_mapper(self) -> Mapper[str]:
        return EntryMapper(self._codec)

    def write(self, rows: Sequence[Row]) -> bool:
        """Store all of ``rows`` durably or none; whether every key was free.

        Raises:
            sqlite3.Error: the store refused; nothing of ``rows`` is in it.
        """
        try:
            self.events.put(cast("Sequence[DomainEventProtocol[str]]", rows))
        except IntegrityError:
            return False
        except PersistenceError as error:
            if isinstance(error.__cause__, sqlite3.Error):
                raise error.__cause__ from error
            raise
        return True

    def rebuilt(self, stream: StreamId, projector: Projector[T]) -> T | None:
        """The value that ``projector`` makes of one stream alone; None if it is empty."""
        try:
            return cast("T", self.repository.get(stream, projector_func=cast("Any", projector)))
        except AggregateNotFoundError:
            return None


class EntryMapper(Mapper[str]):
    """Rows that already have their digest on the way in, entries on the way out."""

    def __init__(self, codec: Codec) -> None:
        super().__init__(JSONTranscoder())
        self._codec = codec

    def to_stored_event(self, domain_event: "DomainEventProtocol[str]") -> StoredEvent:
        _, _, stream, version, topic, state = cast("Row", domain_event)
        return StoredEvent(stream, version, topic, state)

    def to_domain_event(self, stored_event: StoredEvent) -> "DomainEventProtocol[str]":
        stream = StreamId(str(stored_event.originator_id))
        row = Row(
            0,
            RunId(stream.partition("/")[0]),
            stream,
            stored_event.originator_version,
            stored_event.topic,
            stored_event.state,
        )
        return cast("DomainEventProtocol[str]", self._codec.decode(row))
