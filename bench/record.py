"""The log: append beside raw sqlite3, fold and resume beside decoding rows in memory."""

import sqlite3
import tempfile
from functools import partial
from pathlib import Path

from bench.measure import at_least, at_most, paired, timed
from bench.plans import recorded
from uet_es.drivers.verify import verify
from uet_es.kernel import fold, in_doubt
from uet_es.log import codec
from uet_es.log.store import Log
from uet_es.values import RunId

RUN = RunId("run-0")
TURN = 10


def rows():
    """Append, fold, and how fold changes with the size of the plan."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _append(Path(folder))
        yield from _fold(Path(folder))


def _append(folder):
    entries = recorded(1000)
    turns = [entries[n : n + TURN] for n in range(0, len(entries), TURN)]
    # Only a run-stream entry may begin a batch: let every batch end before the next one.
    batches, batch = [], []
    for entry in entries:
        if entry.stream == RUN and len(batch) >= TURN:
            batches.append(batch)
            batch = []
        batch.append(entry)
    batches.append(batch)
    assert turns
    stored = []
    path = folder / "rows.db"
    with Log.open(path, create=True) as log:
        for batch in batches:
            log.append(RUN, batch)
        stored = [tuple(row[2:6]) for row in log.rows(run=RUN)]
    sizes = [len(batch) for batch in batches]
    numbered = iter(range(10_000))

    def ours():
        with Log.open(folder / f"ours{next(numbered)}.db", create=True) as log:
            return timed(lambda: [log.append(RUN, batch) for batch in batches])

    def raw():
        db = sqlite3.connect(folder / f"raw{next(numbered)}.db", isolation_level=None)
        db.execute("pragma journal_mode=wal")
        db.execute("pragma synchronous=full")
        db.execute("create table e(a text, b integer, c text, d blob, primary key (a, b))")

        def write():
            at = 0
            for size in sizes:
                db.execute("begin immediate")
                db.executemany("insert into e values (?,?,?,?)", stored[at : at + size])
                db.execute("commit")
                at += size

        seconds = timed(write)
        db.close()
        return seconds

    a, b, _ = paired(ours, raw)
    count = len(entries)
    yield at_least("append, turns of 10 / raw sqlite3", 0.6, count / a, count / b, b / a)


def _fold(folder):
    rates, verified = {}, {}
    for count in (100, 1000, 10_000):
        entries = recorded(count)
        path = folder / f"fold{count}.db"
        with Log.open(path, create=True) as log:
            log.append(RUN, entries)
            states = [bytes(row.state) for row in log.rows(run=RUN)]
            times = max(1, 20_000 // len(entries))
            ours, peer, ratio = paired(
                partial(_folded, log, times), partial(_decoded, states, times)
            )
            n = len(entries) * times
            rates[count] = n / ours
            judged, folded, share = paired(
                partial(_verified, log, times), partial(_folded, log, times), rounds=3
            )
            verified[count] = n / judged
            if count == 1000:
                rate = n / folded
                yield at_least(
                    "verify / fold, both from the store", 0.3, n / judged, rate, 1 / share
                )
            if count == 1000:
                yield at_least(
                    "fold from the store / msgspec alone", 0.2, n / ours, n / peer, 1 / ratio
                )
            if count == 10_000:
                resumed, folded, ratio = paired(partial(_resumed, path), partial(_folded, log, 1))
                yield at_most(
                    f"resume {len(entries):,} entries / fold", 1.3, resumed, folded, ratio
                )
    ratio = verified[10_000] / verified[100]
    ours, peer = verified[10_000], verified[100]
    yield at_least("verify at 10,000 workstreams / at 100", 0.5, ours, peer, ratio)
    ratio = rates[10_000] / rates[100]
    yield at_least("fold at 10,000 workstreams / at 100", 0.5, rates[10_000], rates[100], ratio)
    ratio = rates[1000] / rates[100]
    yield at_least("fold at 1,000 workstreams / at 100", 0.5, rates[1000], rates[100], ratio)


def _verified(log, times):
    def work():
        for _ in range(times):
            assert verify(RUN, log.entries(RUN)) is None

    return timed(work)


def _folded(log, times):
    return timed(lambda: [fold(RUN, log.entries(RUN)) for _ in range(times)])


def _decoded(states, times):
    decode = codec._ENTRIES.decode
    return timed(lambda: [decode(state) for _ in range(times) for state in states])


def _resumed(path):
    """Open, fold and find what is in doubt: what comes before a resumed driver's first turn."""

    def work():
        with Log.open(path) as log:
            in_doubt(fold(RUN, log.entries(RUN)))

    return timed(work)
