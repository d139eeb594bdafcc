"""Which folder, which store, which run: what every verb that looks at a run asks first."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uet_es.drivers.place import Place
    from uet_es.log.store import Log
    from uet_es.plan import Plan
    from uet_es.values import RunId, WorkstreamId


def here() -> "Place":
    """The place that the present folder belongs to."""
    from uet_es.drivers.place import find_place

    return find_place(Path.cwd(), _pages_max())


def _pages_max() -> int | None:
    pages = os.environ.get("UET_STORE_MAX_PAGES", "")
    return int(pages) if pages.isdecimal() else None


def open_log(place: "Place") -> "Log":
    """The log of ``place``.

    Raises:
        UsageError: nothing was run there yet.
    """
    from uet_es.log.store import Log

    return Log.open(place.store, max_page_count=place.max_page_count)


def chosen_run(log: "Log", run: str | None, run_id: str | None = None) -> "RunId":
    """The run that a person named, in either way, or the newest one that was not simulated.

    Raises:
        UsageError: there is none, or no such run, or two were named.
    """
    from uet_es.errors import UsageError
    from uet_es.values import RunId

    if run is not None and run_id is not None and run != run_id:
        raise UsageError(f"two runs were named, {run} and {run_id}: leave one of them out")
    named = run if run is not None else run_id
    known = log.runs()
    if named is None:
        for newest in reversed(known):
            if not log.is_simulated(newest):
                return newest
        raise UsageError("nothing was run here yet: start with uet run PLAN")
    if named not in known:
        from uet_es.drivers.live import unknown_run

        raise UsageError(unknown_run(named, known))
    return RunId(named)


def accepted_plan(log: "Log", run: "RunId") -> "Plan":
    """The plan that ``run`` was started with."""
    from uet_es.errors import LogError
    from uet_es.events.observations import PlanAccepted

    first = next(log.entries(run))
    if not isinstance(first.event, PlanAccepted):
        raise LogError(f"{run} does not begin with a plan; `uet log verify {run}` says more")
    return first.event.plan


def known_workstream(plan: "Plan", run: str, id: str) -> "WorkstreamId":
    """``id``, if ``plan`` has such a workstream.

    Raises:
        UsageError: it has none; names those that are spelt alike.
    """
    from difflib import get_close_matches

    from uet_es.errors import UsageError
    from uet_es.values import WorkstreamId

    ids = [spec.id for spec in plan.workstreams]
    if id in ids:
        return WorkstreamId(id)
    near = get_close_matches(id, ids, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"see uet status {run}"
    raise UsageError(f"{run} has no workstream {id}: {hint}")


def person() -> str:
    """Who asks, as the operating system names them."""
    from getpass import getuser

    try:
        return getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid())


def now_us() -> int:
    """The wall clock."""
    import time

    return time.time_ns() // 1000
