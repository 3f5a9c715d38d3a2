"""IB's message codes as data: how serious each is, what it means, what to do, which requests it ends.

There is no official machine-readable list. The texts are ours; the facts come from IBKR's
documentation and from what users of real gateways saw. `codes.py` answers questions about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["notice", "warning", "request", "connection", "order"]

#: The kinds of request that verbs open slots for; "request" is whatever has no rules of its own.
KINDS = ("request", "contract", "history", "market_data", "scanner", "account", "news", "option", "order")
EVERY = frozenset(KINDS)
DATA = EVERY - {"order"}
NONE: frozenset[str] = frozenset()
MARKET = frozenset({"market_data", "option"})


@dataclass(frozen=True)
class Code:
    """One message code. `ends`: the kinds of request that get nothing more after it."""

    code: int
    severity: Severity
    meaning: str
    advice: str = ""
    ends: frozenset[str] = NONE
    family: str = ""


@dataclass(frozen=True)
class History162:
    """One of the many meanings of code 162, told apart by its text."""

    name: str
    words: tuple[str, ...]
    advice: str


HISTORY_162 = (
    History162(
        "cancelled",
        ("query cancelled", "query canceled", "subscription cancelled", "subscription canceled"),
        "This is the answer to a cancel; there is nothing to do.",
    ),
    History162(
        "pacing",
        ("pacing violation", "too many", "simultaneous"),
        "Wait, then ask again: the same small-bar request at most every 15 s, at most 5 for one contract in 2 s, "
        "at most 60 in 10 minutes. Longer bars need fewer requests.",
    ),
    History162(
        "no data",
        ("no data", "no head timestamp", "returned no"),
        "There are no bars for this contract, period and whatToShow. FX has no TRADES: use MIDPOINT. "
        "Try a longer duration, useRTH=0, or getContractDetails() to see what the contract is.",
    ),
    History162(
        "invalid step",
        ("invalid step", "time length exceed", "bar size"),
        "This bar size doesn't go with this duration: small bars allow short durations only "
        "(1 sec up to 30 min, 1 min up to 1 day, 1 hour up to 1 month, 1 day up to years).",
    ),
    History162(
        "no permission",
        ("no market data permission", "permissions for"),
        "The account has no market data subscription for this exchange; subscribe in Client Portal, "
        "or take an instrument that you have data for.",
    ),
    History162("timeout", ("timed out",), "The data farm was too slow; ask again, if need be for a shorter period."),
)
OTHER_162 = History162("other", (), "Read the text: it says what the historical data service didn't like.")


_FARM_OK = "Good news, not an error: a data farm is connected."
_FARM_IDLE = "The farm sleeps and wakes up with the next request."
_FARM_BROKEN = "TWS reconnects by itself; requests to this farm wait or fail until it says OK."
_SUBSCRIBE = "Ask for delayed data with reqMarketDataType(3), or subscribe in Client Portal under Market Data."
FIELD = "An order field has a value that TWS doesn't take; the text names it."
VALUE = "Something has a value that TWS doesn't take; the text names it."
_FRACTION = "Use a whole number of shares; fractions can't be traded through the API for this instrument."

#: Refusals of a size that isn't a whole number of units.
FRACTIONAL = frozenset({10243, *range(10245, 10253), 10318})
# What IB's page of message codes has beside: refusals of an order whose text says all, without those that it calls
# deprecated, and questions and warnings after which an order lives; of a change; and of whatever has such a field.
_FIELDS = (
    *(116, 117, 118, 119, 120, 125, 126, 129, 132, 142, 144, 148, 151, 152, 154, 157, 160, 167, 168, 303, 311, 325),
    *(328, *range(330, 336), *range(338, 343), 345, 346, *range(347, 354), 356, 358, 359, 360, *range(361, 365)),
    *(*range(367, 381), 383, 388, 389, 390, 392, 393, 394, 395, 396, 397, 400, 403, *range(408, 412), 417, 418, 419),
    *(426, 429, 433, 436, 439, 441, 442, 443, *range(446, 450), *range(10000, 10004), *range(10007, 10014), 10015),
    *(10020, 10234, 10235, 10236, 10237, 10240, 10253, 10254, 10291, 10292, 10294, 10296, 10297, 10298),
    *range(10302, 10308),
    *(10312, 10316, 10317, 10319, 10321, 10324, 10325, 10336),
)
_CHANGES = (329, 422, 440, 444, 10241, 10242, 10308, 10326, 10327)
_VALUES = (140, 141, 145, 312, 313, 314, 315, 336, 337, 343, 401, 406, 407, 435, 10286, 10315, 10330)


def _order(code: int, meaning: str, advice: str = "", ends: frozenset[str] = frozenset({"order"})) -> Code:
    """A refusal of an order, or of what was asked about one (NONE: the order itself goes on)."""
    return Code(code, "order", meaning, advice, ends, "order")


def _market(code: int, meaning: str, advice: str = "", ends: frozenset[str] = MARKET) -> Code:
    """Market data can't be had."""
    return Code(code, "request", meaning, advice, ends, "market_data")


