"""An option that may be exercised at any time is never offered for less than that pays (market 6)."""

from __future__ import annotations

from datetime import date

import pytest

from ibnb.gateway.instruments import Instruments
from ibnb.gateway.market import Market
from ibnb.gateway.messages import Contract
from ibnb.gateway.scenario import new_york

INSTRUMENTS = Instruments(date(2025, 6, 11))
NAMES = ("AAPL", "KO", "IBM", "SPY", "TLT", "NVDA")


@pytest.mark.parametrize("symbol", NAMES)
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_market_6_nothing_is_offered_below_what_exercising_it_pays(symbol: str, seed: int) -> None:
    market = Market(seed, INSTRUMENTS)
    INSTRUMENTS.level = market.level
    (share,) = INSTRUMENTS.match(Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD"))
    chain = INSTRUMENTS.match(Contract(symbol=symbol, secType="OPT", exchange="SMART", currency="USD"))
    looked = 0
    for hour in (10, 12, 15):
        now = float(new_york(hour, 7))
        spot = market.quote(share, now)
        for option in chain[:: max(len(chain) // 60, 1)]:
            quote = market.quote(option, now)
            assert quote.ask is not None
            assert spot.bid is not None
            assert spot.ask is not None
            # Who exercises has the share and sells it at its bid, or needs it and buys it at its ask.
            pays = spot.bid - option.strike if option.right == "C" else option.strike - spot.ask
            assert quote.ask >= pays - 1e-9, (option.localSymbol, quote.ask, pays)
            looked += pays > 0
    assert looked > 20
