"""Pages that several tests read, made once."""

import pytest

from tests.projections.exports.samples import AGENTS, LIBRARY, recorded, troubled, with_fork
from tests.projections.report.browser import Browser, why_not
from tests.projections.report.samples import hostile, page_of
from uet_es.projections.report import write_report
from uet_es.projections.report.points import Point
from uet_es.projections.warehouse import Warehouse

POINTS = [Point(1, 4.5), Point(2, 2.6), Point(4, 1.9), Point(8, 1.4), Point(16, 1.39)]


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Files by name: library, agents, trouble (goes on), fork (of it), hostile."""
    folder = tmp_path_factory.mktemp("pages")
    made = {}

    def make(name, warehouse, run="run-1", points=()):
        made[name] = folder / f"{name}.html"
        write_report(warehouse, run, made[name], points)

    with recorded(LIBRARY) as warehouse:
        make("library", warehouse, points=POINTS)
    with recorded(AGENTS) as warehouse:
        make("agents", warehouse)
    with Warehouse.in_memory(with_fork(troubled())) as warehouse:
        make("trouble", warehouse)
        make("fork", warehouse, "run-2")
    with Warehouse.in_memory(hostile()) as warehouse:
        make("hostile", warehouse)
    return made


@pytest.fixture(params=["library", "agents", "trouble", "fork", "hostile"])
def each_page(request, pages):
    """The file of each."""
    return pages[request.param]


@pytest.fixture(scope="session")
def library():
    """The warehouse of 36 workstreams as they were recorded."""
    with recorded(LIBRARY) as warehouse:
        yield warehouse


@pytest.fixture
def page(tmp_path):
    """Make and read the page of a run."""
    return lambda warehouse, **told: page_of(warehouse, tmp_path, **told)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A real one without a window."""
    missing = why_not()
    if missing:
        pytest.skip(missing)
    with Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened
