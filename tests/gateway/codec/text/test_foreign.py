"""Oracle: ib_async, both ways, at the version it always gets (178)."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec import TextCodec
from ibnb.gateway.codec.wire import FrameBuffer

from ..real_client import all_differences
from ..samples import BAG, LIMIT, STOCK, example, orders

ib_async = pytest.importorskip("ib_async")
pytestmark = pytest.mark.foreign

VERSION = 178
CODEC = TextCodec(VERSION, strict=True)


class Recorder:
    """Stands for ib_async's Wrapper: keeps every callback."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.defaultTimezone = None

    def __getattr__(self, name: str) -> Any:
        return lambda *args: self.calls.append((name, args))


def heard(answer: Any) -> tuple[Any, list[tuple[str, tuple[Any, ...]]]]:
    """The answer as 178 can say it, and ib_async's callbacks. What ib_async can't decode it logs, and calls nothing."""
    from ib_async.decoder import Decoder

    payload = CODEC.encode(answer)
    recorder = Recorder()
    Decoder(recorder, VERSION).interpret(payload.decode().split("\0")[:-1])
    return CODEC.decode_answer(payload), recorder.calls


def values(record: Any) -> list[Any]:
    return [getattr(record, field.name) for field in fields(record)]


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (m.NextValidId, "nextValidId"),
        (m.ManagedAccounts, "managedAccounts"),
        (m.CurrentTime, "currentTime"),
        (m.UpdateAccountValue, "updateAccountValue"),
        (m.UpdatePortfolio, "updatePortfolio"),
        (m.UpdateAccountTime, "updateAccountTime"),
        (m.AccountDownloadEnd, "accountDownloadEnd"),
        (m.AccountSummary, "accountSummary"),
        (m.AccountSummaryEnd, "accountSummaryEnd"),
        (m.AccountUpdateMulti, "accountUpdateMulti"),
        (m.Position, "position"),
        (m.PositionEnd, "positionEnd"),
        (m.Pnl, "pnl"),
        (m.PnlSingle, "pnlSingle"),
        (m.ContractDataEnd, "contractDetailsEnd"),
        (m.OrderStatus, "orderStatus"),
        (m.OpenOrderEnd, "openOrderEnd"),
        (m.ExecDetailsEnd, "execDetailsEnd"),
        (m.CompletedOrdersEnd, "completedOrdersEnd"),
        (m.HeadTimestamp, "headTimestamp"),
        (m.HistoricalDataUpdate, "historicalDataUpdate"),
        (m.HistogramData, "histogramData"),
        (m.HistoricalSchedule, "historicalSchedule"),
        (m.RealtimeBar, "realtimeBar"),
        (m.TickSize, "tickSize"),
        (m.TickGeneric, "tickGeneric"),
        (m.TickString, "tickString"),
        (m.TickReqParams, "tickReqParams"),
        (m.TickSnapshotEnd, "tickSnapshotEnd"),
        (m.MarketDataType, "marketDataType"),
        (m.MarketRule, "marketRule"),
        (m.UpdateMktDepthL2, "updateMktDepthL2"),
        (m.ScannerParameters, "scannerParameters"),
        (m.UserInfo, "userInfo"),
    ],
)
def test_an_answer_is_heard_as_it_was_said(cls: type, name: str) -> None:
    answer, calls = heard(example(cls))
    assert [name] == [call for call, _ in calls]
    ours = values(answer)
    if cls is m.MarketRule:
        ours[0] = answer.marketRuleId
    assert [] == all_differences(ours[: len(calls[0][1])], calls[0][1])  # it knows no precisions


def test_details() -> None:
    answer, [(name, args)] = heard(example(m.ContractData))
    assert "contractDetails" == name
    assert [] == all_differences([answer.reqId, replace(answer.details, secIdList=())], unlisted(args))


def unlisted(args: tuple[Any, ...]) -> list[Any]:
    """Details without the list of ids, whose rows are tuples there."""
    args[1].secIdList = []
    return list(args)


