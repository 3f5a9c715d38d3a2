"""Oracle: what the installed ibapi's EClient sends is read as the request that was made."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec.text import REQUEST_SIDE

from . import real_client as real
from .samples import BAG, LIMIT, STOCK, example, orders

OPTIONS = "one=1;two=2;"

# Options are lists of TagValue in ibapi and one text on the wire; the clients refuse those that are empty here.
LISTS = {
    "chartOptions": OPTIONS,
    "mktDataOptions": "",
    "mktDepthOptions": "",
    "realTimeBarsOptions": OPTIONS,
    "miscOptions": OPTIONS,
    "scannerSubscriptionOptions": OPTIONS,
    "scannerSubscriptionFilterOptions": OPTIONS,
    "newsArticleOptions": OPTIONS,
    "historicalNewsOptions": "" if real.LOSES_NEWS_OPTIONS else OPTIONS,
    "fundamentalDataOptions": OPTIONS,
    "options": "",
}
RENAMED = {
    "tickerId": "reqId",
    "implVolOptions": "options",
    "optPrcOptions": "options",
    "realTimeBarsOptions": "realTimeBarsOptions",
}
BY_HAND = {m.StartApi, m.PlaceOrder, m.CancelOrder, m.ReqGlobalCancel, m.ReqExecutions, m.ReqWshEventData}
PLAIN = [cls for cls in REQUEST_SIDE.by_class if cls not in BY_HAND]


def method(cls: type) -> str:
    return cls.__name__[0].lower() + cls.__name__[1:]


# Fields of an order that clients refuse to send to an older TWS, and what an order without them has.
ORDER_FIELDS = {
    216: {"deactivate": False, "postOnly": False, "allowPreOpen": False, "ignoreOpenAuction": False},
    217: {"routeMarketableToBbo": False, "seekPriceImprovement": None, "whatIfType": None},
    218: {"slOrderId": None, "slOrderType": "", "ptOrderId": None, "ptOrderType": ""},
    223: {"hedgeMaxSize": None},
    226: {"conditionsIncludeOvernight": False},
}


def sayable(order: m.Order, version: int) -> m.Order:
    """The order less what clients of a version refuse to send, and what only TWS says."""
    told = {"orderId": 0, "autoCancelDate": "", "filledQuantity": None, "shareholder": ""}
    order = replace(order, refFuturesConId=None, parentPermId=None, **told)
    for since, unset in ORDER_FIELDS.items():
        if version < since:
            order = replace(order, **unset)
    return order


def known(request: Any, version: int) -> Any:
    """The request less what a version has no field for: clients refuse to send that."""
    codec = real.lane(version)
    back = codec.decode(codec.encode_request(request))
    if hasattr(back, "contract"):  # only TWS says the last of two dates
        back = replace(back, contract=replace(back.contract, lastTradeDate=""))
    return back


def full(cls: type, version: int) -> Any:
    request = example(cls)
    return known(replace(request, **{name: text for name, text in LISTS.items() if hasattr(request, name)}), version)


def arguments(request: Any) -> list[Any]:
    """The call's arguments in the order of the installed signature."""
    made = []
    for name in real.parameters(method(type(request))):
        field = RENAMED.get(name, name)
        value = getattr(request, field)
        if field in LISTS:
            value = real.tags(value)
        elif hasattr(value, "__dataclass_fields__"):
            value = real.theirs(value)
        made.append(value)
    return made


def check(payload: bytes, expected: Any, version: int) -> None:
    """The payload is the request, to the last field."""
    assert known(expected, version) == real.lane(version).decode(payload)


@pytest.mark.parametrize("version", real.VERSIONS)
@pytest.mark.parametrize("cls", PLAIN, ids=method)
def test_a_request_is_read_as_it_was_made(cls: type, version: int) -> None:
    message = REQUEST_SIDE.by_class[cls]
    if not real.can(method(cls)):
        pytest.skip("this release of ibapi hasn't got the method")
    if version < message.since:
        pytest.skip("this version hasn't got the request")
    request = full(cls, version)
    [payload] = real.sent(method(cls), *arguments(request), version=version)
    check(payload, request, version)


@pytest.mark.parametrize("version", real.VERSIONS)
def test_start_api(version: int) -> None:
    [payload] = real.sent("startApi", version=version)
    assert m.StartApi(clientId=5) == real.lane(version).decode(payload)


@pytest.mark.parametrize("version", real.VERSIONS)
@pytest.mark.parametrize("number", range(len(orders())))
def test_orders(number: int, version: int) -> None:
    contract, order = orders()[number]
    order = replace(order, orderMiscOptions=OPTIONS)
    if real.TEN:  # newer clients have forgotten these
        order = replace(order, eTradeOnly=False, firmQuoteOnly=False, nbboPriceCap=None, faProfile="")
        if version < 192:
            order = replace(order, manualOrderIndicator=None)
    order = sayable(order, version)
    if real.FIRST_PROTOBUF and version > 200:
        contract, order = replace(contract, primaryExchange="", issuerId=""), replace(order, clientId=0)
    request = known(m.PlaceOrder(orderId=7, contract=contract, order=order), version)
    payload = real.sent("placeOrder", 7, real.theirs(request.contract), real.theirs(request.order), version=version)[0]
    assert differing(request.order, real.lane(version).decode(payload).order) == {}
    check(payload, request, version)


