"""A copy for other tools: DuckDB lets one process write or several read, never both.

Whoever has the old copy open keeps it; whoever opens anew sees the new one.
"""

from pathlib import Path
from shutil import rmtree
from typing import NamedTuple

from uet_es.errors import UsageError
from uet_es.projections.database import Connection, quoted
from uet_es.projections.models import models

DATABASE = "warehouse.duckdb"
PARQUET = "parquet"
_DRAFT = ".draft"
#: Older tools can read this version of the format too.
_STORAGE = "v1.5.0"


class Published(NamedTuple):
    """What was written."""

    database: Path
    parquet: Path
    files: int  #: Parquet files


def publish(connection: Connection, folder: Path) -> Published:
    """Write a snapshot of the whole warehouse into ``folder``, over the one before.

    Shape:    ``warehouse.duckdb`` with all tables and views, and ``parquet/TABLE/RUN.parquet``
              (``parquet/TABLE.parquet`` for tables that know no run)

    Raises:
        UsageError: the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / _DRAFT
        rmtree(draft, ignore_errors=True)
        draft.mkdir()
        try:
            _copy(connection, draft / DATABASE)
            files = _parquet(connection, draft / PARQUET)
            (draft / DATABASE).replace(folder / DATABASE)
            _move(draft / PARQUET, folder / PARQUET)
        finally:
            rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}") from error
    return Published(folder / DATABASE, folder / PARQUET, files)


def _copy(connection: Connection, path: Path) -> None:
    (name,) = connection.execute("SELECT current_database()").fetchone() or ("",)
    connection.execute(f"ATTACH {quoted(path)} AS published (STORAGE_VERSION '{_STORAGE}')")
    try:
        connection.execute(f'COPY FROM DATABASE "{name}" TO published')
        connection.execute("DROP SCHEMA published.books CASCADE")
        connection.execute("CHECKPOINT published")
    finally:
        connection.execute("DETACH published")


def _parquet(connection: Connection, folder: Path) -> int:
    folder.mkdir()
    runs = [run for (run,) in connection.execute("SELECT run FROM runs ORDER BY run").fetchall()]
    count = 0
    for model in models():
        if model.is_view:
            continue
        if "run" not in model.columns:
            _write(connection, f"SELECT * FROM {model.name}", folder / f"{model.name}.parquet")
            count += 1
            continue
        parts = folder / "parts"
        connection.execute(
            f"COPY (SELECT *, run AS of FROM {model.name}) TO {quoted(parts)} "
            "(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (of))"
        )
        (folder / model.name).mkdir()
        if not parts.exists():
            none = f"SELECT * FROM {model.name} LIMIT 0"
            _write(connection, none, folder / model.name / "none.parquet")
            count += 1
            continue
        for run in runs:
            for number, part in enumerate(sorted((parts / f"of={run}").glob("*.parquet"))):
                name = f"{run}-{number}" if number else run  # a large one comes in pieces
                part.replace(folder / model.name / f"{name}.parquet")
                count += 1
        rmtree(parts, ignore_errors=True)
    return count


def _write(connection: Connection, statement: str, path: Path) -> None:
    connection.execute(f"COPY ({statement}) TO {quoted(path)} (FORMAT parquet, COMPRESSION zstd)")


def _move(made: Path, place: Path) -> None:
    """Each file at once; those of runs that are gone go as well."""
    wanted = {file.relative_to(made) for file in made.rglob("*.parquet")}
    for name in sorted(wanted):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).replace(place / name)
    for file in place.rglob("*.parquet"):
        if file.relative_to(place) not in wanted:
            file.unlink()
