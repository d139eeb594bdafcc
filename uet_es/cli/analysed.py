"""The warehouse of a place, caught up, for every verb that analyses."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from uet_es.cli.printing import count, remark, warn

if TYPE_CHECKING:
    from uet_es.projections.warehouse import Warehouse
    from uet_es.values import RunId

#: From so many rows on it is said what takes so long.
_WORTH_SAYING = 100_000


@contextmanager
def warehouse() -> "Iterator[Warehouse]":
    """The warehouse of this place with everything that was recorded until now.

    Raises:
        UsageError: nothing was run here yet.
        TryLaterError: another process has it open.
    """
    from uet_es.cli.whereabouts import here, open_log
    from uet_es.projections.warehouse import Warehouse

    place = here()
    with open_log(place) as log, Warehouse.open(place.warehouse, log) as opened:
        if opened.made_anew:
            remark(f"the warehouse is made anew: {opened.made_anew}")
        opened.catch_up(_say)
        for run, why in opened.unreadable.items():
            warn(f"{run}: waits and paths cannot be told: {why}")
        yield opened


@contextmanager
def analysed(
    named: str | None = None, run_id: str | None = None
) -> "Iterator[tuple[Warehouse, RunId]]":
    """One run, of the store or from a file or fixture, and a warehouse that has it."""
    from uet_es.cli.recorded import path_of

    if named is not None and run_id is None and (path := path_of(named)) is not None:
        from uet_es.drivers.histories import the_log_in
        from uet_es.projections.recorded import RecordedFile
        from uet_es.projections.warehouse import Warehouse

        source = RecordedFile(the_log_in(path))
        with Warehouse.in_memory(source) as opened:
            yield opened, source.run
        return
    from uet_es.cli.whereabouts import chosen_run, here, open_log

    with open_log(here()) as log:
        run = chosen_run(log, named, run_id)
    with warehouse() as opened:
        yield opened, run


def _say(rows: int) -> None:
    if rows >= _WORTH_SAYING:
        remark(f"the warehouse has let in {count(rows, 'row')}")