@pytest.mark.parametrize("number", range(len(orders())))
def test_orders(number: int) -> None:
    contract, order = orders()[number]
    order = replace(order, orderId=7)
    answer, [(name, args)] = heard(
        m.OpenOrder(orderId=7, contract=contract, order=order, orderState=example(m.OrderState))
    )
    assert "openOrder" == name
    _, their_contract, their_order, their_state = args
    ours, their = answer.order, their_order
    for name in ("action", "totalQuantity", "orderType", "lmtPrice", "permId", "ocaGroup", "algoStrategy", "cashQty"):
        assert [] == all_differences([getattr(ours, name)], [getattr(their, name)]), name
    assert (answer.contract.conId, answer.orderState.status) == (their_contract.conId, their_state.status)


def test_executions_and_commissions() -> None:
    answer, [(name, (reqId, contract, execution))] = heard(example(m.ExecDetails))
    assert "execDetails" == name
    assert answer.execution.time == execution.time.timestamp()
    ours = [answer.reqId, answer.contract, answer.execution.execId, answer.execution.shares, answer.execution.price]
    assert [] == all_differences(ours, [reqId, contract, execution.execId, execution.shares, execution.price])
    answer, [(name, (report,))] = heard(example(m.CommissionReport))
    assert ("commissionReport", []) == (name, all_differences([answer], [report]))


def test_bars() -> None:
    bars = (example(m.Bar), replace(example(m.Bar), date="20250611 10:00:00 US/Eastern"))
    start, end = "20250610 10:00:00 US/Eastern", "20250611 10:00:00 US/Eastern"
    _, calls = heard(m.HistoricalData(reqId=3, start=start, end=end, bars=bars))
    assert ["historicalData", "historicalData", "historicalDataEnd"] == [name for name, _ in calls]
    for bar, (_, args) in zip(bars, calls, strict=False):
        assert [] == all_differences([3, bar], args)
    assert (3, start, end) == calls[-1][1]


def test_ticks_and_errors_and_scans() -> None:
    answer, [(name, args)] = heard(example(m.TickPrice))
    assert ("priceSizeTick", []) == (name, all_differences(values(answer)[:4], args))
    answer, [(name, args)] = heard(example(m.ErrorMessage))
    assert ("error", []) == (name, all_differences(values(answer)[:4], args))
    answer, calls = heard(example(m.ScannerData))
    assert ["scannerData", "scannerData", "scannerDataEnd"] == [name for name, _ in calls]
    for row, (_, args) in zip(answer.rows, calls, strict=False):
        assert [] == all_differences([3, row.rank, row.contract], [args[0], args[1], args[2].contract])


# The other way round.


def theirs(record: Any) -> Any:
    """ib_async's object for one of our records."""
    if isinstance(record, m.TagValue):
        return ib_async.TagValue(record.tag, record.value)
    made = getattr(ib_async, type(record).__name__)()
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, tuple):
            value = [theirs(one) if is_dataclass(one) else ib_async.OrderComboLeg(one) for one in value]
        elif is_dataclass(value):
            value = theirs(value)
        if value is not None:
            setattr(made, field.name, value)
    return made


def sent(method: str, *args: Any) -> Any:
    """What our codec makes of what ib_async's Client sends."""
    from ib_async.client import Client

    class Quiet(Client):  # type: ignore[misc]
        def __init__(self) -> None:
            self.payloads: list[bytes] = []
            self.clientId, self.optCapab, self._serverVersion = 5, "", VERSION

        def isConnected(self) -> bool:
            return True

        def sendMsg(self, msg: str) -> None:
            self.payloads += FrameBuffer().feed(self._prefix(msg.encode()))

    client = Quiet()
    getattr(client, method)(*args)
    [payload] = client.payloads
    return CODEC.decode(payload)


def known(request: Any) -> Any:
    return CODEC.decode(CODEC.encode_request(request))


def test_starting() -> None:
    assert m.StartApi(clientId=5) == sent("startApi")


@pytest.mark.parametrize("contract", [STOCK, BAG])
def test_quotes_and_history(contract: m.Contract) -> None:
    asked = m.ReqMktData(reqId=3, contract=contract, genericTickList="233", snapshot=True)
    assert known(asked) == sent("reqMktData", 3, theirs(contract), "233", True, False, [])
    history = replace(example(m.ReqHistoricalData), contract=contract, chartOptions="")
    order = ("endDateTime", "durationStr", "barSizeSetting", "whatToShow", "useRTH", "formatDate", "keepUpToDate")
    args = [getattr(history, name) for name in order]
    assert known(history) == sent("reqHistoricalData", history.reqId, theirs(contract), *args, [])


