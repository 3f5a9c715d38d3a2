"""A day's work of plain ibapi over a socket, at the newest version that it and the gateway speak."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from ibapi.client import EClient
from ibapi.contract import ComboLeg, Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.order_condition import Create, OrderCondition
from ibapi.scanner import ScannerSubscription
from ibapi.server_versions import MAX_CLIENT_VER
from ibapi.ticktype import TickTypeEnum

from ibnb.gateway import Gateway
from ibnb.gateway.codec import NEWEST

from .codec.real_client import Recorder

pytestmark = pytest.mark.skipif(MAX_CLIENT_VER < NEWEST, reason="this release of ibapi speaks an older wire")
PATIENCE = 60.0


class App(Recorder, EClient):  # type: ignore[misc]
    """Plain ibapi that keeps what it hears; `until` waits for a callback, and lets the gateway's time go by."""

    def __init__(self, gateway: Gateway) -> None:
        Recorder.__init__(self)
        EClient.__init__(self, self)
        self.gateway = gateway
        self.heard = threading.Condition()
        self.calls = Told(self.heard)

    def start(self) -> None:
        self.connect("127.0.0.1", self.gateway.port, 1)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def until(self, name: str, *first: Any, seconds: float = 0.0) -> list[Any]:
        """The arguments of the first callback of this name, and with these first arguments, since the last look."""
        if seconds:
            self.gateway.advance(seconds)

        def found() -> list[Any] | None:
            return next((args for call, args in self.calls if call == name and args[: len(first)] == [*first]), None)

        with self.heard:
            assert self.heard.wait_for(lambda: found() is not None, PATIENCE), (name, first, self.calls[-5:])
            result = found()
        assert result is not None
        return result

    def forget(self) -> None:
        with self.heard:
            self.calls.clear()


class Told(list[tuple[str, list[Any]]]):
    """Tells whoever waits of each callback."""

    def __init__(self, heard: threading.Condition) -> None:
        super().__init__()
        self.heard = heard

    def append(self, call: tuple[str, list[Any]]) -> None:
        with self.heard:
            super().append(call)
            self.heard.notify_all()


@pytest.fixture
def app() -> Iterator[App]:
    with Gateway("lesson", version=NEWEST) as gateway:
        app = App(gateway)
        app.start()
        yield app
        # Not app.disconnect(): ibapi forgets the version there while its own thread may still be reading a message.
        app.conn.disconnect()
        app.thread.join(PATIENCE)
        assert not app.thread.is_alive()


def contract(symbol: str = "NVDA", secType: str = "STK", exchange: str = "SMART", **more: Any) -> Contract:
    made = Contract()
    made.symbol, made.secType, made.exchange, made.currency = symbol, secType, exchange, "USD"
    for name, value in more.items():
        setattr(made, name, value)
    return made


def order(action: str, orderType: str, quantity: int = 1, **more: Any) -> Order:
    made = Order()
    made.action, made.orderType, made.totalQuantity, made.tif = action, orderType, Decimal(quantity), "DAY"
    for name, value in more.items():
        setattr(made, name, value)
    return made


def errors(app: App) -> list[tuple[int, str]]:
    """The errors that are no notices, of farms or of exchanges whose depth is shown."""
    told = [args for name, args in app.calls if name == "error"]
    return [(code, text) for _, _, code, text, *_ in told if code not in (2104, 2106, 2152, 2158)]


def test_connection_and_account(app: App) -> None:
    assert NEWEST == app.serverVersion()
    assert ["DU1234567"] == app.until("managedAccounts")
    assert app.until("nextValidId")[0] > 0
    app.reqCurrentTime()
    assert [1749650400] == app.until("currentTime")
    app.reqAccountUpdates(True, "DU1234567")
    app.until("accountDownloadEnd")
    holding = app.until("updatePortfolio")
    assert isinstance(holding[1], Decimal)
    app.reqPositions()
    app.until("positionEnd")
    app.reqAccountSummary(9, "All", "NetLiquidation")
    assert "NetLiquidation" == app.until("accountSummary", 9)[2]
    app.reqPnL(10, "DU1234567", "")
    app.until("pnl", 10, seconds=2)
    app.reqPnLSingle(11, "DU1234567", "", 265598)
    assert Decimal(100) == app.until("pnlSingle", 11, seconds=2)[1]
    app.reqUserInfo(12)
    app.until("userInfo", 12)
    app.reqFamilyCodes()
    app.until("familyCodes")
    assert [] == errors(app)


