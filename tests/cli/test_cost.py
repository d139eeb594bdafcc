"""`uet cost`: exact money on the command line, and since when."""

import json
from datetime import UTC, datetime

import pytest

from tests.cli.ground import shell, write_plan
from uet_es.cli.money import usd, usd_column
from uet_es.cli.periods import Period, period_of
from uet_es.errors import UsageError
from uet_es.values import SECOND_US


def signal(**fields):
    line = json.dumps({"type": "usage", **fields})
    return f"echo '{line}' >> $UET_SIGNALS"


@pytest.fixture
def spent(uet, folder):
    """A run in which a fails once, and uses a model that is priced, one assumed, one told."""
    plan = write_plan(
        folder / "plan",
        shell(
            "a",
            f"{signal(model='mine', input_tokens=3, output_tokens=1)}; "
            "[ -e again ] || { touch again; exit 1; }",
            max_attempts=2,
            phase="first",
        ),
        shell(
            "b",
            f"{signal(model='odd', input_tokens=2)}; {signal(model='told', cost_usd=0.25)}",
            phase="second",
        ),
    )
    (plan / "uet.toml").write_text(
        'price_table = "none"\n[retry]\nbackoff_s = 0.01\n'
        "[prices.mine]\ninput = 0.001\noutput = 1.0\n"
    )
    assert uet("run", "plan", "-q").status == 0
    return plan


@pytest.mark.slow
def test_a_bill_is_exact_and_says_what_it_lacks(uet, spent):
    said = uet("cost", "run-1")
    assert said.status == 0
    rows = [line.split() for line in said.out.splitlines()]
    assert ["told", "1", "0", "0", "0.250000000"] in rows
    assert ["mine", "2", "6", "2", "0.000002006"] in rows
    assert ["odd", "1", "2", "0", "–", "1"] in rows
    assert ["total", "4", "8", "2", "0.250002006", "1"] in rows
    assert "prices: told by the tool (1 report), uet.toml (2 reports)" in said.out
    assert "no price for odd: 1 report with 2 tokens left out of the sum" in said.out
    assert '[prices."*"]' in said.err


@pytest.mark.slow
def test_a_bill_can_be_told_apart_by_several_things_at_once(uet, spent):
    document = uet("cost", "--by", "phase,model", "--by", "outcome", "--json").document
    assert document["by"] == ["phase", "model", "outcome"]
    assert [(row["phase"], row["model"], row["outcome"]) for row in document["rows"]] == [
        ("second", "told", "succeeded"),
        ("second", "odd", "succeeded"),
        ("first", "mine", "failed"),
        ("first", "mine", "succeeded"),
    ]
    assert document["total"]["cost_nanousd"] == 250_002_006
    assert sum(row["cost_nanousd"] for row in document["rows"]) == 250_002_006
    assert document["schema_version"] == 1
    assert uet("cost", "--output", "json").document["by"] == ["run"]


@pytest.mark.slow
def test_a_price_for_models_that_nobody_knows_is_marked_as_assumed(uet, spent):
    with (spent / "uet.toml").open("a") as file:
        file.write('[prices."*"]\ninput = 5.0\noutput = 5.0\n')
    assert uet("run", "plan", "-q").status == 0
    said = uet("cost", "run-2")
    assert "nobody knows odd: 1 report at the price for unknown models, 0.00001 USD" in said.out
    assert "assumed (1 report)" in said.out
    (unknown,) = uet("cost", "run-2", "--json").document["unknown_models"]
    assert (unknown["model"], unknown["assumed_nanousd"], unknown["unpriced"]) == ("odd", 10_000, 0)
    both = uet("cost", "--json").document
    assert [row["run"] for row in both["rows"]] == ["run-1", "run-2"]


@pytest.mark.slow
def test_only_what_was_used_in_a_period_counts(uet, spent):
    assert uet("cost", "--since", "1h", "--json").document["total"]["reports"] == 4
    said = uet("cost", "--until", "1h")
    assert (said.status, said.out) == (0, "all runs: no usage was reported in that time\n")
    today = datetime.now(UTC).date().isoformat()
    document = uet("cost", "--since", "2020-01-01", "--until", "2020-01-02", "--json").document
    assert document["until_us"] - document["since_us"] == 2 * 86_400 * SECOND_US
    assert (
        uet("cost", "--by", "day", "--until", "today", "--json").document["rows"][0]["day"] <= today
    )


@pytest.mark.slow
def test_the_record_of_a_run_has_the_same_bill(uet, spent):
    assert uet("record", "-o", "kept").status == 0
    of_run = uet("cost", "run-1", "--by", "worker", "--json")
    assert uet("cost", "kept", "--by", "worker", "--json") == of_run
    assert uet("cost", "kept/log.jsonl", "--by", "worker", "--json") == of_run


