"""What people and scripts are told of a run: documents made from its ledger."""

from uet_es.aggregates.waits import waits_of
from uet_es.aggregates.workstream import Workstream
from uet_es.kernel import Ledger
from uet_es.values import SECOND_US

SCHEMA_VERSION = 1
Document = dict[str, object]


def run_document(ledger: Ledger) -> Document:
    """How a run ended, or where its driver left it: what ``run`` and ``resume`` print."""
    run = ledger.run
    end_us = run.finished_at_us or ledger.now_us
    return {
        "schema_version": SCHEMA_VERSION,
        "run": ledger.id,
        "outcome": run.outcome or "unfinished",
        "simulated": run.simulated,
        "parent": run.parent,
        "forked_at_seq": run.forked_at_seq or None,
        "workstreams": {id: w.state for id, w in sorted(ledger.workstreams.items())},
        "makespan_s": (end_us - run.accepted_at_us) / SECOND_US,
        "entries": ledger.seq,
        "merged": run.merged,
        "integration_head": run.head,
        "integration_branch": f"uet/{ledger.id}" if run.head else "",
        "input_tokens": run.input_tokens,
        "output_tokens": run.output_tokens,
        "cost_nanousd": run.cost_nanousd,
        "unpriced_usage": run.unpriced,
    }


def status_document(ledger: Ledger) -> Document:
    """Where a run stands: what ``status`` prints."""
    document = run_document(ledger)
    document["outcome"] = ledger.run.outcome
    document["paused"] = ledger.run.paused
    document["workstreams"] = {
        id: {
            "state": w.state,
            "step": w.step,
            "attempts": w.attempt,
            "worker": w.worker or None,
            "reason": reason_of(w),
        }
        for id, w in sorted(ledger.workstreams.items())
    }
    document["workers"] = {
        str(id): {
            "state": worker.state,
            "workstream": worker.workstream,
            "attempt": worker.attempt or None,
        }
        for id, worker in sorted(ledger.workers.items())
    }
    return document


def ready_document(ledger: Ledger) -> Document:
    """What can start, and for everything else why not: what ``ready`` prints.

    ``ready`` holds what has nothing to wait for but a worker, in the order of dispatch.
    """
    ready: list[str] = []
    waiting: Document = {}
    for id in ledger.rank:
        if ledger.workstreams[id].is_terminal:
            continue
        waits = waits_of(ledger, id)
        if all(wait.cause == "worker" for wait in waits):
            ready.append(id)
        else:
            waiting[id] = [{"cause": wait.cause, "on": wait.on} for wait in waits]
    return {
        "schema_version": SCHEMA_VERSION,
        "run": ledger.id,
        "ready": ready,
        "waiting": dict(sorted(waiting.items())),
    }


def reason_of(workstream: Workstream) -> str:
    """Why it is where it is, in one line; "" where there is nothing to say."""
    if workstream.state == "CANCELLED":
        return f"because of {workstream.because}" if workstream.because else "asked"
    if workstream.code and workstream.state != "SUCCEEDED":
        return f"{workstream.code} ({workstream.reason}): {workstream.message}"
    return ""
