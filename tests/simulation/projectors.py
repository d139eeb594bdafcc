"""Each aggregate from its own stream alone: what ``Log.get`` is asked with."""

from uet_es.aggregates import run as runs
from uet_es.aggregates import worker as workers
from uet_es.aggregates import workstream as workstreams
from uet_es.events.base import Decision
from uet_es.events.observations import Request


def run(was, entries):
    """A ``Run``; what was ignored changes nothing but the place in the inbox."""
    now = was or runs.Run()
    for entry in entries:
        event = entry.event
        if isinstance(event, Decision):
            now = runs.evolve(now, event, entry.seq, entry.at_us)
        elif not entry.ignored:
            if type(event) in runs.CONCERNED_BY:
                now = runs.evolve(now, event, entry.seq, entry.at_us)
        elif isinstance(event, Request):
            now = runs.admitted(now, event)
    return now


def workstream(was, entries):
    """A ``Workstream``; its stream begins with the first decision about it."""
    for entry in entries:
        was = was or workstreams.Workstream(id=entry.event.workstream)
        was = workstreams.evolve(was, entry.event, entry.seq)
    return was


def worker(was, entries):
    """A ``Worker``."""
    for entry in entries:
        was = workers.evolve(was, entry.event, entry.seq)
    return was
