"""The text wire (server versions 157 to 200), written by hand from IB's field lists.

A layout is a row of field names; `name=5` has that value unless a story says otherwise, `name@178` exists from that
server version on, `name<177` before it. `=2` is a field without a name: a message's own version.
"""

from __future__ import annotations

import re
from typing import Any

Fields = dict[str, Any]

UNSET = "1.7976931348623157E308"
_CONTRACT = (
    "conId=0 symbol secType=STK lastTradeDateOrContractMonth strike=0 right=? multiplier exchange=SMART currency=USD "
    "localSymbol tradingClass"
)
_ORDER = (
    "action totalQuantity orderType lmtPrice=0.0 auxPrice=0.0 tif=DAY ocaGroup account=DU1234567 openClose origin=0 "
    "orderRef %s permId=0 outsideRth=0 hidden=0 discretionaryAmt=0 goodAfterTime %s faGroup faMethod faPercentage "
    f"faProfile<177 modelCode goodTillDate rule80A percentOffset={UNSET} settlingFirm shortSaleSlot=0 "
    "designatedLocation exemptCode=-1"
)
_BOX = (
    f"startingPrice={UNSET} stockRefPrice={UNSET} delta={UNSET} stockRangeLower={UNSET} stockRangeUpper={UNSET} "
    "displaySize=2147483647"
)
# The literal None as deltaNeutralOrderType is what a real TWS sends, and with it the block that follows.
_VOL = (
    f"volatility={UNSET} volatilityType=0 deltaNeutralOrderType=None deltaNeutralAuxPrice={UNSET} deltaNeutralConId=0"
)
_LEGS = (
    "comboLegsDescrip *comboLegs nLegPrices=0 nSmartParams=0 scaleInitLevelSize=2147483647 "
    f"scaleSubsLevelSize=2147483647 scalePriceIncrement={UNSET} hedgeType"
)
_CLEARING = "clearingAccount clearingIntent=IB notHeld=0 deltaNeutralContract=0 algoStrategy solicited=0"
_PEG = (
    f"minTradeQty@170=2147483647 minCompeteSize@170=2147483647 competeAgainstBestOffset@170={UNSET} "
    f"midOffsetAtWhole@170={UNSET} midOffsetAtHalf@170={UNSET} customerAccount@183 professionalCustomer@184=0"
)
_MARGINS = " ".join(
    f"{what}{when}={UNSET}"
    for when in ("Before", "Change", "After")
    for what in ("initMargin", "maintMargin", "equityWithLoan")
)
_PREVIEW = (
    "marginCurrency@195 "
    + " ".join(f"outsideRth{number}@195={UNSET}" for number in range(9))
    + " suggestedSize@195=-9223372036854775808 rejectReason@195 nAllocations@195=0"
)

