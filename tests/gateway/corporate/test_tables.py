"""What the tables say against what the companies announced, and what the rules make of it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from ibnb.gateway.corporate import DEFAULT, Corporate, Dividend, Payer, Report
from ibnb.gateway.instruments import Instruments
from ibnb.gateway.market.ties import Ties

# Nasdaq's and NYSE's notices of the first day in new shares.
SPLITS = [
    ("AAPL", date(2020, 8, 31), 4),
    ("TSLA", date(2020, 8, 31), 5),
    ("TSLA", date(2022, 8, 25), 3),
    ("AMZN", date(2022, 6, 6), 20),
    ("GOOGL", date(2022, 7, 18), 20),
    ("NVDA", date(2024, 6, 10), 10),
    ("GE", date(2021, 8, 2), 0.125),
]


@pytest.mark.parametrize(("symbol", "day", "ratio"), SPLITS)
def test_splits_are_those_that_were(symbol, day, ratio):
    assert [each.ratio for each in DEFAULT.splits if (each.symbol, each.day) == (symbol, day)] == [ratio]


@pytest.mark.parametrize(
    ("symbol", "year", "ex", "amounts"),
    [
        ("KO", 2025, ["0314", "0613", "0915", "1201"], [0.51] * 4),
        ("AAPL", 2024, ["0209", "0510", "0812", "1108"], [0.24, 0.25, 0.25, 0.25]),
        ("MSFT", 2025, ["0220", "0515", "0821", "1120"], [0.83, 0.83, 0.83, 0.91]),
    ],
)
def test_dividends_are_those_that_were_declared(symbol, year, ex, amounts):
    found = DEFAULT.dividends(symbol, year, year)
    found = [each for each in found if each.ex.year == year]
    assert [f"{each.ex:%m%d}" for each in found] == ex
    assert [each.amount for each in found] == amounts
    assert all(each.pay > each.ex for each in found)


def test_a_rule_goes_on_where_declarations_end():
    payer = Payer("X", (2, 5, 8, 11), 10, 4, 1.0, 0.1)
    declared = (Dividend("X", date(2025, 5, 12), date(2025, 5, 15), 1.5),)
    found = Corporate((payer,), declared).dividends("X", 2024, 2026)
    assert [(each.ex, each.amount) for each in found[3:7]] == [
        (date(2024, 11, 10), round(1 / 1.1, 4)),
        (date(2025, 2, 10), 1.0),
        (date(2025, 5, 12), 1.5),
        (date(2025, 8, 10), 1.0),
    ]
    assert found[-1].amount == 1.1


@pytest.mark.parametrize(("symbol", "currency"), sorted({(payer.symbol, payer.currency) for payer in DEFAULT.payers}))
def test_every_payer_pays_so_often_and_no_two_dividends_are_one(symbol, currency):
    ex = [each.ex for each in DEFAULT.dividends(symbol, 2005, 2028, currency)]
    times = sum(len(each.months) for each in DEFAULT.payers if (each.symbol, each.currency) == (symbol, currency))
    assert abs(len(ex) - 24 * times) <= 2
    assert all(after - before > timedelta(days=25) for before, after in pairwise(ex))


def test_results_come_on_their_weekday():
    apple = next(each for each in DEFAULT.reports if each.symbol == "AAPL")
    # Apple's own calendar.
    assert {date(2025, 1, 30), date(2025, 5, 1), date(2025, 7, 31), date(2025, 10, 30)} <= set(apple.days(2025, 2025))
    assert next(Report("X", 2, 0, 31, True, 0.05).days(2025, 2025)) == date(2025, 3, 3)


def test_every_symbol_is_listed():
    shares = [i for i in Instruments(date(2025, 6, 11)).listings if i.secType == "STK"]
    listed = {(i.symbol, i.currency) for i in shares}
    assert {(each.symbol, each.currency) for each in (*DEFAULT.payers, *DEFAULT.declared)} <= listed
    assert {(each.symbol, "USD") for each in (*DEFAULT.splits, *DEFAULT.reports)} <= listed


def test_a_share_of_two_markets_pays_in_neither():
    """Its prices there would fall apart by what the currencies have done since."""
    listed = {i.model.key: i for i in Instruments(date(2025, 6, 11)).listings}
    ties = Ties(listed)
    bound = {key for key, i in listed.items() if i.secType == "STK" and len(ties.legs(key)) > 1}
    whole = bound | {leg for key in bound for leg, _ in ties.legs(key) if listed[leg].secType == "STK"}
    assert len(whole) > 15
    said = {(each.symbol, each.currency) for each in DEFAULT.payers}
    assert not {(listed[key].symbol, listed[key].currency) for key in whole} & said
