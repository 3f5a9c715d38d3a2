"""A class on one gateway: first_use D3. What one student does is nobody else's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibnb.gateway import Gateway
from ibnb.gateway import messages as m
from ibnb.gateway.classroom import Classroom
from ibnb.gateway.clock import Clock
from ibnb.gateway.scenario import LESSON
from ibnb.gateway.world.journal import Entry, read, written
from tests.gateway.talking import Talk, codes

AAPL = m.Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def classroom(accounts: int = 3) -> Classroom:
    return Classroom(LESSON, Clock(LESSON.start), accounts)


def account(talk: Talk) -> str:
    [told] = [each.accountsList for each in talk.greeting if isinstance(each, m.ManagedAccounts)]
    return told


def buy(talk: Talk, orderId: int = 1, shares: int = 1) -> list[object]:
    order = m.Order(action="BUY", totalQuantity=Decimal(shares), orderType="MKT", tif="DAY")
    return [*talk.ask(m.PlaceOrder(orderId=orderId, contract=AAPL, order=order)), *talk.wait(2)]


def of(kind: type, answers: list[object]) -> list:
    return [each for each in answers if isinstance(each, kind)]


def test_each_client_has_an_account_as_the_scenarios_by_whoever_comes_first() -> None:
    engine = classroom()
    talks = [Talk(engine, clientId) for clientId in (12, 1, 400)]
    assert [account(talk) for talk in talks] == ["DU1234567", "DU1234568", "DU1234569"]
    held = [{row.contract.symbol: row.position for row in of(m.Position, talk.ask(m.ReqPositions()))} for talk in talks]
    assert held[0] == held[1] == held[2]
    assert held[0]["AAPL"] == 100


def test_who_comes_back_has_the_same_account_and_what_was_done_with_it() -> None:
    engine = classroom()
    Talk(engine, 5)
    first = Talk(engine, 6)
    buy(first, shares=7)
    first.session.close()
    again = Talk(engine, 6)
    assert account(again) == account(first)
    [apple] = [row for row in of(m.Position, again.ask(m.ReqPositions())) if row.contract.symbol == "AAPL"]
    assert apple.position == 107


def test_several_programs_of_one_student_share_her_account() -> None:
    engine = classroom(2)
    programs = [Talk(engine, clientId) for clientId in (7, 7001, 7002)]
    assert len({account(each) for each in programs}) == 1
    assert account(Talk(engine, 8001)) not in {account(each) for each in programs}
    buy(programs[1], shares=3)
    [seen] = of(m.Position, [row for row in programs[2].ask(m.ReqPositions()) if "AAPL" in str(row)])
    assert seen.position == 103


def test_a_class_that_is_full_says_so() -> None:
    engine = classroom(1)
    Talk(engine, 1)
    late = Talk(engine, 2)
    assert codes(late.greeting) == [326]
    assert "1 accounts" in of(m.ErrorMessage, late.greeting)[0].message
    assert late.session.closed


def test_one_client_id_is_one_clients_as_ever() -> None:
    engine = classroom()
    Talk(engine, 1)
    assert codes(Talk(engine, 1).greeting) == [326]


def test_nobody_hears_or_may_ask_of_anothers_orders_fills_positions_and_money() -> None:
    engine = classroom()
    mine, yours = Talk(engine, 1), Talk(engine, 2)
    yours.ask(
        m.ReqPositions(),
        m.ReqAccountUpdates(subscribe=True, acctCode=""),
        m.ReqAccountSummary(reqId=1, groupName="All", tags="NetLiquidation,TotalCashValue"),
        m.ReqPnL(reqId=2, account=account(yours), modelCode=""),
        m.ReqAutoOpenOrders(bAutoBind=False),
    )
    assert of(m.ExecDetails, buy(mine, shares=9))
    limit = m.Order(action="BUY", totalQuantity=Decimal(1), orderType="LMT", lmtPrice=1.0, tif="DAY")
    assert of(m.OpenOrder, mine.ask(m.PlaceOrder(orderId=2, contract=AAPL, order=limit)) + mine.wait(1))
    told = yours.wait(200)
    assert not of(m.Position, told) + of(m.ExecDetails, told) + of(m.OpenOrder, told) + of(m.OrderStatus, told)
    assert account(mine) not in str(told)
    asked = yours.ask(
        m.ReqAllOpenOrders(),
        m.ReqOpenOrders(),
        m.ReqExecutions(reqId=3),
        m.ReqCompletedOrders(apiOnly=False),
        m.ReqPositions(),
        m.ReqPositionsMulti(reqId=4, account="", modelCode=""),
        m.ReqFamilyCodes(),
        m.ReqManagedAccts(),
        m.ReqGlobalCancel(),
        m.CancelOrder(orderId=2),
    )
    assert account(mine) not in str(asked)
    assert not of(m.OpenOrder, asked) + of(m.ExecDetails, asked)
    [apple] = [row for row in of(m.Position, asked) if row.contract.symbol == "AAPL"]
    assert apple.position == 100
    assert [321] == codes(yours.ask(m.ReqAccountUpdates(subscribe=True, acctCode=account(mine))))
    [working] = of(m.OpenOrder, mine.ask(m.ReqAllOpenOrders()))
    assert (working.orderId, working.orderState.status) == (2, "Submitted")


def test_a_fault_is_one_students_or_everybodys() -> None:
    with Gateway("lesson", accounts=3) as gateway:
        engine = gateway.engine
        one, two = Talk(engine, 1), Talk(engine, 2)
        gateway.faults_of(account(one)).reject_next_order("for you alone")
        assert 201 in codes(buy(one))
        assert of(m.ExecDetails, buy(two))
        gateway.faults.reject_next_order("for all")
        assert 201 in codes(buy(one, 2))
        assert 201 in codes(buy(two, 2))
        gateway.faults_of(account(two)).drop()
        assert (one.session.closed, two.session.closed) == (False, True)
        with pytest.raises(ValueError, match="no account 'DU1'; there are DU1234567, DU1234568, DU1234569"):
            gateway.faults_of("DU1")


def test_a_restart_of_one_students_tws_is_nobody_elses() -> None:
    with Gateway("lesson", accounts=2) as gateway:
        engine = gateway.engine
        one, two = Talk(engine, 1), Talk(engine, 2)
        gateway.faults_of(account(one)).nightly_restart(60)
        assert (one.session.closed, two.session.closed) == (True, False)
        assert Talk(engine, 1).session.closed
        gateway.advance(61)
        assert account(Talk(engine, 1)) == account(one)


def test_a_fault_for_all_reaches_who_comes_later() -> None:
    with Gateway("lesson", accounts=2) as gateway:
        gateway.faults.refuse_next("reqPositions", 321, "for all")
        assert codes(Talk(gateway.engine, 1).ask(m.ReqPositions())) == [321]
        assert codes(Talk(gateway.engine, 2).ask(m.ReqPositions())) == [321]


@pytest.mark.parametrize("wrong", [0, -1, 501])
def test_a_class_has_a_sensible_number_of_accounts(wrong: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 500"):
        Gateway("lesson", accounts=wrong)


def test_the_journal_of_a_class_is_all_and_a_clients_its_own() -> None:
    with Gateway("lesson", accounts=2) as gateway:
        one, two = Talk(gateway.engine, 1), Talk(gateway.engine, 2)
        buy(one, shares=5)
        gateway.advance(1)
        two.ask(m.ReqPositions())
        assert {1, 2} == {entry.clientId for entry in gateway.journal}
        times = [entry.time for entry in gateway.journal]
        assert times == sorted(times)
        [article] = of(m.NewsArticle, two.ask(m.ReqNewsArticle(reqId=9, providerCode="IBNB", articleId="journal")))
        told = read(article.articleText)
        assert {2} == {entry.clientId for entry in told}
        assert told[:-1] == [entry for entry in gateway.journal if entry.clientId == 2][: len(told) - 1]


@pytest.mark.parametrize("version", [157, 176, 200, 203, 213, 222, 226])
def test_the_journal_comes_through_every_wire_as_it_is_kept(version: int) -> None:
    engine = classroom()
    talk = Talk(engine, 1, version)
    order = m.Order(
        action="SELL", totalQuantity=Decimal("2.5"), orderType="LMT", lmtPrice=250.25, tif="GTC",
        algoParams=(m.TagValue(tag="a", value="ü"),), orderRef="x\ny",
    )  # fmt: skip
    talk.ask(m.PlaceOrder(orderId=4, contract=AAPL, order=order))
    talk.wait(1)
    kept = list(engine.seats[0].world.journal)
    [article] = of(m.NewsArticle, talk.ask(m.ReqNewsArticle(reqId=9, providerCode="IBNB", articleId="journal")))
    assert read(article.articleText)[:-1] == kept


def test_of_a_long_journal_the_newest_part_is_told() -> None:
    long = m.ReqNewsArticle(reqId=1, providerCode="x" * 1_000_000, articleId="")
    entries = [Entry(float(number), 1, "in", long) for number in range(20)]
    told = read(written(entries))
    assert 5 < len(told) < 10
    assert told[-1].time == 19


@pytest.mark.parametrize("text", ["x", "[1]", '[1, 2, "in", {"is": "Decimal"}]', '[1, 2, "in", {"is": "nothing"}]'])
def test_what_isnt_a_journal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="isn't the journal"):
        read(text)
