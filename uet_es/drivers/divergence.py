"""Where a record and today's kernel part, told so that the cause is found without a debugger."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from uet_es.aggregates.waits import waits_of
from uet_es.events import tag_of
from uet_es.events.entry import Entry
from uet_es.kernel import Ledger
from uet_es.values import SECOND_US, WorkerId, WorkstreamId

_VALUE_MAX = 100


class Divergence(NamedTuple):
    """The first entry that would not be written today."""

    seq: int
    recorded: Entry | None  #: None: the log ends where a decision is due
    expected: Entry | None  #: None: nothing is due, the run is at rest
    state: tuple[str, ...] = ()  #: of the run and of those concerned, before that entry

    def __str__(self) -> str:
        """What was recorded, what would be today, in which state they differ."""
        lines = [
            f"entry {self.seq} differs",
            f"  recorded  {_entry(self.recorded) or 'nothing: the log ends here'}",
            f"  today     {_entry(self.expected) or 'nothing: the run is at rest'}",
            *(f"  differs   {line}" for line in self._differences()),
            *(f"  {'before it' if not at else '':<9} {line}" for at, line in enumerate(self.state)),
        ]
        return "\n".join(lines)

    def _differences(self) -> Iterator[str]:
        was, now = self.recorded, self.expected
        if was is None or now is None or type(was.event) is not type(now.event):
            return
        recorded = fields_of(was.event) | _place(was)
        today = fields_of(now.event) | _place(now)
        for name in dict.fromkeys((*recorded, *today)):
            if recorded.get(name) != today.get(name):
                yield f"{name}: {_value(recorded.get(name))}, today {_value(today.get(name))}"


def diverged(
    ledger: Ledger, seq: int, recorded: Entry | None, expected: Entry | None
) -> Divergence:
    """The divergence at ``seq``, in the state ``ledger``."""
    return Divergence(seq, recorded, expected, tuple(_state(ledger, recorded, expected)))


def fields_of(event: msgspec.Struct) -> dict[str, object]:
    """The fields of ``event`` that are not at their defaults."""
    told: dict[str, object] = {}
    for field in msgspec.structs.fields(event):
        value = getattr(event, field.name)
        if field.required or value != field.default:
            told[field.name] = value
    return told


def _entry(entry: Entry | None) -> str:
    if entry is None:
        return ""
    words = " ".join(f"{name}={_value(value)}" for name, value in fields_of(entry.event).items())
    ignored = f" [ignored: {entry.ignored}]" if entry.ignored else ""
    return f"{tag_of(entry.event):<22} {words}{ignored}".rstrip()


def _place(entry: Entry) -> dict[str, object]:
    return {
        "stream": entry.stream,
        "version": entry.version,
        "turn": entry.turn,
        "at_us": entry.at_us,
        "cause": entry.cause,
        "ignored": entry.ignored,
    }


def _value(value: object) -> str:
    is_word = isinstance(value, str) and value and " " not in value
    text = str(value) if is_word else msgspec.json.encode(value).decode()
    return text if len(text) <= _VALUE_MAX else f"{text[:_VALUE_MAX]}…"


def _state(ledger: Ledger, *entries: Entry | None) -> Iterator[str]:
    run = ledger.run
    over = len(ledger.workstreams) - ledger.unfinished if ledger.workstreams else 0
    modes = [
        name
        for name, holds in (
            ("paused", run.paused),
            ("interrupted", run.interrupts > 0),
            (f"merging {run.merging}", run.merging is not None),
            (f"finished: {run.outcome}", run.outcome is not None),
        )
        if holds
    ]
    after_s = (ledger.now_us - run.accepted_at_us) / SECOND_US
    yield ", ".join(
        [
            f"{ledger.id} after {after_s:.6f} s: {over} of {len(ledger.workstreams)} over",
            f"{ledger.claims.attempting} at work",
            *modes,
        ]
    )
    about = [entry.event for entry in entries if entry is not None]
    for id in dict.fromkeys(getattr(event, "workstream", None) for event in about):
        if id in ledger.workstreams:
            yield _workstream(ledger, id)
    for worker in dict.fromkeys(getattr(event, "worker", None) for event in about):
        if worker in ledger.workers:
            yield _worker(ledger, worker)


def _workstream(ledger: Ledger, id: WorkstreamId) -> str:
    workstream = ledger.workstreams[id]
    standing = f"{id}: {workstream.state} {workstream.step}".rstrip()
    if workstream.attempt:
        standing += f", attempt {workstream.attempt} of {ledger.specs[id].max_attempts}"
    if id in ledger.unsettled:
        return f"{standing}; to be judged: {tag_of(ledger.unsettled[id])}"
    if workstream.is_terminal:
        return standing
    waits = ", ".join(f"{wait.cause} {wait.on}".rstrip() for wait in waits_of(ledger, id))
    return f"{standing}; {f'because of {waits}' if waits else 'may start now'}"


def _worker(ledger: Ledger, id: WorkerId) -> str:
    worker = ledger.workers[id]
    at = f" with {worker.workstream}.{worker.attempt}" if worker.workstream else ""
    return f"worker {id}: {worker.state}{at}"