_REQUESTS = (
    Code(
        100,
        "request",
        "More than 50 messages were sent within a second.",
        "Send more slowly; after three of these TWS closes the connection.",
        EVERY,
        "pacing",
    ),
    _market(
        101,
        "All market data lines are in use (100 unless you bought more).",
        "Cancel streams that you don't need any more.",
        DATA,
    ),
    Code(
        102, "request", "This request id is already in use.", "Let ibnb choose the id, or cancel the old request.", DATA
    ),
    Code(
        162,
        "request",
        "The historical data service can't answer; the text says why.",
        "Read the text: pacing, no data, no permission, invalid step or cancelled.",
        frozenset({"request", "history", "scanner", "option"}),
        "history",
    ),
    Code(165, "notice", "The historical data service says something about a query.", "Nothing to do."),
    Code(
        200,
        "request",
        "No instrument fits the contract, or more than one does.",
        "Check symbol, secType, exchange and currency; getContractDetails() lists what fits.",
        EVERY,
        "contract",
    ),
    _order(203, "This security isn't allowed for this account.", "Ask IBKR for the permission.", EVERY),
    Code(300, "notice", "There is no market data subscription with this id.", "It was cancelled already."),
    _market(309, "Too many market depth subscriptions (3).", "Cancel one first.", DATA),
    Code(310, "notice", "There is no market depth subscription with this id.", "It was cancelled already."),
    Code(316, "warning", "Market depth has been halted.", "Subscribe again."),
    Code(317, "warning", "Market depth has been reset.", "Empty your book before using the next rows."),
    Code(319, "request", "This server log level doesn't exist.", "Use 1 (system) to 5 (detail).", DATA),
    Code(
        320,
        "request",
        "TWS couldn't read the request.",
        "A field has the wrong form for this TWS; the text names it. An old ibapi with a new TWS does this as well.",
        EVERY,
    ),
    Code(
        321,
        "request",
        "TWS read the request and didn't accept it.",
        "The text after 'cause' names the field. 'Read-Only mode' means: untick Read-Only API in TWS, "
        "Global Configuration, API, Settings.",
        EVERY,
    ),
    *(Code(code, "request", "A value isn't accepted.", VALUE, EVERY) for code in _VALUES),
    Code(322, "request", "TWS couldn't process the request.", "The text after 'cause' says why.", EVERY),
    _market(354, "No subscription for this market data.", _SUBSCRIBE, MARKET | {"request"}),
    Code(365, "notice", "There is no scanner subscription with this id.", "It was cancelled already."),
    Code(366, "notice", "There is no historical query with this id.", "It had ended already."),
    Code(385, "request", "This id already has a scanner subscription.", "Cancel the old one.", DATA),
    Code(386, "request", "This id already has a historical query.", "Let ibnb choose the id.", DATA),
    _market(
        420,
        "The real-time query is invalid; the text says why.",
        "Live bars need a live subscription; after too many new ones within ten minutes, wait.",
        DATA,
    ),
    Code(430, "request", "Fundamental data isn't available for this instrument.", "", DATA),
    Code(456, "request", "Too many real-time requests.", "Cancel one first.", DATA, "pacing"),
    Code(
        492,
        "warning",
        "Some scanner rows are hidden because a market data subscription is missing.",
        "The rows that you may see still come.",
    ),
    _market(10089, "This market data needs a subscription for API use; delayed data may exist.", _SUBSCRIBE),
    Code(10090, "warning", "Part of the market data isn't subscribed; the rest still comes.", _SUBSCRIBE),
    Code(10091, "warning", "Part of the market data needs a subscription for API use.", _SUBSCRIBE),
    _market(10092, "Market depth doesn't exist for this instrument and exchange."),
    Code(10094, "request", "News ticks don't exist for this instrument or source.", "", DATA),
    Code(10167, "warning", "Not subscribed: TWS shows delayed data instead.", "Data follows, about 15 minutes old."),
    _market(
        10168, "Not subscribed, and delayed data wasn't asked for.", "Call reqMarketDataType(3) first, then ask again."
    ),
    Code(10172, "request", "The news article can't be had.", "The account may lack this provider.", DATA),
    Code(
        10182,
        "warning",
        "A live update of bars was cut off.",
        "This subscription is dead: start it again when the farm is OK.",
        frozenset({"history"}),
        "history",
    ),
    Code(10185, "notice", "There is no P&L subscription with this id.", "It was cancelled already."),
    _market(10186, "Not subscribed, and delayed data isn't enabled.", _SUBSCRIBE),
    Code(10187, "request", "Historical ticks can't be had; the text says why.", "", DATA, "history"),
    Code(10188, "request", "The histogram can't be had; the text says why.", "", DATA, "history"),
    _market(10189, "Tick-by-tick data can't be had; the text says why.", "", DATA),
    _market(10190, "Too many tick-by-tick subscriptions (5 with 100 market data lines).", "Cancel one first.", DATA),
    _market(
        10197,
        "Another session of the same user holds the market data.",
        "Close the other TWS or mobile session; paper and live share one subscription.",
    ),
    Code(10225, "warning", "A live bar subscription was interrupted.", "Start it again."),
    Code(10276, "request", "This news feed isn't allowed.", "Subscribe to it, or choose another provider.", DATA),
    Code(10277, "request", "The news or event feed isn't subscribed.", "Subscribe in Client Portal.", DATA),
    Code(10278, "request", "Event metadata was already requested.", "Wait for the first request.", DATA),
    Code(10281, "request", "Event data was already requested.", "Wait for the first request.", DATA),
    Code(10282, "request", "Event metadata must be requested first.", "Call reqWshMetaData.", DATA),
    Code(
        10285,
        "request",
        "This ibapi is too old for fractional sizes (server version 163).",
        "pip install ibapi-stable; `ibnb doctor` says what is installed.",
        EVERY,
    ),
    Code(10299, "request", "Crypto has no TRADES bars.", "Use whatToShow='AGGTRADES'.", DATA, "history"),
    Code(
        10314,
        "request",
        "The date-time has a wrong form.",
        "Use '20250611 09:30:00 US/Eastern' or, in UTC, '20250611-13:30:00'.",
        DATA,
        "history",
    ),
    Code(10339, "request", "A continuous future takes no end date.", "Leave endDateTime empty.", DATA, "history"),
    Code(10358, "request", "Fundamental data isn't available any more.", "", DATA),
)

