"""Random orders through a whole session with random limits; the gateway's own books say whether a limit was broken.

    python -m tests.limits_machine 20000        # so many attempts to send something, from seed 1 on

Each attempt is judged here, by rules that share no code with `ibnb.core`, from what the gateway holds at that moment:
its positions, its working orders, what it received within the last minute. What passed and shouldn't have is a breach;
what was refused and broke nothing is an honest order refused. After each attempt the gateway's positions and the costs
of its fills are looked at, too.
"""

from __future__ import annotations

import contextlib
import io
import math
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import ibnb
from ibnb import IBApp, OrderLimits, OrderRejectedError, SafetyError
from ibnb.gateway.messages import ExerciseOptions, PlaceOrder
from ibnb.gateway.scenario import LESSON, Account, Holding, Scenario
from ibnb.ib.api import ComboLeg, is_unset
from tests.inside import core
from tests.limits_judge import CAPPED, LIMITED, TRAILING, WOKEN, Thing, Truth, Want, broken, conIds_of

MINE, OTHER = "DU1234567", "DU7654321"
WORLD: Scenario = replace(
    LESSON,
    accounts=(
        replace(LESSON.accounts[0], cash={"USD": 5e7, "EUR": 1e6, "GBP": 1e6}),
        Account(OTHER, cash={"USD": 5e7}, positions=(Holding("AAPL", 30, 150.0), Holding("TSLA", 20, 300.0))),
    ),
)
TYPES = [*sorted(CAPPED | WOKEN | TRAILING | {"MOC", "MTL", "MKT PRT", "PEG MKT", "SNAP MKT"}), *["MKT", "LMT"] * 6]
# So much above the market that no fill of a lesson's morning is dearer than what price_of says.
ABOVE = 1.6
QUANTITIES: tuple[Any, ...] = (*[1, 2, 3, 5, 7, 10, 11, 30, 60, 100] * 3, 0.5, 0, -5, -1000, float("nan"), "3", "many")


