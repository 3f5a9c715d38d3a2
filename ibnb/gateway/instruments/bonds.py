"""Bonds, one line each in `bonds.csv`: found by CUSIP or ISIN, quoted in percent of a face value of 1,000."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path

from .instrument import Bond, Instrument, Model, described, invented
from .listings import loadings

_TICK = 0.001
# A quoted price of 1.00 is one percent of the face value.
_MULTIPLIER = "10"


@cache  # the same in every world
def read_bonds() -> tuple[Instrument, ...]:
    """All rows of the table, in its order."""
    text = Path(__file__).with_name("bonds.csv").read_text(encoding="utf-8")
    return tuple(_bond(row) for row in csv.DictReader(text.splitlines()))


def isin(cusip: str) -> str:
    """The US ISIN of a CUSIP: the country, the CUSIP, and a check digit (Luhn's, over letters as two digits).

    Example:
        >>> isin("037833100")
        'US0378331005'
    """
    digits = "".join(str(int(character, 36)) for character in f"US{cusip}")
    doubled = (int(digit) * (2 - n % 2) for n, digit in enumerate(reversed(digits)))
    return f"US{cusip}{-sum(value // 10 + value % 10 for value in doubled) % 10}"


def _bond(row: dict[str, str]) -> Instrument:
    conId = int(row["conId"]) if row["conId"] else invented(row["cusip"], "BOND")
    issued, matures = date.fromisoformat(row["issueDate"]), date.fromisoformat(row["maturity"])
    return Instrument(
        conId=conId,
        symbol=row["symbol"],
        secType="BOND",
        exchange="SMART",
        primaryExchange="",
        currency="USD",
        localSymbol=f"IBCID{conId}",
        tradingClass=row["symbol"],
        longName=row["longName"],
        minTick=_TICK,
        schedule="BOND",
        model=Model(
            key=f"{row['cusip']}/BOND",
            anchor=float(row["anchor"]),
            drift=float(row["drift"]),
            vol=float(row["vol"]),
            volume=int(row["volume"]),
            spread=60 if row["bondType"] == "GOVT" else 400,
            listed=issued,
            loadings=loadings(row["loadings"]),
        ),
        multiplier=_MULTIPLIER,
        secIdList=(("CUSIP", row["cusip"]), ("ISIN", isin(row["cusip"]))),
        bond=Bond(
            cusip=row["cusip"],
            coupon=float(row["coupon"]),
            maturity=f"{matures:%Y%m%d}",
            issueDate=f"{issued:%Y%m%d}",
            ratings=row["ratings"],
            bondType=row["bondType"],
            couponType=row["couponType"],
        ),
        **described("BOND", "", "BOND", _TICK),
    )
