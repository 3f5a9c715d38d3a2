"""The option family: which options there are, a chain with quotes and Greeks, the calculators, exercising.

Rule: what a chain doesn't show is never asked for. Expiries and strikes are chosen from what reqSecDefOptParams says,
then the options of the chosen expiries are looked up, and only those that are left get market data lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from numbers import Integral
from typing import Any, NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.errors import ContractNotFoundError, RequestTimeoutError
from ibnb.ib import create
from ibnb.ib.api import EXERCISE_EXTRAS, to_float
from ibnb.ib.fields import ContractLike
from ibnb.ib.instruments import as_option
from ibnb.ib.values import check
from ibnb.verbs.contracts import ContractVerbs
from ibnb.verbs.greeks import COMPUTED, COMPUTED_OF, GreekLine, Greeks, GreekStream
from ibnb.verbs.market_data import MarketDataVerbs, open_line

# The calculators' answer.
_CUSTOM = 53
# What TWS computes these of; a contract by conId alone may be one.
_HAVE_GREEKS = ("OPT", "FOP", "WAR", "IOPT", "")
_EXERCISE = {"exercise": 1, "lapse": 2}
# Lines that a chain has open at a time, well below the hundred that there are.
_AT_ONCE = 50
# TWS itself gives a snapshot no longer to be complete.
_PATIENCE = 11.0
_QUOTED = ("bid", "ask", "last", "bidSize", "askSize", "volume")
_NAN = float("nan")


class OptionClass(NamedTuple):
    """Which options there are of one class on one exchange."""

    exchange: str
    tradingClass: str
    multiplier: str
    underlyingConId: int
    expirations: tuple[str, ...]
    strikes: tuple[float, ...]


class OptionCallbacks(Listener):
    @on("securityDefinitionOptionParameter")
    def got_option_parameters(
        self,
        reqId: int,
        exchange: str,
        underlyingConId: int,
        tradingClass: str,
        multiplier: str,
        expirations: Any,
        strikes: Any,
    ) -> None:
        dates, prices = tuple(sorted(expirations)), tuple(sorted(strikes))
        self._pending.add(reqId, OptionClass(exchange, tradingClass, multiplier, underlyingConId, dates, prices))

    @on("securityDefinitionOptionParameterEnd")
    def got_option_parameters_end(self, reqId: int) -> None:
        self._pending.finish(reqId)

    @on("tickOptionComputation")
    def got_computation(self, reqId: int, tickType: int, *figures: Any) -> None:
        # Before the figures stands tickAttrib, which older releases don't have.
        computed = [to_float(each) for each in figures[-len(COMPUTED) :]]
        line = self._pending.taker(reqId)
        if tickType == _CUSTOM:
            self._pending.answer(reqId, computed)
        elif isinstance(line, GreekLine):
            line.compute(tickType, dict(zip(COMPUTED, computed, strict=True)), self._core.now())
        elif tickType in COMPUTED_OF["model"] and line is not None:
            line.values.update(zip(COMPUTED, computed, strict=True))


class OptionVerbs(ContractVerbs, MarketDataVerbs, listener=OptionCallbacks):
    def getOptionParameters(
        self, underlying: ContractLike | str, futFopExchange: str = "", timeout: float | None = None
    ) -> pd.DataFrame:
        """Return which options there are on a contract (or a US stock's symbol), one row per exchange and class.

        Columns exchange, tradingClass, multiplier, underlyingConId, `expirations` (tuple of "yyyymmdd", ascending) and
        `strikes` (tuple of floats, ascending). Not every strike exists for every expiry. No options give an empty
        frame. `futFopExchange` is for options on futures. Raises ContractNotFoundError, AmbiguousContractError.

        >>> app.getOptionParameters("AAPL")["multiplier"].unique().tolist()
        ['100']
        """
        classes = _option_classes(self, self.resolve(underlying, timeout), futFopExchange, timeout)
        return tables.frame("optionParameters", classes)

    def getOptionChain(
        self,
        underlying: ContractLike | str,
        expiries: int | slice | Iterable[Any] = 1,
        strikes: int | slice | Iterable[float] = 10,
        *,
        right: str = "",
        exchange: str = "SMART",
        tradingClass: str = "",
        timeout: float | None = None,
    ) -> pd.DataFrame:
        """Return quotes and Greeks of the chosen options on a contract (or a US stock's symbol), one row per option.

        `expiries`: how many from the next one on, or the dates themselves ("20250620", dates), or a `slice` from date
        to date. `strikes`: how many around the underlying's price, or the strikes themselves, or a `slice(190, 210)`.
        `right`: "C", "P" or "" for both.

        Sorted by expiry, strike and right. Columns expiry (dates), strike, right, bid, ask, last, bidSize, askSize,
        volume, then IB's model: impliedVol (0.25 is 25 % a year), delta, gamma, vega (for one
        percent of volatility), theta (for one day), optPrice, pvDividend, undPrice; then tradingClass, multiplier,
        localSymbol, conId (createContract(…, conId=…) makes an option from it), data_type. NaN where TWS gives no value
        within 11 seconds (or `timeout`). Nothing that fits gives an empty frame. Fifty lines are used at a time.
        Raises ValueError, ContractNotFoundError, MarketDataError, RequestTimeoutError.

        >>> chain = app.getOptionChain("AAPL", expiries=1, strikes=2)
        >>> chain["right"].tolist()
        ['C', 'P', 'C', 'P']
        """
        wanted_right = check("right", right, ("C", "P", ""), {"call": "C", "put": "P"})
        under = self.resolve(underlying, timeout)
        classes = [
            each
            for each in _option_classes(self, under, under.exchange if under.secType == "FUT" else "", timeout)
            if each.exchange == exchange and tradingClass in ("", each.tradingClass)
        ]
        dates = _chosen(sorted({date for each in classes for date in each.expirations}), expiries, "expiries")
        prices = _chosen_strikes(self, under, sorted({strike for each in classes for strike in each.strikes}), strikes)
        found = []
        for each in classes:
            for date in sorted(set(dates) & set(each.expirations)):
                found += _options_of(self, under, each, date, wanted_right, timeout)
        options = {each.conId: each for each in found if each.strike in prices}
        ordered = sorted(
            options.values(),
            key=lambda each: (each.lastTradeDateOrContractMonth[:8], each.strike, each.right, each.tradingClass),
        )
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(ordered), _AT_ONCE):
            rows += _quoted(self, ordered[start : start + _AT_ONCE], timeout)
        return tables.frame("optionChain", rows)

    def streamGreeks(
        self, contract: ContractLike, computedOf: str = "model", timeout: float | None = None
    ) -> GreekStream:
        """Return a stream of an option's Greeks as TWS computes them, to be used with `with`: a frame and an iterator.

        `computedOf`: IB's "model", or the "bid", "ask" or "last" price of the option. `stream.df` has all so far: index
        `time` (of arrival, in New York), columns impliedVol, delta, gamma, vega, theta, optPrice, pvDividend, undPrice,
        in the units of getOptionChain, NaN where TWS has none; `for greeks in stream` gives Greeks, named tuples of the
        same fields, and waits for the next, `timeout` seconds at most, then RequestTimeoutError. Leaving the block
        cancels the request. Raises ValueError for what is no option, and on entering or waiting MarketDataError,
        ContractNotFoundError.

        >>> option = app.getOptionChain("AAPL", 1, [200.0], right="C").iloc[0]
        >>> contract = app.createContract("AAPL", "OPT", conId=int(option["conId"]))
        >>> with app.streamGreeks(contract) as stream:
        ...     greeks = stream.next()
        >>> bool(0 < greeks.delta < 1)
        True
        """
        of = check("computedOf", computedOf, tuple(COMPUTED_OF))
        if as_option(contract, "streamGreeks").secType not in _HAVE_GREEKS:
            raise ValueError(f"streamGreeks: only options have Greeks, not {contract.secType!r}.")
        return GreekStream(self, contract, of, timeout)

    def calculateIV(
        self, contract: ContractLike, optionPrice: float, underPrice: float, timeout: float | None = None
    ) -> pd.Series:
        """Return the volatility at which an option costs `optionPrice`, while its underlying costs `underPrice`.

        A Series of impliedVol (0.25 is 25 % a year), delta, optPrice, pvDividend, gamma, vega, theta, undPrice, as IB's
        model has them; NaN where it has none. Raises ValueError, ContractNotFoundError, RequestTimeoutError (TWS
        doesn't answer a price that no volatility explains).

        >>> option = app.getOptionChain("AAPL", 1, [200.0], right="C").iloc[0]
        >>> contract = app.createContract("AAPL", "OPT", conId=int(option["conId"]))
        >>> bool(app.calculateIV(contract, optionPrice=2.0, underPrice=200.0)["impliedVol"] > 0.1)
        True
        """
        as_option(contract, "calculateIV")
        _check_positive(optionPrice=optionPrice, underPrice=underPrice)
        (computed,) = self._ibnb.ask(
            "calculateIV", "calculateImpliedVolatility", contract, optionPrice, underPrice, [], timeout=timeout
        )
        return pd.Series(computed, index=list(COMPUTED), name=contract.symbol, dtype="float64")

    def calculatePrice(
        self, contract: ContractLike, volatility: float, underPrice: float, timeout: float | None = None
    ) -> pd.Series:
        """Return what an option costs at a volatility (0.25 is 25 % a year), while its underlying costs `underPrice`.

        A Series as in calculateIV: the price is `optPrice`. Raises ValueError, ContractNotFoundError,
        RequestTimeoutError.

        >>> option = app.getOptionChain("AAPL", 1, [200.0], right="C").iloc[0]
        >>> contract = app.createContract("AAPL", "OPT", conId=int(option["conId"]))
        >>> price = app.calculatePrice(contract, volatility=0.3, underPrice=200.0)["optPrice"]
        >>> round(float(app.calculateIV(contract, price, 200.0)["impliedVol"]), 3)
        0.3
        """
        as_option(contract, "calculatePrice")
        _check_positive(volatility=volatility, underPrice=underPrice)
        (computed,) = self._ibnb.ask(
            "calculatePrice", "calculateOptionPrice", contract, volatility, underPrice, [], timeout=timeout
        )
        return pd.Series(computed, index=list(COMPUTED), name=contract.symbol, dtype="float64")

    def exerciseOption(
        self,
        contract: ContractLike,
        exerciseQuantity: int = 1,
        action: str = "exercise",
        account: str = "",
        override: bool = False,
    ) -> int:
        """Exercise options that you hold, or with action="lapse" let them expire; return the id TWS reports it under.

        `override` exercises one that is out of the money, or lapses one that is in it. "" stands for `app.account`.
        What becomes of it comes as order messages under the id. Raises ValueError, SafetyError (read-only, limits),
        and RequestError when TWS refuses at once.

        >>> option = app.getOptionChain("AAPL", 1, [190.0], right="C").iloc[0]
        >>> contract = app.createContract("AAPL", "OPT", conId=int(option["conId"]))
        >>> orderId = app.placeOrderNow(contract, app.createOrder("BUY", 1), wait="Filled")
        New Order ID 1: BUY 1 AAPL (MKT)
        >>> app.exerciseOption(contract, 1)
        2
        """
        kind = check("action", action, _EXERCISE)
        if as_option(contract, "exerciseOption").secType not in ("OPT", "FOP"):
            raise ValueError(f"only options can be exercised, not {contract.secType!r}.")
        if not (isinstance(exerciseQuantity, Integral) and exerciseQuantity >= 1):
            raise ValueError(f"exerciseQuantity {exerciseQuantity!r} is not legal: a whole number, 1 or more.")
        core = self._ibnb
        core.gate.prepare(contract, exercised=True)
        with ExitStack() as stack:
            with core.placing():
                orderId = core.take_order_id()
                slot = stack.enter_context(
                    core.request("exerciseOption", reqId=orderId, contract=contract, kind="order")
                )
                self.exerciseOptions(
                    orderId,
                    contract,
                    _EXERCISE[kind],
                    exerciseQuantity,
                    account or core.lifecycle.account,
                    int(override),
                    *EXERCISE_EXTRAS,
                )
            core.fence.wait()
            if slot.error is not None:
                raise slot.error
        return orderId


def _option_classes(app: OptionVerbs, under: Any, futFopExchange: str, timeout: float | None) -> list[OptionClass]:
    asked = (under.symbol, futFopExchange, under.secType, under.conId)
    return app._ibnb.ask("getOptionParameters", "reqSecDefOptParams", *asked, timeout=timeout)


def _chosen_strikes(app: OptionVerbs, under: Any, listed: Sequence[float], strikes: Any) -> set[float]:
    chosen = _chosen(listed, strikes, "strikes")
    if not isinstance(strikes, int) or not listed:
        return set(chosen)
    quote = app.getQuote(under)
    middle = (quote["bid"] + quote["ask"]) / 2
    price = next((each for each in (quote["last"], middle, quote["close"]) if each == each), listed[0])
    return set(sorted(listed, key=lambda strike: (abs(strike - price), strike))[:strikes])


def _options_of(
    app: OptionVerbs, under: Any, of: OptionClass, date: str, right: str, timeout: float | None
) -> list[Any]:
    """The options of one class and expiry, with their conIds; none where the class has no such expiry."""
    wanted = create.createContract(
        under.symbol,
        "FOP" if under.secType == "FUT" else "OPT",
        of.exchange,
        under.currency,
        lastTradeDateOrContractMonth=date,
        tradingClass=of.tradingClass,
        multiplier=of.multiplier,
        right=right,
    )
    try:
        return [each.contract for each in app._ibnb.definitions.ask(wanted, "getOptionChain", timeout)]
    except ContractNotFoundError:
        return []


def _quoted(app: OptionVerbs, contracts: Sequence[Any], timeout: float | None) -> list[tuple[Any, ...]]:
    """Rows of the chain's table, from lines that are all open at the same time."""
    with ExitStack() as stack:
        lines = []
        for each in contracts:
            line = stack.enter_context(open_line(app, "getOptionChain", each, timeout=timeout, one_of_many=True))
            line.finishes_slot = False
            lines.append(line)

        def settled() -> bool:
            return all(line.slot.done or {"bid", "ask", "delta"} <= line.values.keys() for line in lines)

        try:
            app._ibnb.wait_until(settled, _PATIENCE if timeout is None else timeout, "getOptionChain")
        except RequestTimeoutError:
            # An option that nobody bids for, a closed market: what has come is the answer.
            if not any(line.values for line in lines):
                raise
        for line in lines:
            if line.slot.error is not None:
                raise line.slot.error
        app._ibnb.fence.wait()
    return [_chain_row(line) for line in lines]


def _chosen(listed: Sequence[Any], wanted: Any, name: str) -> list[Any]:
    """What of `listed` (ascending) is wanted: the first so many, a range of them, or these."""
    if isinstance(wanted, int):
        if wanted < 1:
            raise ValueError(f"{name} {wanted} is not legal: a number says how many, 1 or more.")
        return list(listed[:wanted])
    if isinstance(wanted, str):
        raise ValueError(f"{name} is a number, a slice or a list, for instance [{wanted!r}].")
    like = _date_text if name == "expiries" else float
    if isinstance(wanted, slice):
        low = listed[0] if wanted.start is None and listed else like(wanted.start) if listed else None
        high = listed[-1] if wanted.stop is None and listed else like(wanted.stop) if listed else None
        return [each for each in listed if low <= each <= high]
    these = {like(each) for each in wanted}
    return [each for each in listed if each in these]


def _date_text(value: Any) -> str:
    """A date as IB writes it: yyyymmdd."""
    return pd.Timestamp(str(value)).strftime("%Y%m%d")


def _check_positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} {value!r} is not legal: more than 0.")


def _chain_row(line: Any) -> tuple[Any, ...]:
    contract, values = line.contract, dict(line.values)
    return (
        contract.lastTradeDateOrContractMonth[:8],
        contract.strike,
        contract.right[:1],
        *(values.get(name, _NAN) for name in (*_QUOTED, *Greeks._fields[1:])),
        contract.tradingClass,
        contract.multiplier,
        contract.localSymbol,
        contract.conId,
        line.data_type,
    )
