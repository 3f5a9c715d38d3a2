"""A full example of every message: each field set, each value its own, so that two swapped fields can't look right."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from ibnb.gateway import messages as m
from ibnb.gateway.codec import protobuf, text

VERSIONS = (100, 101, 110, 124, 137, 140, 144, 146, 151, 153, 157, 163, 164, 170, 174, 176, 178, 187, 190, 193, 194)
VERSIONS = (*VERSIONS, 195, 196, 198, 200)

CONDITIONS = (
    m.OrderCondition(type=1, price=101.5, conId=265598, exchange="SMART", triggerMethod=2),
    m.OrderCondition(type=3, isConjunctionConnection=False, isMore=False, time="20250611 15:00:00 US/Eastern"),
    m.OrderCondition(type=4, percent=30),
    m.OrderCondition(type=5, secType="STK", exchange="NYSE", symbol="V"),
    m.OrderCondition(type=6, volume=5_000_000, conId=265598, exchange="SMART"),
    m.OrderCondition(type=7, changePercent=2.5, conId=265598, exchange="SMART"),
)

TAGS = (m.TagValue(tag="one", value="1"), m.TagValue(tag="two", value="2"))
OPTIONS = "one=1;two=2;"

GIVEN: dict[tuple[str, str], Any] = {
    ("SmartComponents", "smartComponents"): (
        m.SmartComponent(bitNumber=0, exchange="NYSE", exchangeLetter="N"),
        m.SmartComponent(bitNumber=1, exchange="ARCA", exchangeLetter="P"),
    ),
    ("Contract", "multiplier"): "100",
    ("Execution", "time"): 1749650400.0,
    ("Execution", "liquidation"): 1,
    ("ExerciseOptions", "override"): 1,
    ("Order", "algoParams"): TAGS,
    ("Order", "smartComboRoutingParams"): TAGS,
    ("ContractDetails", "secIdList"): TAGS,
    ("Order", "conditions"): CONDITIONS,
    ("Order", "orderType"): "PEG BENCH",
    ("Order", "usePriceMgmtAlgo"): 1,  # yes, no or unset
    ("Order", "seekPriceImprovement"): 1,
    ("TickByTick", "tickType"): 3,
    ("TickByTick", "mask"): 2,
    ("HistoricalTick", "mask"): 2,
    ("ContractDetails", "lastTradeTime"): "08:30",
    ("ContractDetails", "timeZoneId"): "US/Eastern",
    ("CancelOrder", "manualOrderCancelTime"): "20250611 10:00:00 US/Eastern",
}


def value_of(hint: Any, name: str, number: int) -> Any:
    """Some value of a type; ``number`` makes it unlike its neighbours'."""
    if name.lower() == "userth":
        return 1
    if name.endswith("ptions") and hint is str:
        return OPTIONS
    if get_origin(hint) is types.UnionType:
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        return tuple(value_of(inner, name, number + step) for step in (0, 1))
    if is_dataclass(hint):
        return example(hint)  # type: ignore[arg-type]
    simple = {bool: True, int: number + 3, float: number + 0.25, Decimal: Decimal(number + 2), str: f"{name}{number}"}
    return simple[hint]


@cache
def example(cls: type) -> Any:
    hints = get_type_hints(cls)
    return cls(
        **{
            field.name: GIVEN.get((cls.__name__, field.name), value_of(hints[field.name], field.name, number))
            for number, field in enumerate(fields(cls))
        }
    )


REQUESTS = [example(cls) for cls in {**text.REQUEST_SIDE.by_class, **protobuf.REQUEST_SIDE.by_class}]
ANSWERS = [example(cls) for cls in {**text.ANSWER_SIDE.by_class, **protobuf.ANSWER_SIDE.by_class}]

STOCK = m.Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
BAG = replace(example(m.Contract), secType="BAG")
FUND = replace(example(m.Contract), secType="FUND")
LIMIT = m.Order(action="BUY", totalQuantity=Decimal(100), orderType="LMT", lmtPrice=187.5, tif="DAY")


def orders() -> list[tuple[m.Contract, m.Order]]:
    """One order for each turn that the long layouts can take."""
    full = example(m.Order)
    return [
        (STOCK, LIMIT),
        (BAG, full),
        (replace(STOCK, exchange="IBKRATS"), replace(LIMIT, minTradeQty=7)),
        (
            STOCK,
            replace(
                LIMIT,
                orderType="PEG BEST",
                minCompeteSize=5,
                competeAgainstBestOffset=float("inf"),
                midOffsetAtWhole=0.25,
                midOffsetAtHalf=0.5,
            ),
        ),
        (STOCK, replace(LIMIT, orderType="PEG BEST", minCompeteSize=5, competeAgainstBestOffset=0.75)),
        (STOCK, replace(LIMIT, orderType="PEG MID", midOffsetAtWhole=0.25, midOffsetAtHalf=0.5)),
    ]
