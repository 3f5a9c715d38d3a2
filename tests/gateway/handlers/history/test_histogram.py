from __future__ import annotations

from dataclasses import replace

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.handlers.history import histogram  # noqa: F401  registers its handlers

from ..asking import AAPL, EURUSD, Asker, error, new_york

REQUEST = m.ReqHistogramData(reqId=2, contract=AAPL, timePeriod="3 days")


@pytest.fixture(scope="module")
def asker() -> Asker:
    return Asker()


def test_rows_go_up_in_price_and_add_up_to_the_volume(asker: Asker) -> None:
    (answer,) = asker.ask(REQUEST)
    prices = [row.price for row in answer.items]
    assert sorted(set(prices)) == prices
    (apple,) = asker.world.instruments.match(AAPL)
    days = asker.world.market.bars(apple, "TRADES", "day", new_york(9, 9), new_york(11, 10))
    assert days.volume.sum() == sum(row.size for row in answer.items)


@pytest.mark.parametrize("period", ["30 seconds", "10 minutes", "2 hours", "1 day", "1 week", "2 months", "1 year"])
def test_a_period_has_many_units(asker: Asker, period: str) -> None:
    (answer,) = asker.ask(replace(REQUEST, timePeriod=period))
    assert answer.items


@pytest.mark.parametrize("period", ["", "3", "3 moons", "0 days", "days"])
def test_a_bad_period_is_refused(asker: Asker, period: str) -> None:
    code, text = error(asker.ask(replace(REQUEST, timePeriod=period)))
    assert (321, True) == (code, text.endswith("Invalid time period"))


def test_there_is_none_without_trades(asker: Asker) -> None:
    assert 10188 == error(asker.ask(replace(REQUEST, contract=EURUSD)))[0]


def test_cancelling_is_silent(asker: Asker) -> None:
    assert [] == asker.ask(m.CancelHistogramData(reqId=2))
