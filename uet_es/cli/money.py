"""Money for people: exact, never by way of floats, and tables in which it lines up."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from uet_es.cli.printing import print_table

if TYPE_CHECKING:
    from uet_es.values import NanoUsd

_LEAST, _MOST = 2, 9


def usd(nanousd: "NanoUsd", places: int | None = None) -> str:
    """The exact amount; with as few decimals as that takes, or with ``places``."""
    shown = decimals([nanousd]) if places is None else places
    sign = "-" if nanousd < 0 else ""
    whole, rest = divmod(abs(nanousd), 10**_MOST)
    return f"{sign}{whole}.{rest:0{_MOST}d}"[: shown - _MOST or None]


def decimals(amounts: "Iterable[NanoUsd]") -> int:
    """As many decimals as it takes to show each of ``amounts`` exactly; two at least."""
    return max((_MOST - _trailing_zeros(abs(each)) for each in amounts), default=_LEAST)


def _trailing_zeros(nanousd: "NanoUsd") -> int:
    fraction = f"{nanousd % 10**_MOST:0{_MOST}d}"
    return min(_MOST - _LEAST, _MOST - len(fraction.rstrip("0")))


def usd_column(amounts: "Sequence[NanoUsd]") -> list[str]:
    """All of ``amounts`` with the same number of decimals."""
    places = decimals(amounts)
    return [usd(each, places) for each in amounts]


class Column(NamedTuple):
    """A column of a table that may turn out to say nothing."""

    title: str
    cells: Sequence[str]
    is_number: bool = True  #: stands to the right


def print_columns(columns: Iterable[Column]) -> None:
    """A table of the columns in which something is said."""
    shown = [each for each in columns if any(each.cells)]
    aligned = [_aligned(each) for each in shown]
    print_table(
        [column[0] for column in aligned],
        list(zip(*(column[1:] for column in aligned), strict=True)),
    )


def _aligned(column: Column) -> list[str]:
    cells = [column.title, *column.cells]
    if not column.is_number:
        return cells
    width = max(map(len, cells))
    return [cell.rjust(width) for cell in cells]
