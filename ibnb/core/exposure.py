"""What accounts hold, and what their working orders may still sell of it. Pure; told by TWS's messages.

Rule: where two messages may be about the same shares, or an order may be in one of two states, the one counts that
leaves less to sell. Then a wrong guess refuses an order, and never lets one through. Known is only this: a position has
in it what was told before it, and nothing of an order that was sent after it, so a purchase that was on its way counts
when its position is told again; the rows of one download are of one moment; options that are gone without a sale have
been exercised, where that was asked for.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

# An instrument in an account: (account, conId).
Holding = tuple[str, int]
# An order at one TWS: (client id, order id).
OrderKey = tuple[int, int]

ENDED = frozenset({"Filled", "Cancelled", "ApiCancelled", "Inactive"})
# ocaTypes with which never two orders of a group are filled.
WITH_BLOCK = (1, 2)
# Seconds after which an order that TWS answered with nothing but an error it isn't known for is taken for dead.
DOUBT = 5.0
# Sums of fractional units differ in the last digits.
_DUST = 1e-9


@dataclass(frozen=True)
class Terms:
    """An order as it was sent, or as TWS shows it.

    `trades`: units by conId, sales below 0; of a sale by cash -inf. `quantity`: what TWS calls totalQuantity.
    `parent`: the entry that it is an exit of. `group`: its OCA group, "" for one whose orders may all be filled, unless
    they are exits of one entry: these TWS puts into a group of its own, where they name none.
    `uses`: an exercise, of how many options (conId, units); what comes of it may be told by positions alone.
    """

    account: str
    trades: Mapping[int, float]
    quantity: float = math.nan
    group: str = ""
    parent: OrderKey | None = None
    uses: tuple[int, float] | None = None

    def sells(self, holding: Holding) -> float:
        return max(0.0, -self._units(holding))

    def buys(self, holding: Holding) -> float:
        return max(0.0, self._units(holding))

    def _units(self, holding: Holding) -> float:
        return self.trades.get(holding[1], 0.0) if self.account == holding[0] else 0.0


@dataclass
class _Order:
    """`shown`: as TWS showed it last; `sent`: what was sent since, and isn't shown yet; `ended`: TWS says it is.

    `group`: its OCA group as it was first told. TWS allows no change of it, and shows another name of an exit's while
    its entry isn't filled (ib_insync#606).
    """

    group: str
    shown: Terms | None = None
    sent: list[Terms] = field(default_factory=list)
    ended: bool = False
    executed: dict[int, float] = field(default_factory=dict)
    reported: dict[int, float] = field(default_factory=dict)
    # How many positions had been told when it was sent; before all of them where nobody knows.
    since: float = -math.inf
    # An exercise's options that are gone.
    used: float = 0.0
    # Taken for dead from this moment on unless TWS says something.
    doubted: float = math.inf

    def terms(self, now: float) -> list[Terms]:
        """All that may be at work at TWS."""
        if self.shown is None:
            return self.sent if now < self.doubted else []
        return self.sent if self.ended else [self.shown, *self.sent]

    @property
    def _uses(self) -> tuple[int, float]:
        return (self.sent[0].uses if self.sent else None) or (0, 0.0)

    @property
    def exercises(self) -> int:
        """The option that it exercises; 0 when it is an order."""
        return self._uses[0]

    @property
    def waiting(self) -> float:
        """Options that are still to be exercised."""
        return self._uses[1] - self.used

    def filled(self, conId: int) -> float:
        return max(self.executed.get(conId, 0.0), self.reported.get(conId, 0.0))

    def left(self, most: float, conId: int) -> float:
        return max(0.0, most - (0.0 if self.ended else self.filled(conId)))


class Exposure:
    """Positions and working orders at one TWS, of all sessions of this process."""

    def __init__(self) -> None:
        self._held: dict[Holding, float] = {}
        # How many positions have been told; and how many had been when a holding, or all of an account, was told last,
        # since messages may have been missed.
        self._count = 0
        self._told: dict[Holding | str, int] = {}
        # What has been named by a list of positions that isn't over yet.
        self._named: set[Holding] = set()
        # What is held more of than is counted, perhaps: a position may have a fill in it that was told after it.
        self.unclear: set[Holding] = set()
        self._orders: dict[OrderKey, _Order] = {}
        self._exercising: set[OrderKey] = set()
        self._executions: dict[str, float] = {}

    # --- questions -----------------------------------------------------------------------------------

    def held(self, holding: Holding) -> float | None:
        """Units that are held, below 0 when short; None when TWS hasn't told."""
        return self._held.get(holding, 0.0) if holding in self._told or holding[0] in self._told else None

    def lives(self, key: OrderKey) -> bool:
        """Has TWS shown the order, and not its end?"""
        order = self._orders.get(key)
        return order is not None and order.shown is not None and not order.ended

    def selling(self, holding: Holding, now: float) -> float:
        """Units that working orders may still sell, beyond what their own entries have yet to buy."""
        total, families = 0.0, defaultdict[OrderKey | str, float](float)
        groups = defaultdict[tuple[OrderKey | str, str], float](float)
        for order in self._orders.values():
            left = self._left(order, holding, now)
            if order.exercises == holding[1] and order.sent[0].account == holding[0]:
                left += order.waiting
            of = {terms.parent or terms.group for terms in order.terms(now)}
            family = of.pop() if len(of) == 1 else ""
            if family:
                groups[family, order.group] = max(groups[family, order.group], left)
            else:
                total += left
        for (family, _), left in groups.items():
            families[family] += left
        return total + sum(max(0.0, left - self._to_buy(of, holding, now)) for of, left in families.items())

    def _left(self, order: _Order, holding: Holding, now: float) -> float:
        most = max((terms.sells(holding) for terms in order.terms(now)), default=0.0)
        return order.left(most, holding[1])

    def _to_buy(self, family: OrderKey | str, holding: Holding, now: float) -> float:
        """What the entry of a family has yet to buy: its exits can't be filled before."""
        entry = self._orders.get(family) if isinstance(family, tuple) else None
        if entry is None:
            return 0.0
        return entry.left(min((terms.buys(holding) for terms in entry.terms(now)), default=0.0), holding[1])

    # --- what is sent --------------------------------------------------------------------------------

    def count(self, key: OrderKey, terms: Terms) -> None:
        """Count an order, new or changed, though it may sell more than is held."""
        order = self._orders.setdefault(key, _Order(terms.group, since=self._count))
        order.sent.append(terms)
        order.doubted = math.inf
        if terms.uses:
            self._exercising.add(key)

    def send(self, key: OrderKey, terms: Terms, now: float) -> str:
        """The same, unless it mustn't go, as it would sell more than is held. Returns why; else ""."""
        holdings = [(terms.account, conId) for conId in terms.trades]
        before = {holding: self.selling(holding, now) for holding in holdings}
        order = self._orders.get(key)
        own = {holding: self._left(order, holding, now) if order else 0.0 for holding in holdings}
        doubted = order.doubted if order else math.inf
        self.count(key, terms)
        for holding in holdings:
            after, held = self.selling(holding, now), self.held(holding)
            more = after > before[holding] + _DUST or (math.isinf(after) and terms.sells(holding) > 0)
            if not more or (held is not None and after <= held + _DUST):
                continue
            self.unsend(key, terms)
            if order:
                order.doubted = doubted
            if held is None:
                return "selling short isn't allowed, and no position is known; call getPositions() first"
            others = before[holding] - own[holding]
            going = f", {others:g} of them already being sold" if others > _DUST else ""
            unclear = " (getPositions() asks what a last fill has changed)" if holding in self.unclear else ""
            return f"only {max(held, 0.0):g} held{going}, and selling short isn't allowed{unclear}"
        return ""

    def unsend(self, key: OrderKey, terms: Terms) -> None:
        """What was counted hasn't left after all."""
        order = self._orders[key]
        order.sent.remove(terms)
        if order.shown is None and not order.sent:
            del self._orders[key]

    def withdrawn(self, key: OrderKey) -> None:
        """The last thing that was counted under this id wasn't sent."""
        order = self._orders.get(key)
        if order is not None and order.sent:
            self.unsend(key, order.sent[-1])

    # --- what TWS tells ------------------------------------------------------------------------------

    def position(self, holding: Holding, units: float, listed: bool = True) -> None:
        """A position as TWS reports it; `listed`: among all of its account."""
        before = self._held.get(holding, 0.0)
        self._held[holding] = units
        self._count += 1
        self._told[holding] = self._count
        if listed:
            self._named.add(holding)
        self.unclear.discard(holding)
        self._used(holding, before - units)
        for key, order in self._exercises(holding[0]):  # the position has in it what they bought or sold
            if not order.waiting and holding[1] in order.sent[0].trades:
                del self._orders[key]

    def positions_told(self, account: str) -> None:
        """All positions of an account have been reported: what wasn't named isn't held."""
        for holding in {each for each in {*self._held, *self._ordered()} - self._named if each[0] == account}:
            self.position(holding, 0.0)
        self._count += 1
        self._told[account] = self._count
        for key, order in self._exercises(account):
            if not order.waiting:
                del self._orders[key]
        self._named = {each for each in self._named if each[0] != account}

    def forget_positions(self) -> None:
        """Messages may have been missed: what is held isn't known until it is reported again."""
        self._told.clear()
        self._named.clear()

    def _ordered(self) -> set[Holding]:
        """What orders trade that may be at work."""
        return {
            (terms.account, conId)
            for order in self._orders.values()
            for terms in order.terms(-math.inf)
            for conId in {*terms.trades, *(terms.uses or ())[:1]}
        }

    def _exercises(self, account: str, option: int | None = None) -> list[tuple[OrderKey, _Order]]:
        self._exercising &= self._orders.keys()
        found = [(key, self._orders[key]) for key in sorted(self._exercising)]
        return [
            (key, order)
            for key, order in found
            if order.exercises and order.sent[0].account == account and option in (None, order.exercises)
        ]

    def _used(self, options: Holding, gone: float) -> None:
        """So many options are gone. Own orders may have sold them; the others have been exercised."""
        exercises = self._exercises(*options)
        waiting = sum(order.waiting for _, order in exercises)
        gone -= self.selling(options, -math.inf) - waiting
        for _, order in exercises:
            used = min(max(0.0, gone), order.waiting)
            order.used += used
            gone -= used
            self.unclear.update((options[0], conId) for conId in order.sent[0].trades if not order.waiting)

    def shown(self, key: OrderKey, terms: Terms, status: str = "") -> None:
        """An order as TWS shows it."""
        order = self._orders.setdefault(key, _Order(terms.group))
        if order.exercises:
            self.status(key, status, 0.0)
            return
        order.shown = terms
        if terms.trades in [each.trades for each in order.sent]:
            last = max(i for i, each in enumerate(order.sent) if each.trades == terms.trades)
            del order.sent[: last + 1]
        order.ended, order.doubted = status in ENDED, math.inf

    def status(self, key: OrderKey, status: str, filled: float) -> None:
        """An order's progress."""
        order = self._orders.get(key)
        if order is None:
            return
        if order.exercises:
            if status in ENDED and status != "Filled":
                del self._orders[key]
            return
        if order.shown is None and order.sent:
            order.shown = order.sent.pop(0)
        if status in ENDED and status != "Inactive":  # which a change may wake
            order.sent.clear()
        order.ended, order.doubted = status in ENDED, math.inf
        terms = order.shown
        if terms is None or not filled or not terms.quantity > 0:
            return
        for conId, units in terms.trades.items():
            if math.isfinite(units):
                before = order.filled(conId)
                order.reported[conId] = max(order.reported.get(conId, 0.0), filled * abs(units) / terms.quantity)
                self._traded((terms.account, conId), math.copysign(order.filled(conId) - before, units), order.since)

    def execution(self, key: OrderKey, execId: str, holding: Holding, units: float) -> None:
        """A fill, sales below 0; one whose id differs in the last part alone corrects an earlier one."""
        identity = f"{holding[1]} {execId.rpartition('.')[0] or execId}"
        change = units - self._executions.get(identity, 0.0)
        self._executions[identity] = units
        order = self._orders.get(key)
        if order is None:
            self._traded(holding, change, -math.inf)
            return
        if order.exercises == holding[1]:
            order.used -= change
        before = order.filled(holding[1])
        order.executed[holding[1]] = order.executed.get(holding[1], 0.0) + change * math.copysign(1.0, units)
        self._traded(holding, (order.filled(holding[1]) - before) * math.copysign(1.0, units), order.since)

    def refused(self, key: OrderKey, known: bool, gone: bool, now: float) -> None:
        """TWS answered an order, or a change of one, with an error.

        known: one that ends an order that was never taken, and refuses a change; gone: one that also ends an order that
        was taken, unless it is about a change. Of any other error it isn't known what it does.
        """
        order = self._orders.get(key)
        if order is None:
            return
        if order.shown is None and not known:
            order.doubted = min(order.doubted, now + DOUBT)
        elif order.shown is None:
            # An entry takes its exits with it; of those that TWS never took nothing more is heard.
            for each in [key, *(k for k, o in self._orders.items() if o.shown is None and o.sent[-1].parent == key)]:
                del self._orders[each]
        elif known:
            order.ended = order.ended or (gone and not order.sent)
            order.sent.clear()

    def _traded(self, holding: Holding, units: float, since: float) -> None:
        """Units have been bought, or sold (below 0), by an order of that time."""
        told = max((self._told[each] for each in (holding, holding[0]) if each in self._told), default=math.inf)
        if units and since < told < math.inf:
            self.unclear.add(holding)
        if units < 0 or since >= told:
            self._held[holding] = self._held.get(holding, 0.0) + units
