"""What the models cost and read and wrote, as it added up over the run."""

from typing import NamedTuple

from bokeh.models import DataRange1d, NumeralTickFormatter, Range1d
from bokeh.plotting import figure

from uet_es.projections.report.drawing import SERIES, timeline
from uet_es.projections.report.reading import Document, Reading
from uet_es.values import NANOUSD_PER_USD

_USAGE = """
SELECT at_us, model, cost_nanousd, input_tokens + output_tokens AS tokens
FROM usage WHERE run = ? ORDER BY seq
"""
_BY_MODEL = """
SELECT model, count(*) AS reports, count(*) - count(cost_nanousd) AS unpriced,
    sum(input_tokens)::BIGINT AS input_tokens, sum(output_tokens)::BIGINT AS output_tokens,
    sum(cached_input_tokens)::BIGINT AS cached_input_tokens,
    coalesce(sum(cost_nanousd), 0)::BIGINT AS cost_nanousd
FROM usage WHERE run = ?
GROUP BY model ORDER BY cost_nanousd DESC, model
"""
_BY_OUTCOME = """
SELECT coalesce(a.outcome, 'running') AS outcome,
    coalesce(sum(u.cost_nanousd), 0)::BIGINT AS cost_nanousd
FROM usage AS u LEFT JOIN attempts AS a
    ON a.run = u.run AND a.workstream = u.workstream AND a.attempt = u.attempt
WHERE u.run = ?
GROUP BY ALL ORDER BY ALL
"""


class Spent(NamedTuple):
    """All that a run used of models itself; what a fork inherited is in its parent's report."""

    by_model: list[Document]  #: the most expensive first
    by_outcome: dict[str, int]  #: of the attempt that used it, nano-dollars

    @property
    def cost_nanousd(self) -> int:
        """The exact sum of what has a price."""
        return sum(each["cost_nanousd"] for each in self.by_model)

    @property
    def tokens(self) -> int:
        """Read and written."""
        return sum(each["input_tokens"] + each["output_tokens"] for each in self.by_model)

    @property
    def unpriced(self) -> int:
        """Reports whose model has no price: their cost is not in the sum."""
        return sum(each["unpriced"] for each in self.by_model)


def spent(reading: Reading) -> Spent:
    """What the run used of models."""
    by_outcome = reading.documents(_BY_OUTCOME)
    return Spent(
        reading.documents(_BY_MODEL),
        {each["outcome"]: each["cost_nanousd"] for each in by_outcome},
    )


def money_charts(reading: Reading, time: Range1d, used: Spent) -> dict[str, figure]:
    """Cost and tokens by model, each adding up from left to right."""
    usage = reading.documents(_USAGE)
    cost = timeline(240, time, reading.unit, "USD")
    tokens = timeline(240, time, reading.unit, "tokens")
    tokens.yaxis.formatter = NumeralTickFormatter(format="0,0")
    for at, model in enumerate(used.by_model):
        of_model = [each for each in usage if each["model"] == model["model"]]
        color = SERIES[at % len(SERIES)]
        _rise(
            cost,
            reading,
            color,
            [(each["at_us"], (each["cost_nanousd"] or 0) / NANOUSD_PER_USD) for each in of_model],
        )
        _rise(tokens, reading, color, [(each["at_us"], each["tokens"]) for each in of_model])
    for made in (cost, tokens):
        made.y_range = DataRange1d(start=0)
    return {"chart-cost": cost, "chart-tokens": tokens}


def _rise(made: figure, reading: Reading, color: str, parts: list[tuple[int, float]]) -> None:
    xs, ys = [0.0], [0.0]
    for at_us, more in parts:
        xs.append(reading.at(at_us))
        ys.append(ys[-1] + more)
    made.step(
        [*xs, reading.at(reading.ended_us)],
        [*ys, ys[-1]],
        mode="after",
        line_color=color,
        line_width=2,
    )