#: name → (message id, layout)
LAYOUTS: dict[str, tuple[int, str]] = {
    "nextValidId": (9, "=1 orderId"),
    "managedAccounts": (15, "=1 accountsList"),
    "currentTime": (49, "=1 currentTime"),
    "error": (4, "=2<194 reqId errorCode errorString advancedOrderRejectJson@166 errorTime@194=1749650400000"),
    "orderStatus": (
        3,
        "orderId status filled=0 remaining=0 avgFillPrice=0 permId=0 parentId=0 lastFillPrice=0 clientId=1 whyHeld "
        "mktCapPrice=0",
    ),
    "openOrder": (
        5,
        f"orderId {_CONTRACT} {_ORDER % ('clientId=1', 'sharesAllocation')} auctionStrategy=0 {_BOX} blockOrder=0 "
        "sweepToFill=0 allOrNone=0 minQty=2147483647 ocaType=3 eTradeOnly=0 firmQuoteOnly=0 nbboPriceCap parentId=0 "
        f"triggerMethod=0 {_VOL} = = = deltaNeutralOpenClose=? deltaNeutralShortSale=0 deltaNeutralShortSaleSlot=0 = "
        f"continuousUpdate=0 referencePriceType=0 trailStopPrice={UNSET} trailingPercent={UNSET} basisPoints={UNSET} "
        f"basisPointsType=2147483647 {_LEGS} optOutSmartRouting=0 {_CLEARING} whatIf=0 status {_MARGINS} "
        f"commission={UNSET} minCommission={UNSET} maxCommission={UNSET} commissionCurrency {_PREVIEW} warningText "
        f"randomizeSize=0 randomizePrice=0 nConditions=0 adjustedOrderType=None triggerPrice={UNSET} "
        f"trailStopPrice={UNSET} lmtPriceOffset={UNSET} adjustedStopPrice={UNSET} adjustedStopLimitPrice={UNSET} "
        f"adjustedTrailingAmount={UNSET} adjustableTrailingUnit=0 softDollarName softDollarValue softDollarDisplayName "
        f"cashQty={UNSET} dontUseAutoPriceForHedge=0 isOmsContainer=0 discretionaryUpToLimitPrice=0 usePriceMgmtAlgo=0 "
        f"duration@158=2147483647 postToAts@160=2147483647 autoCancelParent@162=0 {_PEG} bondAccruedInterest@185 "
        "includeOvernight@189=0 extOperator@193 manualOrderIndicator@193=2147483647 submitter@198 imbalanceOnly@199=0",
    ),
    "openOrderEnd": (53, "=1"),
    "execDetails": (
        11,
        f"reqId=-1 orderId {_CONTRACT} execId time acctNumber=DU1234567 venue=ARCA side=BOT shares price permId=0 "
        "clientId=1 liquidation=0 cumQty=0 avgPrice=0 orderRef evRule evMultiplier modelCode lastLiquidity=2 "
        "pendingPriceRevision@178=0 submitter@198",
    ),
    "execDetailsEnd": (55, "=1 reqId"),
    "commissionReport": (59, f"=1 execId commission currency=USD realizedPNL={UNSET} yield={UNSET} redemption"),
    "completedOrder": (
        101,
        f"{_CONTRACT} {_ORDER % ('', '')} {_BOX} sweepToFill=0 allOrNone=0 minQty=2147483647 ocaType=3 triggerMethod=0 "
        f"{_VOL} deltaNeutralShortSale=0 deltaNeutralShortSaleSlot=0 = continuousUpdate=0 referencePriceType=0 "
        f"trailStopPrice={UNSET} trailingPercent={UNSET} {_LEGS} {_CLEARING} status randomizeSize=0 randomizePrice=0 "
        f"nConditions=0 trailStopPrice={UNSET} lmtPriceOffset={UNSET} cashQty={UNSET} dontUseAutoPriceForHedge=0 "
        "isOmsContainer=0 autoCancelDate filledQuantity=0 refFuturesConId=2147483647 autoCancelParent=0 "
        "shareholder=Not_an_insider imbalanceOnly=0 routeMarketableToBbo=0 parentPermId=9223372036854775807 "
        f"completedTime completedStatus {_PEG} submitter@198",
    ),
    "completedOrdersEnd": (102, ""),
    "position": (61, f"=3 account=DU1234567 {_CONTRACT} position avgCost=0"),
    "positionEnd": (62, "=1"),
}
_LEG = "conId ratio action exchange=SMART openClose=0 shortSaleSlot=0 designatedLocation exemptCode=-1"
_TOKEN = re.compile(r"(\*?\w*)(?:@(\d+))?(?:=([^<]*))?(?:<(\d+))?")


def write(layout: str, fields: Fields, version: int) -> list[str]:
    """The fields of a message as texts."""
    written: list[str] = []
    for token in layout.split():
        found = _TOKEN.fullmatch(token)
        assert found is not None, token
        name, since, default, until = found.groups()
        if version < int(since or 0) or version >= int(until or 10**6):
            continue
        if name.startswith("*"):
            rows = fields.get(name[1:], [])
            written += [str(len(rows)), *(text for row in rows for text in write(_LEG, row, version))]
        else:
            written.append(_text(fields.get(name) if name else None, default or ""))
    return written


def _text(value: Any, default: str) -> str:
    if value is None:
        return default
    return str(int(value)) if isinstance(value, bool) else str(value)


def encode(name: str, fields: Fields, version: int) -> bytes:
    """One message without its length, its id as text or (from 201 on) as four raw bytes."""
    number, layout = LAYOUTS[name]
    rest = "".join(f"{text}\0" for text in write(layout, fields, version)).encode()
    head = f"{number}\0".encode() if version < 201 else number.to_bytes(4, "big")
    return head + rest


#: Requests by message id → (name, which field holds the id: before and from version 192 on).
REQUESTS: dict[int, tuple[str, int, int]] = {
    3: ("placeOrder", 0, 0),
    4: ("cancelOrder", 1, 0),
    5: ("reqOpenOrders", 0, 0),
    7: ("reqExecutions", 1, 1),
    8: ("reqIds", 0, 0),
    16: ("reqAllOpenOrders", 0, 0),
    49: ("reqCurrentTime", 0, 0),
    58: ("reqGlobalCancel", 0, 0),
    61: ("reqPositions", 0, 0),
    71: ("startApi", 0, 0),
    99: ("reqCompletedOrders", 0, 0),
}


def decode(number: int, rest: bytes, version: int) -> tuple[str, int]:
    """(name, id) of a request; the id is 0 where it has none."""
    name, old, new = REQUESTS.get(number, (f"request {number}", 0, 0))
    fields = rest.split(b"\0")
    if number not in (3, 4, 7):
        return name, 0
    return name, int(fields[new if version >= 192 else old])
