"""A run told in paragraphs, and where it stood at one of its entries."""

from typing import TYPE_CHECKING, Any

from uet_es.cli.moments import clock_text
from uet_es.cli.printing import count, print_table
from uet_es.cli.wording import words_of
from uet_es.drivers.replay import Turn, moment_document
from uet_es.events import Decision, Entry, tag_of
from uet_es.values import SECOND_US, Instant

if TYPE_CHECKING:
    from uet_es.kernel import Ledger

_SHOWN_WAITS = 4


def entry_line(entry: Entry, begun_us: Instant) -> str:
    """An observation at the margin with its time, a decision indented."""
    words = words_of(entry.event).replace("\n", " ")
    ignored = f"  [ignored: {entry.ignored}]" if entry.ignored else ""
    tag = tag_of(entry.event)
    if isinstance(entry.event, Decision):
        return f"{entry.seq:>6}  {'':>10}  {tag:<22}  {words}{ignored}".rstrip()
    after = (entry.at_us - begun_us) / SECOND_US
    return f"{entry.seq:>6}  {after:>8.3f}  {tag:<24}  {words}{ignored}".rstrip()


def paragraph(turn: Turn, begun_us: Instant) -> str:
    """A turn: what was seen, and what was decided because of it."""
    return "\n".join(entry_line(entry, begun_us) for entry in turn.entries)


def print_moment(name: str, ledger: "Ledger") -> None:
    """Everything that was true of the run then."""
    document: dict[str, Any] = moment_document(ledger)
    after = (ledger.now_us - ledger.run.accepted_at_us) / SECOND_US
    print(f"{name} after entry {ledger.seq}, {after:.3f} s in, {clock_text(ledger.now_us)}")
    print(_standing(ledger))
    head = ledger.run.head
    if head:
        print(f"integration head {head} ({count(ledger.run.merged, 'merge')})")
    print()
    rows = [
        (id, each["state"], each["step"], each["attempts"], each["worker"], each["reason"])
        for id, each in document["workstreams"].items()
    ]
    print_table(("workstream", "state", "step", "attempts", "worker", "why"), rows)
    if document["workers"]:
        print()
        workers = document["workers"].items()
        print_table(
            ("worker", "state", "workstream", "attempt"),
            [(id, each["state"], each["workstream"], each["attempt"]) for id, each in workers],
        )
    if document["ready"]:
        print("\nready, the first to start first:")
        for id in document["ready"]:
            print(f"  {id}")
    if document["waiting"]:
        print("\nnot over, and why:")
        waiting = document["waiting"].items()
        print_table(
            ("  workstream", "waits for"),
            [(f"  {id}", _told(waits)) for id, waits in waiting],
        )


def _standing(ledger: "Ledger") -> str:
    run = ledger.run
    over = len(ledger.workstreams) - ledger.unfinished if ledger.workstreams else 0
    parts = [
        run.outcome or "going on",
        f"{over} of {count(len(ledger.workstreams), 'workstream')} over",
        f"{count(ledger.claims.attempting, 'attempt')} at work",
    ]
    if run.merging:
        parts.append(f"merging {run.merging}")
    if run.paused:
        parts.append("paused")
    if run.interrupts:
        parts.append("its driver was told to stop")
    return ", ".join(parts)


def _told(waits: list[dict[str, str]]) -> str:
    told = [f"{wait['cause']} {wait['on']}".strip() for wait in waits[:_SHOWN_WAITS]]
    more = len(waits) - len(told)
    return ", ".join([*told, f"and {more} more"] if more > 0 else told)
