"""Which exchange stands behind each letter of a SMART quote.

Rule: ``tickReqParams`` gives the code of a list here, ``bidExchange`` and ``askExchange`` are letters of that list.
The letters are those of the US consolidated tape.
"""

from __future__ import annotations

from ...instruments import Instrument
from ...messages import SmartComponent

US_STOCKS = "9c0001"

_US_LETTERS = (
    ("AMEX", "A"),
    ("BYX", "Y"),
    ("NYSE", "N"),
    ("ARCA", "P"),
    ("NASDAQ", "Q"),
    ("IEX", "V"),
    ("BATS", "Z"),
    ("EDGX", "K"),
    ("MEMX", "U"),
)

COMPONENTS: dict[str, tuple[SmartComponent, ...]] = {
    US_STOCKS: tuple(
        SmartComponent(bitNumber=bit, exchange=exchange, exchangeLetter=letter)
        for bit, (exchange, letter) in enumerate(_US_LETTERS)
    ),
}

_LETTERS = dict(_US_LETTERS)


def bbo_exchange(instrument: Instrument) -> str:
    """Return the code of the list that an instrument's quotes use, "" when its quotes name no exchange."""
    return US_STOCKS if instrument.secType == "STK" and instrument.schedule == "US" else ""


def quote_letter(instrument: Instrument) -> str:
    """Return the letter that stands on an instrument's quotes: that of its own exchange."""
    return _LETTERS.get(instrument.primaryExchange, "") if bbo_exchange(instrument) else ""
