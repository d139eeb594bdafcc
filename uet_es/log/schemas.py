"""The published schema of the record: ``schema/entries.schema.json``, made from the code.

python -m uet_es.log.schemas            write it
python -m uet_es.log.schemas --check    say whether it is current
"""

import sys
from pathlib import Path

import msgspec

from uet_es.events import Entry

PATH = Path(__file__).parents[2] / "schema" / "entries.schema.json"


def entries_schema() -> bytes:
    """JSON Schema (2020-12) of an entry with every type of event."""
    schema = msgspec.json.schema(Entry, schema_hook=_anything)
    titled = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An entry of the uet log",
        **schema,
    }
    compact = msgspec.json.encode(titled, order="deterministic")
    return msgspec.json.format(compact, indent=2) + b"\n"


def _anything(kind: type) -> dict[str, object]:
    """The schema of a type that msgspec does not know: ``object`` may be any JSON."""
    if kind is object:
        return {"description": "any JSON"}
    raise NotImplementedError


def main(arguments: list[str]) -> int:
    """Write the schema, or with ``--check`` compare; 1 if it is out of date."""
    made = entries_schema()
    if "--check" not in arguments:
        PATH.parent.mkdir(exist_ok=True)
        PATH.write_bytes(made)
        return 0
    if PATH.is_file() and PATH.read_bytes() == made:
        return 0
    print(f"{PATH} is out of date: run `python -m uet_es.log.schemas`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