@pytest.mark.slow
def test_a_run_without_usage_says_so(uet, finished):
    assert uet("cost", "run-1").out == "run-1: no usage was reported\n"
    assert uet("cost").out == "all runs: no usage was reported\n"
    document = uet("cost", "--json").document
    assert (document["rows"], document["total"]["cost_nanousd"]) == ([], 0)


@pytest.mark.slow
def test_a_run_that_goes_on_says_so(uet, interrupted):
    said = uet("cost", "run-1")
    assert "run-1: no usage was reported" in said.out
    assert "run-1 is not over" in said.err


@pytest.mark.slow
def test_a_fork_says_what_its_parent_had_used(uet, spent):
    last = uet("events", "--run-id", "run-1", "--json").lines[-1]["seq"]
    assert uet("fork", "run-1", "--at", last, "--run").status == 0
    said = uet("cost", "run-2")
    assert said.out == "run-2: no usage was reported\n"
    assert f"what run-1 had used up to entry {last}, 0.250002006 USD, is on the bill of" in said.err
    assert uet("cost", "--json").document["total"]["cost_nanousd"] == 250_002_006


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run-9"], "there is no run run-9"),
        (["--by", "model,colour", "--by", "sound"], "--by sound: costs are told apart by run, "),
        (["--by", "colour"], "--by colour: costs are told apart by run, workstream, phase"),
        (["--by", "colour", "--since", "x"], "--since x: write a span"),
        (["--since", "yesteryear"], "--since yesteryear: write a span before now such as 24h, 7d"),
        (["--since", "1h", "--until", "2h"], "nothing lies between --since 1h and --until 2h"),
        (["nowhere/log.jsonl"], "nowhere/log.jsonl: there is no such file"),
    ],
)
def test_wrong_usage_says_what_is_accepted(uet, finished, words, said):
    answer = uet("cost", *words)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err


@pytest.mark.slow
def test_without_a_store_there_is_nothing_to_bill(uet, folder):
    assert uet("cost").status == 2


NOW_US = 1_750_000_000 * SECOND_US  # 2025-06-15 15:06:40
DAY_US = 86_400 * SECOND_US
MIDNIGHT_US = NOW_US - (15 * 3600 + 6 * 60 + 40) * SECOND_US


@pytest.mark.parametrize(
    ("text", "since_us", "until_us"),
    [
        ("7d", NOW_US - 7 * DAY_US, NOW_US - 7 * DAY_US),
        (" 1.5 h ", NOW_US - 5400 * SECOND_US, NOW_US - 5400 * SECOND_US),
        ("2w", NOW_US - 14 * DAY_US, NOW_US - 14 * DAY_US),
        ("10min", NOW_US - 600 * SECOND_US, NOW_US - 600 * SECOND_US),
        ("today", MIDNIGHT_US, MIDNIGHT_US + DAY_US),
        ("Yesterday", MIDNIGHT_US - DAY_US, MIDNIGHT_US),
        ("2025-06-14", MIDNIGHT_US - DAY_US, MIDNIGHT_US),
        ("2025-06-15T15:06:40", NOW_US, NOW_US),
        ("2025-06-15T17:06:40+02:00", NOW_US, NOW_US),
        ("2025-06-15 15:06:40.000001", NOW_US + 1, NOW_US + 1),
    ],
)
def test_a_time_can_be_said_in_many_ways_and_a_last_day_is_included(text, since_us, until_us):
    assert period_of(text, None, NOW_US) == Period(since_us, None)
    assert period_of(None, text, NOW_US) == Period(None, until_us)


def test_what_is_not_said_has_no_end():
    assert period_of(None, None, NOW_US) == Period(None, None)


@pytest.mark.parametrize(
    "text", ["", "7", "d", "last week", "2025-13-01", "2025-02-30", "99999999w", "-7d", "0x10s"]
)
def test_what_means_nothing_is_refused_with_what_is_accepted(text):
    with pytest.raises(UsageError, match=r"--until .*: write a span"):
        period_of(None, text, NOW_US)


def test_both_mistakes_are_told_at_once():
    with pytest.raises(UsageError) as refused:
        period_of("soon", "later", NOW_US)
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "--since soon",
        "--until later",
    ]


@pytest.mark.parametrize(
    ("nano", "shown"),
    [
        (0, "0.00"),
        (1, "0.000000001"),
        (10_000_000, "0.01"),
        (1_230_000_000, "1.23"),
        (123_456_789_012_345_678_901, "123456789012.345678901"),
        (-5_000_000, "-0.005"),
    ],
)
def test_an_amount_is_shown_exactly_and_as_short_as_that_allows(nano, shown):
    assert usd(nano) == shown


def test_amounts_of_a_column_line_up():
    assert usd_column([1_000_000_000, 5, 0]) == ["1.000000000", "0.000000005", "0.000000000"]
    assert usd_column([]) == []
