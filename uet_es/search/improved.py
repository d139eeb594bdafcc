"""What a search found, and the plan with it."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from uet_es.aggregates.order import Edge
from uet_es.plan import Plan
from uet_es.values import DurationUs, WorkstreamId


class Improved(NamedTuple):
    """A better schedule, as what must be added to a plan for dispatch to follow it.

    Nothing is added where dispatch alone is as good.
    """

    order: Mapping[WorkstreamId, int]  #: ``order`` of each workstream; empty: leave them
    before: tuple[Edge, ...]  #: order-only edges to add, sorted
    makespan_us: DurationUs  #: of what dispatch does then, if all take as long as expected
    online_us: DurationUs  #: of what dispatch does with the plan as it was
    lower_bound_us: DurationUs  #: no schedule is shorter (with this order of strict merging)
    tried: int  #: schedules

    @property
    def proven(self) -> bool:
        """Whether nothing shorter exists."""
        return self.makespan_us <= self.lower_bound_us


def apply(plan: Plan, improved: Improved) -> Plan:
    """``plan`` with the order and the edges that were found."""
    specs = plan.workstreams
    if improved.order:
        specs = tuple(msgspec.structs.replace(w, order=improved.order[w.id]) for w in specs)
    before = tuple(sorted({*plan.before, *improved.before}))
    return msgspec.structs.replace(plan, workstreams=specs, before=before)
