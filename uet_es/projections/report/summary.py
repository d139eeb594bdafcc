"""The run in a few sentences, for somebody who reads nothing else."""

from collections.abc import Iterator, Sequence

from uet_es.projections.report.money import Spent
from uet_es.projections.report.points import Point, knee
from uet_es.projections.report.reading import Document, Reading
from uet_es.projections.report.words import CAUSES, count, money, percent, several, span
from uet_es.values import SECOND_US

_EFFICIENCY = "SELECT * FROM efficiency WHERE run = ?"
_OCCUPIED = """
SELECT coalesce(sum(coalesce(ended_us, $2) - dispatched_us), 0)::BIGINT FROM attempts WHERE run = $1
"""
_WHERE = """
SELECT
    CASE WHEN cause = 'work' AND starts_with(waits_for, 'set-up') THEN 'set-up' ELSE cause END
        AS cause,
    count(DISTINCT workstream) AS workstreams, sum(took_us)::BIGINT AS took_us
FROM waits WHERE run = ? GROUP BY 1 ORDER BY took_us DESC, cause
"""
_BOTTLENECKS = """
SELECT cause, waits_for, waiting, waited_us, longest_us, on_path_us
FROM bottlenecks WHERE run = ? AND cause <> 'backoff'
ORDER BY waited_us DESC, cause, waits_for LIMIT 12
"""
_STATES = "SELECT state, count(*) AS number FROM workstreams WHERE run = ? GROUP BY state"
#: Named by what holds it, said with what waits for it.
_HELD = {
    "dependency": "on {} as a dependency",
    "order": "to come after {}",
    "conflict": "because of a conflict with {}",
    "resource": "for the resource {}",
    "worker": "for a worker that can do {}",
    "merging": "for {} to be merged first",
    "mode": "because the run was {}",
}


def efficiency(reading: Reading) -> Document:
    """What its time could have been; empty if its waits cannot be told."""
    found = reading.documents(_EFFICIENCY)
    return found[0] if found else {}


def occupied(reading: Reading) -> float:
    """The share of all workers' time in which they had an attempt, its set-up and end included."""
    ((busy_us,),) = reading.warehouse.rows(_OCCUPIED, [reading.run, reading.ended_us])
    assert isinstance(busy_us, int)
    room_us: int = reading.facts["max_workers"] * reading.makespan_us
    return busy_us / max(1, room_us)


def where_time_went(reading: Reading) -> list[Document]:
    """The lead time of all workstreams in sum, by cause, the largest first."""
    causes = reading.documents(_WHERE)
    whole_us = sum(each["took_us"] for each in causes)
    for each in causes:
        each["share"] = each["took_us"] / max(1, whole_us)
        each["told"] = CAUSES[each["cause"]]
    return causes


def bottlenecks(reading: Reading) -> list[Document]:
    """What others waited for longest."""
    found = reading.documents(_BOTTLENECKS)
    for each in found:
        each["told"] = _HELD[each["cause"]].format(each["waits_for"] or "something else")
    return found


def states(reading: Reading) -> dict[str, int]:
    """How many workstreams are in each state."""
    return {each["state"]: each["number"] for each in reading.documents(_STATES)}


def sentences(
    reading: Reading, steps: list[Document], used: Spent, points: Sequence[Point]
) -> Iterator[str]:
    """What happened, what bound it, what would have helped, and what it cost."""
    yield _outcome(reading, states(reading))
    busy = occupied(reading)
    bound = efficiency(reading)
    if bound and bound["lower_bound_us"] and reading.is_over:
        yield (
            f"The same work could not have been done in less than {span(bound['lower_bound_us'])} "
            f"by {count(bound['workers'], 'worker')}: the run was "
            f"{bound['efficiency_percent']:.0f} % as fast as the best possible one. Workers were "
            f"occupied {percent(busy, 1)} of the time; the attempts themselves ran for "
            f"{bound['utilisation_percent']:.0f} % of it."
        )
    if steps and reading.is_over:
        yield _path(reading, steps)
    held = bottlenecks(reading)[:3]
    if held:
        longest = "; ".join(f"{span(each['waited_us'])} {each['told']}" for each in held)
        yield f"Workstreams waited longest, in sum: {longest}."
    if points:
        yield _workers(reading, points)
    if used.by_model:
        yield _money(used)


def _outcome(reading: Reading, by_state: dict[str, int]) -> str:
    facts = reading.facts
    number = [
        f"{by_state[state]} {word}"
        for state, word in (("FAILED", "failed"), ("CANCELLED", "cancelled"))
        if by_state.get(state)
    ]
    more = f", {several(number)}" if number else ""
    succeeded = by_state.get("SUCCEEDED", 0)
    done = f"{succeeded:,} of {count(facts['workstreams'], 'workstream')} succeeded{more}"
    took = f"{span(reading.makespan_us)} with {count(facts['max_workers'], 'worker')}"
    if reading.is_over:
        ended = "was cancelled" if facts["outcome"] == "cancelled" else facts["outcome"]
        return f"The run {ended} after {took}: {done}."
    return f"The run is not over; so far, after {took}, {done}."


def _path(reading: Reading, steps: list[Document]) -> str:
    by_cause: dict[str, int] = {}
    for step in steps:
        by_cause[step["because"]] = by_cause.get(step["because"], 0) + step["took_us"]
    cause, took_us = max(by_cause.items(), key=lambda each: (each[1], each[0]))
    began = {
        "begin": "began with the run",
        "dependency": "had to wait for what they depend on",
        "order": "were to come after another",
        "conflict": "could not run beside another",
        "resource": "needed what another held",
        "worker": "had to wait for a worker",
        "merging": "were merged after another",
    }[cause]
    ids = list(dict.fromkeys(step["workstream"] for step in steps))
    chain = f"Its length was set by a chain of {count(len(ids), 'workstream')} ({several(ids)})"
    if len(ids) == 1:
        return f"{chain}."
    return f"{chain}; {percent(took_us, reading.makespan_us)} of it is steps that {began}."


def _workers(reading: Reading, points: Sequence[Point]) -> str:
    best = knee(points)
    took = span(round(best.makespan_s * SECOND_US))
    if best.workers == max(points).workers:
        return f"More workers would help: with {best.workers} it would take {took}."
    beyond = f"Beyond {count(best.workers, 'worker')} nothing improves much"
    now = min(points, key=lambda each: (abs(each.workers - reading.facts["max_workers"]), each))
    gained = now.makespan_s - best.makespan_s
    if best.workers <= now.workers or gained <= 0.05 * now.makespan_s:
        return f"{beyond}: the run had {reading.facts['max_workers']}."
    return f"{beyond}: with so many it would take {took}."


def _money(used: Spent) -> str:
    if not used.cost_nanousd:
        return f"Models read and wrote {count(used.tokens, 'token')}; none of them has a price."
    first = used.by_model[0]
    text = f"Models cost {money(used.cost_nanousd)} for {count(used.tokens, 'token')}"
    if len(used.by_model) > 1:
        share = percent(first["cost_nanousd"], used.cost_nanousd)
        text += f", {share} of it {first['model'] or 'a model without a name'}"
    lost = used.by_outcome.get("failed", 0) + used.by_outcome.get("cancelled", 0)
    if lost:
        text += f"; {money(lost)} went into attempts that did not succeed"
    if used.unpriced:
        text += f"; the price of {count(used.unpriced, 'report')} is not known"
    return f"{text}."
