"""The seeds: what real clients send. The installed ibapi encodes what it has, our codec the requests of each version.

Rule: the corpus is made, not stored, so it always covers every request that there is.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from ibnb.gateway import messages as m
from ibnb.gateway.codec import codec_for, requests
from ibnb.gateway.zones import LOGIN_ZONE
from tests.gateway.codec import real_client as real
from tests.gateway.codec.samples import example, orders

STOCK = m.Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
# Values that make sense, so that a mutant gets further than the first check.
_SENSIBLE = {
    "contract": STOCK,
    "reqId": 3,
    "reportType": "ReportSnapshot",
    "timePeriod": "3 days",
    "newsArticleOptions": "",
    "historicalNewsOptions": "",
    "scannerSubscriptionOptions": "",
    "scannerSubscriptionFilterOptions": "",
    "totalResults": 10,
    "groupId": 1,
    "contractInfo": "265598@SMART",
    "isSmartDepth": True,
    "regulatorySnapshot": False,
    "snapshot": False,
    "marketDataType": 3,
    "logLevel": 2,
    "marketRuleId": 26,
    "bboExchange": "9c0001",
    "pattern": "MS",
    "modelCode": "",
    "underlyingConId": 265598,
    "underlyingSymbol": "AAPL",
    "underlyingSecType": "STK",
    "futFopExchange": "",
    "barSize": 5,
    "durationStr": "1 D",
    "barSizeSetting": "1 hour",
    "whatToShow": "TRADES",
    "endDateTime": "",
    "startDateTime": "20250611 09:40:00 US/Eastern",
    "keepUpToDate": False,
    "tickType": "Last",
    "acctCode": "DU1234567",
    "account": "DU1234567",
    "groupName": "All",
    "tags": "NetLiquidation,$LEDGER",
    "genericTickList": "233,236",
    "providerCodes": "BRFG+DJNL",
    "conId": 265598,
    "formatDate": 1,
    "numberOfTicks": 10,
    "subscription": m.ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode="TOP_PERC_GAIN"),
}
_CONTRACTS = (
    m.Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD"),
    m.Contract(symbol="ES", secType="FUT", exchange="CME", currency="USD", lastTradeDateOrContractMonth="202506"),
    m.Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"),
    m.Contract(conId=265598, exchange="SMART"),
)
_ORDERS: dict[str, tuple[Any, ...]] = {
    "action": ("BUY", "SELL", "SSHORT"),
    "totalQuantity": (Decimal(1), Decimal(100), Decimal("0.5"), Decimal(5000), Decimal(10**12)),
    "orderType": ("MKT", "LMT", "STP", "STP LMT", "TRAIL", "TRAIL LIMIT", "MIT", "LIT", "MOC", "MIDPRICE", "REL"),
    "lmtPrice": (None, 0.01, 180.0, 200.0, 220.0, 1e9),
    "auxPrice": (None, 0.5, 190.0, 210.0),
    "trailingPercent": (None, None, 1.0),
    "trailStopPrice": (None, None, 195.0),
    "tif": ("DAY", "DAY", "GTC", "IOC", "FOK", "OPG", ""),
    "outsideRth": (False, True),
    "transmit": (True, True, True, False),
    "whatIf": (False, False, False, True),
    "ocaGroup": ("", "", "group"),
    "parentId": (0, 0, 1, 2),
}
_METHODS = (
    ("reqIds", 1),
    ("reqCurrentTime",),
    ("reqManagedAccts",),
    ("reqPositions",),
    ("reqOpenOrders",),
    ("reqAllOpenOrders",),
    ("reqAccountUpdates", True, ""),
    ("reqAccountSummary", 9001, "All", "NetLiquidation"),
    ("reqMktData", 1, STOCK, "233", False, False, []),
    ("reqContractDetails", 2, STOCK),
    ("reqHistoricalData", 3, STOCK, "", "1 D", "1 hour", "TRADES", 1, 1, False, []),
    ("reqRealTimeBars", 4, STOCK, 5, "TRADES", False, []),
    ("reqScannerParameters",),
    ("reqMatchingSymbols", 5, "AAP"),
    ("reqMarketRule", 26),
    ("reqNewsProviders",),
    ("cancelMktData", 1),
    ("cancelHistoricalData", 3),
)


def seeds(version: int) -> list[bytes]:
    """Return payloads as clients of a version send them, START_API not among them."""
    codec: Any = codec_for(version, LOGIN_ZONE)
    found: list[bytes] = []
    for cls in requests().values():
        if cls is not m.StartApi:
            plain = _plain(cls)
            found += [codec.encode_request(plain)] * 3 + [codec.encode_request(example(cls))]
            if hasattr(plain, "contract"):
                found += [codec.encode_request(replace(plain, contract=other)) for other in _CONTRACTS]
    for contract, order in orders():
        found.append(codec.encode_request(m.PlaceOrder(orderId=7, contract=contract, order=order)))
    if version <= real.NEWEST:
        for name, *arguments in _METHODS:
            # What this release refuses to send isn't one of its frames.
            with contextlib.suppress(AssertionError, AttributeError, TypeError):
                found += real.sent(name, *map(_theirs, arguments), version=version)
    return sorted(filter(None, found))


def _plain(cls: type) -> Any:
    request = example(cls)
    return replace(request, **{name: value for name, value in _SENSIBLE.items() if hasattr(request, name)})


def _theirs(value: Any) -> Any:
    return real.theirs(value) if isinstance(value, m.Contract) else value


def order_of(version: int, orderId: int, chance: Random) -> bytes:
    """Return a placeOrder that a client might send: most of them make sense."""
    values = {name: chance.choice(choices) for name, choices in _ORDERS.items()}
    contract = chance.choice((STOCK, STOCK, *_CONTRACTS))
    codec: Any = codec_for(version, LOGIN_ZONE)
    payload: bytes = codec.encode_request(
        m.PlaceOrder(orderId=orderId, contract=contract, order=m.Order(orderId=orderId, **values))
    )
    return payload
