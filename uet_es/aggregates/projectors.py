"""One aggregate from its own stream alone: what ``repository.get`` is given (ADR 0002)."""

from collections.abc import Iterable

from uet_es.aggregates import run as runs
from uet_es.aggregates import worker as workers
from uet_es.aggregates import workstream as workstreams
from uet_es.aggregates.run import Run
from uet_es.aggregates.worker import Worker
from uet_es.aggregates.workstream import Workstream
from uet_es.events.base import RunDecision, WorkerDecision, WorkstreamDecision
from uet_es.events.entry import Entry
from uet_es.events.observations import Request


def project_run(was: Run | None, entries: Iterable[Entry]) -> Run | None:
    """The run's own value after ``entries`` of its stream."""
    run = was
    for entry in entries:
        event = entry.event
        run = run or Run()
        if isinstance(event, WorkstreamDecision | WorkerDecision):
            continue  # never in this stream; here for the type checker
        if isinstance(event, RunDecision) or not entry.ignored:
            run = runs.evolve(run, event, entry.seq, entry.at_us)
        elif isinstance(event, Request):
            run = runs.admitted(run, event)
    return run


def project_workstream(was: Workstream | None, entries: Iterable[Entry]) -> Workstream | None:
    """The workstream after ``entries`` of its stream."""
    workstream = was
    for entry in entries:
        assert isinstance(entry.event, WorkstreamDecision)
        workstream = workstream or Workstream(id=entry.event.workstream)
        workstream = workstreams.evolve(workstream, entry.event, entry.seq)
    return workstream


def project_worker(was: Worker | None, entries: Iterable[Entry]) -> Worker | None:
    """The worker after ``entries`` of its stream."""
    worker = was
    for entry in entries:
        assert isinstance(entry.event, WorkerDecision)
        worker = workers.evolve(worker, entry.event, entry.seq)
    return worker