def test_details_and_head_time_stamp() -> None:
    assert known(m.ReqContractDetails(reqId=3, contract=STOCK)) == sent("reqContractDetails", 3, theirs(STOCK))
    head = m.ReqHeadTimeStamp(reqId=3, contract=STOCK, useRTH=1, whatToShow="TRADES", formatDate=2)
    assert known(head) == sent("reqHeadTimeStamp", 3, theirs(STOCK), "TRADES", True, 2)


def test_scans() -> None:
    scan = ib_async.ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode="TOP_PERC_GAIN")
    request = sent("reqScannerSubscription", 3, scan, [], [ib_async.TagValue("priceAbove", "5")])
    assert ("STK", "TOP_PERC_GAIN", None) == (
        request.subscription.instrument,
        request.subscription.scanCode,
        request.subscription.abovePrice,
    )
    assert "priceAbove=5;" == request.scannerSubscriptionFilterOptions


def test_orders_that_people_place() -> None:
    market = ib_async.MarketOrder("BUY", 100)
    placed = sent("placeOrder", 7, theirs(STOCK), market).order
    assert ("BUY", 100, "MKT", None, None) == (
        placed.action,
        placed.totalQuantity,
        placed.orderType,
        placed.lmtPrice,
        placed.auxPrice,
    )
    placed = sent("placeOrder", 7, theirs(STOCK), ib_async.LimitOrder("SELL", 2, 187.5, whatIf=True, parentId=3)).order
    assert (187.5, True, 3) == (placed.lmtPrice, placed.whatIf, placed.parentId)


@pytest.mark.parametrize("number", range(len(orders())))
def test_orders_of_every_kind(number: int) -> None:
    contract, order = orders()[number]
    # ib_async takes the volatility away from all but volatility orders.
    order = replace(order, volatility=None, orderMiscOptions="")
    placed = sent("placeOrder", 7, theirs(contract), their_order(order))
    expected = known(m.PlaceOrder(orderId=7, contract=contract, order=order))
    different = {
        field.name: (getattr(expected.order, field.name), getattr(placed.order, field.name))
        for field in fields(order)
        if getattr(expected.order, field.name) != getattr(placed.order, field.name)
    }
    assert {} == {name: pair for name, pair in different.items() if pair not in [(None, 0), (None, False)]}
    assert expected.contract == placed.contract


def their_order(order: m.Order) -> Any:
    """ib_async's order; its conditions are classes by type."""
    made = theirs(replace(order, conditions=(), orderMiscOptions=""))
    made.orderMiscOptions = []
    made.softDollarTier = ib_async.SoftDollarTier(order.softDollarTierName, order.softDollarTierValue)
    for condition in order.conditions:
        theirs_ = ib_async.OrderCondition.createClass(condition.type)()
        for field in fields(condition):
            if hasattr(theirs_, field.name) and field.name not in ("type", "isConjunctionConnection"):
                setattr(theirs_, field.name, getattr(condition, field.name))
        if hasattr(theirs_, "exch"):
            theirs_.exch = condition.exchange
        theirs_.conjunction = "a" if condition.isConjunctionConnection else "o"
        made.conditions.append(theirs_)
    return made


def test_cancels() -> None:
    assert m.CancelOrder(orderId=7) == sent("cancelOrder", 7, "")
    assert m.ReqGlobalCancel() == sent("reqGlobalCancel")
    assert m.ReqCompletedOrders(apiOnly=True) == sent("reqCompletedOrders", True)
    assert m.ReqExecutions(reqId=3) == sent("reqExecutions", 3, ib_async.ExecutionFilter())


def test_a_limit_order_arrives_as_it_was_placed() -> None:
    placed = sent("placeOrder", 7, theirs(STOCK), their_order(LIMIT)).order
    assert replace(LIMIT, displaySize=0, usePriceMgmtAlgo=0) == placed
