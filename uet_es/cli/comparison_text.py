"""Two runs beside each other for people: what got better or worse first."""

from typing import TYPE_CHECKING

from uet_es.cli.metrics_text import SHOWN, tell_rest
from uet_es.cli.money import Column, print_columns, usd, usd_column
from uet_es.cli.printing import remark, seconds

if TYPE_CHECKING:
    from uet_es.projections.figures.comparison import Change, Comparison
    from uet_es.projections.figures.metrics import Metrics


def print_comparison(found: "Comparison") -> None:
    """Two runs, what got better or worse first."""
    a, b = found.a, found.b
    print(f"from {a.run} ({_standing(a)}) to {b.run} ({_standing(b)})")
    if not found.same_plan:
        remark("they are runs of different plans: sums say little")
    print()
    changes = [*found.changes, *found.errors]
    print_columns(
        [
            Column(
                "", [{"other": "", "same": ""}.get(x.verdict, x.verdict) for x in changes], False
            ),
            Column("what", [each.name for each in changes], False),
            Column("from", [_value(each, each.a) for each in changes]),
            Column("to", [_value(each, each.b) for each in changes]),
            Column("difference", [_difference(each) for each in changes]),
            Column("of it", [_signed_percent(each) for each in changes]),
        ]
    )
    moved = found.moved[:SHOWN]
    if moved:
        print()
        print_columns(
            [
                Column("workstream", [each.name for each in moved], False),
                Column("from", [each.state_a or "not over" for each in moved], False),
                Column("to", [each.state_b or "not over" for each in moved], False),
                Column("run", [_signed_time(each.work_us) for each in moved]),
                Column("lead", [_signed_time(each.lead_us) for each in moved]),
                Column(
                    "attempts", [f"{each.attempts:+d}" if each.attempts else "" for each in moved]
                ),
                Column("USD", _signed_usd([each.cost_nanousd for each in moved])),
            ]
        )
        tell_rest(len(found.moved), "workstream")
    for run, only in ((a.run, found.only_a), (b.run, found.only_b)):
        if only:
            print(f"\nonly in {run}: {', '.join(only[:SHOWN])}")
            tell_rest(len(only), "workstream")


def _standing(found: "Metrics") -> str:
    return found.outcome or "goes on"


def _value(change: "Change", value: float | None) -> str:
    if value is None:
        return ""
    match change.unit:
        case "us":
            return seconds(int(value))
        case "nanousd":
            return f"{usd(int(value))} USD"
        case "percent":
            return f"{value:.1f} %"
        case "ratio":
            return f"{value:.2f}"
        case _:
            return str(value)


def _difference(change: "Change") -> str:
    by = change.difference
    if not by:
        return ""
    return f"{'-' if by < 0 else '+'}{_value(change, abs(by))}"


def _signed_percent(change: "Change") -> str:
    shown = change.percent
    return f"{shown:+.1f} %" if shown and change.unit != "percent" else ""


def _signed_time(us: int | None) -> str:
    return f"{'-' if us < 0 else '+'}{seconds(abs(us))}" if us else ""


def _signed_usd(amounts: list[int]) -> list[str]:
    shown = usd_column(amounts)
    return [
        f"+{text}" if each > 0 else text if each else ""
        for each, text in zip(amounts, shown, strict=True)
    ]
