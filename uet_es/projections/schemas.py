"""The published schema of the warehouse: ``schema/warehouse.sql``, made from the models.

python -m uet_es.projections.schemas            write it
python -m uet_es.projections.schemas --check    say whether it is current
"""

import sys
from pathlib import Path

from uet_es.projections.models import MACROS, Model, models

PATH = Path(__file__).parents[2] / "schema" / "warehouse.sql"

_HEAD = """\
-- The warehouse of uet: read models over the log, in DuckDB's SQL.
--
-- Made from uet_es/projections/models/ by `python -m uet_es.projections.schemas`; do not edit.
-- The warehouse is disposable: delete it, and it is made anew from the log.
-- Names that end in _us are instants or durations in whole microseconds, instants since 1970 UTC;
-- those that end in _nanousd are billionths of a US dollar. Macros make them
-- readable, and tell to which state a type of event leads:
"""


def warehouse_schema() -> str:
    """Every table and view, each behind what it says about itself."""
    parts = [_HEAD + MACROS.strip(), *map(_part, models())]
    return "\n\n".join(parts) + "\n"


def _part(model: Model) -> str:
    lines = model.text.splitlines()
    end = next(n for n, line in enumerate(lines) if not line.startswith("--"))
    return "\n".join([*lines[:end], model.definition])


def main(arguments: list[str]) -> int:
    """Write the schema, or with ``--check`` compare; 1 if it is out of date."""
    made = warehouse_schema()
    if "--check" not in arguments:
        PATH.parent.mkdir(exist_ok=True)
        PATH.write_text(made, encoding="utf-8")
        return 0
    if PATH.is_file() and PATH.read_text(encoding="utf-8") == made:
        return 0
    print(f"{PATH} is out of date: run `python -m uet_es.projections.schemas`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