_ORDERS = (
    _order(
        103, "This order id was already used.", "Take the id from nextOrderId; rejected orders use up their ids too."
    ),
    _order(104, "A filled order can't be modified.", "It is done; place a new one.", NONE),
    Code(105, "warning", "The modification doesn't match the original order.", "Only price, quantity and tif change."),
    _order(106, "The order can't be transmitted.", "Read the text."),
    _order(107, "The order is incomplete.", FIELD),
    _order(
        109,
        "The price is further from the market than TWS's own limit allows.",
        "Choose a price nearer to the market, or change the percentage in TWS's order presets.",
    ),
    _order(
        110,
        "The price isn't a multiple of the instrument's minimum tick.",
        "Round the price to minTick (getContractDetails() shows it). A failed modification leaves the order alone.",
        NONE,
    ),
    _order(111, "The order type and the tif don't go together.", FIELD),
    _order(113, "The tif must be DAY for this order.", FIELD),
    _order(133, "The order couldn't be submitted.", "Try again."),
    _order(134, "The modification failed.", "The order is as it was, or has ended.", NONE),
    _order(
        135,
        "There is no order with this id.",
        "It may be filled, cancelled, or another client's; listOrders() shows what is open.",
        NONE,
    ),
    _order(136, "This order can't be cancelled.", "It is filled or being filled.", NONE),
    _order(146, "The trigger method isn't one.", FIELD),
    _order(147, "The contract of a condition isn't complete.", "Give it a conId and an exchange."),
    _order(158, "The order needs an offset, as an amount or in percent.", FIELD),
    _order(159, "A percent offset must be between 0 and 100.", FIELD),
    _order(161, "The order isn't in a state in which it can be cancelled.", "Look at its status.", NONE),
    _order(163, "The price breaks a percentage limit.", "Choose another price."),
    _order(
        201,
        "The order was rejected; the text says why.",
        "Not enough cash or margin, no permission, or a wrong price are the usual reasons.",
    ),
    _order(202, "The order was cancelled.", "This also confirms your own cancel.", NONE),
    _order(355, "The order's size doesn't conform to the market rule.", "Choose a size on its grid."),
    _order(
        382,
        "The price is more ticks away from the market than TWS's order presets allow.",
        "Choose a price nearer to the market.",
    ),
    _order(
        387,
        "This exchange doesn't know this order type for this kind of security.",
        "Use another orderType, or exchange='SMART'.",
    ),
    _order(
        391, "The time at which the order ends is invalid.", "Set order.goodTillDate, as yyyymmdd hh:mm:ss and a zone."
    ),
    _order(398, "The instrument can't trigger a condition.", "Choose another one."),
    Code(399, "warning", "A warning about an order; the order lives.", "Often: it waits for the market to open."),
    _order(402, "This contract takes no conditions.", FIELD),
    Code(404, "warning", "Shares to sell short are being located; the order waits.", "It is live but held."),
    _order(412, "This contract can't be traded.", "Choose another contract."),
    _order(413, "A what-if order must be transmitted.", "Set transmit=True."),
    Code(434, "warning", "The order size can't be zero.", "Give a quantity."),
    _order(460, "No trading permission.", "Ask for it in Client Portal."),
    _order(461, "This combination isn't allowed.", FIELD),
    _order(478, "The order's fields contradict each other.", FIELD),
    Code(481, "warning", "TWS made the order smaller.", "Look at the order that came back."),
    _order(10006, "The parent order is missing.", "Send the parent first."),
    _order(10052, "This tif doesn't exist.", "Use DAY, GTC, IOC, OPG, FOK or GTD."),
    _order(10147, "The order to cancel isn't found.", "listOrders() shows what is open.", NONE),
    _order(10148, "The order can't be cancelled in its state.", "It is filled or cancelled.", NONE),
    _order(10149, "This order id isn't valid.", "Take it from nextOrderId."),
    Code(10233, "warning", "Fields were filled in from a preset of TWS; the order lives.", "Set them yourself."),
    _order(10244, "cashQty can't be used here.", "Use totalQuantity."),
    _order(
        10268,
        "eTradeOnly isn't supported any more.",
        "Set order.eTradeOnly = False; ibnb's createOrder does. ibapi 9.81.1 has it True by default.",
    ),
    _order(
        10269, "firmQuoteOnly isn't supported any more.", "Set order.firmQuoteOnly = False; ibnb's createOrder does."
    ),
    _order(10270, "nbboPriceCap isn't supported any more.", "Leave it unset."),
    _order(10289, "A crypto buy at market needs cashQty.", "Set order.cashQty."),
    _order(10290, "This order takes cashQty alone.", "Set order.cashQty."),
    _order(
        10293,
        "A crypto order has a field that it can't have; the text says which.",
        "Usually order.tif must be IOC or Minutes, and a cash quantity stands alone.",
    ),
    Code(10311, "warning", "The order goes straight to one exchange, which may cost more.", "Use exchange='SMART'."),
    *(_order(code, "This size in parts of a unit isn't allowed.", _FRACTION) for code in sorted(FRACTIONAL)),
    Code(10329, "warning", "The order goes straight to one exchange, which may cost more.", "Use exchange='SMART'."),
    _order(10340, "An order field isn't supported.", FIELD),
    *(_order(code, "An order field isn't accepted.", FIELD) for code in _FIELDS),
    *(_order(code, "An order can't be changed so.", "Cancel it, and place a new one.", NONE) for code in _CHANGES),
    _order(10341, "The parent of an order can't be changed.", "Place a new order.", NONE),
    Code(10349, "warning", "The tif was filled in from a preset of TWS; the order lives.", "Set order.tif yourself."),
)

