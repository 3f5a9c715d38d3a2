"""What the gateway says of markets: quotes, depth, scans, bars and ticks of the past.

Rule: as in ``answers``.
"""

from __future__ import annotations

from ... import messages as m
from .contracts import NAME, contract
from .layout import Inside, Message, Repeat, When, message

BAR_VALUES = "open:float, high:float, low:float, close:float, volume:size, wap:float"

MARKET_ANSWERS: tuple[Message, ...] = (
    message(1, m.TickPrice, "=6, reqId:int, tickType:int, price:float, size:size, attribMask:int"),
    message(2, m.TickSize, "=6, reqId:int, tickType:int, size:size"),
    message(12, m.UpdateMktDepth, "=1, reqId:int, position:int, operation:int, side:int, price:float, size:size"),
    message(
        13,
        m.UpdateMktDepthL2,
        "=1, reqId:int, position:int, marketMaker, operation:int, side:int, price:float, size:size",
        "isSmartDepth:bool@146",
    ),
    message(
        20,
        m.ScannerData,
        "=3, reqId:int",
        Repeat(
            "rows",
            m.ScanRow,
            "rank:int",
            contract(NAME, "exchange, currency, localSymbol"),
            "marketName",
            contract("tradingClass"),
            "distance, benchmark, projection, legsStr",
        ),
    ),
    message(19, m.ScannerParameters, "=1, xml:escaped"),
    message(
        21,
        m.TickOptionComputation,
        "=6@-156, reqId:int, tickType:int, tickAttrib:int@156, impliedVol:minus_one, delta:minus_two",
        "optPrice:minus_one, pvDividend:minus_one, gamma:minus_two, vega:minus_two, theta:minus_two",
        "undPrice:minus_one",
    ),
    message(45, m.TickGeneric, "=6, reqId:int, tickType:int, value:float"),
    message(46, m.TickString, "=6, reqId:int, tickType:int, value:escaped"),
    message(
        47,
        m.TickEFP,
        "=6, reqId:int, tickType:int, basisPoints:float, formattedBasisPoints:escaped",
        "impliedFuturesPrice:float, holdDays:int, futureLastTradeDate:escaped, dividendImpact:float",
        "dividendsToLastTradeDate:float",
    ),
    message(57, m.TickSnapshotEnd, "=1, reqId:int"),
    message(58, m.MarketDataType, "=1, reqId:int, marketDataType:int"),
    message(81, m.TickReqParams, "reqId:int, minTick:float, bboExchange, snapshotPermissions:int", since=114),
    message(91, m.RerouteMktDataReq, "reqId:int, conId:int, exchange", since=125),
    message(92, m.RerouteMktDepthReq, "reqId:int, conId:int, exchange", since=125),
    message(
        99,
        m.TickByTick,
        "reqId:int, tickType:int, time:long",
        When(
            "tickType", lambda number: number in (1, 2), "price:float, size:size, mask:int, exchange, specialConditions"
        ),
        When(
            "tickType",
            lambda number: number == 3,
            "bidPrice:float, askPrice:float, bidSize:size, askSize:size, mask:int",
        ),
        When("tickType", lambda number: number == 4, "midPoint:float"),
        since=137,
    ),
)

HISTORY_ANSWERS: tuple[Message, ...] = (
    message(
        17,
        m.HistoricalData,
        "=3@-124, reqId:int, start:moment@-196, end:moment@-196",
        Repeat("bars", m.Bar, "date:moment", BAR_VALUES, "=false@-124, barCount:int"),
    ),
    message(50, m.RealtimeBar, "=3, reqId:int, time:long", BAR_VALUES, "count:int"),
    message(88, m.HeadTimestamp, "reqId:int, headTimestamp:moment", since=118),
    message(89, m.HistogramData, "reqId:int", Repeat("items", m.HistogramEntry, "price:float, size:size"), since=119),
    message(
        90,
        m.HistoricalDataUpdate,
        "reqId:int",
        Inside(
            "bar",
            m.Bar,
            "barCount:int, date:moment, open:float, close:float, high:float, low:float, wap:float",
            "volume:size",
        ),
        since=124,
    ),
    message(
        96,
        m.HistoricalTicks,
        "reqId:int",
        Repeat("ticks", m.HistoricalTick, "time:long, =0, price:float, size:size"),
        "done:bool",
        since=130,
    ),
    message(
        97,
        m.HistoricalTicksBidAsk,
        "reqId:int",
        Repeat(
            "ticks", m.HistoricalTick, "time:long, mask:int, priceBid:float, priceAsk:float, sizeBid:size, sizeAsk:size"
        ),
        "done:bool",
        since=130,
    ),
    message(
        98,
        m.HistoricalTicksLast,
        "reqId:int",
        Repeat("ticks", m.HistoricalTick, "time:long, mask:int, price:float, size:size, exchange, specialConditions"),
        "done:bool",
        since=130,
    ),
    message(
        106,
        m.HistoricalSchedule,
        "reqId:int, startDateTime, endDateTime, timeZone",
        Repeat("sessions", m.HistoricalSession, "startDateTime, endDateTime, refDate"),
        since=165,
    ),
    message(108, m.HistoricalDataEnd, "reqId:int, start:moment, end:moment", since=196),
)
