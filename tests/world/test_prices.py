"""Prices: exact, from the first table that knows the model, or unknown."""

from decimal import Decimal

import pytest

from uet_es.world.prices import Price, Usage, priced

TABLE = {
    "mine": {"input": "3", "output": "15", "cached_input": "0.3"},
    "bare": {"input": "0.1", "output": "0.7"},
}


def _usage(model, input_tokens=0, output_tokens=0, cached=0):
    return Usage(
        model=model,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_input_tokens=cached,
    )


def test_a_token_costs_what_the_plan_says():
    assert priced(_usage("mine", 1000, 10, 600), TABLE, None) == Price(
        400 * 3000 + 600 * 300 + 10 * 15000, "uet.toml"
    )


def test_cached_tokens_without_a_price_of_their_own_cost_as_much_as_others():
    assert priced(_usage("bare", 1000, 0, 999), TABLE, None).cost_nanousd == 100_000


def test_many_small_prices_add_up_exactly():
    one = priced(_usage("bare", 1, 1), TABLE, None).cost_nanousd
    assert one == 800
    assert priced(_usage("bare", 10**15, 10**15), TABLE, None).cost_nanousd == 800 * 10**15


def test_what_the_tool_says_wins():
    told = priced(_usage("mine", 5), TABLE, Decimal("0.1"))
    assert told == Price(100_000_000, "tool")


@pytest.mark.slow
def test_a_known_model_has_its_shipped_price():
    price = priced(_usage("claude-sonnet-4-5", 100_000, 5_000, 80_000), {}, None)
    assert price.table == "genai-prices"
    assert price.version.startswith("0.")
    assert price.cost_nanousd == 20_000 * 3_000 + 80_000 * 300 + 5_000 * 15_000


def test_a_model_may_be_named_with_its_provider():
    usage = _usage("openai/gpt-4o", 1000)
    plain = _usage("gpt-4o", 1000)
    assert priced(usage, {}, None) == priced(plain, {}, None)
    assert priced(usage, {}, None).cost_nanousd


@pytest.mark.parametrize("model", ["no-such-model", "openai/no-such-model", "nobody/gpt-4o", "/"])
def test_an_unknown_model_is_flagged_and_never_guessed(model):
    assert priced(_usage(model, 5), {}, None) == Price(None, "")
