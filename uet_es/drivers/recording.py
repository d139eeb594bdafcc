"""Keeping a run for ever: its log, what it leads to, and a page that says why."""

import json
import os
import shutil
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from uet_es.drivers.expectation import expectation
from uet_es.drivers.histories import EXPECT, LOG, History
from uet_es.drivers.redaction import Kind, redacted
from uet_es.errors import LogError, UsageError
from uet_es.events.entry import Entry
from uet_es.kernel import Ledger, fold
from uet_es.log import jsonl
from uet_es.log.rows import Row
from uet_es.values import SECOND_US, RunId

README = "README.md"


def record(
    history: History, folder: Path, *, redact: frozenset[Kind] = frozenset(), why: str = ""
) -> Ledger:
    """Write ``history`` into the new ``folder``, whole or not at all; its ledger is returned.

    Raises:
        UsageError: there is something at ``folder`` already.
        LogError: there is nothing to record, or it would not verify when redacted.
    """
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder} exists: a recorded run is never changed, choose another name")
    entries: Sequence[Entry] = tuple(history.entries())
    if not entries:
        raise LogError(f"{history.name} holds no entry")
    rows: Sequence[Row] = tuple(islice(history.rows(), len(entries)))
    if redact:
        entries = redacted(entries, redact)
    ledger = fold(RunId(history.name), entries)
    if redact or len(rows) < len(entries):
        # Other bytes need another chain; so does a fork, which shares entries with its parent.
        rows = tuple(jsonl.rows_of(ledger.id, entries))
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    draft.mkdir()
    try:
        jsonl.write(draft / LOG, rows)
        (draft / EXPECT).write_text(json.dumps(expectation(ledger), indent=2) + "\n", "utf-8")
        (draft / README).write_text(_page(folder.name, ledger, redact, why), "utf-8")
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return ledger


def _page(name: str, ledger: Ledger, redact: frozenset[Kind], why: str) -> str:
    run, counts = ledger.run, ledger.counts
    plan = run.plan.source if run.plan and run.plan.source else "a plan"
    took_s = ((run.finished_at_us or ledger.now_us) - run.accepted_at_us) / SECOND_US
    ended = ", ".join(
        f"{counts.get(state, 0)} {state.lower()}" for state in ("SUCCEEDED", "FAILED", "CANCELLED")
    )
    without = f"Taken out: {', '.join(sorted(redact))}.\n" if redact else ""
    return f"""\
# {name}

{why.strip() or "Kept so that later versions are held to it."}

`{ledger.id}` of `{plan}`: {ledger.seq} entries, {len(ledger.workstreams)} workstreams,
{run.outcome or "unfinished"} after {took_s:.3f} s ({ended}).
{without}
`{LOG}` is the log, an entry a line; `{EXPECT}` is what it leads to. `uet verify` on this
folder decides every entry again, `uet replay` shows them. Neither file is ever changed: the
lines of the log are chained.
"""