def test_market_data(app: App) -> None:
    app.reqMktData(1, contract(), "233", False, False, [])
    assert 0 < app.until("tickPrice", 1, seconds=3)[2]
    app.until("tickReqParams", 1)
    app.until("tickString", 1, seconds=10)
    app.reqMktDepth(2, contract(), 5, True, [])
    app.until("updateMktDepthL2", 2, seconds=3)
    for number, kind in enumerate(("Last", "BidAsk", "MidPoint"), 20):
        app.reqTickByTickData(number, contract(), kind, 0, False)
    for number, callback in ((20, "tickByTickAllLast"), (21, "tickByTickBidAsk"), (22, "tickByTickMidPoint")):
        app.until(callback, number, seconds=5)
    app.reqRealTimeBars(4, contract(), 5, "TRADES", False, [])
    assert isinstance(app.until("realtimeBar", 4, seconds=11)[6], Decimal)
    app.reqMktDepthExchanges()
    app.until("mktDepthExchanges")
    app.reqMarketDataType(3)
    for cancel, number in ((app.cancelMktData, 1), (app.cancelTickByTickData, 20), (app.cancelRealTimeBars, 4)):
        cancel(number)
    app.cancelMktDepth(2, True)
    assert [] == errors(app)


def test_history(app: App) -> None:
    app.reqHistoricalData(1, contract(), "", "1 D", "5 mins", "TRADES", 1, 1, False, [])
    app.until("historicalDataEnd", 1)
    bars = [args[1] for name, args in app.calls if name == "historicalData"]
    assert len(bars) > 5
    assert bars[0].date.endswith("US/Eastern")
    assert bars[0].low <= float(bars[0].wap) <= bars[0].high
    app.reqHistoricalData(2, contract(), "", "1 D", "1 min", "TRADES", 1, 1, True, [])
    app.until("historicalDataEnd", 2)
    app.until("historicalDataUpdate", 2, seconds=10)
    for number, what in enumerate(("TRADES", "BID_ASK", "MIDPOINT"), 30):
        app.reqHistoricalTicks(number, contract(), "20250611 09:40:00 US/Eastern", "", 10, what, 1, False, [])
    for number, callback in ((30, "historicalTicksLast"), (31, "historicalTicksBidAsk"), (32, "historicalTicks")):
        assert 10 <= len(app.until(callback, number)[1])
    app.reqHeadTimeStamp(4, contract(), "TRADES", 1, 1)
    assert app.until("headTimestamp", 4)[1].endswith("Z")
    app.reqHistogramData(5, contract(), True, "3 days")
    app.until("histogramData", 5)
    app.reqHistoricalData(6, contract(), "20250611-13:00:00", "2 D", "1 day", "SCHEDULE", 1, 1, False, [])
    app.until("historicalSchedule", 6)
    app.cancelHistoricalTicks(30)
    assert [] == errors(app)


def test_contracts_scans_and_news(app: App) -> None:
    app.reqContractDetails(1, contract())
    details = app.until("contractDetails", 1)[1]
    assert ("NVDA", "NMS", 0.01) == (details.contract.symbol, details.contract.tradingClass, details.minTick)
    app.reqSecDefOptParams(2, "NVDA", "", "STK", details.contract.conId)
    app.until("securityDefinitionOptionParameterEnd", 2)
    chain = app.until("securityDefinitionOptionParameter", 2)
    option = contract("NVDA", "OPT", lastTradeDateOrContractMonth=sorted(chain[5])[0], tradingClass=chain[3])
    app.reqContractDetails(3, option)
    app.until("contractDetailsEnd", 3)
    found = app.until("contractDetails", 3)[1].contract
    assert ("100", True) == (found.multiplier, found.strike > 0)
    app.reqMatchingSymbols(4, "AAP")
    app.until("symbolSamples", 4)
    app.reqMarketRule(26)
    app.until("marketRule", 26)
    scan = ScannerSubscription()
    scan.instrument, scan.locationCode, scan.scanCode = "STK", "STK.US.MAJOR", "TOP_PERC_GAIN"
    app.reqScannerSubscription(5, scan, [], [])
    app.until("scannerDataEnd", 5)
    app.until("scannerData", 5)
    app.reqScannerParameters()
    assert app.until("scannerParameters")[0].startswith("<?xml")
    app.reqNewsProviders()
    provider = app.until("newsProviders")[0][0].code
    app.reqHistoricalNews(6, details.contract.conId, provider, "", "", 5, [])
    app.until("historicalNewsEnd", 6)
    app.reqNewsBulletins(True)
    app.cancelContractData(1)
    assert [] == errors(app)


