"""How a run ended: for people, for scripts, and as an exit status."""

from typing import TYPE_CHECKING

from uet_es.cli.printing import count, seconds
from uet_es.drivers.status import reason_of, run_document

if TYPE_CHECKING:
    from uet_es.drivers.place import Place
    from uet_es.kernel import Ledger

_MOST_NAMED = 10
_COLUMN = 40
_INTERRUPTED = 130
_CONFLICT = 6


def status_of(ledger: "Ledger") -> int:
    """The exit status of `run` and `resume`."""
    outcome = ledger.run.outcome
    if outcome is None:
        return _INTERRUPTED
    if outcome == "succeeded":
        return 0
    failed = (w for w in ledger.workstreams.values() if w.state == "FAILED")
    return _CONFLICT if any(w.code == "E_MERGE_CONFLICT" for w in failed) else 1


def document_of(place: "Place", ledger: "Ledger") -> dict[str, object]:
    """What `run --json` and `resume --json` print."""
    return run_document(ledger) | {"head": _head(place, ledger)}


def print_account(place: "Place", ledger: "Ledger") -> None:
    """A short account, and the commands that are useful next."""
    run, counts = ledger.run, ledger.counts
    end_us = run.finished_at_us or ledger.now_us
    outcome = run.outcome or "interrupted"
    print(
        f"{ledger.id} {outcome}: {counts['SUCCEEDED']} of {len(ledger.workstreams)} succeeded, "
        f"{counts['FAILED']} failed, {counts['CANCELLED']} cancelled, "
        f"in {seconds(end_us - run.accepted_at_us)}"
    )
    retried = sum(w.attempt - 1 for w in ledger.workstreams.values() if w.attempt > 1)
    if retried:
        print(f"  {retried} of the attempts {'was a retry' if retried == 1 else 'were retries'}")
    if run.merged:
        print(f"  {count(run.merged, 'merge')} on branch uet/{ledger.id}, now {run.head[:10]}")
    if run.input_tokens or run.output_tokens:
        tokens = f"{run.input_tokens} tokens in, {run.output_tokens} out"
        unpriced = f" ({count(run.unpriced, 'report')} without a price)" if run.unpriced else ""
        print(f"  {tokens}, {run.cost_nanousd / 1e9:.6f} USD{unpriced}")
    print(f"  log head {_head(place, ledger)} ({count(ledger.seq, 'entry')})")
    _print_failed(ledger)
    print("next:")
    commands = _next_commands(ledger)
    width = max(_COLUMN, *(len(command) for command, _ in commands))
    for command, why in commands:
        print(f"  {command:<{width}}  {why}")


def _print_failed(ledger: "Ledger") -> None:
    failed = [w for w in ledger.workstreams.values() if w.state == "FAILED"]
    for workstream in sorted(failed, key=lambda each: each.id)[:_MOST_NAMED]:
        print(f"  {workstream.id}: {reason_of(workstream)}")
    if len(failed) > _MOST_NAMED:
        print(f"  and {len(failed) - _MOST_NAMED} more")


def _next_commands(ledger: "Ledger") -> list[tuple[str, str]]:
    run = ledger.run
    commands: list[tuple[str, str]] = []
    if run.outcome is None:
        commands.append((f"uet resume {ledger.id}", "go on"))
    failed = sorted(
        (w for w in ledger.workstreams.values() if w.state == "FAILED"), key=lambda each: each.id
    )
    if failed and failed[0].reason in ("scope", "conflict"):
        first = failed[0]
        commands.append(
            (f"git show uet-attempts/{ledger.id}/{first.id}.{first.attempt}", "what it did")
        )
    elif failed:
        first = failed[0]
        commands.append((f"uet logs {ledger.id} {first.id} --stderr", "what it said"))
        commands.append(
            (f"uet retry {ledger.id} {first.id} && uet resume {ledger.id}", "try it again")
        )
    if run.merged:
        commands.append((f"git diff HEAD...uet/{ledger.id}", "what was done"))
        commands.append((f"git merge uet/{ledger.id}", "take it over"))
    commands.append((f"uet status {ledger.id}", "every workstream"))
    commands.append((f"uet events {ledger.id}", "everything that happened, and why"))
    return commands


def _head(place: "Place", ledger: "Ledger") -> str:
    """The digest of the last entry; keep it, and a cut tail can be noticed."""
    from uet_es.cli.whereabouts import open_log

    with open_log(place) as log:
        return log.head(ledger.id)
