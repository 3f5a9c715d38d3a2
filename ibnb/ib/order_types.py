"""IB's order types, one row each: what an order of the type must state, and what its prices mean.

Rule: one row per type, no case elsewhere. Sources: IB's order type pages and the samples of its API documents; the
tokens are those of ContractDetails.orderTypes (a type without one has none that is documented, and isn't checked).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OrderType:
    """One row.

    `needs`: the arguments of createOrder that it can't do without. `limit`: it takes a limit price. `stop`: the field
    of an Order for the price that wakes it ("" when nothing does). `trails`: its stop follows the market, so that it
    needs a distance. `caps`: its limit price is the most that a purchase pays for a unit, from its first moment to its
    last; of all other types the price isn't known beforehand. `token`: its name in ContractDetails.orderTypes.
    """

    needs: tuple[str, ...] = ()
    limit: bool = False
    stop: str = ""
    trails: bool = False
    caps: bool = False
    token: str = ""


_LIMIT, _STOP = ("limit_price",), ("stop_price",)

ORDER_TYPES: dict[str, OrderType] = {
    "MKT": OrderType(token="MKT"),
    "LMT": OrderType(_LIMIT, limit=True, caps=True, token="LMT"),
    "STP": OrderType(_STOP, stop="auxPrice", token="STP"),
    "STP LMT": OrderType(_STOP + _LIMIT, limit=True, stop="auxPrice", caps=True, token="STPLMT"),
    "MIT": OrderType(_STOP, stop="auxPrice", token="MIT"),
    "LIT": OrderType(_STOP + _LIMIT, limit=True, stop="auxPrice", caps=True, token="LIT"),
    "TRAIL": OrderType(stop="trailStopPrice", trails=True, token="TRAIL"),
    # Its limit follows the stop: what is stated is only where it begins, and may be left to TWS.
    "TRAIL LIMIT": OrderType(limit=True, stop="trailStopPrice", trails=True, token="TRAILLMT"),
    "MOC": OrderType(token="MOC"),
    "LOC": OrderType(_LIMIT, limit=True, caps=True, token="LOC"),
    "MTL": OrderType(token="MTL"),
    "MKT PRT": OrderType(token="MKTPRT"),
    "STP PRT": OrderType(_STOP, stop="auxPrice", token="STPPRT"),
    # Pegged types: auxPrice is a distance, the limit price one that may be left out. Where IB doesn't document it as a
    # cap, it isn't taken for one.
    "REL": OrderType(limit=True, caps=True, token="REL"),
    "PEG MID": OrderType(limit=True, caps=True, token="PEGMID"),
    "MIDPRICE": OrderType(limit=True, caps=True, token="MIDPX"),
    "PEG BEST": OrderType(limit=True, caps=True),
    "PEG MKT": OrderType(limit=True),
    "PEG PRI": OrderType(limit=True),
    "PEG STK": OrderType(),
    "PEG BENCH": OrderType(token="PEGBENCH"),
    "PASSV REL": OrderType(limit=True),
    "SNAP MKT": OrderType(token="SNAPMKT"),
    "SNAP MID": OrderType(token="SNAPMID"),
    "SNAP PRIM": OrderType(token="SNAPREL"),
    "BOX TOP": OrderType(),
    "VOL": OrderType(),
    # For combos: the words say how each leg is worked.
    "LMT + MKT": OrderType(_LIMIT, limit=True),
    "REL + LMT": OrderType(_LIMIT, limit=True),
    "REL + MKT": OrderType(),
}


def named(orderType: str) -> str:
    """A type as the table spells it.

    >>> named(" stp  lmt")
    'STP LMT'
    """
    return " ".join(orderType.upper().split())
