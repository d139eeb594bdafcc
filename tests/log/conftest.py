import sqlite3
from pathlib import Path

import pytest

from uet_es.log.store import Log
from uet_es.values import RunId

RUN = RunId("run-1")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a store?" / "log.db"  # a name that is no URL


@pytest.fixture(params=["sqlite", "memory"])
def log(request, path):
    with Log.open(path, create=True) if request.param == "sqlite" else Log.in_memory() as log:
        yield log


@pytest.fixture
def stored(path):
    with Log.open(path, create=True) as log:
        yield log


def tamper(path: Path, *statements: str) -> None:
    """Change the store as somebody would who knows SQL and drops the guards first."""
    connection = sqlite3.connect(path, isolation_level=None)
    for name in ("changed", "removed", "replaced"):
        connection.execute(f"DROP TRIGGER IF EXISTS entries_are_never_{name}")
    for statement in statements:
        assert connection.execute(statement).rowcount, statement
    connection.close()
