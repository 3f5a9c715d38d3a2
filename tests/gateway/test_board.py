"""The instructor's board: first_use D3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from ibnb.gateway import Gateway
from ibnb.gateway import messages as m
from ibnb.gateway.board import Board, roll, sent, stage
from tests.gateway.talking import Talk, codes

AAPL = m.Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway("lesson", accounts=3) as gateway:
        yield gateway


def buy(talk: Talk, orderId: int, symbol: str = "AAPL", whatIf: bool = False) -> list[object]:
    order = m.Order(action="BUY", totalQuantity=Decimal(1), orderType="MKT", tif="DAY", whatIf=whatIf)
    contract = m.Contract(symbol=symbol, secType="STK", exchange="SMART", currency="USD")
    return [*talk.ask(m.PlaceOrder(orderId=orderId, contract=contract, order=order)), *talk.wait(2)]


def test_the_board_says_who_is_here_and_what_each_has_sent(gateway: Gateway) -> None:
    one, two = Talk(gateway.engine, 7), Talk(gateway.engine, 7001)
    buy(one, 1)
    buy(one, 2, whatIf=True)
    buy(one, 3, symbol="NOSUCHTHING")
    gone = Talk(gateway.engine, 12)
    gone.ask(m.ReqPositions())
    gone.session.close()
    first, second, third = roll(gateway)
    assert (first.account, first.connected, first.seen) == ("DU1234567", (7, 7001), (7, 7001))
    assert (first.requests, first.orders, first.fills, first.errors) == (5, 2, 1, 1)
    assert first.last == "→ PlaceOrder orderId 3, BUY 1 NOSUCHTHING, MKT"
    assert (second.connected, second.seen, second.last) == ((), (12,), "→ ReqPositions")
    assert (third.seen, third.requests) == ((), 0)
    two.session.close()
    assert roll(gateway)[0].connected == (7,)


def test_what_one_student_sent_is_told_newest_first(gateway: Gateway) -> None:
    one = Talk(gateway.engine, 1)
    buy(one, 4)
    lines = sent(gateway, "DU1234567")
    assert lines[-1].split() == ["10:00:00", "1", "→", "StartApi", "clientId", "1"]
    assert ["BUY 1 AAPL, MKT" in line for line in lines if "PlaceOrder" in line] == [True]
    assert "CommissionReport" in lines[0]
    assert sent(gateway, "DU1234568") == []


def test_an_ordinary_gateway_has_a_board_of_one_row() -> None:
    with Gateway("lesson") as gateway:
        Talk(gateway.engine, 1)
        assert [(row.account, row.connected) for row in roll(gateway)] == [("DU1234567", (1,))]


def test_faults_are_staged_in_words(gateway: Gateway) -> None:
    one, two = Talk(gateway.engine, 1), Talk(gateway.engine, 2)
    assert stage(gateway, "DU1234567", "slow", "0.5") == "slow(0.5) for DU1234567"
    assert (
        stage(gateway, "", "reject_next_order", "no more today") == "reject_next_order('no more today') for everybody"
    )
    assert 201 in codes([*buy(one, 1), *one.wait(2)])
    assert 201 in codes(buy(two, 1))
    assert stage(gateway, "", "partial_fills", "3, 4") == "partial_fills(3, 4) for everybody"


@pytest.mark.parametrize(
    ("fault", "arguments", "said"),
    [
        ("explode", "", "no fault 'explode'"),
        ("schedule", "", "no fault 'schedule'"),
        ("slow", "", "slow takes seconds: "),
        ("slow", "soon", "slow takes seconds: "),
        ("slow", "-1", "can't come 1"),
        ("link_lost", "1", "link_lost takes nothing"),
        ("lose_next", "reqNothing", "no request is called"),
        ("farm", "x, True", "x"),
    ],
)
def test_a_fault_that_cant_be_is_a_sentence(gateway: Gateway, fault: str, arguments: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        stage(gateway, "", fault, arguments)


def ask(board: Board, path: str = "/", post: bool = False, **words: str) -> str:
    query = urlencode({"token": board.token, **words})
    url = f"http://127.0.0.1:{board.port}{path}"
    with urlopen(url, query.encode(), 60) if post else urlopen(f"{url}?{query}", None, 60) as answer:
        return str(answer.read().decode())


def test_the_page_shows_the_class_one_students_journal_and_takes_faults(gateway: Gateway) -> None:
    with Board(gateway) as board:
        one = Talk(gateway.engine, 1)
        one.ask(m.ReqPositions())
        page = ask(board)
        assert "1 of 3 are connected." in page
        assert all(code in page for code in gateway.accounts)
        assert "ReqPositions" in ask(board, account="DU1234567")
        assert [row["account"] for row in json.loads(ask(board, "/rows"))] == list(gateway.accounts)
        assert "reject_next_order(&#x27;&lt;b&gt;no&lt;/b&gt;&#x27;) for DU1234567" in ask(
            board, post=True, account="DU1234567", fault="reject_next_order", arguments="<b>no</b>"
        )
        assert 201 in codes(buy(one, 1))
        assert "no fault" in ask(board, post=True, fault="nothing")


@pytest.mark.parametrize("token", ["", "wrong"])
@pytest.mark.parametrize("post", [False, True])
def test_without_the_token_nothing_is_told_and_nothing_done(gateway: Gateway, token: str, post: bool) -> None:
    with Board(gateway) as board:
        with pytest.raises(HTTPError, match="403"):
            ask(board, post=post, token=token, fault="drop")
        assert board.url.endswith(board.token)
        with pytest.raises(HTTPError, match="404"):
            ask(board, "/elsewhere")