def test_orders(app: App) -> None:
    app.until("nextValidId")
    app.placeOrder(1, contract(), order("BUY", "MKT", 10))
    app.until("execDetails", -1, seconds=2)
    assert app.until("commissionReport")[0].commissionAndFees > 0
    app.placeOrder(2, contract(), order("BUY", "LMT", 1, lmtPrice=90.0, transmit=False))
    app.placeOrder(3, contract(), order("SELL", "LMT", 1, lmtPrice=500.0, parentId=2, transmit=False))
    app.placeOrder(4, contract(), order("SELL", "STP", 1, auxPrice=80.0, parentId=2))
    app.until("openOrder", 4, seconds=1)
    app.placeOrder(5, contract(), order("BUY", "MKT", 1, whatIf=True))
    assert float(app.until("openOrder", 5)[3].initMarginAfter) > 0
    app.cancelOrder(2, _cancel())
    app.until("orderStatus", 2, "Cancelled", seconds=1)
    app.reqExecutions(9, ExecutionFilter())
    app.until("execDetailsEnd", 9)
    assert "20250611 10:00:" in app.until("execDetails", 9)[2].time
    app.reqOpenOrders()
    app.until("openOrderEnd")
    app.reqCompletedOrders(False)
    app.until("completedOrdersEnd")
    app.reqGlobalCancel(_cancel())
    app.until("orderStatus", 4, "Cancelled", seconds=1)


def _cancel() -> Any:
    from ibapi.order_cancel import OrderCancel

    return OrderCancel()


def conditions() -> list[Any]:
    """One of each of the six kinds, none of which holds."""
    apple = {"conId": 265598, "exchange": "SMART", "isMore": True}
    given: dict[int, dict[str, Any]] = {
        OrderCondition.Price: {**apple, "price": 9000.0, "triggerMethod": 0},
        OrderCondition.Time: {"isMore": True, "time": "20250611 15:59:00 US/Eastern"},
        OrderCondition.Margin: {"isMore": False, "percent": 1},
        OrderCondition.Execution: {"symbol": "IBM", "exchange": "SMART", "secType": "STK"},
        OrderCondition.Volume: {**apple, "volume": 2_000_000_000},
        OrderCondition.PercentChange: {**apple, "changePercent": 90.0},
    }
    made = []
    for kind, fields in given.items():
        condition = Create(kind)
        for name, value in fields.items():
            setattr(condition, name, value)
        made.append(condition)
    return made


def test_an_order_with_each_of_the_six_conditions_comes_back_with_them(app: App) -> None:
    """scmhub/ibapi#16: conditions lost, or a crash."""
    app.until("nextValidId")
    for number, condition in enumerate(conditions(), 1):
        app.placeOrder(number, contract(), order("BUY", "LMT", 1, lmtPrice=100.0, conditions=[condition]))
        [back] = app.until("openOrder", number, seconds=1)[2].conditions
        assert type(back) is type(condition)
        assert vars(back) == vars(condition)
    assert [] == errors(app)


def test_a_combination(app: App) -> None:
    app.until("nextValidId")
    legs = []
    for symbol, action in (("NVDA", "BUY"), ("AAPL", "SELL")):
        app.forget()
        app.reqContractDetails(1, contract(symbol))
        leg = ComboLeg()
        leg.conId = app.until("contractDetails", 1)[1].contract.conId
        leg.ratio, leg.action, leg.exchange = 1, action, "SMART"
        legs.append(leg)
    bag = contract("NVDA,AAPL", "BAG", comboLegs=legs)
    app.placeOrder(1, bag, order("BUY", "LMT", 1, lmtPrice=-200.0))
    told = app.until("openOrder", 1, seconds=1)
    assert [(leg.conId, leg.action) for leg in legs] == [(leg.conId, leg.action) for leg in told[1].comboLegs]


def settings(app: App, reqId: int) -> Any:
    """TWS's settings of the API, as the program hears them."""
    from ibapi.protobuf.ConfigRequest_pb2 import ConfigRequest

    app.reqConfigProtoBuf(ConfigRequest(reqId=reqId))
    [message] = app.until("configResponseProtoBuf")
    assert reqId == message.reqId
    return message.api.settings


def test_configuration(app: App) -> None:
    from ibapi.protobuf.UpdateConfigRequest_pb2 import UpdateConfigRequest

    app.until("nextValidId")
    assert settings(app, 1).readOnlyApi is False
    change = UpdateConfigRequest(reqId=2)
    change.api.settings.readOnlyApi = True
    app.updateConfigProtoBuf(change)
    [answer] = app.until("updateConfigResponseProtoBuf")
    assert ["api.settings.readOnlyApi"] == list(answer.changedFields)
    app.placeOrder(1, contract(), order("BUY", "MKT"))
    [(code, text)] = [app.until("error", 1)[2:4]]
    assert 321 == code
    assert "Read-Only mode" in text
    app.forget()
    assert settings(app, 3).readOnlyApi is True


