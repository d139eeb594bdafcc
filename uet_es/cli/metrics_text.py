"""Metrics for people: short tables, what matters first."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from uet_es.cli.money import Column, print_columns, usd, usd_column
from uet_es.cli.printing import count, remark, seconds

if TYPE_CHECKING:
    from uet_es.projections.figures.measures import Measures, WorkerMeasures
    from uet_es.projections.figures.metrics import Metrics

#: Workstreams and workers that are shown; a document has all.
SHOWN = 15


def print_metrics(found: "Metrics") -> None:
    """One run."""
    for line in _headline(found):
        print(line)
    print("\nparallelism")
    for title, text in _parallelism(found):
        print(f"  {title:<13}{text}".rstrip())
    for title, parts in (("project", found.projects), ("phase", found.phases)):
        if any(part.name for part in parts):
            print()
            print_columns(_columns(title, parts))
    first = sorted(found.workstreams, key=_urgency)
    print()
    print_columns(_columns("workstream", first[:SHOWN]))
    tell_rest(len(first), "workstream")
    if found.worker_list:
        print()
        print_columns(_worker_columns(found.worker_list[:SHOWN]))
        tell_rest(len(found.worker_list), "worker")


def _urgency(part: "Measures") -> tuple[bool, int, str]:
    """Failures first, then what ran longest."""
    return (not part.failed, -(part.work_us or 0), part.name)


def tell_rest(number: int, noun: str) -> None:
    """Say how many were left out."""
    if number > SHOWN:
        remark(f"and {count(number - SHOWN, f'more {noun}')}: --json has all")


def _headline(found: "Metrics") -> Iterator[str]:
    total = found.total
    standing = "goes on" if found.is_open else found.outcome
    simulated = " (simulated)" if found.simulated else ""
    took = "until its last entry" if found.is_open else "in all"
    yield f"{found.run}{simulated}: {standing}, {seconds(found.makespan_us)} {took}"
    over = [
        (total.succeeded, "succeeded"),
        (total.failed, "failed"),
        (total.cancelled, "cancelled"),
    ]
    going = total.workstreams - sum(number for number, _ in over)
    ends = [f"{number} {end}" for number, end in (*over, (going, "not over")) if number]
    rate = total.success_percent
    shown = f" ({rate:.1f} % succeeded)" if rate is not None else ""
    yield f"  {count(total.workstreams, 'workstream')}: {', '.join(ends)}{shown}"
    yield f"  {count(total.attempts, 'attempt')}, {total.failed_attempts} failed{_errors(total)}"
    if total.lead_us is not None:
        parts = (total.blocked_us, total.queue_us, total.work_us, total.merging_us)
        names = ("blocked", "queue", "run", "merging")
        told = (f"{name} {seconds(us or 0)}" for name, us in zip(names, parts, strict=True))
        yield f"  lead time {seconds(total.lead_us)} in sum: {', '.join(told)}"
    yield f"  {_used(total)}"
    if total.estimated_cost_nanousd:
        yield f"  estimated: {usd(total.estimated_cost_nanousd)} USD"


def _errors(measures: "Measures | WorkerMeasures") -> str:
    told = _errors_cell(measures)
    return f" ({told})" if told else ""


def _errors_cell(measures: "Measures | WorkerMeasures") -> str:
    return ", ".join(f"{code} {number}" for code, number in measures.errors.items())


def _used(total: "Measures") -> str:
    tokens = total.input_tokens + total.output_tokens
    if not (tokens or total.unpriced or total.cost_nanousd):
        return "no usage was reported"
    unpriced = total.unpriced
    flagged = f", {count(unpriced, 'report')} without a price" if unpriced else ""
    return (
        f"{total.input_tokens} tokens in, {total.output_tokens} out, "
        f"{usd(total.cost_nanousd)} USD{flagged}"
    )


def _parallelism(found: "Metrics") -> Iterator[tuple[str, str]]:
    from uet_es.projections.figures.metrics import TARGET_PERCENT

    if found.run_us is None or found.longest_path_us is None or found.lower_bound_us is None:
        yield "unknown", "the run cannot be folded"
        return
    yield "attempts ran", f"{seconds(found.run_us)} in sum"
    yield "longest path", seconds(found.longest_path_us)
    if found.speed_up is not None and found.possible_speed_up is not None:
        yield "speed-up", f"{found.speed_up:.2f}, possible {found.possible_speed_up:.2f}"
    if found.efficiency_percent is not None:
        side = "above" if found.efficiency_percent > TARGET_PERCENT else "not above"
        yield "efficiency", f"{found.efficiency_percent:.1f} %, {side} {TARGET_PERCENT} %"
    if found.utilisation_percent is not None:
        workers = count(found.workers, "worker")
        yield "utilisation", f"{found.utilisation_percent:.1f} % of {workers}"


def _columns(title: str, parts: "Sequence[Measures]") -> list[Column]:
    is_one = title == "workstream"
    ends = (
        [each.standing or "not over" for each in parts]
        if is_one
        else [_share(each) for each in parts]
    )
    return [
        Column(title, [each.name or "(none)" for each in parts], is_number=False),
        Column("ended" if is_one else "succeeded", ends, is_number=not is_one),
        Column("attempts", [str(each.attempts) for each in parts]),
        Column("blocked", [_time(each.blocked_us) for each in parts]),
        Column("queue", [_time(each.queue_us) for each in parts]),
        Column("run", [_time(each.work_us) for each in parts]),
        Column("merging", [_time(each.merging_us) for each in parts]),
        Column("lead", [_time(each.lead_us) for each in parts]),
        Column("at a time", [] if is_one else [_ratio(each.speed_up) for each in parts]),
        *_use(parts),
        Column("errors", [_errors_cell(each) for each in parts], is_number=False),
    ]


def _worker_columns(workers: "Sequence[WorkerMeasures]") -> list[Column]:
    return [
        Column("worker", [str(each.worker) for each in workers]),
        Column("state", [each.state for each in workers], is_number=False),
        Column("attempts", [str(each.attempts) for each in workers]),
        Column("failed", [str(each.failed or "") for each in workers]),
        Column("busy", [_time(each.busy_us) for each in workers]),
        Column("utilisation", [_percent(each.utilisation_percent) for each in workers]),
        *_use(workers),
        Column("errors", [_errors_cell(each) for each in workers], is_number=False),
    ]


def _use(parts: "Sequence[Measures] | Sequence[WorkerMeasures]") -> list[Column]:
    tokens = [each.input_tokens + each.output_tokens for each in parts]
    unpriced = [each.unpriced for each in parts]
    if not any([*tokens, *unpriced, *(each.cost_nanousd for each in parts)]):
        return []
    return [
        Column("tokens", [str(each) for each in tokens]),
        Column("USD", _amounts([each.cost_nanousd for each in parts], unpriced)),
        Column("unpriced", [str(reports or "") for reports in unpriced]),
    ]


def _amounts(costs: list[int], unpriced: list[int]) -> list[str]:
    """What each cost; nothing is known where no report has a price."""
    shown = usd_column(costs)
    every = zip(costs, unpriced, shown, strict=True)
    return ["–" if reports and not cost else text for cost, reports, text in every]


def _share(part: "Measures") -> str:
    return f"{part.succeeded} of {part.workstreams}"


def _time(us: int | None) -> str:
    return seconds(us) if us else ""


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} %"
