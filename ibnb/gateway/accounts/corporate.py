"""What dividends and splits do to positions.

Rule: who holds a share when its ex-date begins is owed the dividend, who is short owes it; cash changes hands when the
pay date begins. Until then it is accrued: part of net liquidation, nothing to lend on. A split multiplies positions and
leaves their cost; a fraction of a share is paid out. Whoever has written a call that is worth more exercised than alive
before a dividend is assigned before the ex-date begins.

Differs from TWS: no tax is withheld; cash is there on the pay date, whatever the hour; positions that an account opens
with have always been held.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Protocol

from ..market.options import better_exercised
from .ledgers import Account, Accrual, Trade

if TYPE_CHECKING:
    from ..clock import Clock
    from ..instruments import Instrument, Instruments
    from ..market import Market
    from ..market.actions import Due

_DAY = 86_400
# Nothing is paid so long after its ex-date.
_LONGEST = 120 * _DAY
_HORIZON = 1000 * _DAY


class Books(Protocol):
    """All accounts, and who wants to know of them."""

    def all(self) -> Iterable[Account]: ...
    def begin_day(self) -> None: ...
    def price(self, instrument: Instrument) -> float: ...
    def assign(self, account: Account, option: Instrument, t: float) -> None: ...
    def announce(self, account: Account, instrument: Instrument) -> None: ...
    def trade(self, account: Account, trade: Trade) -> float | None: ...


class CorporateActions:
    """Follows the shares that some account holds."""

    def __init__(self, market: Market, clock: Clock, instruments: Instruments, books: Books) -> None:
        self._market = market
        self._clock = clock
        self._instruments = instruments
        self._books = books
        self._followed: set[int] = set()

    def follow(self, instrument: Instrument) -> None:
        """See to it that a share's dividends and splits reach whoever holds it, or has written options on it."""
        if instrument.right:
            underlying = self._instruments.find(instrument.underConId)
            if underlying is None:
                return
            instrument = underlying
        if instrument.conId not in self._followed:
            self._followed.add(instrument.conId)
            self._wait(instrument)

    def open(self, account: Account) -> None:
        """Note what is owed to an account that opens."""
        now, actions = self._clock.now(), self._market.paths.actions
        for held in list(account.holdings.values()):
            for due in actions.dividends(held.instrument, now - _LONGEST, now):
                if due.pay > now:
                    since = Decimal(str(float(actions.split(held.instrument, due.ex, now))))
                    self._accrue(account, held.instrument, held.quantity / since, due.amount, due)

    # How

    def _wait(self, share: Instrument) -> None:
        now, actions = self._clock.now(), self._market.paths.actions
        times = [due.ex for due in actions.dividends(share, now, now + _HORIZON)[:1]]
        times += actions.splits(share, now)[:1]
        if times:
            self._clock.call_at(min(times), self._happen, share)

    def _happen(self, share: Instrument) -> None:
        now, actions = self._clock.now(), self._market.paths.actions
        self._books.begin_day()
        ratio = Decimal(str(round(float(actions.split(share, now - 1, now)), 9)))
        for account in self._books.all():
            held = account.holdings.get(share.conId)
            if ratio != 1 and held is not None and held.quantity:
                self._split(account, share, ratio)
            for due in actions.dividends(share, now - 1, now):
                self._assign(account, share, now)
                held = account.holdings.get(share.conId)
                if held is not None and held.quantity:
                    self._accrue(account, share, held.quantity, due.amount, due)
        self._wait(share)

    def _split(self, account: Account, share: Instrument, ratio: Decimal) -> None:
        held = account.holdings[share.conId]
        held.split(ratio)
        fraction = held.quantity - held.quantity.quantize(Decimal(1), ROUND_DOWN)
        if fraction:
            self._books.trade(account, Trade(share, -fraction, self._books.price(share)))
        self._books.announce(account, share)

    def _assign(self, account: Account, share: Instrument, now: float) -> None:
        closed = self._market.calendar.latest(share.schedule, now - 1, rth=True)[2] - 1
        for held in list(account.holdings.values()):
            option = held.instrument
            written = option.underConId == share.conId and option.right.startswith("C") and held.quantity < 0
            if written and better_exercised(self._market, option, closed):
                self._books.assign(account, option, closed)

    def _accrue(self, account: Account, share: Instrument, quantity: Decimal, amount: float, due: Due) -> None:
        owed = Accrual(share, round(float(quantity) * amount, 2), due.day, float(due.pay))
        account.accruals.append(owed)
        self._clock.call_at(due.pay, self._pay, account, owed)
        self._books.announce(account, share)

    def _pay(self, account: Account, owed: Accrual) -> None:
        account.accruals.remove(owed)
        account.pay(owed.instrument.currency, -owed.amount)
        self._books.announce(account, owed.instrument)
