"""Warehouses of the sample runs, made once."""

import pytest

from tests.projections.exports.samples import AGENTS, LIBRARY, recorded, troubled, with_fork
from uet_es.projections.warehouse import Warehouse


@pytest.fixture(scope="session")
def recorded_library():
    """36 workstreams as they were recorded: merges, a retry, a failure."""
    with recorded(LIBRARY) as warehouse:
        yield warehouse


@pytest.fixture(scope="session")
def recorded_agents():
    """Two workstreams that report what they used of models."""
    with recorded(AGENTS) as warehouse:
        yield warehouse


@pytest.fixture(scope="session")
def trouble():
    """Everything that seldom happens, in a run that goes on, and a fork of it, run-2."""
    with Warehouse.in_memory(with_fork(troubled())) as warehouse:
        yield warehouse


@pytest.fixture(params=["recorded_library", "recorded_agents", "trouble"])
def sample(request):
    """Each of them; the run is run-1."""
    return request.getfixturevalue(request.param)
