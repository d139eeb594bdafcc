"""A run as Parquet: a folder with a file for each table."""

from pathlib import Path

from uet_es.projections.database import Connection, quoted
from uet_es.projections.exports.subject import Counts, subject
from uet_es.projections.models import models
from uet_es.projections.warehouse import Warehouse
from uet_es.projections.writing import whole_folder
from uet_es.values import RunId

#: What belongs to a run in tables that know plans.
_OF_ITS_PLAN = "plan = (SELECT plan FROM runs WHERE run = getvariable('exported'))"
_OF_IT = "run = getvariable('exported')"
#: A fork's table of entries has what it wrote itself; this has what came before as well.
_HISTORY = "run_entries"


def export(warehouse: Warehouse, run: RunId, path: Path) -> Counts:
    """Write ``run`` as the new folder ``path``.

    Raises:
        UsageError: there is something at ``path``, or no such run.
    """
    about = subject(warehouse, run)
    tables = [model for model in models() if not model.is_view]
    tables += [model for model in models() if model.name == _HISTORY and about.forked]
    rows = 0
    with whole_folder(path) as draft, warehouse.connection.cursor() as connection:
        connection.execute("SET VARIABLE exported = $run", {"run": run})
        for model in tables:
            wanted = _OF_IT if "run" in model.columns else _OF_ITS_PLAN
            rows += _write(connection, model.name, wanted, draft / f"{model.name}.parquet")
    return {"table": len(tables), "row": rows}


def _write(connection: Connection, name: str, wanted: str, path: Path) -> int:
    """Write the rows that are ``wanted``, always in the same order."""
    written = connection.execute(
        f"COPY (SELECT * FROM {name} WHERE {wanted} ORDER BY ALL) TO {quoted(path)} "
        "(FORMAT parquet, COMPRESSION zstd)"
    ).fetchone()
    return int(written[0]) if written else 0
