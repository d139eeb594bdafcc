"""What the use of a model cost, known at once or flagged as unknown, never guessed."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import NamedTuple

import msgspec

from uet_es.plan import PriceTable
from uet_es.values import NANOUSD_PER_USD, NanoUsd
from uet_es.world.price_tables import NAMED

#: The name in a plan's own prices for every model that nobody knows.
ANY_MODEL = "*"
#: In nano-USD for each USD that a million tokens cost.
_NANOUSD_PER_TOKEN = NANOUSD_PER_USD // 1_000_000
_DIGITS = 60

Row = Mapping[str, str]  #: USD per million tokens: input, output, cached_input if it differs


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of one use of a model."""

    model: str
    input_tokens: int  #: cached ones included
    output_tokens: int
    cached_input_tokens: int


class PriceList(NamedTuple):
    """What a plan says about prices."""

    own: Mapping[str, Row] = {}  #: by model; goes before the table
    table: PriceTable = "genai-prices"


class Price(NamedTuple):
    """What it cost, and who says so."""

    cost_nanousd: NanoUsd | None  #: None if no price is known
    table: str = ""  #: "" if no price is known
    version: str = ""  #: of that table


def priced(usage: Usage, prices: PriceList, told_usd: Decimal | None) -> Price:
    """The price of ``usage``: what the tool said, else the plan's own, else the table's.

    A model that none of them knows costs what the plan says of all such models, and is marked
    as assumed; if it says nothing, the price stays unknown.
    """
    if told_usd is not None:
        return Price(_nano(told_usd * NANOUSD_PER_USD), "tool")
    if usage.model in prices.own:
        return Price(_by_row(usage, prices.own[usage.model]), "uet.toml")
    known = _by_table(usage, prices.table)
    if known.cost_nanousd is None and ANY_MODEL in prices.own:
        return Price(_by_row(usage, prices.own[ANY_MODEL]), "assumed")
    return known


def _by_table(usage: Usage, table: PriceTable) -> Price:
    if table == "genai-prices":
        return _shipped(usage)
    if table in NAMED and usage.model in NAMED[table].rows:
        return Price(_by_row(usage, NAMED[table].rows[usage.model]), table, NAMED[table].version)
    return Price(None)


def _by_row(usage: Usage, row: Row) -> NanoUsd:
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
