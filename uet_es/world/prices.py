"""What the use of a model cost, known at once or flagged as unknown, never guessed."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import NamedTuple

import msgspec

from uet_es.values import NANOUSD_PER_USD, NanoUsd

#: In nano-USD for each USD that a million tokens cost.
_NANOUSD_PER_TOKEN = NANOUSD_PER_USD // 1_000_000
_DIGITS = 60


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of one use of a model."""

    model: str
    input_tokens: int  #: cached ones included
    output_tokens: int
    cached_input_tokens: int


class Price(NamedTuple):
    """What it cost, and who says so."""

    cost_nanousd: NanoUsd | None  #: None if no price is known
    table: str = ""  #: "" if no price is known
    version: str = ""  #: of that table


def priced(usage: Usage, table: Mapping[str, Mapping[str, str]], told_usd: Decimal | None) -> Price:
    """The price of ``usage``: what the tool said, else the plan's table, else the shipped one."""
    if told_usd is not None:
        return Price(_nano(told_usd * NANOUSD_PER_USD), "tool")
    if usage.model in table:
        return Price(_by_table(usage, table[usage.model]), "uet.toml")
    return _shipped(usage)


def _by_table(usage: Usage, row: Mapping[str, str]) -> NanoUsd:
    uncached = usage.input_tokens - usage.cached_input_tokens
    with localcontext() as exact:
        exact.prec = _DIGITS
        return _nano(
            _NANOUSD_PER_TOKEN
            * (
                uncached * Decimal(row["input"])
                + usage.cached_input_tokens * Decimal(row.get("cached_input", row["input"]))
                + usage.output_tokens * Decimal(row["output"])
            )
        )


def _shipped(usage: Usage) -> Price:
    # Loading the table takes a quarter of a second: only runs that use a model pay for it.
    import genai_prices

    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_input_tokens,
    )
    provider, slash, model = usage.model.partition("/")
    for name, at in ((usage.model, None), (model, provider)) if slash else ((usage.model, None),):
        try:
            found = genai_prices.calc_price(counted, model_ref=name, provider_id=at)
        except LookupError:
            continue
        cost = _nano(found.total_price * NANOUSD_PER_USD)
        return Price(cost, "genai-prices", genai_prices.__version__)
    return Price(None)


def _nano(amount: Decimal) -> NanoUsd:
    return int(amount.to_integral_value())
