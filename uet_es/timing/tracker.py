"""Where the time of every workstream of a run goes, in one pass over its entries.

Between two turns nothing changes, so a stretch of time is charged to what kept a workstream when
the turn before it had come to rest; and it is asked again only if that can be another thing now.
"""

from heapq import heappop, heappush

from uet_es.errors import LogError
from uet_es.events.base import Observation
from uet_es.events.decisions import (
    MergeStarted,
    RetryScheduled,
    RunPaused,
    RunUnpaused,
    WorkstreamCancelled,
    WorkstreamCompleted,
    WorkstreamDispatched,
    WorkstreamFailed,
    WorkstreamReadied,
    WorkstreamReopened,
    WorkstreamSubmitted,
)
from uet_es.events.entry import AnyEvent, Entry
from uet_es.events.observations import (
    AttemptExited,
    AttemptStarted,
    DriverInterrupted,
    DriverResumed,
    LimitsChanged,
    MergeConflicted,
    MergeFailed,
    MergeLanded,
    PlanAccepted,
    RunForked,
)
from uet_es.plan import Limits, Plan
from uet_es.timing.lives import Lives
from uet_es.timing.path import walk
from uet_es.timing.state import State
from uet_es.timing.words import Span, Step, Times
from uet_es.values import Instant, WorkstreamId

__all__ = ["Span", "Step", "Times", "Tracker"]
