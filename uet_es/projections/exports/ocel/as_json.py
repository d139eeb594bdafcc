"""A run as OCEL 2.0 in JSON."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

import msgspec

from uet_es.projections.exports.ocel.log import ObjectCentricLog
from uet_es.projections.exports.ocel.words import Attributes, Event, Object, Related
from uet_es.projections.exports.subject import Counts, iso, subject
from uet_es.projections.warehouse import Warehouse
from uet_es.projections.writing import whole_file
from uet_es.values import RunId

#: Attributes that never change hold from here on: so the standard has it.
ALWAYS_US = 0


def export(warehouse: Warehouse, run: RunId, path: Path) -> Counts:
    """Write ``run`` as the new file ``path``.

    Raises:
        UsageError: there is something at ``path``, or no such run.
    """
    about = subject(warehouse, run)
    with (
        whole_file(path) as draft,
        warehouse.connection.cursor() as connection,
        draft.open("wb", buffering=1 << 20) as file,
    ):
        log = ObjectCentricLog(connection, about)
        file.write(b'{"objectTypes":' + _types(log.object_types()))
        file.write(b',\n"eventTypes":' + _types(log.event_types()))
        objects = _array(file, b',\n"objects":', map(_object, log.objects()))
        events = _array(file, b',\n"events":', map(_event, log.events()))
        file.write(b"}\n")
    return {"event": events, "object": objects}


def _types(types: Mapping[str, Attributes]) -> bytes:
    return msgspec.json.encode(
        [
            {
                "name": name,
                "attributes": [{"name": each, "type": type} for each, type in attributes.items()],
            }
            for name, attributes in types.items()
        ]
    )


def _array(file: IO[bytes], before: bytes, items: Iterable[Mapping[str, object]]) -> int:
    file.write(before + b"[")
    number = 0
    for number, item in enumerate(items, 1):
        file.write((b"\n" if number == 1 else b",\n") + msgspec.json.encode(item))
    file.write(b"\n]")
    return number


def _object(each: Object) -> dict[str, object]:
    attributes: list[dict[str, object]] = [
        {"name": name, "time": iso(ALWAYS_US), "value": value}
        for name, value in each.values.items()
    ]
    attributes += [
        {"name": "state", "time": iso(change.at_us), "value": change.state}
        for change in each.changes
    ]
    return {
        "id": each.id,
        "type": each.type,
        "attributes": attributes,
        "relationships": _relationships(each.related),
    }


def _event(each: Event) -> dict[str, object]:
    return {
        "id": each.id,
        "type": each.type,
        "time": iso(each.at_us),
        "attributes": [{"name": name, "value": value} for name, value in each.values.items()],
        "relationships": _relationships(each.related),
    }


def _relationships(related: list[Related]) -> list[dict[str, str]]:
    return [{"objectId": each.object, "qualifier": each.qualifier} for each in related]