_CONNECTION = (
    Code(
        326,
        "connection",
        "Another program is connected with this client id.",
        "Use another clientId, or end the other program; after a crash the id is free once TWS has noticed.",
    ),
    Code(501, "notice", "Already connected.", "Nothing to do."),
    Code(
        502,
        "connection",
        "TWS or IB Gateway can't be reached.",
        "Is it running, is 'Enable ActiveX and Socket Clients' ticked, and is the port right "
        "(TWS 7497 paper, 7496 live; Gateway 4002 paper, 4001 live)? `ibnb doctor` looks.",
    ),
    Code(503, "connection", "TWS is too old for this request.", "Update TWS.", EVERY),
    Code(504, "connection", "Not connected.", "Call ibnb.connect() first.", EVERY),
    Code(505, "warning", "TWS sent a message that this ibapi doesn't know.", "Update ibapi."),
    Code(506, "connection", "TWS and this ibapi have no protocol version in common.", "Update the older one."),
    Code(507, "connection", "A message had a wrong length.", "Connect again."),
    Code(508, "warning", "A message couldn't be decoded.", "ibapi and TWS may not fit together."),
    _order(512, "The order couldn't be sent.", "Read the text."),
    Code(579, "request", "A text holds a character that IB doesn't take.", "Use plain ASCII.", EVERY),
    Code(
        1100,
        "connection",
        "TWS has lost its link to IBKR; your connection to TWS is still up.",
        "Wait: TWS reconnects by itself.",
    ),
    Code(
        1101,
        "connection",
        "The link to IBKR is back; market data subscriptions are lost.",
        "Ask for your market data again.",
    ),
    Code(1102, "notice", "The link to IBKR is back and subscriptions go on.", "Nothing to do."),
    Code(1300, "connection", "TWS's port was changed; this connection ends.", "Connect again on the new port."),
)

