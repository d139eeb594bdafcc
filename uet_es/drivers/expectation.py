"""What a recorded run leads to: kept beside its log, and compared with what it leads to today."""

import json
from collections.abc import Iterator
from pathlib import Path

from uet_es.aggregates.digest import digest_of
from uet_es.kernel import Ledger

#: What depends on numbers that a structural comparison does not look at.
_EXACT = frozenset({"run", "makespan_us", "ledger"})


def expectation(ledger: Ledger) -> dict[str, object]:
    """What ``expect.json`` holds."""
    run = ledger.run
    return {
        "run": ledger.id,
        "entries": ledger.seq,
        "outcome": run.outcome,
        "makespan_us": (run.finished_at_us or ledger.now_us) - run.accepted_at_us,
        "ledger": digest_of(ledger),
        "workstreams": {id: w.state for id, w in sorted(ledger.workstreams.items())},
    }


def unexpected(path: Path, ledger: Ledger, *, structural: bool = False) -> Iterator[str]:
    """Where ``ledger`` is not what the file at ``path`` says; all of it, in words."""
    try:
        expected = json.loads(path.read_bytes())
    except ValueError as error:
        yield f"{path}: this is not JSON: {error}"
        return
    if not isinstance(expected, dict):
        yield f"{path}: this is not an object of expectations"
        return
    found = expectation(ledger)
    for name, was in expected.items():
        if name not in found:
            yield f"{path}: {name}: nothing is known of it; was it written by a newer uet?"
        elif structural and name in _EXACT:
            continue
        elif name == "workstreams" and isinstance(was, dict):
            yield from _states(path, was, ledger)
        elif was != found[name]:
            yield f"{path}: {name}: expected {json.dumps(was)}, it is {json.dumps(found[name])}"


def _states(path: Path, expected: dict[str, object], ledger: Ledger) -> Iterator[str]:
    found: dict[str, str] = {id: workstream.state for id, workstream in ledger.workstreams.items()}
    for id in sorted({*expected, *found}):
        if expected.get(id) != found.get(id):
            was, now = expected.get(id, "not planned"), found.get(id, "not planned")
            yield f"{path}: workstreams: {id}: expected {was}, it is {now}"
