"""A statement by hand: what IB publishes of commissions and margins, and what each trade must leave in the account."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.accounts.margins import FOREIGN_CASH, margin, reg_t
from ibnb.gateway.instruments import Instrument, Instruments
from ibnb.gateway.matching.commissions import commission
from ibnb.gateway.scenario import LESSON
from tests.gateway.handlers.trading import Trader

INSTRUMENTS = Instruments(LESSON.today)
RATES = {"USD": 1.0, "EUR": 1.15, "HKD": 0.1275, "AUD": 0.65}


def rate(source: str, target: str) -> float:
    return RATES[source] / RATES[target]


def listed(symbol: str, secType: str = "STK", exchange: str = "SMART", **fields: object) -> Instrument:
    contract = m.Contract(symbol=symbol, secType=secType, exchange=exchange, **fields)  # type: ignore[arg-type]
    return INSTRUMENTS.match(contract)[0]


def option(symbol: str, strike: float, right: str, under: str = "STK") -> Instrument:
    """An option of a third Friday, at a strike of our own."""
    name = {"lastTradeDateOrContractMonth": "20250718", "currency": "USD"}
    found = listed(symbol, "OPT", **name)
    assert found.underSecType == under
    return replace(found, strike=strike, right=right)


APPLE, EURO = listed("AAPL"), listed("EUR", "CASH", "IDEALPRO", currency="USD")
GOLD, BITCOIN = listed("XAUUSD", "CMDTY"), listed("BTC", "CRYPTO", "PAXOS")
AUSTRALIAN = replace(APPLE, currency="AUD")
TENCENT = listed("700", exchange="SEHK")
CALL = option("AAPL", 200.0, "C")

# Where IB says so. The figures of options are those of up to 10,000 contracts a month.
STOCKS = "interactivebrokers.co.uk/en/pricing/commissions-stocks.php"
OPTIONS = "interactivebrokers.ca/en/pricing/commissions-options.php"
ASIA = "interactivebrokers, commissions-stocks-asia-pacific.php"
COMPARED = "investors.interactivebrokers.com/en/accounts/fees/asianStockBundlUnbund.php"
FOREX = "interactivebrokers.com/en/index.php?f=commission&p=fx1"
METALS = "interactivebrokers.com.au/en/index.php?f=39753&p=metals"
TIERED = "interactivebrokers.ca/en/index.php?f=713"


@pytest.mark.parametrize(
    ("instrument", "quantity", "price", "pricing", "cost", "source"),
    [
        (APPLE, 100, 25.0, "fixed", 1.00, STOCKS),
        (APPLE, 1000, 25.0, "fixed", 5.00, STOCKS),
        (APPLE, 1000, 0.25, "fixed", 2.50, STOCKS),
        # "Sell 200,000 Island NASDAQ shares @ $5, remove liquidity", without the regulators' 15.27.
        (APPLE, 200_000, 5.0, "fixed", 1000.00, TIERED),
        (APPLE, 200_000, 5.0, "tiered", 700.00 + 600.00 + 40.00, TIERED),
        (CALL, 1, 2.0, "fixed", 1.00, OPTIONS),
        (CALL, 2, 5.0, "fixed", 1.30, OPTIONS),
        (CALL, 3, 0.075, "fixed", 1.50, OPTIONS),
        (CALL, 5, 0.03, "fixed", 1.25, OPTIONS),
        (AUSTRALIAN, 400, 50.0, "fixed", 16.00, ASIA),
        (TENCENT, 1000, 50.0, "fixed", 40.00, COMPARED),
        (EURO, 50_000, 1.0, "fixed", 2.00, FOREX),
        (EURO, 1_000_000, 1.0, "fixed", 20.00, FOREX),
        (GOLD, 500, 1275.0, "fixed", 9.56, METALS),
        # 0.18 %, at least 1.75, which is at most 1 % of the value (IB's words, quoted at forum.amibroker.com/t/31968).
        (BITCOIN, 1, 100_000.0, "fixed", 180.00, "crypto"),
        (BITCOIN, Decimal("0.005"), 100_000.0, "fixed", 1.75, "crypto"),
        (BITCOIN, Decimal("0.001"), 100_000.0, "fixed", 1.00, "crypto"),
    ],
)
def test_a_published_commission(
    instrument: Instrument, quantity: int | Decimal, price: float, pricing: str, cost: float, source: str
) -> None:
    found = commission(instrument, Decimal(quantity), price, rate, pricing=pricing)
    assert (cost, instrument.currency) == (round(found.amount, 2), found.currency), source


SPX, ES, MES = "IND", listed("ES", "FUT", "CME"), listed("MES", "FUT", "CME")


@pytest.mark.parametrize(
    ("instrument", "quantity", "price", "underlying", "needed"),
    [
        # Rules-based margin of US stocks: 25 % long, 30 % short.
        (APPLE, 50, 200.0, 0.0, (2500.0, 2500.0)),
        (APPLE, -50, 200.0, 0.0, (3000.0, 3000.0)),
        # "Long Call and Put: none" (interactivebrokers.ca/html/retailAccount/optionMarginReq.html).
        (CALL, 10, 8.0, 200.0, (0.0, 0.0)),
        # The same page and elitetrader.com 32668 and 99468: the market value, and the greatest of 20 % (of a broad
        # index 15 %) of the underlying less what the option is out of the money, 10 % (of the strike for a put), and
        # 2.50 a share.
        (option("SPX", 1120.0, "C", "IND"), -1, 2.50, 1095.0, (14_175.0, 14_175.0)),
        (option("AAPL", 205.0, "P"), -1, 3.0, 233.0, (300.0 + 2050.0,) * 2),
        (option("AAPL", 225.0, "P"), -1, 3.0, 233.0, (300.0 + 3860.0,) * 2),
        (option("AAPL", 300.0, "C"), -1, 0.10, 200.0, (10.0 + 2000.0,) * 2),
        (option("AAPL", 200.0, "C"), -2, 12.0, 210.0, (2400.0 + 8400.0,) * 2),
        (option("AAPL", 10.0, "C"), -1, 0.05, 8.0, (5.0 + 250.0,) * 2),
        # A sum for each contract, whatever its price; the micro is a tenth.
        (ES, 2, 6000.0, 0.0, (48_400.0, 44_000.0)),
        (ES, -2, 5000.0, 0.0, (48_400.0, 44_000.0)),
        (MES, 20, 6000.0, 0.0, (48_400.0, 44_000.0)),
        # No loan on coins.
        (BITCOIN, 1, 100_000.0, 0.0, (100_000.0, 100_000.0)),
    ],
)
def test_a_published_margin(
    instrument: Instrument, quantity: int, price: float, underlying: float, needed: tuple[float, float]
) -> None:
    assert needed == pytest.approx(margin(instrument, Decimal(quantity), price, underlying))


@pytest.mark.parametrize(
    ("instrument", "quantity", "price", "needed"),
    [(APPLE, 50, 200.0, 5000.0), (APPLE, -50, 200.0, 5000.0), (CALL, 1, 8.0, 800.0), (ES, 1, 6000.0, 0.0)],
)
def test_regulation_t_at_the_end_of_the_day(instrument: Instrument, quantity: int, price: float, needed: float) -> None:
    """Half of a stock's value, long or short; all of an option's; nothing of a future's."""
    assert needed == reg_t(instrument, Decimal(quantity), price)


def test_a_currency_bought_is_cash_of_both_and_two_dollars_less() -> None:
    trader = Trader()
    account = trader.world.accounts.find("")
    assert account is not None
    before = dict(account.cash)
    trader.place(
        1, quantity=50_000, contract=m.Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")
    )
    said = trader.wait_for(1, "Filled")
    fills = [message.execution for message in said if isinstance(message, m.ExecDetails)]
    paid = sum(float(fill.shares) * fill.price for fill in fills)
    assert 50_000 == account.cash["EUR"] - before.get("EUR", 0.0)
    assert -paid - 2.0 == pytest.approx(account.cash["USD"] - before["USD"])
    assert (0.025, 0.025) == (FOREIGN_CASH.initial, FOREIGN_CASH.maintenance)
