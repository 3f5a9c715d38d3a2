"""How exact last prices and sizes are, as clients of version 224 and above are told."""

from __future__ import annotations

from decimal import Decimal
from typing import TypedDict

from ..instruments import Instrument

_SINCE = 224


class Precision(TypedDict, total=False):
    lastPricePrecision: Decimal
    lastSizePrecision: Decimal


def precision(instrument: Instrument, version: int) -> Precision:
    """The smallest steps of price and size; nothing for an older version."""
    if version < _SINCE:
        return {}
    return {
        "lastPricePrecision": Decimal(str(instrument.minTick)),
        "lastSizePrecision": Decimal(str(instrument.sizeIncrement)),
    }
