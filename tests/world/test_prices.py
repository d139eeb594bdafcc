"""Prices: exact, from the first table that knows the model, or unknown."""

from decimal import Decimal

import pytest

from uet_es.world.price_tables import NAMED
from uet_es.world.prices import Price, PriceList, Usage, priced

TABLE = {
    "mine": {"input": "3", "output": "15", "cached_input": "0.3"},
    "bare": {"input": "0.1", "output": "0.7"},
}
OWN = PriceList(TABLE)


def _usage(model, input_tokens=0, output_tokens=0, cached=0):
    return Usage(
        model=model,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_input_tokens=cached,
    )


def test_a_token_costs_what_the_plan_says():
    assert priced(_usage("mine", 1000, 10, 600), OWN, None) == Price(
        400 * 3000 + 600 * 300 + 10 * 15000, "uet.toml"
    )


def test_cached_tokens_without_a_price_of_their_own_cost_as_much_as_others():
    assert priced(_usage("bare", 1000, 0, 999), OWN, None).cost_nanousd == 100_000


def test_many_small_prices_add_up_exactly():
    one = priced(_usage("bare", 1, 1), OWN, None).cost_nanousd
    assert one == 800
    assert priced(_usage("bare", 10**15, 10**15), OWN, None).cost_nanousd == 800 * 10**15


def test_what_the_tool_says_wins():
    told = priced(_usage("mine", 5), OWN, Decimal("0.1"))
    assert told == Price(100_000_000, "tool")


@pytest.mark.slow
def test_a_known_model_has_its_shipped_price():
    price = priced(_usage("claude-sonnet-4-5", 100_000, 5_000, 80_000), PriceList(), None)
    assert price.table == "genai-prices"
    assert price.version.startswith("0.")
    assert price.cost_nanousd == 20_000 * 3_000 + 80_000 * 300 + 5_000 * 15_000


def test_a_model_may_be_named_with_its_provider():
    usage = _usage("openai/gpt-4o", 1000)
    plain = _usage("gpt-4o", 1000)
    assert priced(usage, PriceList(), None) == priced(plain, PriceList(), None)
    assert priced(usage, PriceList(), None).cost_nanousd


@pytest.mark.parametrize("model", ["no-such-model", "openai/no-such-model", "nobody/gpt-4o", "/"])
def test_an_unknown_model_is_flagged_and_never_guessed(model):
    assert priced(_usage(model, 5), PriceList(), None) == Price(None, "")


@pytest.mark.parametrize(
    ("model", "input_usd", "output_usd"),
    [
        ("gpt-4", ".03", ".06"),
        ("gpt-3.5-turbo", ".0015", ".002"),
        ("claude-3-opus", ".015", ".075"),
        ("claude-3-sonnet", ".003", ".015"),
    ],
)
def test_the_table_of_the_predecessor_has_its_prices_for_a_thousand_tokens(
    model, input_usd, output_usd
):
    prices = PriceList(table="uet-1")
    read = priced(_usage(model, 1000), prices, None)
    written = priced(_usage(model, 0, 1000), prices, None)
    assert read == Price(int(Decimal(input_usd) * 10**9), "uet-1", "1")
    assert written == Price(int(Decimal(output_usd) * 10**9), "uet-1", "1")


def test_a_named_table_holds_nothing_else():
    assert len(NAMED["uet-1"].rows) == 4
    for model in ("gpt-4o", "openai/gpt-4", "GPT-4"):
        assert priced(_usage(model, 5), PriceList(table="uet-1"), None) == Price(None)


def test_ones_own_prices_go_before_a_named_table():
    prices = PriceList({"gpt-4": {"input": "1", "output": "1"}}, "uet-1")
    assert priced(_usage("gpt-4", 5), prices, None) == Price(5_000, "uet.toml")


def test_without_a_table_only_ones_own_prices_count():
    prices = PriceList(TABLE, "none")
    assert priced(_usage("bare", 10), prices, None) == Price(1_000, "uet.toml")
    assert priced(_usage("gpt-4", 10), prices, None) == Price(None)


def test_what_nobody_knows_costs_what_the_plan_assumes_and_is_marked():
    prices = PriceList({**TABLE, "*": {"input": "15", "output": "75"}}, "uet-1")
    assert priced(_usage("unheard-of", 2, 1), prices, None) == Price(105_000, "assumed")
    assert priced(_usage("bare", 10), prices, None).table == "uet.toml"
    assert priced(_usage("gpt-4", 10), prices, None).table == "uet-1"
    assert priced(_usage("unheard-of", 2), prices, Decimal(1)).table == "tool"