def test_what_226_brings_to_orders(app: App) -> None:
    app.until("nextValidId")
    attached = {"slOrderId": 2, "slOrderType": "PRESET", "ptOrderId": 3, "ptOrderType": "PRESET"}
    app.placeOrder(1, contract(), order("BUY", "LMT", lmtPrice=100.0, postOnly=True, **attached))
    app.until("openOrder", 3, seconds=1)
    assert (1, "STP") == (app.until("openOrder", 2)[2].parentId, app.until("openOrder", 2)[2].orderType)
    assert app.until("openOrder", 1)[2].postOnly
    app.placeOrder(4, contract(), order("BUY", "MKT", deactivate=True))
    told = app.until("openOrder", 4, seconds=1)
    assert ("Inactive", True) == (told[3].status, told[2].deactivate)
    app.forget()
    app.placeOrder(4, contract(), order("BUY", "MKT", deactivate=False))
    app.until("openOrder", 4)
    app.until("orderStatus", 4, "Filled", seconds=3)
    told_of = order("BUY", "LMT", lmtPrice=100.0, conditions=conditions()[1:2], conditionsIncludeOvernight=True)
    app.placeOrder(5, contract(), told_of)
    assert app.until("openOrder", 5, seconds=1)[2].conditionsIncludeOvernight
    assert [] == errors(app)


def test_what_225_and_224_bring_to_quotes(app: App) -> None:
    app.reqMktData(1, contract(), "787", False, False, [])
    assert 0 < app.until("tickPrice", 1, TickTypeEnum.ODD_LOT_BID, seconds=2)[2]
    assert 0 < app.until("tickSize", 1, TickTypeEnum.ODD_LOT_ASK_SIZE)[2] < 100
    app.reqContractDetails(2, contract())
    details = app.until("contractDetails", 2)[1]
    assert (Decimal("0.01"), True) == (details.lastPricePrecision, details.lastSizePrecision < 1)
    app.reqHistoricalData(3, contract(), "", "1 D", "4 mins", "TRADES", 1, 1, False, [])
    app.until("historicalDataEnd", 3)
    times = [args[1].date.split(" ")[1] for name, args in app.calls if name == "historicalData"]
    assert ["09:30:00", "09:32:00", "09:36:00"] == times[:3]


def test_a_client_that_insists_on_213(app: App) -> None:
    """rust-ibapi 3 and nautilus' adapter offer 213 to 225: all that they send is protobuf, from startApi on."""
    from ibapi.protobuf.CurrentTime_pb2 import CurrentTime
    from ibapi.protobuf.CurrentTimeRequest_pb2 import CurrentTimeRequest
    from ibapi.protobuf.ManagedAccounts_pb2 import ManagedAccounts
    from ibapi.protobuf.NextValidId_pb2 import NextValidId
    from ibapi.protobuf.OpenOrdersRequest_pb2 import OpenOrdersRequest
    from ibapi.protobuf.StartApiRequest_pb2 import StartApiRequest

    with socket.create_connection(("127.0.0.1", app.gateway.port), PATIENCE) as wire:
        hello = b"v213..225"
        wire.sendall(b"API\0" + len(hello).to_bytes(4, "big") + hello)
        assert b"225" == read(wire).split(b"\0")[0]
        for number, message in (
            (71, StartApiRequest(clientId=9, optionalCapabilities="")),
            (49, CurrentTimeRequest()),
            (5, OpenOrdersRequest()),
        ):
            body = (number + 200).to_bytes(4, "big") + message.SerializeToString()
            wire.sendall(len(body).to_bytes(4, "big") + body)
        heard = {}
        while not {215, 209, 249, 253} <= heard.keys():
            payload = read(wire)
            heard[int.from_bytes(payload[:4], "big")] = payload[4:]
    assert min(heard) > 200
    assert "DU1234567" == ManagedAccounts.FromString(heard[215]).accountsList
    assert 1 == NextValidId.FromString(heard[209]).orderId
    assert 1749650400 == CurrentTime.FromString(heard[249]).currentTime


def read(wire: socket.socket) -> bytes:
    """The next payload."""
    size = int.from_bytes(_exactly(wire, 4), "big")
    return _exactly(wire, size)


def _exactly(wire: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = wire.recv(size - len(data))
        assert part
        data += part
    return data