_NOTICES = (
    Code(327, "warning", "Only client id 0 can bind TWS's own orders.", "Connect with clientId=0."),
    Code(2100, "notice", "Account updates were unsubscribed.", "Nothing to do."),
    Code(2101, "warning", "Another account is subscribed for updates.", "Only one account at a time."),
    Code(2102, "warning", "The order is still being processed and can't change now.", "Try again in a moment."),
    Code(2103, "warning", "A market data farm is disconnected.", _FARM_BROKEN),
    Code(2104, "notice", "A market data farm is connected.", _FARM_OK),
    Code(2105, "warning", "A historical data farm is disconnected.", _FARM_BROKEN),
    Code(2106, "notice", "A historical data farm is connected.", _FARM_OK),
    Code(2107, "notice", "A historical data farm is idle.", _FARM_IDLE),
    Code(2108, "notice", "A market data farm is idle.", _FARM_IDLE),
    Code(2109, "warning", "outsideRth is ignored for this order.", "The order lives."),
    Code(2110, "connection", "TWS has lost its link to IBKR.", "It will be restored automatically."),
    Code(2111, "warning", "The times of an algo order were adjusted.", "The order lives."),
    Code(2119, "notice", "A market data farm is connecting.", "Wait a moment."),
    Code(2137, "warning", "The order turns a position from long to short, or from short to long.", "The order lives."),
    Code(2150, "warning", "The P&L of this position can't be computed now.", "The stream goes on."),
    Code(2151, "warning", "Positions aren't available now.", "Ask again."),
    Code(2152, "notice", "Which exchanges give market depth, and which don't.", "Depth rows follow."),
    Code(2157, "warning", "The contract data farm is disconnected.", _FARM_BROKEN),
    Code(2158, "notice", "The contract data farm is connected.", _FARM_OK),
    Code(2161, "warning", "The price was capped.", "The order lives."),
    Code(2168, "warning", "eTradeOnly is not supported.", "Set it to False."),
    Code(2169, "warning", "firmQuoteOnly is not supported.", "Set it to False."),
    Code(
        2174,
        "warning",
        "A date-time without a zone: TWS took its own zone.",
        "Write the zone: '20250611 09:30:00 US/Eastern', or UTC as '20250611-13:30:00'.",
    ),
    Code(
        2176,
        "warning",
        "This ibapi doesn't know fractional sizes; sizes are rounded. Data follows.",
        "pip install ibapi-stable.",
    ),
    Code(2188, "warning", "The newest seconds of history need a subscription; older bars follow.", "Nothing to do."),
)

CODES: dict[int, Code] = {row.code: row for rows in (_REQUESTS, _ORDERS, _CONNECTION, _NOTICES) for row in rows}

# Farms, by the code that speaks of them: (kind of farm, its state).
FARMS: dict[int, tuple[str, str]] = {
    2103: ("market data", "broken"),
    2104: ("market data", "OK"),
    2105: ("historical data", "broken"),
    2106: ("historical data", "OK"),
    2107: ("historical data", "inactive"),
    2108: ("market data", "inactive"),
    2119: ("market data", "connecting"),
    2157: ("contract data", "broken"),
    2158: ("contract data", "OK"),
}
