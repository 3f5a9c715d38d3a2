"""When orders begin and end: good till date, good after time, hours outside the regular ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibnb.gateway.scenario import LESSON

from ..handlers.asking import AAPL, EURUSD, new_york
from ..handlers.trading import QUIET, Trader, told, trading_world

PLACED = ["openOrder 1 PreSubmitted", "orderStatus 1 PreSubmitted"]
CANCELLED = ["openOrder 1 Cancelled", "orderStatus 1 Cancelled", "error 1 202"]


@pytest.fixture
def trader() -> Trader:
    return Trader()


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("20250611 11:30:00 US/Eastern", new_york(11, 11, 30)),
        ("20250611-15:30:00", new_york(11, 11, 30)),
        ("20250613 12:00:00 US/Eastern", new_york(13, 12)),
        ("20250612 20:00:00 US/Eastern", new_york(12, 20)),
    ],
)
def test_an_order_is_good_till_its_date(trader: Trader, text: str, end: float) -> None:
    trader.place(1, orderType="LMT", lmtPrice=1.0, tif="GTD", goodTillDate=text)
    trader.wait(1)
    assert CANCELLED == told(trader.wait_for(1, "Cancelled", hours=72))
    assert end == trader.world.clock.now()


def test_an_order_sleeps_till_its_time(trader: Trader) -> None:
    assert PLACED == told(trader.place(1, goodAfterTime="20250611 10:30:00 US/Eastern"))
    assert [] == trader.wait(1799)
    execution = trader.wait(2)[0].execution
    assert new_york(11, 10, 30) + LESSON.latency.fill == execution.time


def test_a_time_after_the_close_means_the_next_morning(trader: Trader) -> None:
    placed = trader.place(1, goodAfterTime="20250611 17:00:00 US/Eastern")
    assert [*PLACED, "error 1 399"] == told(placed)
    assert "2025-06-12 09:30:00" in placed[-1].message
    execution = trader.wait_for(1, "Filled")[0].execution
    assert new_york(12, 9, 30) + LESSON.latency.fill == execution.time


def test_a_day_order_lives_on_the_day_on_which_it_begins(trader: Trader) -> None:
    trader.place(1, orderType="LMT", lmtPrice=1.0, goodAfterTime="20250612 11:00:00 US/Eastern")
    trader.wait_for(1, "Cancelled")
    assert new_york(12, 16) == trader.world.clock.now()


def test_a_stop_doesnt_trigger_outside_regular_hours_unless_it_may() -> None:
    evening = replace(QUIET, start=new_york(11, 17))
    times = []
    for outside in (False, True):
        trader = Trader(trading_world(evening))
        stop = round(trader.world.market.last_price(trader.instrument(), new_york(11, 17)) - 0.02, 2)
        trader.place(1, "SELL", orderType="STP", auxPrice=stop, tif="GTC", outsideRth=outside)
        trader.wait_for(1, "Filled")
        times.append(trader.world.clock.now())
    assert times[1] < new_york(11, 20)
    assert times[0] > new_york(12, 9, 30)


@pytest.mark.parametrize("order", [{"contract": EURUSD, "quantity": 20_000}, {"orderType": "MOC"}])
def test_where_it_means_nothing_outside_rth_is_ignored_with_a_warning(trader: Trader, order: dict[str, object]) -> None:
    fields = {"contract": AAPL, "quantity": 1, **order}
    assert ["error 1 2109", *PLACED] == told(trader.place(1, outsideRth=True, **fields))


def test_a_changed_date_moves_the_end(trader: Trader) -> None:
    order = {"orderType": "LMT", "lmtPrice": 1.0, "tif": "GTD"}
    trader.place(1, **order, goodTillDate="20250611 11:00:00 US/Eastern")
    trader.wait(1)
    trader.place(1, **order, goodTillDate="20250611 12:00:00 US/Eastern")
    trader.wait_for(1, "Cancelled")
    assert new_york(11, 12) == trader.world.clock.now()
