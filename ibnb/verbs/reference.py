"""The reference family: what doesn't change during the day. Price steps, exchanges behind a quote, trading sessions."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ibnb import tables
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.errors import IBError
from ibnb.ib import api, create
from ibnb.ib.fields import ContractLike, OrderLike
from ibnb.ib.instruments import as_contract, for_order
from ibnb.ib.order_rules import check_rules
from ibnb.ib.values import check_duration
from ibnb.verbs.contracts import ContractVerbs, the_one

#: From this server version on TWS tells schedules.
SCHEDULE_VERSION = 165
_RULE = "marketRule {}"


class ReferenceCallbacks(Listener):
    @on("marketRule")
    def got_market_rule(self, marketRuleId: int, priceIncrements: Any) -> None:
        rows = [(each.lowEdge, each.increment) for each in priceIncrements]
        self._pending.answer(_RULE.format(marketRuleId), rows)

    @on("tickReqParams")
    def got_tick_parameters(self, tickerId: int, minTick: float, bboExchange: str, snapshotPermissions: int) -> None:
        slot = self._pending.get(tickerId)
        if slot is not None and slot.verb == "getSmartComponents":
            slot.answer(bboExchange)

    @on("smartComponents")
    def got_smart_components(self, reqId: int, smartComponentMap: Any) -> None:
        self._pending.answer(reqId, api.smart_components(smartComponentMap))

    @on("historicalSchedule")
    def got_schedule(self, reqId: int, startDateTime: str, endDateTime: str, timeZone: str, sessions: Any) -> None:
        # These times stand in the exchange's zone, although elsewhere a dash means UTC.
        rows = [
            (each.refDate, each.startDateTime.replace("-", " "), each.endDateTime.replace("-", " "))
            for each in sessions
        ]
        self._pending.answer(reqId, (timeZone, rows))


class ReferenceVerbs(ContractVerbs, listener=ReferenceCallbacks):
    def getMarketRule(self, marketRuleId: int, timeout: float | None = None) -> pd.DataFrame:
        """Return the price steps of a rule: columns `lowEdge`, `increment`; a step holds from its edge up to the next.

        The ids are in contractDetails' `marketRuleIds`, one for each of its `validExchanges`. Raises RequestError for
        an unknown id; some TWS don't answer one at all, then RequestTimeoutError.

        >>> app.getMarketRule(26)["increment"].tolist()
        [0.01]
        """
        key = _RULE.format(marketRuleId)
        (rows,) = self._ibnb.ask("getMarketRule", "reqMarketRule", marketRuleId, reqId=key, timeout=timeout)
        return tables.frame("marketRule", rows)

    def checkOrder(self, contract: ContractLike | str, order: OrderLike, timeout: float | None = None) -> None:
        """Raise ValueError if an instrument doesn't take such an order: its type, or a price off its grid.

        The grid is the market rule's of the contract's exchange, else minTick's. What your account and the market say
        to the order, previewOrder tells. A combo has no rules of its own, and isn't checked.
        Raises ContractNotFoundError, AmbiguousContractError, RequestTimeoutError.

        >>> contract = app.createContract("AAPL")
        >>> app.checkOrder(contract, app.createOrder("BUY", 1, "LMT", 200.005))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ValueError: lmtPrice 200.005 isn't on the price grid of AAPL, whose step is 0.01 there: 200 and 200.01 are ...
        """
        contract = for_order(contract, order, "checkOrder")
        if contract.secType == "BAG":
            return
        details = the_one(self._ibnb.definitions.ask(contract, "checkOrder", timeout), "checkOrder")
        rules = dict(zip(details.validExchanges.split(","), details.marketRuleIds.split(","), strict=False))
        rule = rules.get(contract.exchange or details.contract.exchange, "")
        steps = list(self.getMarketRule(int(rule), timeout).itertuples(index=False, name=None)) if rule else None
        check_rules(order, details, steps)

    def getSmartComponents(self, bboExchange: Any, timeout: float | None = None) -> pd.DataFrame:
        """Return the exchanges behind the letters of a SMART quote: index `exchangeLetter`; exchange, bitNumber.

        `bboExchange` is the code that tickReqParams gives, or a contract, whose code is then asked for (that needs its
        market data). Raises ValueError when a contract's quotes name no exchange, RequestError for an unknown code.

        >>> app.getSmartComponents(app.createContract("AAPL")).loc["Q", "exchange"]
        'NASDAQ'
        """
        code = bboExchange if isinstance(bboExchange, str) else _bbo_exchange(self, bboExchange, timeout)
        (rows,) = self._ibnb.ask("getSmartComponents", "reqSmartComponents", code, timeout=timeout)
        return tables.frame("smartComponents", rows)

    def getSchedule(
        self,
        contract: ContractLike | str,
        durationStr: str = "1 M",
        endDateTime: Any = "",
        useRTH: int = 1,
        timeout: float | None = None,
    ) -> pd.DataFrame:
        """Return a contract's trading sessions: index `refDate` (plain dates), start and end in the exchange's zone.

        `durationStr` and `endDateTime` are those of dataSettings; `useRTH=0` gives all hours. Days without trading have
        no row. Raises ValueError, HistoricalDataError, ContractNotFoundError, and IBError when ibapi or TWS is older
        than 10.12.

        >>> app.getSchedule(app.createContract("AAPL"), "1 W")["start"].dt.strftime("%H:%M").unique().tolist()
        ['09:30']
        """
        contract = as_contract(contract, "getSchedule")
        if (self.serverVersion() or 0) < SCHEDULE_VERSION:
            raise IBError("getSchedule: schedules need ibapi and TWS 10.12 or newer.")
        ask = create.dataSettings(check_duration(durationStr), "1 day", endDateTime, useRTH=useRTH)
        ask["whatToShow"] = "SCHEDULE"
        ((zone, rows),) = self._ibnb.ask(
            "getSchedule", "reqHistoricalData", contract, *ask.values(), timeout=timeout, contract=contract
        )
        return tables.frame("schedule", rows, zone)


def _bbo_exchange(app: ReferenceVerbs, contract: Any, timeout: float | None) -> str:
    code: str = app._ibnb.ask(
        "getSmartComponents", "reqMktData", contract, "", False, False, [], timeout=timeout, contract=contract
    )[0]
    if not code:
        raise ValueError(f"quotes of {contract.symbol} ({contract.secType}) name no exchanges.")
    return code
