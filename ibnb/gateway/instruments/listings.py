"""What never expires: stocks, currency pairs, metals and indices, one line each in `listings.csv`."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from .instrument import Instrument, Model, described, invented

# What is counted as one where fractions of coins are traded.
_COINS_WORTH = 7500.0


@cache  # the same in every world
def read_listings() -> tuple[Instrument, ...]:
    """All rows of the table, in its order. A row without a conId gets an invented one."""
    text = Path(__file__).with_name("listings.csv").read_text(encoding="utf-8")
    return tuple(_listing(row) for row in csv.DictReader(text.splitlines()))


def loadings(text: str) -> tuple[tuple[str, float], ...]:
    """ "US:0.6 TECH:0.4" → (("US", 0.6), ("TECH", 0.4))."""
    pairs = (word.split(":") for word in text.split())
    return tuple((name, float(weight)) for name, weight in pairs)


def _listing(row: dict[str, str]) -> Instrument:
    symbol, secType, schedule, primary = row["symbol"], row["secType"], row["schedule"], row["primaryExchange"]
    minTick, exchange, currency = float(row["minTick"]), row["exchange"], row["currency"]
    identity = (symbol, secType, primary or exchange, currency)
    return Instrument(
        conId=int(row["conId"]) if row["conId"] else invented(*identity),
        symbol=symbol,
        secType=secType,
        exchange=exchange,
        primaryExchange=primary,
        currency=currency,
        localSymbol=row["localSymbol"],
        tradingClass=row["tradingClass"],
        longName=row["longName"],
        minTick=minTick,
        schedule=schedule,
        model=Model(
            key="/".join(identity),
            anchor=float(row["anchor"]),
            drift=float(row["drift"]),
            vol=float(row["vol"]),
            volume=int(row["volume"] or 0),
            spread=int(row["spread"]),
            listed=date.fromisoformat(row["listed"]),
            loadings=loadings(row["loadings"]),
        ),
        industry=row["industry"],
        category=row["category"],
        subcategory=row["subcategory"],
        stockType=row["stockType"],
        priceMagnifier=int(row["priceMagnifier"]),
        secIdList=(("ISIN", row["isin"]),) if row["isin"] else (),
        grain=Decimal(f"{_COINS_WORTH / float(row['anchor']):.3g}") if secType == "CRYPTO" else Decimal(1),
        sharesOutstanding=float(row["shares"] or 0) * 1e6,
        **described(secType, primary or exchange, schedule, minTick, float(row["anchor"])),
    )
