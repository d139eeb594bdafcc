"""What simulation said a plan would take, and what it took: one stream for each plan.

They lie outside every run: a prediction is made before the run that scores it.
"""

from collections.abc import Callable, Sequence

import msgspec

from uet_es.errors import LogError, StoreBusyError
from uet_es.log.chain import joined, link, seed, split
from uet_es.log.rows import PREDICTIONS, Row, Store
from uet_es.plan import Limits
from uet_es.values import DurationUs, Instant, RunId, StreamId

_TRIES = 100


class PredictionMade(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="prediction.made",
):
    """Somebody simulated a plan."""

    plan: str  #: ``Plan.digest``
    limits: Limits
    makespan_us: DurationUs
    learnt_from: RunId | None = None  #: the run whose durations were used; None: estimates


class PredictionScored(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="prediction.scored",
):
    """A real run of the plan has ended under the limits of the last prediction."""

    plan: str
    run: RunId
    predicted_us: DurationUs
    measured_us: DurationUs


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    at_us: Instant
    event: PredictionMade | PredictionScored
    chain: str = ""


_DECODER = msgspec.json.Decoder(_Stored)


def stream_of(plan: str) -> StreamId:
    """The stream of predictions about the plan with that digest."""
    return StreamId(f"{PREDICTIONS}/{plan}")


class Predictions:
    """The predictions about one plan."""

    def __init__(self, store: Store, plan: str) -> None:
        self._store = store
        self._stream = stream_of(plan)

    def append(
        self,
        event: PredictionMade | PredictionScored,
        at_us: Instant,
        write: Callable[[Sequence[Row]], bool],
    ) -> None:
        """Add ``event`` at the end.

        Raises:
            StoreBusyError: others were faster each time.
        """
        content = msgspec.json.encode({"at_us": at_us, "event": event})[:-1]
        topic = str(event.__struct_config__.tag)
        for _ in range(_TRIES):
            last = self._store.last(self._stream)
            version = last.version + 1 if last else 1
            previous = split(last.state)[1] if last else seed(self._stream)
            digest = link(previous, self._stream, version, topic, content)
            state = joined(content, digest)
            if write([Row(0, RunId(PREDICTIONS), self._stream, version, topic, state)]):
                return
        raise StoreBusyError(f"{self._stream}: too many writers at once; try again")

    def all(self) -> list[PredictionMade | PredictionScored]:
        """In the order in which they were written.

        Raises:
            LogError: one cannot be read.
        """
        found = []
        for row in self._store.stream(self._stream):
            try:
                found.append(_DECODER.decode(row.state).event)
            except msgspec.MsgspecError as error:
                raise LogError(f"{row.stream} version {row.version}: {error}") from error
        return found
