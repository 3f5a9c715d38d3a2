"""The account family: server time, summary, account updates, positions, profit and loss.

Rule: each verb ends what it started, so that no feed is left running; a feed that you have started yourself
(reqPositions, reqAccountUpdates) goes on.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.ib.api import to_float
from ibnb.ib.fields import ContractLike
from ibnb.ib.instruments import as_contract
from ibnb.ib.values import check
from ibnb.table_display import shown_html
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

    def __repr__(self) -> str:
        return f"<AccountUpdates at {self.time}: {len(self.portfolio)} positions, {len(self.values)} values>"

    def _repr_html_(self) -> str:
        held = shown_html("Portfolio", self.portfolio)
        return f"<p>Account updates at {html.escape(self.time)}</p>{held}{shown_html('Values', self.values)}"


class AccountCallbacks(Listener):
    @on("currentTime")
    def got_current_time(self, time: int) -> None:
        self._pending.answer("currentTime", int(time))

    @on("accountSummary")
    def got_account_summary(self, reqId: int, account: str, tag: str, value: str, currency: str) -> None:
        self._pending.add(reqId, (tag, value, currency, account))

    @on("updateAccountValue")
    def got_account_value(self, key: str, val: str, currency: str, accountName: str) -> None:
        self._pending.add("accountUpdates", ("value", (key, val, currency, accountName)))

    @on("updatePortfolio")
    def got_portfolio(self, contract: Any, *told: Any) -> None:
        # The table's columns follow in the order in which TWS tells them.
        *numbers, accountName = told
        names = (contract.symbol, contract.secType, contract.currency)
        row = (*names, *numbers, contract.conId, accountName, *tables.identity(contract))
        self._pending.add("accountUpdates", ("portfolio", row))

    @on("updateAccountTime")
    def got_account_time(self, timeStamp: str) -> None:
        self._pending.add("accountUpdates", ("time", timeStamp))

    @on("accountDownloadEnd")
    def got_account_end(self, accountName: str) -> None:
        self._pending.finish("accountUpdates")

    @on("position")
    def got_position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        self._pending.add("positions", _position(account, contract, position, avgCost))

    @on("positionEnd")
    def got_position_end(self) -> None:
        self._pending.finish("positions")

    @on("positionMulti")
    def got_position_multi(
        self, reqId: int, account: str, modelCode: str, contract: Any, pos: Any, avgCost: float
    ) -> None:
        self._pending.add(reqId, _position(account, contract, pos, avgCost))

    @on("accountSummaryEnd")
    @on("positionMultiEnd")
    @on("accountUpdateMultiEnd")
    def got_end(self, reqId: int) -> None:
        self._pending.finish(reqId)

    @on("accountUpdateMulti")
    def got_account_multi(self, reqId: int, account: str, modelCode: str, key: str, value: str, currency: str) -> None:
        self._pending.add(reqId, (key, value, currency, account))

    @on("pnl")
    @on("pnlSingle")
    def got_pnl(self, reqId: int, *figures: Any) -> None:
        self._pending.answer(reqId, [to_float(each) for each in figures])


class AccountVerbs(ContractVerbs, listener=AccountCallbacks):
    def getCurrentTime(self, timeout: float | None = None) -> pd.Timestamp:
        """Return TWS's own clock, in UTC, to the second.

        >>> app.getCurrentTime()
        Timestamp('2025-06-11 14:00:00+0000', tz='UTC')
        """
        # Not by `ask`, which costs a twelfth of so short a round trip.
        with self._ibnb.request("getCurrentTime", reqId="currentTime", timeout=timeout, kind="request") as slot:
            self.reqCurrentTime()
            (seconds,) = slot.wait()
        return pd.Timestamp(datetime.fromtimestamp(seconds, UTC))

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
        if not isinstance(tags, Iterable):
            raise ValueError(f"tags is a list, or text with commas, such as 'NetLiquidation', not {tags!r}.")
        words = [tag.strip() for tag in (tags.split(",") if isinstance(tags, str) else tags) if tag.strip()]
        if not words:
            raise ValueError("tags is empty; for instance tags=['NetLiquidation', 'AvailableFunds'].")
        # TWS leaves out what it doesn't know without a word.
        words = [tag if tag.startswith("$") else check("tags", tag, SUMMARY_TAGS) for tag in words]
        if not group:
            raise ValueError("group is empty; 'All' stands for every account.")
        # TWS gives two summaries at a time to one client; threads take turns, and one is left for you.
        with self._ibnb.in_turn("accountSummary", "getAccountSummary", timeout):
            rows = self._ibnb.ask("getAccountSummary", "reqAccountSummary", group, ",".join(words), timeout=timeout)
        return tables.account(rows)

    def getAccountUpdates(self, account: str = "", timeout: float | None = None) -> AccountUpdates:
        """Return all account values, and the portfolio with its market values, as TWS's account window shows them.

        `.values`: index `tag`, columns as in getAccountSummary (currency "BASE" is the sum in the base currency).
        `.portfolio`: index `symbol`; position, marketPrice, marketValue, averageCost, unrealizedPNL, realizedPNL in
        the contract's `currency`. "" stands for `app.account`. Raises RequestError for an unknown account.

        >>> float(app.getAccountUpdates().portfolio.loc["AAPL", "position"])
        100.0
        """

        account = account or self._ibnb.lifecycle.account
        feed = self._ibnb.subscriptions.by_hand("accountUpdates")
        mine = None if feed is None else feed.given["acctCode"]

        def end() -> None:
            if mine is None:
                self.reqAccountUpdates(False, account)
            elif mine != account:
                self.reqAccountUpdates(True, mine)

        with self._ibnb.request(
            "getAccountUpdates", reqId="accountUpdates", cancel=end, timeout=timeout, kind="account"
        ) as slot:
            self.reqAccountUpdates(True, account)
            slot.wait()
            end()
        # What changes during the download comes again: the last one counts.
        values = {(row[0], row[2], row[3]): row for kind, row in slot.rows if kind == "value"}
        holdings = {row[9:11]: row for kind, row in slot.rows if kind == "portfolio"}
        times = [row for kind, row in slot.rows if kind == "time"]
        return AccountUpdates(
            tables.account(list(values.values())),
            tables.frame("portfolio", list(holdings.values())),
            times[-1] if times else "",
        )

    def getPositions(self, account: str = "", modelCode: str = "", timeout: float | None = None) -> pd.DataFrame:
        """Return what all accounts hold, one row per account and contract; closed positions (0) are left out.

        Index `symbol`; columns secType, currency, `position` (negative = short), `avgCost` (per share; for futures and
        options including the multiplier), conId, account; lastTradeDateOrContractMonth, strike (NaN for what has none),
        right, localSymbol, tradingClass. `account` and `modelCode` ask for one account, or one model
        of an adviser, alone. Raises RequestError for an unknown account.

        >>> float(app.getPositions().loc["AAPL", "position"])
        100.0
        """
        if account or modelCode:
            rows = self._ibnb.ask("getPositions", "reqPositionsMulti", account, modelCode, timeout=timeout)
        else:
            rows = self._ibnb.ask("getPositions", "reqPositions", timeout=timeout)
        # Of each the last word counts.
        latest = {row[5:7]: row for row in rows}
        return tables.frame("positions", [row for row in latest.values() if row[3] != 0])

    def getAccountValues(
        self, account: str = "", modelCode: str = "", ledgerAndNLV: bool = False, timeout: float | None = None
    ) -> pd.DataFrame:
        """Return the values of any one account, index `tag`, columns as in getAccountSummary.

        Unlike getAccountUpdates it can be asked for several accounts at the same time, and knows models. With
        `ledgerAndNLV` only cash by currency and net liquidation. "" stands for `app.account`. Raises RequestError
        for an unknown account.

        >>> cash = app.getAccountValues(ledgerAndNLV=True)
        >>> "NetLiquidation" in cash.index
        True
        """
        name = account or self._ibnb.lifecycle.account
        rows = self._ibnb.ask(
            "getAccountValues", "reqAccountUpdatesMulti", name, modelCode, ledgerAndNLV, timeout=timeout
        )
        latest = {(row[0], row[2], row[3]): row for row in rows}
        return tables.account(list(latest.values()))

    def getPnL(self, account: str = "", timeout: float | None = None) -> pd.Series:
        """Return the account's profit and loss in its base currency: dailyPnL, unrealizedPnL, realizedPnL.

        "" stands for `app.account`. NaN where TWS doesn't know. Raises RequestError for an unknown account.

        >>> app.getPnL().index.tolist()
        ['dailyPnL', 'unrealizedPnL', 'realizedPnL']
        """
        name = account or self._ibnb.lifecycle.account
        (figures,) = self._ibnb.ask("getPnL", "reqPnL", name, "", timeout=timeout)
        return pd.Series(figures, index=["dailyPnL", "unrealizedPnL", "realizedPnL"], name=name, dtype="float64")

    def getPnLSingle(
        self, contract: ContractLike | str | int, account: str = "", modelCode: str = "", timeout: float | None = None
    ) -> pd.Series:
        """Return position, dailyPnL, unrealizedPnL, realizedPnL and value of one position, in the base currency.

        `contract` is a contract, looked up if it has no conId, or a conId. "" stands for `app.account`. NaN where
        TWS doesn't know. What isn't held has position 0, or gets no answer at all: then RequestTimeoutError.
        Raises RequestError for an unknown account, ContractNotFoundError.

        >>> float(app.getPnLSingle(app.createContract("AAPL"))["position"])
        100.0
        """
        if isinstance(contract, int):
            conId = contract
        else:
            contract = as_contract(contract, "getPnLSingle")
            conId = contract.conId or self.resolve(contract, timeout).conId
        name = account or self._ibnb.lifecycle.account
        (figures,) = self._ibnb.ask("getPnLSingle", "reqPnLSingle", name, modelCode, conId, timeout=timeout)
        names = ["position", "dailyPnL", "unrealizedPnL", "realizedPnL", "value"]
        return pd.Series(figures, index=names, name=conId, dtype="float64")


def _position(account: str, contract: Any, held: Any, avgCost: float) -> tuple[Any, ...]:
    """A row for tables.TABLES["positions"]."""
    names = (contract.symbol, contract.secType, contract.currency)
    return (*names, to_float(held), avgCost, contract.conId, account, *tables.identity(contract))
