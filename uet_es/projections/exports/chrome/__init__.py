"""A run in the Trace Event Format, for chrome://tracing and Perfetto."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import msgspec

from uet_es.projections.database import Connection
from uet_es.projections.exports.chrome import points, slices
from uet_es.projections.exports.chrome.tracks import Tracks
from uet_es.projections.exports.subject import Counts, Subject, subject
from uet_es.projections.warehouse import Warehouse
from uet_es.projections.writing import whole_file
from uet_es.values import RunId

#: What each phase of the format is called among people.
_PHASES = {"X": "slice", "s": "arrow", "C": "counter value", "i": "instant"}


def export(warehouse: Warehouse, run: RunId, path: Path) -> Counts:
    """Write ``run`` as the new file ``path``; instants count from its acceptance.

    Raises:
        UsageError: there is something at ``path``, or no such run.
    """
    about = subject(warehouse, run)
    counts = dict.fromkeys(_PHASES.values(), 0)
    with (
        whole_file(path) as draft,
        warehouse.connection.cursor() as connection,
        draft.open("wb", buffering=1 << 20) as file,
    ):
        file.write(_head(about))
        separator = b"\n"
        for event in _events(connection, about):
            file.write(separator + msgspec.json.encode(event))
            separator = b",\n"
            if (name := _PHASES.get(str(event["ph"]))) is not None:
                counts[name] += 1
        file.write(b"\n]}\n")
    return counts


def _head(about: Subject) -> bytes:
    head = {
        "displayTimeUnit": "ms",
        "otherData": {
            "run": about.run,
            "plan": about.plan,
            "source": about.source,
            "outcome": about.outcome or "unfinished",
            "entries": about.last_seq,
            "begun_us": about.accepted_us,
            "uet": about.uet,
        },
    }
    return msgspec.json.encode(head)[:-1] + b',"traceEvents":['


def _events(connection: Connection, about: Subject) -> Iterator[dict[str, object]]:
    tracks = Tracks.of(connection, about)
    return chain(
        tracks.metadata(),
        slices.attempts(connection, about, tracks),
        slices.merges(connection, about, tracks),
        slices.waits(connection, about, tracks),
        slices.critical_path(connection, about, tracks),
        slices.arrows(connection, about, tracks),
        points.states(connection, about, tracks),
        points.spending(connection, about, tracks),
        points.instants(connection, about, tracks),
    )
