"""The published schemas, written from code: ``python -m uet_es.intake.schemas [--check]``."""

import json
import sys
from pathlib import Path

import msgspec

from uet_es.intake.configuration import Config
from uet_es.intake.document import Workstream
from uet_es.plan import Plan

FOLDER = Path(__file__).parents[2] / "schema"


def schemas() -> dict[str, str]:
    """The text of every schema, by file name."""
    return {
        "workstream.schema.json": _text(Workstream.model_json_schema()),
        "uet.schema.json": _text(Config.model_json_schema()),
        "plan.schema.json": _text(msgspec.json.schema(Plan, schema_hook=_anything)),
    }


def _anything(kind: type) -> dict[str, object]:
    """What ``object`` is in a schema: no restriction."""
    if kind is not object:
        raise NotImplementedError
    return {"description": "any JSON"}


def _text(schema: dict[str, object]) -> str:
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | schema, indent=2, ensure_ascii=False) + "\n"


def stale(folder: Path) -> list[str]:
    """The names of the schemas that ``folder`` does not hold as they are now."""
    return [
        name
        for name, text in schemas().items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write the schemas, or only say which are out of date."""
    old = stale(FOLDER)
    if "--check" in arguments:
        for name in old:
            print(f"{FOLDER / name}: is out of date; run python -m uet_es.intake.schemas")
        return 1 if old else 0
    FOLDER.mkdir(exist_ok=True)
    for name in old:
        (FOLDER / name).write_text(schemas()[name], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
