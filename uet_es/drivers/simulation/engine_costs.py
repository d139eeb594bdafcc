"""What the engine itself takes: medians of what lies between entries with nothing else between."""

from collections.abc import Sequence
from statistics import median_low

from uet_es.drivers.simulation.durations import Machine
from uet_es.drivers.simulation.recorded import Recorded, Tried
from uet_es.events.observations import AttemptExited, MergeConflicted, MergeLanded
from uet_es.values import DurationUs


def engine_of(run: Recorded, cores: int) -> Machine:
    """The machine of ``run`` as far as nobody has to share anything.

    Launching is what lies between two starts of one group, or between a worktree and its start.
    Writing is what lies between a decision and what it asked for, less what that took. A run in
    which never two things start at once tells only the sum of both; there the time from the
    accepted plan to the first worker stands for writing.
    """
    launches, firsts, written, settling = [], [], [], []
    before: Tried | None = None
    for tried in run.tried.values():
        if tried.started_us is None:
            before = None
        elif tried.prepared_us is not None:
            launches.append(tried.started_us - tried.prepared_us)
            if not tried.place:
                written.append(tried.prepared_us - (tried.setup_us or 0) - tried.dispatched_us)
            before = None
        else:
            if not tried.place:
                firsts.append(tried.started_us - tried.dispatched_us)
            elif before is not None and before.started_us is not None:
                launches.append(tried.started_us - before.started_us)
            before = tried
        if isinstance(tried.merge, MergeLanded | MergeConflicted):
            written.append(tried.merged_us - tried.merge.took_us - tried.merging_us)
    launch_us = middle(launches) if launches else max(0, middle(firsts) - run.opening_us)
    if not written:
        written = [first - launch_us for first in firsts] or [run.opening_us]
    turn_us = max(0, middle(written))
    for tried in run.tried.values():
        ending = tried.ending
        if tried.prepared_us is None or tried.started_us is None:
            continue
        if isinstance(ending, AttemptExited):
            over_us = tried.started_us - launch_us + ending.took_us
            settling.append(tried.ended_us - ending.collect_us - over_us)
    has_base = run.plan is not None and bool(run.plan.base)
    return Machine(
        cores=cores,
        turn_us=turn_us,
        launch_us=launch_us,
        open_us=max(0, run.opening_us - turn_us) if has_base else 0,
        settle_us=max(0, middle(settling)),
    )


def middle(values: Sequence[DurationUs]) -> DurationUs:
    return median_low(values) if values else 0
