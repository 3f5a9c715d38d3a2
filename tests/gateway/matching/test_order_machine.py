"""Whatever clients do to orders, and in whatever order: what must hold, holds.

Orders meet books, trade in parts, wait while a share is halted, and go on while shares pay dividends, split and split
back.

In the suite a few hundred steps, always the same. Many more, and others each time:

    python -m tests.gateway.matching.test_order_machine 10000
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ibnb.gateway import messages as m
from ibnb.gateway.accounts import Account
from ibnb.gateway.corporate import Corporate, Dividend, Split
from ibnb.gateway.matching.order import FINAL, WorkingOrder
from ibnb.gateway.matching.order_types import ORDER_TYPES
from ibnb.gateway.scenario import LESSON, Halt, OrderRules, new_york
from tests.gateway.handlers.asking import AAPL, EURUSD
from tests.gateway.handlers.trading import Trader, trading_world
from tests.gateway.matching.statement import Statement, write

STEPS_PER_RUN = 50

FUTURE = m.Contract(symbol="ES", secType="FUT", exchange="CME", lastTradeDateOrContractMonth="202506")
PENCE = m.Contract(symbol="CSH2", secType="STK", exchange="LSE", currency="GBP")
CALL = m.Contract(
    symbol="AAPL", secType="OPT", exchange="SMART", currency="USD",
    lastTradeDateOrContractMonth="20250620", strike=200.0, right="C",
)  # fmt: skip
CONTRACTS = (AAPL, replace(AAPL, symbol="TSLA"), replace(AAPL, symbol="NIO"), EURUSD, FUTURE, PENCE, CALL)
SECOND = replace(LESSON.accounts[0], code="DU2222222", cash={"USD": 300_000.0}, positions=())
# Each day something happens to a share that is traded here.
CORPORATE = Corporate(
    declared=(
        Dividend("AAPL", date(2025, 5, 12), date(2025, 5, 15), 0.26),
        Dividend("AAPL", date(2025, 6, 12), date(2025, 6, 13), 0.26),
        Dividend("AAPL", date(2025, 6, 16), date(2025, 6, 17), 0.5),
        Dividend("TSLA", date(2025, 5, 12), date(2025, 5, 15), 1.0),
        Dividend("TSLA", date(2025, 6, 13), date(2025, 6, 18), 1.0),
        Dividend("NIO", date(2025, 5, 12), date(2025, 5, 15), 0.01),
        Dividend("NIO", date(2025, 6, 12), date(2025, 6, 16), 0.01),
    ),
    splits=(
        Split("TSLA", date(2025, 6, 12), 3),
        Split("NIO", date(2025, 6, 12), 0.125),
        Split("NIO", date(2025, 6, 13), 10),
        Split("TSLA", date(2025, 6, 16), 0.5),
    ),
)
SCENARIO = replace(
    LESSON,
    accounts=(*LESSON.accounts, SECOND),
    orders=OrderRules(master_client=None),
    corporate=CORPORATE,
    halts=(Halt("AAPL", new_york(10, 8)), Halt("TSLA", new_york(10, 20), 1800, 1), Halt("NIO", new_york(11), 600)),
)

TRADES = [
    (contract, orderType, tif)
    for contract in CONTRACTS
    for orderType, row in ORDER_TYPES.items()
    if row.kinds is None or contract.secType in row.kinds
    for tif in ("DAY", "GTC", "IOC", "FOK", "GTD", "OPG")
    if (tif == "DAY" or not row.auction)
    and (tif != "OPG" or (orderType in ("MKT", "LMT") and contract.secType == "STK"))
]

clients = st.sampled_from((1, 2, 3))
waits = st.sampled_from((0.0, 0.0, 0.06, 0.2, 1.0, 40.0, 600.0))
# Some are larger than what the best price offers, so that they trade in parts.
quantities = st.one_of(st.integers(1, 120), st.integers(1_000, 6_000))
offsets = st.integers(-60, 60)
tifs = st.sampled_from(("DAY", "DAY", "GTC", "IOC", "FOK", "GTD", "OPG"))
groups = st.sampled_from(("", "", "", "a", "b"))


class OrderMachine(RuleBasedStateMachine):
    """Three clients, two accounts, seven contracts."""

    @initialize()
    def open_the_world(self) -> None:
        self.world = trading_world(SCENARIO)
        self.traders = {n: Trader(self.world, clientId=n) for n in (1, 2, 3)}
        self.opened = {
            a.code: (dict(a.cash), {conId: (h.quantity, h.basis) for conId, h in a.holdings.items()})
            for a in self.world.accounts.all()
        }
        self.ended: dict[int, tuple[str, Decimal]] = {}
        self.permIds: dict[int, tuple[int, int]] = {}

    # What clients do

    def prices(self, contract: m.Contract, orderType: str, offset: int) -> dict[str, float]:
        instrument = self.traders[1].instrument(contract)
        near = self.world.market.last_price(instrument, self.world.clock.now()) * (1 + offset / 4000)
        ticks = max(round(near / instrument.minTick), 1)
        row = ORDER_TYPES[orderType]
        if row.trails:
            return {"auxPrice": instrument.price(5 + abs(offset)), "lmtPriceOffset": instrument.price(2)}
        return {name: instrument.price(ticks) for name in row.prices}

    @rule(
        n=clients, trade=st.sampled_from(TRADES), action=st.sampled_from(("BUY", "SELL")), quantity=quantities,
        offset=offsets, group=groups, account=st.sampled_from(("", SECOND.code)), held=st.integers(0, 9), wait=waits,
    )  # fmt: skip
    def place(
        self, n: int, trade: tuple[m.Contract, str, str], action: str, quantity: int, offset: int, group: str,
        account: str, held: int, wait: float,
    ) -> None:  # fmt: skip
        if n not in self.world.clients:
            return
        contract, orderType, tif = trade
        good = {"goodTillDate": "20250612 11:00:00 US/Eastern"} if tif == "GTD" else {}
        self.traders[n].place(
            self.world.orders.next_valid_id(n), action, quantity * (1000 if contract is EURUSD else 1), orderType,
            contract, tif=tif, ocaGroup=group, ocaType=1 + quantity % 3, account=account, transmit=held != 7,
            **good, **self.prices(contract, orderType, offset),
        )  # fmt: skip
        self.let_time_pass(wait)

    @rule(n=clients, contract=st.sampled_from(CONTRACTS[:2]), quantity=quantities, offset=offsets, wait=waits)
    def place_a_bracket(self, n: int, contract: m.Contract, quantity: int, offset: int, wait: float) -> None:
        if n not in self.world.clients:
            return
        trader, first = self.traders[n], self.world.orders.next_valid_id(n)
        price = self.prices(contract, "LMT", offset)["lmtPrice"]
        trader.place(first, "BUY", quantity, "LMT", contract, lmtPrice=price, transmit=False)
        child = {"parentId": first, "contract": contract}
        trader.place(first + 1, "SELL", quantity, "LMT", lmtPrice=round(price * 1.002, 2), transmit=False, **child)
        trader.place(first + 2, "SELL", quantity, "STP", auxPrice=round(price * 0.99, 2), **child)
        self.let_time_pass(wait)

    @rule(n=clients, price=st.integers(-10, 10), percent=st.integers(1, 99), quantity=quantities)
    def place_with_conditions(self, n: int, price: int, percent: int, quantity: int) -> None:
        if n not in self.world.clients:
            return
        tesla = self.traders[n].instrument(CONTRACTS[1])
        level = self.world.market.last_price(tesla, self.world.clock.now()) * (1 + price / 100)
        conditions = (
            m.OrderCondition(type=1, conId=tesla.conId, exchange="SMART", price=level, isConjunctionConnection=False),
            m.OrderCondition(
                type=5, secType="STK", exchange="SMART", symbol="NIO", isConjunctionConnection=percent > 50
            ),
            m.OrderCondition(type=4, percent=percent, isMore=False),
        )
        orderId = self.world.orders.next_valid_id(n)
        cancels = {"orderType": "LMT", "lmtPrice": 150.0, "conditionsCancelOrder": True} if percent % 2 else {}
        self.traders[n].place(orderId, quantity=quantity, conditions=conditions, **cancels)
        self.let_time_pass(float(percent))

    def some(self, n: int, pick: int) -> WorkingOrder | None:
        """One of a client's orders, if it is there and has any."""
        last = self.world.orders.next_valid_id(n) - 1
        return self.world.orders.find(n, 1 + pick % last) if last and n in self.world.clients else None

    @rule(n=clients, pick=st.integers(0, 99), quantity=quantities, offset=offsets, tif=tifs)
    def change(self, n: int, pick: int, quantity: int, offset: int, tif: str) -> None:
        if working := self.some(n, pick):
            contract = replace(working.contract, tradingClass="", localSymbol="")
            prices = self.prices(contract, working.order.orderType, offset)
            if working.parent is not None:  # what it closes is the parent's affair
                quantity = working.order.totalQuantity
            fields = {**prices, "totalQuantity": Decimal(quantity), "tif": working.order.tif if tif == "OPG" else tif}
            if tif == "GTD":
                fields["goodTillDate"] = "20250612 15:00:00 US/Eastern"
            order = replace(working.order, goodTillDate="", trailStopPrice=None)
            wanted = replace(order, **fields)
            self.traders[n].ask(m.PlaceOrder(orderId=working.orderId, contract=contract, order=wanted))
            self.let_time_pass(float(quantity) / 600)

    @rule(n=clients, pick=st.integers(0, 99))
    def cancel(self, n: int, pick: int) -> None:
        if working := self.some(n, pick):
            self.traders[n].cancel(working.orderId)

    @rule(n=clients, everybody=st.sampled_from((False, False, False, True)))
    def cancel_everything(self, n: int, everybody: bool) -> None:
        if everybody and n in self.world.clients:
            self.traders[n].ask(m.ReqGlobalCancel())

    @rule(seconds=st.sampled_from((0.01, 0.1, 0.3, 1, 5, 60, 600, 1800, 7200, 86_400)))
    def let_time_pass(self, seconds: float) -> None:
        self.world.clock.run_until(self.world.clock.now() + seconds)

    @rule(size=st.integers(1, 50))
    def stage_a_part(self, size: int) -> None:
        self.world.orders.engine.next_fills.append(Decimal(size))

    @precondition(lambda self: len(self.world.clients) > 1)
    @rule(n=clients)
    def disconnect(self, n: int) -> None:
        if n in self.world.clients:
            del self.world.clients[n]

    @rule(n=clients)
    def reconnect(self, n: int) -> None:
        if n not in self.world.clients:
            self.traders[n] = Trader(self.world, clientId=n)
            self.world.orders.greet(self.traders[n].client)

    # What must hold

    def everything(self) -> list[WorkingOrder]:
        engine = self.world.orders.engine
        return [*engine, *engine.done]

    @invariant()
    def quantities_add_up_and_ends_are_final(self) -> None:
        traded: Counter[int] = Counter()
        for fill in self.world.orders.engine.fills:
            traded[fill.details.execution.permId] += fill.details.execution.shares
        for working in self.everything():
            assert working.filled + working.remaining == working.order.totalQuantity
            assert 0 <= working.filled <= working.order.totalQuantity
            assert traded[working.permId] == working.filled
            assert self.permIds.setdefault(working.permId, (working.clientId, working.orderId)) == (
                working.clientId,
                working.orderId,
            )
            if working.status in FINAL:
                assert working.timer is None
                end = (working.status, working.filled)
                assert self.ended.setdefault(working.permId, end) == end
            else:
                assert working.permId not in self.ended
                assert working.timer is not None or not working.started or working.parent is not None
            if working.status == "Filled":
                assert not working.remaining
        assert len(self.permIds) == len(set(self.permIds.values()))

    @invariant()
    def children_close_no_more_than_their_parent_opened(self) -> None:
        for parent in self.everything():
            bought = sum((child.filled for child in parent.children), Decimal(0))
            assert bought <= parent.filled

    @invariant()
    def no_execution_has_the_id_of_another(self) -> None:
        ids = [fill.details.execution.execId for fill in self.world.orders.engine.fills]
        assert len(ids) == len(set(ids))

    def statement(self, account: Account) -> Statement:
        """What the account must be by its executions and by the companies' calendars."""
        found, world = Statement(), self.world
        cash, positions = self.opened[account.code]
        found.cash.update(cash)
        for conId, (quantity, basis) in positions.items():
            line = found.line(world.instruments.find(conId))
            line.quantity, line.cost, line.basis = quantity, basis, basis
        fills = [
            (fill, world.instruments.find(fill.details.contract.conId))
            for fill in world.orders.engine.fills
            if fill.details.execution.acctNumber == account.code
        ]
        span = SCENARIO.start, world.clock.now()
        return write(found, fills, SCENARIO.corporate, span, world.market.last_price)

    @invariant()
    def cash_positions_costs_and_profits_are_those_of_a_statement(self) -> None:
        for account in self.world.accounts.all():
            wanted = self.statement(account)
            actual = {conId: held.quantity for conId, held in account.holdings.items() if held.quantity}
            assert {conId: line.quantity for conId, line in wanted.lines.items() if line.quantity} == actual
            for currency, amount in wanted.cash.items():
                assert account.cash.get(currency, 0.0) == pytest.approx(amount, abs=0.01)
            assert sorted((each.pay, each.amount) for each in account.accruals) == sorted(
                (pay, amount) for pay, amount, _ in wanted.owed
            )
            for conId, line in wanted.lines.items():
                held = account.holdings[conId]
                value = self.world.accounts.price(held.instrument) * held.instrument.unit
                assert held.cost == pytest.approx(line.cost, abs=0.01)
                assert held.unrealized(value) == pytest.approx(float(line.quantity) * value - line.cost, abs=0.01)

    @invariant()
    def profits_add_up(self) -> None:
        """What executions report as won or lost is what a statement realises, but for the fractions of splits."""
        for account in self.world.accounts.all():
            wanted = self.statement(account)
            reported: Counter[int] = Counter()
            for fill in self.world.orders.engine.fills:
                if fill.details.execution.acctNumber == account.code and fill.commission is not None:
                    reported[fill.details.contract.conId] += fill.commission.realizedPNL or 0.0
            for conId, line in wanted.lines.items():
                assert reported[conId] == pytest.approx(line.realized - line.fractions, abs=0.01)
            figures = self.world.accounts.figures(account)
            parts = sum(ledger.netLiquidation * ledger.exchangeRate for ledger in figures.ledgers.values())
            assert figures.total.netLiquidation == pytest.approx(parts, abs=0.01)

    @invariant()
    def everybody_sees_the_same_orders(self) -> None:
        views = []
        for trader in self.traders.values():
            if trader.client.clientId not in self.world.clients:
                continue
            listed = [x for x in trader.ask(m.ReqAllOpenOrders()) if isinstance(x, m.OrderStatus)]
            views.append({(x.permId, x.clientId, x.status, x.filled, x.remaining) for x in listed})
            own = [x.permId for x in trader.ask(m.ReqOpenOrders()) if isinstance(x, m.OrderStatus)]
            assert own == [x.permId for x in listed if x.clientId == trader.client.clientId]
        expected = {(w.permId, w.clientId, w.status, w.filled, w.remaining) for w in self.everything() if w.open}
        assert all(view == expected for view in views)

    @invariant()
    def who_listens_knows(self) -> None:
        """The last status that a connected client was told of each of its orders is the order's."""
        for trader in self.traders.values():
            if trader.client.clientId not in self.world.clients:
                continue
            last = {
                x.orderId: x
                for x in trader.said
                if isinstance(x, m.OrderStatus) and x.clientId == trader.client.clientId
            }
            for orderId, told in last.items():
                working = self.world.orders.find(trader.client.clientId, orderId)
                if working is not None and orderId:
                    assert (told.status, told.filled) == (working.status, working.filled)


def long_run(steps: int, shrink: bool = True) -> None:
    """So many steps, others each time."""
    run_state_machine_as_test(
        OrderMachine,
        settings=settings(
            max_examples=max(steps // STEPS_PER_RUN, 1),
            stateful_step_count=STEPS_PER_RUN,
            phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.timeout(600)
def test_whatever_clients_do_what_must_hold_holds() -> None:
    run_state_machine_as_test(
        OrderMachine,
        settings=settings(
            max_examples=6,
            stateful_step_count=STEPS_PER_RUN,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


if __name__ == "__main__":
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    long_run(steps)
    print(f"{steps:,} steps without a failure")
