"""``python -m tests.record_fixture STORE RUN FOLDER``: keep a run for ever."""

import json
import sys
from pathlib import Path

from uet_es.aggregates.digest import digest_of
from uet_es.kernel import fold
from uet_es.log import jsonl
from uet_es.log.store import Log


def expectation(ledger):
    """What a fixture's log folds to."""
    return {
        "run": ledger.id,
        "entries": ledger.seq,
        "outcome": ledger.run.outcome,
        "makespan_us": ledger.run.finished_at_us - ledger.run.accepted_at_us,
        "ledger": digest_of(ledger),
        "workstreams": {id: w.state for id, w in sorted(ledger.workstreams.items())},
    }


def main(store, run, folder):
    """Write ``log.jsonl`` and ``expect.json``; the README is written by hand."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with Log.open(Path(store)) as log:
        jsonl.write(folder / "log.jsonl", log.rows(run=run))
        ledger = fold(run, log.entries(run))
    (folder / "expect.json").write_text(json.dumps(expectation(ledger), indent=2) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
