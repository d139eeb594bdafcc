"""Why a workstream took so long and how it ended, as a story for somebody tired."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from uet_es.cli.printing import seconds
from uet_es.cli.replay_text import entry_line
from uet_es.events import decisions as d

if TYPE_CHECKING:
    from uet_es.drivers.explain import Explanation
    from uet_es.timing.words import Span

_MODES = {
    "paused": "the run was paused",
    "draining": "the driver was told to stop",
    "forked": "nobody drove it, between the fork point and the fork",
    "finished": "the run had finished",
}
_TOTALS = {
    "mode": "paused or draining",
    "dependency": "waiting for dependencies",
    "order": "kept in order",
    "backoff": "pausing between attempts",
    "conflict": "in conflict with others",
    "resource": "waiting for resources",
    "worker": "waiting for a worker",
    "merging": "merging",
    "work": "its own work",
}


def story(name: str, found: "Explanation") -> Iterator[str]:
    """Lines: how it stands in the run called ``name``, what that began with, where time went."""
    begun_us = found.begun_us
    whole_us = found.to_us - found.from_us
    yield f"{found.workstream} in {name}: {_standing(found)} {seconds(whole_us)}"
    if found.reopened is not None:
        yield f"  counted since a person had it tried again, entry {found.reopened.seq}"
    if found.root is not None:
        yield from ("", _led(found))
        yield entry_line(found.root, begun_us)
    if not found.spans:
        return
    yield from ("", f"{'from':>10}  {'took':>10}")
    for span in found.spans:
        after = (span.from_us - begun_us) / 1e6
        yield f"{after:>10.3f}  {seconds(span.took_us):>10}  {told(span, found)}"
    totals: dict[str, int] = {}
    for span in found.spans:
        totals[span.cause] = totals.get(span.cause, 0) + span.took_us
    if len(totals) < len(found.spans) or len(totals) > 1:
        yield from ("", "in sum")
        for cause, took_us in sorted(totals.items(), key=lambda each: -each[1]):
            share = 100 * took_us / whole_us
            yield f"{share:>8.1f} %  {seconds(took_us):>10}  {_TOTALS[cause]}"


def told(span: "Span", found: "Explanation") -> str:
    """What kept the workstream during ``span``, in words."""
    on = span.on
    match span.cause:
        case "mode":
            return _MODES.get(on, on)
        case "dependency":
            return f"depends on {on}"
        case "order":
            return f"had to start after {on}"
        case "backoff":
            return f"pause before the next attempt, until {(int(on) - found.begun_us) / 1e6:.3f}"
        case "conflict":
            return f"could not run beside {on}"
        case "resource":
            return f"no free {on}"
        case "worker":
            return f"no idle worker that can do {on}"
        case "merging" if on == found.workstream:
            return "was merged"
        case "merging":
            return f"waited to be merged after {on}" if on else "waited to be merged"
        case "work" if on.startswith("set-up"):
            return f"{on}: worker, worktree, process"
        case "work":
            return on


def _standing(found: "Explanation") -> str:
    if found.state in ("SUCCEEDED", "FAILED", "CANCELLED"):
        return f"{found.state} after"
    return f"{found.state} for"


def _led(found: "Explanation") -> str:
    end = found.end
    assert end is not None  # it has a root
    if isinstance(end.event, d.WorkstreamFailed):
        why = f"{end.event.code} ({end.event.reason}): {end.event.message}".replace("\n", " ")
        return f"failed at entry {end.seq}: {why}\nit began with"
    assert isinstance(end.event, d.WorkstreamCancelled)
    because = f" because of {end.event.because}" if end.event.because else ""
    return f"cancelled at entry {end.seq}{because}\nit began with"


def next_commands(name: str, found: "Explanation") -> Iterator[str]:
    """What is useful to type next about the run called ``name``."""
    end = found.end.event if found.end is not None else None
    if isinstance(end, d.WorkstreamFailed) and name == found.run:
        yield f"uet logs {name} {found.workstream} --stderr"
    if isinstance(end, d.WorkstreamCancelled) and end.because is not None:
        yield f"uet why {name} {end.because}"
    waits = [span for span in found.spans if span.cause in ("dependency", "order", "conflict")]
    if waits and found.root is None:
        longest = max(waits, key=lambda span: span.took_us)
        yield f"uet why {name} {longest.on}"
    if found.root is not None:
        yield f"uet replay {name} --at {found.root.seq}"
