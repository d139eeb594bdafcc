"""Where two runs part, and what differs in the end."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

import msgspec

from uet_es.drivers.shape import alike
from uet_es.events import tag_of
from uet_es.events.entry import Entry
from uet_es.events.observations import MergeLanded, PlanAccepted
from uet_es.kernel import Ledger, before, evolve
from uet_es.plan import Plan
from uet_es.values import SECOND_US, Instant, NanoUsd, RunId, WorkstreamId

SCHEMA_VERSION = 1
#: Of a plan: named elsewhere, or no part of what was asked for.
_NOT_COMPARED = frozenset({"workstreams", "limits", "digest", "source"})
Standing = tuple[str, int]


class End(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to."""

    outcome: str
    makespan_s: float
    entries: int
    attempts: int
    merged: int
    cost_nanousd: NanoUsd
    tree: str  #: what landed last; "" if nothing did


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs side by side."""

    a: RunId
    b: RunId
    plan: tuple[str, ...]  #: where the plans differ, in words; empty if they do not
    seq: int  #: of the first entry in which the runs part; 0 if they do not
    of_a: Entry | None  #: that entry; None where the run has ended
    of_b: Entry | None
    begun_us: tuple[Instant, Instant]
    ends: tuple[End, End]
    merges: tuple[tuple[WorkstreamId, ...], tuple[WorkstreamId, ...]]  #: in their order
    workstreams: dict[WorkstreamId, tuple[Standing | None, Standing | None]]  #: those that differ

    def document(self) -> dict[str, object]:
        """What ``diff --json`` prints."""
        ends = [msgspec.to_builtins(end) for end in self.ends]
        parting = {"seq": self.seq, "a": _place(self.of_a), "b": _place(self.of_b)}
        return {
            "schema_version": SCHEMA_VERSION,
            "a": self.a,
            "b": self.b,
            "plan": {"same": not self.plan, "differences": list(self.plan)},
            "parts_at": parting if self.seq else None,
            "end": {"a": ends[0], "b": ends[1]},
            "merge_order": {"a": list(self.merges[0]), "b": list(self.merges[1])},
            "workstreams": {
                id: {"a": _standing(a), "b": _standing(b)}
                for id, (a, b) in self.workstreams.items()
            },
        }


class _Side:
    """One of the two runs while it is read."""

    def __init__(self) -> None:
        self.ledger = Ledger(RunId(""))
        self.merges: list[WorkstreamId] = []
        self.tree = ""

    def take(self, entry: Entry) -> None:
        if not self.ledger.seq:
            self.ledger = before(entry)
        evolve(self.ledger, entry)
        if isinstance(entry.event, MergeLanded) and not entry.ignored:
            self.merges.append(entry.event.workstream)
            self.tree = entry.event.tree

    def end(self) -> End:
        run = self.ledger.run
        end_us = run.finished_at_us or self.ledger.now_us
        return End(
            outcome=run.outcome or "unfinished",
            makespan_s=(end_us - run.accepted_at_us) / SECOND_US,
            entries=self.ledger.seq,
            attempts=sum(each.attempt for each in self.ledger.workstreams.values()),
            merged=run.merged,
            cost_nanousd=run.cost_nanousd,
            tree=self.tree,
        )

    def standing(self, id: WorkstreamId) -> Standing | None:
        workstream = self.ledger.workstreams.get(id)
        return None if workstream is None else (workstream.state, workstream.attempt)


def differences(a: Iterable[Entry], b: Iterable[Entry]) -> Difference:
    """How two runs differ, whenever they ran and under whatever numbers.

    The plans are compared by themselves: runs of different plans part where they act differently.
    """
    one, other = _Side(), _Side()
    parting: tuple[int, Entry | None, Entry | None] | None = None
    for of_a, of_b in zip_longest(a, b):
        for side, entry in ((one, of_a), (other, of_b)):
            if entry is not None:
                side.take(entry)
        if parting is None and not _same(of_a, of_b):
            parting = ((of_a or of_b).seq, of_a, of_b)
    seq, of_a, of_b = parting or (0, None, None)
    ids = sorted({*one.ledger.workstreams, *other.ledger.workstreams})
    standings = {id: (one.standing(id), other.standing(id)) for id in ids}
    return Difference(
        a=one.ledger.id,
        b=other.ledger.id,
        plan=tuple(_plans(one.ledger.run.plan, other.ledger.run.plan)),
        seq=seq,
        of_a=of_a,
        of_b=of_b,
        begun_us=(one.ledger.run.accepted_at_us, other.ledger.run.accepted_at_us),
        ends=(one.end(), other.end()),
        merges=(tuple(one.merges), tuple(other.merges)),
        workstreams={id: pair for id, pair in standings.items() if pair[0] != pair[1]},
    )


def _same(a: Entry | None, b: Entry | None) -> bool:
    if a is None or b is None:
        return False
    if isinstance(a.event, PlanAccepted) and isinstance(b.event, PlanAccepted):
        return True
    return bool(a.ignored) == bool(b.ignored) and alike(a.event, b.event, work=False)


def _plans(a: Plan | None, b: Plan | None) -> Iterator[str]:
    if a is None or b is None:
        if a is not b:
            yield "only one of them has a plan"
        return
    specs_a, specs_b = ({spec.id: spec for spec in plan.workstreams} for plan in (a, b))
    for id in sorted({*specs_a, *specs_b}):
        if id not in specs_b or id not in specs_a:
            yield f"{id}: only in the {'first' if id in specs_a else 'second'}"
        else:
            yield from _fields(f"{id}: ", specs_a[id], specs_b[id])
    yield from _fields("limits: ", a.limits, b.limits)
    yield from _fields("", a, b, without=_NOT_COMPARED)


def _fields(
    prefix: str, a: msgspec.Struct, b: msgspec.Struct, without: frozenset[str] = frozenset()
) -> Iterator[str]:
    for name in a.__struct_fields__:
        was, now = getattr(a, name), getattr(b, name)
        if name not in without and was != now:
            yield f"{prefix}{name}: {_text(was)}, {_text(now)}"


def _text(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:60]}…"


def _place(entry: Entry | None) -> dict[str, object] | None:
    if entry is None:
        return None
    event = msgspec.to_builtins(entry.event)
    del event["type"]
    return {"seq": entry.seq, "at_us": entry.at_us, "type": tag_of(entry.event), "event": event}


def _standing(standing: Standing | None) -> dict[str, object] | None:
    return None if standing is None else {"state": standing[0], "attempts": standing[1]}
