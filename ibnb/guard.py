"""AccountGuard: what stops a program when its account has lost too much."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from ibnb.core.session import Session
from ibnb.errors import ConnectionLostError, IBError, NotConnectedError
from ibnb.ib.accounts import mask
from ibnb.ib.api import to_float
from ibnb.verbs.orders.flatten import STEP, Flatten, is_closing

logger = logging.getLogger("ibnb")

VALUE, CASH = "NetLiquidation", "TotalCashValue"
# Where a tag's number is kept.
_KEPT = {VALUE: "value", CASH: "cash"}
# Seconds: for a second look at a value that breaks a limit; how often, and for how long, the guard listens for TWS.
CONFIRM = 5.0
WATCH, ANSWER = 30.0, 10.0


@dataclass
class Watched:
    """What TWS said last of one account, in its base currency; nan while it isn't known."""

    account: str
    baseline: float = math.nan
    value: float = math.nan
    cash: float = math.nan
    # tag → the currency whose row is the base currency's; before that is known, all rows.
    currency: dict[str, str] = field(default_factory=dict)
    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    # tag → which of its silences this is, while it is no number.
    blind: dict[str, object] = field(default_factory=dict)


class AccountGuard:
    """Stops trading when an account has lost too much: block, cancel, flatten, disconnect, exactly once.

    `max_loss` is a fraction of the baseline, 0.05 for 5 %. The baseline is the account's NetLiquidation after
    the first complete download, never a half of one. `min_cash` is an amount: TotalCashValue mustn't fall below it.
    Both are in the account's base currency; at least one is needed. TWS sends new values about every three minutes.
    `accounts` are watched each by itself (default: `app.account`); what breaks in one of them stops all of them.

    A value that breaks its limit is asked for once more, and counts when the answer, or none within 5 s, says so.
    A value that stops being a number, and messages that nobody reads (a callback that blocks), are told at once, and
    fire the guard after `patience` seconds.

    Then every new order is refused, in the whole process and on every later connection of it, until `release()`, and
    all open orders are cancelled. With `flatten=True` all positions of these accounts are closed at market, also those
    held before the guard began; with `disconnect=True` the session ends when that is done. A closing order whose market
    is shut waits at TWS; what another guard closes already is left to that; a read-only session neither cancels nor
    closes. `dry_run=True` only writes down what would be done. `actions` tells step by step what was sent, what TWS has
    done, what waits there and what it refused.

    >>> with AccountGuard(app, max_loss=0.05, dry_run=True) as guard:       # doctest: +SKIP
    ...     app.sleep("1 h")
    ...     print(guard.actions)
    """

    def __init__(
        self,
        app: Session,
        max_loss: float | None = None,
        *,
        min_cash: float | None = None,
        accounts: str | Collection[str] | None = None,
        flatten: bool = False,
        disconnect: bool = False,
        dry_run: bool = False,
        patience: float = 600.0,
    ) -> None:
        if max_loss is None and min_cash is None:
            raise ValueError("say what to watch: max_loss=0.05 for 5 % below the baseline, or min_cash=1000.")
        if max_loss is not None and not 0 < max_loss < 1:
            raise ValueError(f"max_loss is a fraction between 0 and 1: write 0.05 for 5 %, not {max_loss!r}")
        if min_cash is not None and not math.isfinite(min_cash):
            raise ValueError(f"min_cash is an amount in the base currency, not {min_cash!r}")
        if not patience > 0:
            raise ValueError(f"patience is a number of seconds above 0, not {patience!r}")
        self.max_loss = max_loss
        self.min_cash = min_cash
        self.flatten = flatten
        self.disconnect = disconnect
        self.dry_run = dry_run
        self.patience = patience
        self.tripped = False
        self.actions: list[str] = []
        #: What is known of each account, by its code; the first one is what `value`, `cash`, `baseline`, `floor` tell.
        self.watched: dict[str, Watched] = {}
        self._app = app
        self._core = app._ibnb
        self._names = [accounts] if isinstance(accounts, str) else list(accounts or ())
        self._lock = threading.RLock()
        self._closing: Flatten | None = None
        self._reqId: int | None = None
        self._complete = self._stopped = self._released = False
        # What looks broken and is being asked for once more.
        self._doubt = ""
        self._unheard = 0.0

    @property
    def value(self) -> float:
        """The account's NetLiquidation, as TWS said last."""
        return next((each.value for each in self.watched.values()), math.nan)

    @property
    def cash(self) -> float:
        """The account's TotalCashValue, as TWS said last."""
        return next((each.cash for each in self.watched.values()), math.nan)

    @property
    def baseline(self) -> float | None:
        """NetLiquidation after the first complete download; None before."""
        return next((each.baseline for each in self.watched.values() if self._complete), None)

    @property
    def floor(self) -> float:
        """The NetLiquidation below which the guard fires; nan before the baseline is known, and without max_loss."""
        return next((self._floor(each) for each in self.watched.values()), math.nan)

    def _floor(self, of: Watched) -> float:
        # That of a baseline below 0 lies below it: such a guard is refused, and mustn't fire before.
        return math.nan if self.max_loss is None else of.baseline * (1 - math.copysign(self.max_loss, of.baseline))

    @property
    def _tags(self) -> dict[str, str]:
        """What must be a number all the time: the tag, and where it is kept."""
        limits = {VALUE: self.max_loss, CASH: self.min_cash}
        return {tag: _KEPT[tag] for tag, limit in limits.items() if limit is not None}

    def __repr__(self) -> str:
        state = "has fired" if self.tripped else "watches" if self._complete and not self._stopped else "isn't watching"
        limits = [
            f"{mask(each.account)}: {each.value:,.2f}, floor {self._floor(each):,.2f}" for each in self.watched.values()
        ]
        known = f" ({'; '.join(limits)})" if limits else ""
        mode = ", dry run" if self.dry_run else ""
        return f"<AccountGuard {state}{known}{mode}, {len(self.actions)} actions>"

    # --- begin and end ---------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Start watching; returns when the baseline is known.

        IBError when TWS doesn't tell what is to be watched, and for a guard that has begun before.
        """
        if self.watched:
            # Its baseline, and whether it has fired, belong to the first time; two ends would stop it at the first one.
            raise IBError("this AccountGuard has begun before: a guard watches once, so make another one.")
        known = self._core.lifecycle.accounts
        names = self._whose()
        for name in names:
            if name not in known:
                raise ValueError(f"account {name!r} isn't one of this session's: {', '.join(known) or 'none'}")
        self.watched = {name: Watched(name) for name in names}
        for callback, handler in self._handlers():
            self._core.dispatcher.listen(callback, handler)
        self._ask()
        try:
            self._core.wait_until(lambda: self._complete, None, "AccountGuard")
            self._check_start()
        except BaseException:
            self._stop()
            raise
        if self._core.clock.is_real:
            self._core.clock.later(WATCH, self._listen)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stop()

    def _whose(self) -> list[str]:
        return self._names or [self._app.account]

    def _handlers(self) -> list[tuple[str, Callable[..., object]]]:
        return [("accountSummary", self._row), ("accountSummaryEnd", self._told), ("error", self._error)]

    def _ask(self) -> None:
        self._reqId = self._core.ids.request()
        self._app.reqAccountSummary(self._reqId, "All", ",".join(_KEPT))

    def _check_start(self) -> None:
        for each in self.watched.values():
            for tag, name in self._tags.items():
                if tag in each.rows and tag not in each.currency:
                    raise IBError(
                        f"TWS tells {tag} of {each.account} in {', '.join(sorted(each.rows[tag]))}, and not which of "
                        "them is the account's base currency: the guard can't watch it."
                    )
                if math.isnan(getattr(each, name)) or (tag == VALUE and not each.value > 0):
                    raise IBError(f"TWS has sent no {tag} of {each.account}: the guard can't watch it.")

    def _stop(self) -> None:
        self._stopped = True
        for callback, handler in self._handlers():
            self._core.dispatcher.ignore(callback, handler)
        if self._app.isConnected():
            self._app.cancelAccountSummary(self._reqId)

    def fire(self, reason: str = "by hand") -> None:
        """Stop now, whatever the values are: what a kill switch does. It fires once, as by itself."""
        with self._lock:
            if self.tripped:
                return
            self.tripped = True
        app, accounts = self._app, list(self.watched) or self._whose()
        self._act(f"block new orders: {reason}", lambda: self._core.gate.halt(self, accounts, reason))
        self._act("cancel every open order", self._cancel)
        if self.flatten:
            names = ", ".join(accounts)
            self._closing = Flatten(app, accounts, self._say, self._closed)
            self._act(f"close every position of {names}, also those held before the guard began", self._closing.start)
        if self.dry_run or not self.flatten:
            self._closed()

    def release(self) -> None:
        """Let orders pass again after the guard has fired: a decision for a person. It sends no closing order more."""
        self._released = True
        self._core.gate.release(self)
        if self._closing is not None:
            self._closing.stop()

    # --- what TWS tells ----------------------------------------------------------------------------------

    def _row(self, reqId: int, account: str, tag: str, value: str, currency: str) -> None:
        of = self.watched.get(account)
        if reqId != self._reqId or of is None or tag not in _KEPT:
            return
        number = _number(value)
        with self._lock:
            if not self._complete:
                of.rows.setdefault(tag, {})[currency] = number
                return
            if currency != of.currency.get(tag, currency):
                return
            setattr(of, _KEPT[tag], number)
            if tag in self._tags:
                self._see(of, tag, value, number)
        self._judge()

    def _see(self, of: Watched, tag: str, value: str, number: float) -> None:
        """A value may stop being a number: once is told, and for too long fires."""
        if not math.isnan(number):
            if of.blind.pop(tag, None) is not None:
                self._say(f"{tag} of {of.account} is a number again: {number:,.2f}")
        elif tag not in of.blind:
            since = of.blind[tag] = object()
            self._say(f"{tag} of {of.account} isn't a number ({value!r}): the guard doesn't see it until TWS sends one")

            def still() -> None:
                if of.blind.get(tag) is since and not self._stopped:
                    self.fire(f"{tag} of {of.account} hasn't been a number for {self.patience:g} s")

            self._core.clock.later(self.patience, still)

    def _told(self, reqId: int) -> None:
        if reqId != self._reqId:
            return
        if not self._complete:
            for each in self.watched.values():
                for tag, name in _KEPT.items():
                    rows = each.rows.get(tag, {})
                    # One row is the base currency's; of several, only one that says so.
                    base = next(iter(rows)) if len(rows) == 1 else "BASE" if "BASE" in rows else None
                    if base is not None:
                        each.currency[tag] = base
                        setattr(each, name, rows[base])
                each.baseline = each.value
            self._complete = True
            self._judge(sure=True)
        elif self._doubt:
            self._settle()

    def _error(self, reqId: int, errorTime: int, code: int, text: str, advanced: str) -> None:
        if reqId == self._reqId and self._complete and not self._doubt:
            for each in self.watched.values():
                for tag in self._tags:
                    self._see(each, tag, f"{code}: {' '.join(text.split())}", math.nan)

    # --- judging -----------------------------------------------------------------------------------------

    def _broken(self) -> str:
        """Which limit is broken, in words; "" when none is."""
        for each in self.watched.values():
            if each.value < (floor := self._floor(each)):
                return (
                    f"{VALUE} {each.value:,.2f} is below the floor {floor:,.2f} "
                    f"(baseline {each.baseline:,.2f}, max_loss {self.max_loss:.1%})"
                )
            if self.min_cash is not None and each.cash < self.min_cash:
                return f"{CASH} {each.cash:,.2f} is below min_cash {self.min_cash:,.2f}"
        return ""

    def _judge(self, sure: bool = False) -> None:
        broken = self._broken()
        if not broken or self.tripped or self._doubt:
            return
        if sure:
            self.fire(broken)
            return
        # One wrong value mustn't end a day: TWS is asked once more.
        self._doubt = broken
        try:
            self._app.cancelAccountSummary(self._reqId)
            self._ask()
        except (IBError, OSError):
            self._settle()
            return
        asked = self._reqId
        self._core.clock.later(CONFIRM, lambda: self._settle() if self._doubt and self._reqId == asked else None)

    def _settle(self) -> None:
        """The second look: what it says counts."""
        first, self._doubt = self._doubt, ""
        broken = self._broken()
        if broken:
            self.fire(broken)
        elif not self.tripped:
            self._say(f"a second look didn't confirm it: {first}")

    # --- the guard's own watch, on a thread of its own -----------------------------------------------------

    def _listen(self) -> None:
        """Are TWS's messages still read? A callback that blocks leaves the guard blind."""
        if self._stopped or self.tripped or self._core.lifecycle.over.is_set():
            return
        connection = self._core.lifecycle.connection
        heard = True
        if connection is not None:
            with suppress(ConnectionLostError, NotConnectedError, OSError):
                heard = self._core.fence.ask(connection).wait(ANSWER)
        now = self._core.clock.monotonic()
        if heard:
            if self._unheard:
                self._say("TWS's messages are read again")
            self._unheard = 0.0
        elif not self._unheard:
            self._unheard = now
            self._say("TWS's messages aren't read: a callback of yours blocks, or TWS hangs; the guard sees nothing")
        elif now - self._unheard >= self.patience:
            self.fire(f"no message of TWS has been read for {now - self._unheard:.0f} s")
            return
        self._core.clock.later(WATCH, self._listen)

    # --- acting --------------------------------------------------------------------------------------------

    def _cancel(self) -> None:
        try:
            self._app.reqGlobalCancel()
        except (ConnectionLostError, NotConnectedError):
            if not self.flatten:  # which does so itself
                self._core.reconnect.actions.append(self._cancel_late)
            raise

    def _cancel_late(self) -> None:
        self._core.reconnect.actions.remove(self._cancel_late)
        if not self._released:
            self._act("cancel every open order, now that the connection is back", self._cancel)

    def _closed(self) -> None:
        if self.disconnect and is_closing(self._core) and not self.dry_run:
            self._core.clock.later(STEP, self._closed)  # another guard, in this session
        elif self.disconnect:
            self._act("disconnect", self._app.disconnect)

    def _say(self, text: str) -> None:
        self.actions.append(text)
        logger.warning("account guard: %s", text)

    def _act(self, text: str, action: Callable[[], object]) -> None:
        """Write an action down, and do it unless this is a dry run; one that fails doesn't stop the next."""
        self._say(f"would {text}" if self.dry_run else text)
        if not self.dry_run:
            try:
                action()
            except Exception as error:
                self._say(f"failed to {text}: {error}")


def _number(value: Any) -> float:
    """A value of TWS as a number; nan for whatever isn't one."""
    try:
        number = to_float(value)
    except (TypeError, ValueError):
        return math.nan
    return number if math.isfinite(number) else math.nan
