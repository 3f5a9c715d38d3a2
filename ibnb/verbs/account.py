"""The account family: server time, summary, account updates, positions, profit and loss.

Rule: each verb ends what it started, so that no feed is left running; a feed that you have started yourself
(reqPositions, reqAccountUpdates) goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.core.dispatch import on
from ibnb.ib.api import to_float
from ibnb.ib.values import check, check_contract
from ibnb.verbs.contracts import ContractVerbs

#: The tags that IB documents; getAccountSummary asks for them all unless told otherwise.
SUMMARY_TAGS = (
    "AccountType",
    "NetLiquidation",
    "TotalCashValue",
    "SettledCash",
    "AccruedCash",
    "BuyingPower",
    "EquityWithLoanValue",
    "PreviousDayEquityWithLoanValue",
    "GrossPositionValue",
    "RegTEquity",
    "RegTMargin",
    "SMA",
    "InitMarginReq",
    "MaintMarginReq",
    "AvailableFunds",
    "ExcessLiquidity",
    "Cushion",
    "FullInitMarginReq",
    "FullMaintMarginReq",
    "FullAvailableFunds",
    "FullExcessLiquidity",
    "LookAheadNextChange",
    "LookAheadInitMarginReq",
    "LookAheadMaintMarginReq",
    "LookAheadAvailableFunds",
    "LookAheadExcessLiquidity",
    "HighestSeverity",
    "DayTradesRemaining",
    "Leverage",
)


class AccountUpdates(NamedTuple):
    """What TWS's account window shows: `values` and `portfolio` as frames, `time` as TWS's "HH:MM"."""

    values: pd.DataFrame
    portfolio: pd.DataFrame
    time: str


class AccountVerbs(ContractVerbs):
    """Verbs about the account, and the callbacks that answer them."""

    def _prepare(self) -> None:
        super()._prepare()
        # Feeds without an id that run now: name → account. TWS has one of each per client.
        self._feeds: dict[str, str] = {}

    def reqPositions(self) -> None:
        """ibapi's reqPositions: starts the feed of all positions."""
        self._feeds["positions"] = ""
        super().reqPositions()

    def cancelPositions(self) -> None:
        """ibapi's cancelPositions: ends the feed of positions."""
        self._feeds.pop("positions", None)
        super().cancelPositions()

    def reqAccountUpdates(self, subscribe: bool, acctCode: str) -> None:
        """ibapi's reqAccountUpdates: starts (True) or ends (False) the feed of an account's values."""
        if subscribe:
            self._feeds["accountUpdates"] = acctCode
        else:
            self._feeds.pop("accountUpdates", None)
        super().reqAccountUpdates(subscribe, acctCode)

    def getCurrentTime(self, timeout: float | None = None) -> pd.Timestamp:
        """Return TWS's own clock, in UTC, to the second.

        >>> app.getCurrentTime()
        Timestamp('2025-06-11 14:00:00+0000', tz='UTC')
        """
        with self._request("getCurrentTime", reqId="currentTime", timeout=timeout) as slot:
            self.reqCurrentTime()
            slot.wait()
        return pd.Timestamp(datetime.fromtimestamp(slot.rows[0], UTC))

    def getAccountSummary(
        self, tags: str | Iterable[str] = SUMMARY_TAGS, group: str = "All", timeout: float | None = None
    ) -> pd.DataFrame:
        """Return the account's main figures, one row per tag and currency.

        Index `tag`; columns `value` (float), `currency`, `text` (where the value is words, as in AccountType: then
        `value` is NaN), `account`. `tags` is a list or IB's comma-separated text; "$LEDGER:ALL" gives cash by currency.
        Without it you get all tags.
        Raises ValueError for no tags and for one that IB doesn't document, RequestError for an unknown group.

        >>> app.getAccountSummary(["NetLiquidation"])["currency"].tolist()
        ['USD']
        """
        words = [tag.strip() for tag in (tags.split(",") if isinstance(tags, str) else tags) if tag.strip()]
        if not words:
            raise ValueError("tags is empty; for instance tags=['NetLiquidation', 'AvailableFunds'].")
        # TWS leaves out what it doesn't know without a word.
        words = [tag if tag.startswith("$") else check("tags", tag, SUMMARY_TAGS) for tag in words]
        if not group:
            raise ValueError("group is empty; 'All' stands for every account.")
        # TWS gives two summaries at a time to one client; threads take turns, and one is left for you.
        with (
            self._in_turn("accountSummary", "getAccountSummary", timeout),
            self._request("getAccountSummary", cancel=self.cancelAccountSummary, timeout=timeout) as slot,
        ):
            self.reqAccountSummary(slot.key, group, ",".join(words))
            slot.wait()
            self.cancelAccountSummary(slot.key)
        return tables.account(slot.rows)

    def getAccountUpdates(self, account: str = "", timeout: float | None = None) -> AccountUpdates:
        """Return all account values, and the portfolio with its market values, as TWS's account window shows them.

        `.values`: index `tag`, columns as in getAccountSummary (currency "BASE" is the sum in the base currency).
        `.portfolio`: index `symbol`; position, marketPrice, marketValue, averageCost, unrealizedPNL, realizedPNL in
        the contract's `currency`. "" stands for the first account. Raises RequestError for an unknown account.

        >>> float(app.getAccountUpdates().portfolio.loc["AAPL", "position"])
        100.0
        """

        mine = self._feeds.get("accountUpdates")

        def end() -> None:
            if mine is None:
                self.reqAccountUpdates(False, account)
            elif mine != account:
                self.reqAccountUpdates(True, mine)

        with self._request("getAccountUpdates", reqId="accountUpdates", cancel=end, timeout=timeout) as slot:
            self.reqAccountUpdates(True, account)
            slot.wait()
            end()
        # What changes during the download comes again: the last one counts.
        values = {(row[0], row[2], row[3]): row for kind, row in slot.rows if kind == "value"}
        holdings = {row[-2:]: row for kind, row in slot.rows if kind == "portfolio"}
        times = [row for kind, row in slot.rows if kind == "time"]
        return AccountUpdates(
            tables.account(list(values.values())),
            tables.frame("portfolio", list(holdings.values())),
            times[-1] if times else "",
        )

    def getPositions(self, account: str = "", modelCode: str = "", timeout: float | None = None) -> pd.DataFrame:
        """Return what all accounts hold, one row per account and contract; closed positions (0) are left out.

        Index `symbol`; columns secType, currency, `position` (negative = short), `avgCost` (per share; for futures and
        options including the multiplier), conId, account. `account` and `modelCode` ask for one account, or one model
        of an adviser, alone. Raises RequestError for an unknown account.

        >>> float(app.getPositions().loc["AAPL", "position"])
        100.0
        """
        if account or modelCode:
            return self._positions_of(account, modelCode, timeout)
        mine = "positions" in self._feeds

        def end() -> None:
            if not mine:
                self.cancelPositions()

        with self._request("getPositions", reqId="positions", cancel=end, timeout=timeout) as slot:
            self.reqPositions()
            slot.wait()
            end()
        return _held(slot.rows)

    def _positions_of(self, account: str, modelCode: str, timeout: float | None) -> pd.DataFrame:
        with self._request("getPositions", cancel=self.cancelPositionsMulti, timeout=timeout) as slot:
            self.reqPositionsMulti(slot.key, account, modelCode)
            slot.wait()
            self.cancelPositionsMulti(slot.key)
        return _held(slot.rows)

    def getAccountValues(
        self, account: str = "", modelCode: str = "", ledgerAndNLV: bool = False, timeout: float | None = None
    ) -> pd.DataFrame:
        """Return the values of any one account, index `tag`, columns as in getAccountSummary.

        Unlike getAccountUpdates it can be asked for several accounts at the same time, and knows models. With
        `ledgerAndNLV` only cash by currency and net liquidation. "" stands for the first account. Raises RequestError
        for an unknown account.

        >>> cash = app.getAccountValues(ledgerAndNLV=True)
        >>> "NetLiquidation" in cash.index
        True
        """
        name = account or self.account
        with self._request("getAccountValues", cancel=self.cancelAccountUpdatesMulti, timeout=timeout) as slot:
            self.reqAccountUpdatesMulti(slot.key, name, modelCode, ledgerAndNLV)
            slot.wait()
            self.cancelAccountUpdatesMulti(slot.key)
        latest = {(row[0], row[2], row[3]): row for row in slot.rows}
        return tables.account(list(latest.values()))

    def getPnL(self, account: str = "", timeout: float | None = None) -> pd.Series:
        """Return the account's profit and loss in its base currency: dailyPnL, unrealizedPnL, realizedPnL.

        "" stands for the first account. NaN where TWS doesn't know. Raises RequestError for an unknown account.

        >>> app.getPnL().index.tolist()
        ['dailyPnL', 'unrealizedPnL', 'realizedPnL']
        """
        name = account or next(iter(self.accounts), "")
        with self._request("getPnL", cancel=self.cancelPnL, timeout=timeout) as slot:
            self.reqPnL(slot.key, name, "")
            slot.wait()
            self.cancelPnL(slot.key)
        return pd.Series(slot.rows[0], index=["dailyPnL", "unrealizedPnL", "realizedPnL"], name=name, dtype="float64")

    def getPnLSingle(
        self, contract: Any, account: str = "", modelCode: str = "", timeout: float | None = None
    ) -> pd.Series:
        """Return position, dailyPnL, unrealizedPnL, realizedPnL and value of one position, in the base currency.

        `contract` is a contract, looked up if it has no conId, or a conId. "" stands for the first account. NaN where
        TWS doesn't know. What isn't held has position 0, or gets no answer at all: then RequestTimeoutError.
        Raises RequestError for an unknown account, ContractNotFoundError.

        >>> float(app.getPnLSingle(app.createContract("AAPL"))["position"])
        100.0
        """
        if isinstance(contract, int):
            conId = contract
        else:
            conId = check_contract(contract, "getPnLSingle").conId or self.resolve(contract, timeout).conId
        with self._request("getPnLSingle", cancel=self.cancelPnLSingle, timeout=timeout) as slot:
            self.reqPnLSingle(slot.key, account or self.account, modelCode, conId)
            slot.wait()
            self.cancelPnLSingle(slot.key)
        names = ["position", "dailyPnL", "unrealizedPnL", "realizedPnL", "value"]
        return pd.Series(slot.rows[0], index=names, name=conId, dtype="float64")

    @on("connectionClosed")
    def _feeds_ended(self) -> None:
        self._feeds.clear()

    # --- callbacks: recorded only ---------------------------------------------------------------

    @on("currentTime")
    def _got_current_time(self, time: int) -> None:
        self._add("currentTime", int(time), last=True)

    @on("accountSummary")
    def _got_account_summary(self, reqId: int, account: str, tag: str, value: str, currency: str) -> None:
        self._add(reqId, (tag, value, currency, account))

    @on("accountSummaryEnd")
    def _got_account_summary_end(self, reqId: int) -> None:
        self._finish(reqId)

    @on("updateAccountValue")
    def _got_account_value(self, key: str, val: str, currency: str, accountName: str) -> None:
        self._add("accountUpdates", ("value", (key, val, currency, accountName)))

    @on("updatePortfolio")
    def _got_portfolio(
        self,
        contract: Any,
        position: Any,
        marketPrice: float,
        marketValue: float,
        averageCost: float,
        unrealizedPNL: float,
        realizedPNL: float,
        accountName: str,
    ) -> None:
        numbers = (position, marketPrice, marketValue, averageCost, unrealizedPNL, realizedPNL)
        names = (contract.symbol, contract.secType, contract.currency)
        self._add("accountUpdates", ("portfolio", (*names, *numbers, contract.conId, accountName)))

    @on("updateAccountTime")
    def _got_account_time(self, timeStamp: str) -> None:
        self._add("accountUpdates", ("time", timeStamp))

    @on("accountDownloadEnd")
    def _got_account_end(self, accountName: str) -> None:
        self._finish("accountUpdates")

    @on("position")
    def _got_position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        names = (contract.symbol, contract.secType, contract.currency)
        self._add("positions", (*names, to_float(position), avgCost, contract.conId, account))

    @on("positionEnd")
    def _got_position_end(self) -> None:
        self._finish("positions")

    @on("positionMulti")
    def _got_position_multi(
        self, reqId: int, account: str, modelCode: str, contract: Any, pos: Any, avgCost: float
    ) -> None:
        names = (contract.symbol, contract.secType, contract.currency)
        self._add(reqId, (*names, to_float(pos), avgCost, contract.conId, account))

    @on("positionMultiEnd")
    @on("accountUpdateMultiEnd")
    def _got_multi_end(self, reqId: int) -> None:
        self._finish(reqId)

    @on("accountUpdateMulti")
    def _got_account_multi(self, reqId: int, account: str, modelCode: str, key: str, value: str, currency: str) -> None:
        self._add(reqId, (key, value, currency, account))

    @on("pnlSingle")
    def _got_pnl_single(self, reqId: int, *figures: Any) -> None:
        self._add(reqId, [to_float(each) for each in figures], last=True)

    @on("pnl")
    def _got_pnl(self, reqId: int, dailyPnL: float, unrealizedPnL: float, realizedPnL: float) -> None:
        self._add(reqId, (to_float(dailyPnL), to_float(unrealizedPnL), to_float(realizedPnL)), last=True)


def _held(rows: list[Any]) -> pd.DataFrame:
    """Positions, of each the last word, without closed ones."""
    latest = {row[-2:]: row for row in rows}
    return tables.frame("positions", [row for row in latest.values() if row[3] != 0])
