"""Runs that tests tell step by step, and what a log says when it is simply added up."""

from uet_es.events.observations import AttemptLost, RunForked, UsageReported
from uet_es.kernel import Ledger, fold, turn
from uet_es.values import SECOND_US

DAY_S = 86_400
NOON_S = 20_000 * DAY_S + DAY_S // 2  #: of 2024-10-04


def tell(log, run, *steps, ledger=None):
    """Append a run to ``log``: pairs of a second since that noon and what was observed then."""
    ledger, entries = ledger or Ledger(run), []
    for second, observation in steps:
        entries += turn(ledger, (NOON_S * SECOND_US) + round(second * SECOND_US), observation)
    log.append(run, entries)
    return ledger


def fork(log, parent, child, at_seq, *steps, simulated=False):
    """Have ``child`` go on from an entry of ``parent``; what ran there is lost to it."""
    ledger = fold(parent, [e for e in log.entries(parent) if e.seq <= at_seq])
    second = (ledger.now_us - NOON_S * SECOND_US) / SECOND_US
    running = [(w.id, w.attempt) for w in ledger.workstreams.values() if w.step == "attempting"]
    lost = [AttemptLost(workstream=id, attempt=n, forked=True) for id, n in sorted(running)]
    forked = RunForked(run=child, parent=parent, at_seq=at_seq, simulated=simulated)
    return tell(
        log, child, (second, forked), *((second, each) for each in lost), *steps, ledger=ledger
    )


def own_entries(log, run):
    """What ``run`` wrote itself."""
    entries = list(log.entries(run))
    shared = max((e.event.at_seq for e in entries if isinstance(e.event, RunForked)), default=0)
    return [entry for entry in entries if entry.seq > shared]


def counted(log, run=None):
    """Every report that counts, one after the other, of all runs that are real."""
    return [
        (each, entry)
        for each in ([run] if run else log.runs())
        if not log.is_simulated(each)
        for entry in own_entries(log, each)
        if isinstance(entry.event, UsageReported) and not entry.ignored
    ]
