"""The report: one page about a run, for who paid for it and for who wants to look closer."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from uet_es.errors import UsageError
from uet_es.values import RunId

if TYPE_CHECKING:
    from uet_es.projections.report.points import Point
    from uet_es.projections.warehouse import Warehouse

_NEEDED = ("bokeh", "jinja2")


def require() -> None:
    """Say what is missing before anything is done.

    Raises:
        UsageError: the libraries that make pages are not installed.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"a report needs {' and '.join(missing)}: pip install 'uet[report]', and try again"
        )


def write_report(
    warehouse: "Warehouse", run: RunId, target: Path, what_if: "Sequence[Point]" = ()
) -> None:
    """Write the page about ``run`` as the new file ``target``.

    ``what_if`` holds simulated makespans; without any, the page says that there are none. The same
    log and points are the same bytes.

    Raises:
        UsageError: ``target`` exists, its folder does not, or libraries are missing.
    """
    require()
    from uet_es.projections.report.page import write_page
    from uet_es.projections.writing import whole_file

    with whole_file(target) as draft:
        write_page(warehouse, run, draft, what_if)