def differing(one: Any, other: Any) -> dict[str, tuple[Any, Any]]:
    pairs = {field.name: (getattr(one, field.name), getattr(other, field.name)) for field in fields(one)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("version", real.VERSIONS)
def test_an_order_of_defaults(version: int) -> None:
    import ibapi.contract
    import ibapi.order

    payload = real.sent("placeOrder", 7, ibapi.contract.Contract(), ibapi.order.Order(), version=version)[0]
    old = {} if real.TEN else {"eTradeOnly": True, "firmQuoteOnly": True}
    expected = m.PlaceOrder(orderId=7, contract=m.Contract(), order=m.Order(displaySize=0, **old))
    assert differing(expected.order, real.lane(version).decode(payload).order) == {}


@pytest.mark.parametrize("version", real.VERSIONS)
def test_cancels(version: int) -> None:
    time, name, indicator = "20250611 10:00:00 US/Eastern", "me", 1
    cancel = m.CancelOrder(orderId=7)
    everything = m.ReqGlobalCancel()
    given: list[Any] = []
    if real.TEN:
        attributes = {"extOperator": name, "manualOrderIndicator": indicator}
        given = [real.order_cancel(manualOrderCancelTime=time, **attributes)]
        cancel = m.CancelOrder(orderId=7, manualOrderCancelTime=time, extOperator=name, manualOrderIndicator=indicator)
        everything = m.ReqGlobalCancel(extOperator=name, manualOrderIndicator=indicator)
        if version < 169:
            given, cancel = [real.order_cancel()], m.CancelOrder(orderId=7)
        elif version < 192:
            given = [real.order_cancel(manualOrderCancelTime=time)]
            cancel = m.CancelOrder(orderId=7, manualOrderCancelTime=time)
        if version < 192:
            everything = m.ReqGlobalCancel()
    [payload] = real.sent("cancelOrder", 7, *given, version=version)
    check(payload, cancel, version)
    if real.TEN and version < 192:
        given = [real.order_cancel()]
    [payload] = real.sent("reqGlobalCancel", *given, version=version)
    check(payload, everything, version)


@pytest.mark.parametrize("version", real.VERSIONS)
def test_executions(version: int) -> None:
    import ibapi.execution

    request = replace(example(m.ReqExecutions), specificDates=(20250610, 20250611))
    wanted = ibapi.execution.ExecutionFilter()
    for name in ("clientId", "acctCode", "time", "symbol", "secType", "exchange", "side"):
        setattr(wanted, name, getattr(request, name))
    if version >= 200:
        wanted.lastNDays, wanted.specificDates = request.lastNDays, list(request.specificDates)
    [payload] = real.sent("reqExecutions", request.reqId, wanted, version=version)
    check(payload, request, version)


@pytest.mark.skipif(not real.TEN, reason="9.81 hasn't got the method")
@pytest.mark.parametrize("version", [version for version in real.VERSIONS if version >= 173])
def test_wall_street_horizon(version: int) -> None:
    from ibapi.common import WshEventData

    def asked(request: m.ReqWshEventData) -> bytes:
        wanted = WshEventData()
        for name in ("conId", "filter", "fillWatchlist", "fillPortfolio", "fillCompetitors"):
            if getattr(request, name) is not None:
                setattr(wanted, name, getattr(request, name))
        wanted.startDate, wanted.endDate = request.startDate, request.endDate
        if request.totalLimit is not None:
            wanted.totalLimit = request.totalLimit
        [payload] = real.sent("reqWshEventData", request.reqId, wanted, version=version)
        return payload

    for request in (example(m.ReqWshEventData), m.ReqWshEventData(reqId=3, filter="{}")):
        check(asked(request), request, version)


@pytest.mark.parametrize("version", real.VERSIONS)
def test_quotes_of_a_combination(version: int) -> None:
    request = m.ReqMktData(reqId=3, contract=BAG, snapshot=True)
    [payload] = real.sent("reqMktData", 3, real.theirs(BAG), "", True, False, [], version=version)
    check(payload, request, version)


@pytest.mark.parametrize("version", real.VERSIONS)
def test_history_of_a_combination(version: int) -> None:
    request = replace(full(m.ReqHistoricalData, version), contract=BAG)
    [payload] = real.sent("reqHistoricalData", *arguments(request), version=version)
    check(payload, request, version)


def test_a_contract_as_beginners_write_it() -> None:
    """No conId, no strike, an integer quantity: what every first script sends."""
    import ibapi.contract
    import ibapi.order

    contract, order = ibapi.contract.Contract(), ibapi.order.Order()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    order.action, order.totalQuantity, order.orderType, order.lmtPrice, order.tif = "BUY", 100, "LMT", 187.5, "DAY"
    for version in real.VERSIONS:
        [payload] = real.sent("reqContractDetails", 1, contract, version=version)
        assert replace(STOCK, conId=0) == real.lane(version).decode(payload).contract
        placed = real.lane(version).decode(real.sent("placeOrder", 1, contract, order, version=version)[0]).order
        assert replace(LIMIT, displaySize=0) == replace(placed, eTradeOnly=False, firmQuoteOnly=False)
