"""What the gateway says of markets: quotes, depth, scans, bars and ticks of the past.

Rule: as in ``answers``.
"""

from __future__ import annotations

from ... import messages as m
from .contracts import NAME, contract
from .kinds import BOOL, ESCAPED, FLOAT, INT, LONG, MOMENT, SIZE, TEXT, not_computed
from .layout import Const, Field, Inside, Message, Repeat, When, message

REQ_ID: Field = INT("reqId")
V1 = Const("1")
V6 = Const("6")

MINUS_ONE = not_computed(-1.0)
MINUS_TWO = not_computed(-2.0)

BAR_VALUES: tuple[Field, ...] = (
    FLOAT("open"),
    FLOAT("high"),
    FLOAT("low"),
    FLOAT("close"),
    SIZE("volume"),
    FLOAT("wap"),
)

MARKET_ANSWERS: tuple[Message, ...] = (
    message(1, m.TickPrice, V6, REQ_ID, INT("tickType"), FLOAT("price"), SIZE("size"), INT("attribMask")),
    message(2, m.TickSize, V6, REQ_ID, INT("tickType"), SIZE("size")),
    message(
        12,
        m.UpdateMktDepth,
        V1,
        REQ_ID,
        INT("position"),
        INT("operation"),
        INT("side"),
        FLOAT("price"),
        SIZE("size"),
    ),
    message(
        13,
        m.UpdateMktDepthL2,
        V1,
        REQ_ID,
        INT("position"),
        TEXT("marketMaker"),
        INT("operation"),
        INT("side"),
        FLOAT("price"),
        SIZE("size"),
        BOOL("isSmartDepth", since=146),
    ),
    message(
        20,
        m.ScannerData,
        Const("3"),
        REQ_ID,
        Repeat(
            "rows",
            m.ScanRow,
            INT("rank"),
            contract(*NAME, TEXT("exchange"), TEXT("currency"), TEXT("localSymbol")),
            TEXT("marketName"),
            contract(TEXT("tradingClass")),
            TEXT("distance"),
            TEXT("benchmark"),
            TEXT("projection"),
            TEXT("legsStr"),
        ),
    ),
    message(19, m.ScannerParameters, V1, ESCAPED("xml")),
    message(
        21,
        m.TickOptionComputation,
        Const("6", until=156),
        REQ_ID,
        INT("tickType"),
        INT("tickAttrib", since=156),
        MINUS_ONE("impliedVol"),
        MINUS_TWO("delta"),
        MINUS_ONE("optPrice"),
        MINUS_ONE("pvDividend"),
        MINUS_TWO("gamma"),
        MINUS_TWO("vega"),
        MINUS_TWO("theta"),
        MINUS_ONE("undPrice"),
    ),
    message(45, m.TickGeneric, V6, REQ_ID, INT("tickType"), FLOAT("value")),
    message(46, m.TickString, V6, REQ_ID, INT("tickType"), ESCAPED("value")),
    message(
        47,
        m.TickEFP,
        V6,
        REQ_ID,
        INT("tickType"),
        FLOAT("basisPoints"),
        ESCAPED("formattedBasisPoints"),
        FLOAT("impliedFuturesPrice"),
        INT("holdDays"),
        ESCAPED("futureLastTradeDate"),
        FLOAT("dividendImpact"),
        FLOAT("dividendsToLastTradeDate"),
    ),
    message(57, m.TickSnapshotEnd, V1, REQ_ID),
    message(58, m.MarketDataType, V1, REQ_ID, INT("marketDataType")),
    message(81, m.TickReqParams, REQ_ID, FLOAT("minTick"), TEXT("bboExchange"), INT("snapshotPermissions"), since=114),
    message(91, m.RerouteMktDataReq, REQ_ID, INT("conId"), TEXT("exchange"), since=125),
    message(92, m.RerouteMktDepthReq, REQ_ID, INT("conId"), TEXT("exchange"), since=125),
    message(
        99,
        m.TickByTick,
        REQ_ID,
        INT("tickType"),
        LONG("time"),
        When(
            "tickType",
            lambda number: number in (1, 2),
            FLOAT("price"),
            SIZE("size"),
            INT("mask"),
            TEXT("exchange"),
            TEXT("specialConditions"),
        ),
        When(
            "tickType",
            lambda number: number == 3,
            FLOAT("bidPrice"),
            FLOAT("askPrice"),
            SIZE("bidSize"),
            SIZE("askSize"),
            INT("mask"),
        ),
        When("tickType", lambda number: number == 4, FLOAT("midPoint")),
        since=137,
    ),
)

HISTORY_ANSWERS: tuple[Message, ...] = (
    message(
        17,
        m.HistoricalData,
        Const("3", until=124),
        REQ_ID,
        MOMENT("start", until=196),
        MOMENT("end", until=196),
        Repeat("bars", m.Bar, MOMENT("date"), *BAR_VALUES, Const("false", until=124), INT("barCount")),
    ),
    message(50, m.RealtimeBar, Const("3"), REQ_ID, LONG("time"), *BAR_VALUES, INT("count")),
    message(88, m.HeadTimestamp, REQ_ID, MOMENT("headTimestamp"), since=118),
    message(89, m.HistogramData, REQ_ID, Repeat("items", m.HistogramEntry, FLOAT("price"), SIZE("size")), since=119),
    message(
        90,
        m.HistoricalDataUpdate,
        REQ_ID,
        Inside(
            "bar",
            m.Bar,
            INT("barCount"),
            MOMENT("date"),
            FLOAT("open"),
            FLOAT("close"),
            FLOAT("high"),
            FLOAT("low"),
            FLOAT("wap"),
            SIZE("volume"),
        ),
        since=124,
    ),
    message(
        96,
        m.HistoricalTicks,
        REQ_ID,
        Repeat("ticks", m.HistoricalTick, LONG("time"), Const("0"), FLOAT("price"), SIZE("size")),
        BOOL("done"),
        since=130,
    ),
    message(
        97,
        m.HistoricalTicksBidAsk,
        REQ_ID,
        Repeat(
            "ticks",
            m.HistoricalTick,
            LONG("time"),
            INT("mask"),
            FLOAT("priceBid"),
            FLOAT("priceAsk"),
            SIZE("sizeBid"),
            SIZE("sizeAsk"),
        ),
        BOOL("done"),
        since=130,
    ),
    message(
        98,
        m.HistoricalTicksLast,
        REQ_ID,
        Repeat(
            "ticks",
            m.HistoricalTick,
            LONG("time"),
            INT("mask"),
            FLOAT("price"),
            SIZE("size"),
            TEXT("exchange"),
            TEXT("specialConditions"),
        ),
        BOOL("done"),
        since=130,
    ),
    message(
        106,
        m.HistoricalSchedule,
        REQ_ID,
        TEXT("startDateTime"),
        TEXT("endDateTime"),
        TEXT("timeZone"),
        Repeat("sessions", m.HistoricalSession, TEXT("startDateTime"), TEXT("endDateTime"), TEXT("refDate")),
        since=165,
    ),
    message(108, m.HistoricalDataEnd, REQ_ID, MOMENT("start"), MOMENT("end"), since=196),
)
