"""A bill for people: a table, its total, and everything that is odd about it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from uet_es.cli.money import Column, print_columns, usd, usd_column
from uet_es.cli.printing import count, remark

if TYPE_CHECKING:
    from uet_es.projections.figures.costs import Bill, Line, Spent

_SOURCES = {"": "no price", "tool": "told by the tool", "assumed": "assumed"}


def print_bill(found: "Bill") -> None:
    """The whole of it; remarks go beside."""
    about = found.scope.run or "all runs"
    if not found.total.reports:
        print(f"{about}: no usage was reported{_within(found)}")
    else:
        _print_table(found)
        for line in _flagged(found):
            print(line)
    for text in _remarks(found):
        remark(text)


def _print_table(found: "Bill") -> None:
    total = found.total
    every = [line.spent for line in found.lines] + [total]
    keys = [
        Column(
            column,
            [*(_key(line, column) for line in found.lines), "total" if at == 0 else ""],
            is_number=False,
        )
        for at, column in enumerate(found.columns)
    ]
    print_columns(
        [
            *keys,
            Column("reports", [str(each.reports) for each in every]),
            Column("input", [str(each.input_tokens) for each in every]),
            Column("cached", [str(each.cached_input_tokens or "") for each in every]),
            Column("output", [str(each.output_tokens) for each in every]),
            Column("USD", _amounts(every)),
            Column("unpriced", [str(each.unpriced or "") for each in every]),
            Column("assumed", [str(each.assumed or "") for each in every]),
        ]
    )


def _amounts(every: "Sequence[Spent]") -> list[str]:
    """What each cost; nothing is known where no report has a price."""
    shown = usd_column([each.cost_nanousd for each in every])
    return [
        text if each.reports > each.unpriced else "–"
        for each, text in zip(every, shown, strict=True)
    ]


def _key(line: "Line", column: str) -> str:
    value = line.keys[column]
    return "(none)" if value in ("", None) else str(value)


def _flagged(found: "Bill") -> Iterator[str]:
    """What the sum is made of, and what it lacks."""
    sources = (
        f"{_source(line)} ({count(line.spent.reports - line.spent.unpriced, 'report')})"
        for line in found.prices
        if line.spent.reports > line.spent.unpriced
    )
    yield ""
    yield f"prices: {', '.join(sources) or 'none'}"
    for line in found.unknown:
        spent, model = line.spent, line.keys["model"]
        if spent.unpriced:
            yield (
                f"no price for {model}: {count(spent.unpriced, 'report')} with "
                f"{count(spent.unpriced_tokens, 'token')} left out of the sum"
            )
        if spent.assumed:
            yield (
                f"nobody knows {model}: {count(spent.assumed, 'report')} at the price for unknown "
                f"models, {usd(spent.assumed_nanousd)} USD"
            )


def _source(line: "Line") -> str:
    table, version = str(line.keys["price_table"]), line.keys["price_version"]
    named = _SOURCES.get(table, table)
    return f"{named} {version}" if version and table not in ("uet-1",) else named


def _within(found: "Bill") -> str:
    is_limited = (found.scope.since_us, found.scope.until_us) != (None, None)
    return " in that time" if is_limited else ""


def _remarks(found: "Bill") -> Iterator[str]:
    run = found.scope.run
    if found.simulated:
        yield f"{run} was simulated: nothing was used"
    elif found.is_open:
        who = f"{run} is" if run else "some of these runs are"
        yield f"{who} not over: this is what was reported until now"
    for line in found.inherited:
        yield (
            f"{run} is a fork: what {line.keys['run']} had used up to entry {line.keys['to_seq']}, "
            f"{usd(line.spent.cost_nanousd)} USD, is on the bill of {line.keys['run']}"
        )
    if found.total.unpriced:
        yield 'prices for models that nobody knows: [prices."*"] in uet.toml, for later runs'
