"""All accounts of one world, valued at the market of this instant.

Rule: whoever changes an account says so (`announce`), and whoever shows one is told (`watch`); nobody polls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .. import messages as m
from ..market.black_scholes import early
from .corporate import CorporateActions
from .expiry import OPTIONS, ends, exercised, intrinsic, settled
from .figures import Figures, Quotes, figures
from .ledgers import Account, Holding, Trade
from .margins import reg_t

if TYPE_CHECKING:
    from ..clock import Clock
    from ..instruments import Instrument, Instruments
    from ..market import Market
    from ..scenario import Scenario


class Watcher(Protocol):
    """Whoever is told of changes, as long as it is active."""

    active: bool


@dataclass(frozen=True)
class Impact:
    """What a trade would do to an account: its figures before and after."""

    before: Figures
    after: Figures


class Profit(NamedTuple):
    """Today's, unrealised and realised profit."""

    daily: float
    unrealized: float
    realized: float


class Accounts:
    """The accounts of a scenario, by code; the first one is meant where a client names none."""

    def __init__(self, scenario: Scenario, instruments: Instruments, market: Market, clock: Clock) -> None:
        self._market = market
        self._clock = clock
        self._instruments = instruments
        self._lapsing: set[tuple[str, int]] = set()
        self._watchers: list[tuple[Watcher, Callable[[Account, Instrument], None]]] = []
        self._accounts: dict[str, Account] = {}
        self._minute = -1.0
        self._closes: dict[int, float] = {}  # the last closes, as asked for in this minute
        self._corporate = CorporateActions(market, clock, instruments, self)
        for opening in scenario.accounts:
            account = Account(
                opening.code, opening.currency, opening.accountType, dict(opening.cash), pricing=opening.pricing
            )
            for row in opening.positions:
                listed = m.Contract(
                    symbol=row.symbol, secType=row.secType, exchange=row.exchange, currency=row.currency
                )
                found = instruments.match(listed)
                if len(found) != 1:
                    raise ValueError(
                        f"{opening.code} holds {row.symbol}, which names {len(found)} instruments, not one"
                    )
                instrument = instruments.find(found[0].conId)
                assert instrument is not None
                quantity = Decimal(str(row.quantity))
                account.holdings[instrument.conId] = Holding(
                    instrument, quantity, basis=float(quantity) * row.averageCost
                )
            self._accounts[account.code] = account
            for held in account.holdings.values():
                self._end(account, held.instrument)
                self._corporate.follow(held.instrument)
            self._corporate.open(account)
        self._roll()

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self._accounts)

    def find(self, code: str) -> Account | None:
        """The account of that code, the first one if it is empty, None if there is none."""
        if not code:
            return next(iter(self._accounts.values()), None)
        return self._accounts.get(code)

    def all(self) -> list[Account]:
        return list(self._accounts.values())

    def price(self, instrument: Instrument) -> float:
        """What a position is marked at now: the last trade, or the middle of bid and ask where nothing trades."""
        return self._market.last_price(instrument, self._clock.now())

    def figures(self, account: Account) -> Figures:
        """The account's value, margin and profit at this instant."""
        self._roll()
        return figures(account, self._quotes())

    def profit(self, account: Account) -> Profit:
        """Of the whole account, in its currency."""
        now = self.figures(account)
        return Profit(now.daily, now.base.unrealized, now.base.realized)

    def profit_of(self, held: Holding) -> Profit:
        """Of one holding, in the instrument's currency."""
        self._roll()
        unit = held.instrument.unit
        value, previous = self.price(held.instrument) * unit, self._previous(held.instrument) * unit
        return Profit(held.daily(value, previous), held.unrealized(value), held.realized)

    def trade(self, account: Account, trade: Trade) -> float | None:
        """Book a trade. Returns the profit realised in the instrument's currency, or None on an opening trade."""
        instrument = trade.instrument
        if account is self._accounts.get(account.code) and instrument.conId not in account.holdings:
            self._end(account, instrument)
            self._corporate.follow(instrument)
        return self._trade(account, trade)

    def _trade(self, account: Account, trade: Trade) -> float | None:
        self._roll()
        instrument = trade.instrument
        rate = self._rate(trade.paidIn, instrument.currency)
        # What Regulation T asks for the trade uses up excess, and closing one gives it back.
        account.sma = figures(account, self._quotes()).sma
        before = account.held(instrument).quantity
        asked = reg_t(instrument, before + trade.quantity, trade.price) - reg_t(instrument, before, trade.price)
        account.sma -= asked * self._rate(instrument.currency, account.currency)
        return account.trade(trade, rate, self._day(instrument))

    def preview(self, account: Account, trades: Iterable[Trade]) -> Impact:
        """What these trades together would do; the books stay as they are."""
        before = self.figures(account)
        books = account.copy()
        for trade in trades:
            self._trade(books, trade)
        return Impact(before, self.figures(books))

    # What ends

    def exercise(self, account: Account, option: Instrument, quantity: Decimal, forced: bool = False) -> str:
        """Exercise so many options that are held. Returns why not, or nothing."""
        held = account.holdings.get(option.conId)
        underlying = self._underlying(option)
        if option.secType not in OPTIONS or underlying is None:
            return "The contract is not an option."
        if held is None or held.quantity < quantity:
            return "There are not so many options to exercise."
        if not early(option) and self._day(option) != option.expiry:
            return "The option is of European style: it can be exercised on its last day only."
        price, shares = self._underlying_price(option), self._shares(underlying, self._clock.now())
        if intrinsic(option, price) < 0 and not forced:
            return "Exercise ignored because option is not in-the-money."
        self._book(account, exercised(option, quantity, underlying, price, shares))
        return ""

    def assign(self, account: Account, option: Instrument, t: float) -> None:
        """Have a written option exercised by whoever holds it, as of `t`."""
        held, underlying = account.holdings[option.conId], self._underlying(option)
        assert underlying is not None
        shares = self._shares(underlying, t)
        price = self._market.last_price(underlying, t) * shares
        self._book(account, exercised(option, held.quantity, underlying, price, shares))

    def lapse(self, account: Account, option: Instrument) -> str:
        """Let an option lapse on its last day, whatever it is worth. Returns why not, or nothing."""
        held = account.holdings.get(option.conId)
        if option.secType not in OPTIONS or held is None or held.quantity <= 0:
            return "There are no such options to lapse."
        self._lapsing.add((account.code, option.conId))
        return ""

    def _end(self, account: Account, instrument: Instrument) -> None:
        """See to it that a position ends with its contract."""
        when = ends(self._market, instrument)
        if when is not None:
            self._clock.call_at(when, self._settle, account, instrument)

    def _settle(self, account: Account, instrument: Instrument) -> None:
        held = account.holdings.get(instrument.conId)
        if held is None or not held.quantity:
            return
        now = self._clock.now() - 1
        last, underlying = self._market.last_price(instrument, now), self._underlying(instrument)
        shares = 1.0 if underlying is None else self._shares(underlying, now)
        price = self._market.last_price(underlying, now) * shares if underlying is not None else 0.0
        lapse = (account.code, instrument.conId) in self._lapsing
        self._book(account, settled(instrument, held.quantity, last, underlying, price, lapse, shares))

    def _book(self, account: Account, trades: list[Trade]) -> None:
        for trade in trades:
            self.trade(account, trade)
        for trade in trades:
            self.announce(account, trade.instrument)

    def _underlying(self, instrument: Instrument) -> Instrument | None:
        return self._instruments.find(instrument.underConId) if instrument.underConId else None

    # Who wants to know

    def watch(self, watcher: Watcher, changed: Callable[[Account, Instrument], None]) -> None:
        """Call `changed(account, instrument)` after each trade, while the watcher is active."""
        self._watchers = [pair for pair in self._watchers if pair[0].active]
        self._watchers.append((watcher, changed))

    def announce(self, account: Account, instrument: Instrument) -> None:
        """Tell everybody who watches that this account has traded."""
        for watcher, changed in list(self._watchers):
            if watcher.active:
                changed(account, instrument)

    def _quotes(self) -> Quotes:
        return Quotes(self.price, self._previous, self._rate, self._underlying_price)

    def _underlying_price(self, instrument: Instrument) -> float:
        underlying = self._underlying(instrument)
        if underlying is None:
            return 0.0
        return self.price(underlying) * self._shares(underlying, self._clock.now())

    def _shares(self, underlying: Instrument, t: float) -> float:
        """How many shares have become of each that the world's options are on."""
        return float(self._market.paths.actions.split(underlying, 0.0, t))

    def _rate(self, source: str, target: str) -> float:
        return 1.0 if source == target else self._market.fx_rate(source, target, self._clock.now())

    def _previous(self, instrument: Instrument) -> float:
        close = self._closes.get(instrument.conId)
        if close is None:
            close = self._closes[instrument.conId] = self._market.previous_close(instrument, self._clock.now())
        return close

    def _day(self, instrument: Instrument) -> date:
        return self._market.calendar.trading_day(instrument.schedule, self._clock.now())

    def begin_day(self) -> None:
        """Begin what has begun, before something changes what was held overnight."""
        self._roll()
        self._minute = -1.0

    def _roll(self) -> None:
        """Begin the day of every holding whose exchange has begun a new one, which happens on whole minutes only."""
        minute = self._clock.now() // 60
        if minute == self._minute:
            return
        self._minute = minute
        self._closes.clear()
        for account in self._accounts.values():
            for held in account.holdings.values():
                held.begin(self._day(held.instrument))
