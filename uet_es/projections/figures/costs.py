"""What the use of models cost, exactly, by whatever it can be told apart."""

from collections.abc import Mapping, Sequence

import msgspec

from uet_es.projections.warehouse import Warehouse
from uet_es.values import Instant, NanoUsd, RunId

#: What spending can be told apart by, and the columns that say it. A worker's number means
#: nothing without its run.
DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "run": ("run",),
    "workstream": ("workstream",),
    "phase": ("phase",),
    "section": ("section",),
    "project": ("project",),
    "worker": ("run", "worker"),
    "model": ("model",),
    "tool": ("tool",),
    "outcome": ("outcome",),
    "day": ("day",),
}
#: Columns whose rows are in order of time, not of cost.
_IN_TIME = {"run": "length(run), run", "day": "day"}
_SUMS = """
    count(*) AS reports,
    count(*) FILTER (cost_nanousd IS NULL) AS unpriced,
    coalesce(sum(input_tokens + output_tokens) FILTER (cost_nanousd IS NULL), 0) AS unpriced_tokens,
    count(*) FILTER (price_table = 'assumed') AS assumed,
    coalesce(sum(cost_nanousd) FILTER (price_table = 'assumed'), 0) AS assumed_nanousd,
    coalesce(sum(input_tokens), 0) AS input_tokens,
    coalesce(sum(output_tokens), 0) AS output_tokens,
    coalesce(sum(cached_input_tokens), 0) AS cached_input_tokens,
    coalesce(sum(cost_nanousd), 0) AS cost_nanousd
"""
_SCOPE = """
WHERE ($1::VARCHAR IS NULL OR run = $1) AND ($2::BIGINT IS NULL OR at_us >= $2)
    AND ($3::BIGINT IS NULL OR at_us < $3)
"""
_INHERITED = f"""
SELECT owner AS run, l.to_seq, {_SUMS}
FROM lineage AS l JOIN usage AS u ON u.run = l.owner AND u.seq BETWEEN l.from_seq AND l.to_seq
WHERE l.run = $1 AND l.owner <> l.run
GROUP BY owner, l.to_seq
ORDER BY l.to_seq
"""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which reports count; None leaves nothing out."""

    run: RunId | None = None  #: None is every run that was not simulated
    since_us: Instant | None = None  #: from then on
    until_us: Instant | None = None  #: before then


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """Reports of model use, added up."""

    reports: int
    unpriced: int  #: of them: their model has no price, their cost is not in the sum
    unpriced_tokens: int
    assumed: int  #: of them: nobody knows their model, they have the plan's price for such
    assumed_nanousd: NanoUsd  #: of the cost
    input_tokens: int  #: cached ones included
    output_tokens: int
    cached_input_tokens: int  #: of the input
    cost_nanousd: NanoUsd


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs together."""

    keys: Mapping[str, str | int | None]  #: by column
    spent: Spent


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was used within a scope, each report once."""

    scope: Scope
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Spent
    prices: tuple[Line, ...]  #: by ``price_table`` and ``price_version``
    unknown: tuple[Line, ...]  #: by model: those without a price, or with an assumed one
    inherited: tuple[Line, ...]  #: by ``run`` and ``to_seq``: what a fork's ancestors had used
    simulated: bool  #: whether it is about a run that used nothing
    is_open: bool  #: whether a run that it is about goes on

    def document(self) -> dict[str, object]:
        """For scripts; money is exact in nano-dollars."""
        return {
            "schema_version": 1,
            **msgspec.structs.asdict(self.scope),
            "simulated": self.simulated,
            "is_open": self.is_open,
            "by": self.columns,
            "rows": _documents(self.lines),
            "total": msgspec.structs.asdict(self.total),
            "prices": _documents(self.prices),
            "unknown_models": _documents(self.unknown),
            "inherited": _documents(self.inherited),
        }


def bill(warehouse: Warehouse, scope: Scope, by: Sequence[str]) -> Bill:
    """What was used within ``scope``, told apart by each of ``by`` (names of DIMENSIONS)."""
    columns = tuple(dict.fromkeys(column for name in by for column in DIMENSIONS[name]))
    values = [scope.run, scope.since_us, scope.until_us]

    def told_apart(columns: Sequence[str], having: str = "") -> tuple[Line, ...]:
        statement = _grouped(columns, having)
        return _lines(warehouse.documents(statement, values), len(columns))

    of_run = warehouse.rows(
        "SELECT coalesce(simulated, false) AND run = $1, finished_us IS NULL FROM runs "
        "WHERE run = $1 OR ($1 IS NULL AND NOT coalesce(simulated, false))",
        [scope.run],
    )
    inherited = _lines(warehouse.documents(_INHERITED, [scope.run]), 2)
    (total,) = told_apart(())
    return Bill(
        scope=scope,
        columns=columns,
        lines=told_apart(columns) if columns else (),
        total=total.spent,
        prices=told_apart(("price_table", "price_version")),
        unknown=told_apart(("model",), "HAVING unpriced + assumed > 0"),
        inherited=inherited,
        simulated=any(bool(simulated) for simulated, _ in of_run),
        is_open=any(bool(is_open) for _, is_open in of_run),
    )


def _grouped(columns: Sequence[str], having: str) -> str:
    """What is dearest first; groups of a column stay together, runs and days in their order."""
    if not columns:
        return f"SELECT {_SUMS} FROM spending {_SCOPE}"
    shown = ", ".join("strftime(day, '%Y-%m-%d') AS day" if c == "day" else c for c in columns)
    order = []
    for at, column in enumerate(columns):
        group = ", ".join(columns[: at + 1])
        dearest = f"sum(cost_nanousd) OVER (PARTITION BY {group}) DESC, {column}"
        order.append(_IN_TIME.get(column, dearest))
    return (
        f"SELECT * FROM (SELECT {shown}, {_SUMS} FROM spending {_SCOPE} GROUP BY ALL {having}) "
        f"ORDER BY {', '.join(order)}"
    )


def _lines(found: Sequence[Mapping[str, object]], keys: int) -> tuple[Line, ...]:
    return tuple(
        Line(
            keys=dict(list(row.items())[:keys]),  # type: ignore[arg-type]
            spent=msgspec.convert(dict(list(row.items())[keys:]), Spent),
        )
        for row in found
    )


def _documents(lines: Sequence[Line]) -> list[dict[str, object]]:
    return [{**line.keys, **msgspec.structs.asdict(line.spent)} for line in lines]