class Machine:
    """A session, its limits, and the judge."""

    def __init__(self, chance: random.Random, show: bool = False) -> None:
        self.chance = chance
        self.app: IBApp = ibnb.connect(scenario=WORLD)
        self.app.timeout = 20
        self.show = show
        self.limits = OrderLimits()
        self.counts: Counter[str] = Counter()
        self.least: dict[tuple[str, int], float] = {}
        self.most: dict[int, float] = {}  # orderId → what it may cost
        self.things = self._things()
        self.prices = {thing.conId: thing.price for thing in self.things}
        self._begin()

    # --- the world -----------------------------------------------------------------------------------

    def _things(self) -> list[Thing]:
        app, found = self.app, []
        for symbol in ("AAPL", "TSLA", "NVDA", "AMD"):
            found.append(self._thing(app.createContract(symbol)))
        found.append(self._thing(app.createContract("CSH2", "STK", "SMART", "GBP")))
        found.append(self._thing(app.createContract("AAPL", "CFD")))
        found.append(self._thing(app.createContract("EUR", "CASH", "IDEALPRO")))
        found.append(self._thing(app.createContract("BTC", "CRYPTO", "PAXOS")))
        expiry = {"lastTradeDateOrContractMonth": "202509"}
        found.append(self._thing(app.createContract("ES", "FUT", "CME", **expiry), expiry))
        for right, strike in (("P", 240.0), ("C", 180.0)):
            row = app.getOptionChain("AAPL", 1, [strike], right=right).iloc[0]
            named = app.createContract("AAPL", "OPT", conId=int(row["conId"]))
            found.append(replace(self._thing(named), strike=strike, right=right, under=found[0].conId))
        return found

    def _thing(self, contract: Any, fields: dict[str, Any] | None = None) -> Thing:
        row = self.app.getContractDetails(contract).iloc[0]
        # A contract for difference is quoted as its share.
        quote = self.app.getQuote(self.app.createContract("AAPL") if contract.secType == "CFD" else contract)
        price = max(float(value) for value in (quote["last"], quote["ask"]) if value == value)
        return Thing(
            int(row["conId"]),
            contract.symbol or row["symbol"],
            contract.secType,
            round(price * ABOVE, 4),
            float(row["multiplier"] or 1) / float(row["priceMagnifier"] or 1),
            contract.currency,
            contract.exchange,
            tuple((fields or {}).items()),
        )

    def truth(self) -> Truth:
        core(self.app).fence.wait()

        def look(world: Any) -> Truth:
            held = {
                (account.code, conId): float(holding.quantity)
                for account in world.accounts.all()
                for conId, holding in account.holdings.items()
            }
            return Truth(held, list(world.orders._orders.values()))

        found: Truth = self.app.gateway.inspect(look)
        return found

    # --- limits ----------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Other limits: positions are asked for, as whoever may only sell what is held must."""
        chance, app = self.chance, self.app
        symbols = chance.choice([None, None, None, None, {"AAPL", "TSLA"}, {"AAPL", "CSH2", "ES", "BTC", "EUR"}])
        self.limits = OrderLimits(
            max_quantity=chance.choice([None, None, 10, 100]),
            max_notional=chance.choice([None, None, None, 2000, 20_000, 500_000]),
            max_orders_per_minute=chance.choice([None, None, None, 2, 6]),
            symbols=symbols,
            allow_short=chance.random() < 0.4,
            price_of=chance.choice([None, self.price_of]),
        )
        app.limitOrders(self.limits)
        app.getPositions()
        # What was working before may still be filled.
        truth = self.truth()
        places = {(w.account.code, conId) for w in truth.orders for conId in conIds_of(w)} | set(truth.held)
        self.least = {
            (account, conId): min(0.0, truth.held.get((account, conId), 0.0) - truth.all_selling(account, conId))
            for account, conId in places
        }
        self.most = {}

    def price_of(self, contract: Any) -> float | None:
        found = [each for each in self.things if each.conId == contract.conId]
        named = [each for each in self.things if (each.symbol, each.secType) == (contract.symbol, contract.secType)]
        return next((each.price for each in [*found, *named]), None)

    def _sent(self) -> int:
        """Orders that the gateway has received within the last minute, previews aside."""
        now = self.app.gateway.now()
        return sum(
            entry.direction == "in"
            and now - 60 < entry.time <= now
            and (isinstance(entry.message, ExerciseOptions) or self._is_order(entry.message))
            for entry in self.app.gateway.journal
        )

    @staticmethod
    def _is_order(message: Any) -> bool:
        return isinstance(message, PlaceOrder) and not message.order.whatIf

    # --- attempts ----------------------------------------------------------------------------------------

    def _want(self) -> Want:
        chance, app = self.chance, self.app
        action, kind = chance.choice(["BUY", "BUY", "SELL", "SELL", "SSHORT"]), chance.choice(TYPES)
        if chance.random() < 0.15:
            return self._combo(action, kind)
        thing = chance.choice(self.things)
        order, units, cash, unclear = self._order(action, kind, thing.price / ABOVE, thing.secType)
        contract = app.createContract(thing.symbol, thing.secType, thing.exchange, thing.currency, **dict(thing.fields))
        lie = False
        if thing.strike or chance.random() < 0.4:
            contract.conId = thing.conId
            if chance.random() < 0.3:
                contract.symbol = chance.choice(["", "AAPL", "TSLA"])
                lie = contract.symbol not in ("", thing.symbol)
            if chance.random() < 0.2:
                contract.multiplier = chance.choice(["1", "0.01", ""])
        account = order.account or MINE
        return Want([(thing, 1, action != "BUY")], order, contract, account, units, cash, lie, unclear)

    def _combo(self, action: str, kind: str) -> Want:
        chance = self.chance
        things = [each for each in self.things if each.secType in ("STK", "OPT") and each.currency == "USD"]
        contract = self.app.createContract("AAPL", "BAG", comboLegs=[])
        legs = []
        for thing in chance.sample(things, 2):
            leg = ComboLeg()
            leg.conId, leg.ratio, leg.exchange = thing.conId, chance.choice([1, 1, 2, 100]), "SMART"
            leg.action = chance.choice(["BUY", "SELL"])
            contract.comboLegs.append(leg)
            legs.append((thing, leg.ratio, (leg.action == "SELL") != (action != "BUY")))
        order, units, cash, unclear = self._order(action, kind, chance.choice([-50.0, 50.0, 100.0]), "BAG")
        return Want(legs, order, contract, order.account or MINE, units, cash, False, unclear or bool(cash))

    def _order(self, action: str, kind: str, price: float, secType: str) -> tuple[Any, float, float, bool]:
        chance = self.chance
        order = self.app.createOrder("BUY", 1)
        order.action, order.orderType = action, kind
        quantity = chance.choice(QUANTITIES)
        order.totalQuantity = quantity
        cash = 0.0
        if chance.random() < 0.08 or (secType == "CRYPTO" and action == "BUY"):
            order.cashQty = cash = chance.choice([100.0, 5000.0, 100_000.0])
            if secType == "CRYPTO" or chance.random() < 0.7:
                order.totalQuantity = quantity = 0

        def near() -> float:
            value = round(price * chance.choice([0.01, 0.5, 0.98, 1.0, 1.02, 1.3, 3.0]), 2)
            return value if secType != "CRYPTO" else float(round(value * 4) / 4)

        if kind in LIMITED - TRAILING or chance.random() < 0.2:
            order.lmtPrice = near()
        if kind in WOKEN or chance.random() < 0.1:
            order.auxPrice = near()
        if kind in TRAILING:
            if chance.random() < 0.5:
                order.auxPrice = chance.choice([0.05, 5.0, 80.0])
            else:
                order.trailingPercent = chance.choice([1.0, 50.0])
            if kind == "TRAIL LIMIT":
                order.lmtPriceOffset = 0.05
        if kind in ("REL", "PEG MID"):
            order.auxPrice = 0.01
        order.account = chance.choice(["", MINE, MINE, OTHER])
        order.tif = "IOC" if secType == "CRYPTO" else "DAY"
        units = {"3": 3.0, "many": math.nan}.get(quantity, quantity) if isinstance(quantity, str) else float(quantity)
        # Zero is none, and what is below it, or no number at all, is nothing.
        unclear = (math.isnan(units) or units < 0) or (units == 0 and not cash)
        return order, units or math.nan, cash, unclear

    def _try(self, want: Want, orderId: int | None = None) -> None:
        truth = self.truth()
        verdict = broken(self.limits, want, orderId, truth, self._sent())
        before = core(self.app).ids.next if orderId is None else orderId
        order = want.order
        try:
            if orderId is not None or self.chance.random() < 0.5:
                taken = orderId if orderId is not None else core(self.app).take_order_id()
                before = taken
                self.app.placeOrder(taken, want.contract, order)
            else:
                order.totalQuantity = want.units if isinstance(order.totalQuantity, str) else order.totalQuantity
                before = self.app.placeOrderNow(want.contract, order)
        except SafetyError as error:
            self._honest(verdict, error, self._show(want))
            self.counts["refused"] += 1
            return
        except (OrderRejectedError, ValueError, ArithmeticError, TypeError):
            self.counts["not sent"] += 1
            return
        assert not verdict, f"a breach of {verdict}\n{self._show(want)}"
        self.counts["passed"] += 1
        if self.limits.max_notional is not None and before is not None:
            self.most[before] = self.limits.max_notional

    def _honest(self, verdict: list[str], error: SafetyError, what: str) -> None:
        assert verdict, f"an honest order was refused: {error}\n{self.limits}\n{what}"

    def _show(self, want: Want) -> str:
        said = {name: value for name, value in vars(want.order).items() if name in _SHOWN and not is_unset(value)}
        return (
            f"{self.limits}\n{said}\n{want.contract.secType} {want.contract.symbol} {want.contract.conId} {want.legs}"
        )

    def _attempt(self) -> None:
        self._try(self._want())

    def _sell_what_is_held(self) -> None:
        """The commonest honest order: all or a part of a position."""
        truth = self.truth()
        mine = [(key, units) for key, units in truth.held.items() if units > 0]
        (account, conId), units = self.chance.choice(mine)
        thing = next((each for each in self.things if each.conId == conId and each.secType == "STK"), None)
        if thing is None:
            return
        order = self.app.createOrder("SELL", max(1, int(units * self.chance.choice([0.3, 1.0, 1.1]))))
        order.account = account
        contract = self.app.createContract(thing.symbol, thing.secType, thing.exchange, thing.currency)
        self._try(Want([(thing, 1, True)], order, contract, account, float(order.totalQuantity)))

    def _change(self) -> None:
        working = [w for w in self.truth().orders if w.open and not w.legs and w.parent is None and not w.children]
        if not working:
            return
        old = self.chance.choice(working)
        thing = next((each for each in self.things if each.conId == old.instrument.conId), None)
        if thing is None or thing.secType == "CRYPTO":
            return
        order = self.app.createOrder("BUY", 1)
        for name in _KEPT:
            value = getattr(old.order, name)
            if value is not None:
                setattr(order, name, value)
        units = max(1.0, float(old.order.totalQuantity) * self.chance.choice([0.5, 1.0, 2.0]))
        order.totalQuantity = Decimal(int(units))
        contract = self.app.createContract(
            thing.symbol, thing.secType, thing.exchange, thing.currency, conId=thing.conId
        )
        want = Want([(thing, 1, not old.buys)], order, contract, old.account.code, float(int(units)))
        self._try(want, old.orderId)

    def _cancel(self) -> None:
        working = [w for w in self.truth().orders if w.open]
        if working:
            self.app.cancelOrder(self.chance.choice(working).orderId)

    def _preview(self) -> None:
        thing = self.things[self.chance.randrange(4)]
        order = self.app.createOrder(self.chance.choice(["BUY", "SELL"]), 10, account=MINE)
        with contextlib.suppress(OrderRejectedError):
            self.app.previewOrder(self.app.createContract(thing.symbol), order)

    def _bracket(self) -> None:
        thing = self.things[self.chance.randrange(4)]
        units, price = self.chance.choice([1, 4, 10, 11]), thing.price / ABOVE
        bracket = self.app.createBracket(
            "BUY", units, round(price * 1.01, 2), round(price * 1.5, 2), round(price * 0.5, 2), account=MINE
        )
        contract, truth = self.app.createContract(thing.symbol), self.truth()
        verdict = []
        for order in bracket:
            want = Want([(thing, 1, order.action != "BUY")], order, contract, MINE, float(units))
            verdict += [each for each in broken(self.limits, want, None, truth, self._sent()) if each != "allow_short"]
        limit = self.limits.max_orders_per_minute
        if limit is not None and self._sent() + 3 > limit:
            verdict.append("max_orders_per_minute")
        try:
            self.app.placeBracket(contract, bracket)
        except SafetyError as error:
            self._honest(verdict, error, "a bracket")
            self.counts["refused"] += 1
        except OrderRejectedError:
            self.counts["rejected"] += 1
        else:
            assert not verdict, f"a breach of {verdict} by a bracket\n{self.limits}"
            self.counts["passed"] += 1

    def _exercise(self) -> None:
        options = [each for each in self.things if each.right]
        option, count, account = self.chance.choice(options), self.chance.choice([1, 2, 5]), MINE
        under = next(each for each in self.things if each.conId == option.under)
        truth, limits = self.truth(), self.limits
        shares, verdict = count * 100.0, []
        if limits.symbols is not None and under.symbol not in limits.symbols:
            verdict.append("symbols")
        if limits.max_quantity is not None and shares > limits.max_quantity:
            verdict.append("max_quantity")
        if limits.max_notional is not None and option.strike * shares > limits.max_notional:
            verdict.append("max_notional")
        if limits.max_orders_per_minute is not None and self._sent() >= limits.max_orders_per_minute:
            verdict.append("max_orders_per_minute")
        if not limits.allow_short and option.right == "P":
            held = max(0.0, truth.held.get((account, under.conId), 0.0))
            if shares > held - truth.selling(account, under.conId):
                verdict.append("allow_short")
        contract = self.app.createContract("AAPL", "OPT", conId=option.conId)
        try:
            self.app.exerciseOption(contract, count, account=account)
        except SafetyError as error:
            self._honest(verdict, error, "an exercise")
            self.counts["refused"] += 1
        except ibnb.IBError:
            self.counts["rejected"] += 1
        else:
            assert not verdict, f"a breach of {verdict} by an exercise\n{limits}"
            self.counts["passed"] += 1
            # Nothing but a position tells of the shares that it brought.
            self.app.getPositions()

    # --- steps -------------------------------------------------------------------------------------------

    def step(self) -> None:
        """One thing happens, and the gateway's books are looked at."""
        what = self.chance.choices(
            [self._attempt, self._sell_what_is_held, self._change, self._bracket, self._exercise, self._cancel,
             self._preview, self._wait, self._begin],
            [50, 12, 10, 5, 2, 6, 3, 12, 2],
        )[0]  # fmt: skip
        with contextlib.redirect_stdout(io.StringIO()):
            what()
        self._look()

    def _wait(self) -> None:
        self.app.sleep(self.chance.choice([1, 5, 30, 61]))

    def _look(self) -> None:
        """No account is short of what it mayn't be, and no order has cost more than it might."""
        truth = self.truth()
        if not self.limits.allow_short:
            for key, units in truth.held.items():
                least = self.least.get(key, 0.0)
                assert units >= least - 1e-9, f"{key} is short by {least - units}: {self.limits}"
        for working in truth.orders:
            most = self.most.get(working.orderId)
            if most is not None and working.filled and not working.legs:
                thing = next(each for each in self.things if each.conId == working.instrument.conId)
                cost = working.avgFillPrice * float(working.filled) * thing.worth
                assert cost <= most + 1e-6, f"order {working.orderId} cost {cost}, more than {most}"


_KEPT = (
    "action",
    "orderType",
    "lmtPrice",
    "auxPrice",
    "trailingPercent",
    "trailStopPrice",
    "lmtPriceOffset",
    "account",
)
_SHOWN = ("action", "totalQuantity", "orderType", "lmtPrice", "auxPrice", "cashQty", "account", "trailingPercent")


def worlds(seed: int, attempts: int, each: int = 250) -> Iterator[Counter[str]]:
    """So many steps, in worlds of 250; what came of them."""
    for number in range(math.ceil(attempts / each)):
        machine = Machine(random.Random(seed + number))
        try:
            for _ in range(min(each, attempts - number * each)):
                machine.step()
            yield machine.counts
        except BaseException:
            print(f"seed {seed + number}, after {sum(machine.counts.values())} attempts", file=sys.stderr)
            raise
        finally:
            ibnb.reset()


def main() -> None:
    attempts = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    total: Counter[str] = Counter()
    while sum(total.values()) < attempts:
        for counts in worlds(seed, 250):
            total += counts
        seed += 1
    print(f"{sum(total.values())} attempts, no limit broken and no honest order refused: {dict(total)}")


if __name__ == "__main__":
    main()
