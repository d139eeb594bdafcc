"""One number for everything true of a run: equal ledgers have equal digests."""

from hashlib import sha256

import msgspec

from uet_es.aggregates.ledger import Ledger


def digest_of(ledger: Ledger) -> str:
    """SHA-256 over the run, its workstreams and its workers, in order of their ids.

    Values equal to their defaults are left out, so a field added later changes no digest of old
    runs. The indexes are not in it: they follow from the values (``invariants``).
    """
    content = (
        ledger.seq,
        ledger.now_us,
        ledger.run,
        [ledger.workstreams[id] for id in sorted(ledger.workstreams)],
        [ledger.workers[id] for id in sorted(ledger.workers)],
        sorted(ledger.offsets.items()),
    )
    return sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
