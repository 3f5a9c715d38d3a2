"""A recording by request: each question gets its own recorded answers, in any order, on both wires."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wires import BOTH

import ibnb
from ibnb import IBApp
from ibnb.ib import api
from ibnb.worlds.player import Player
from ibnb.worlds.recorded import ReplayError


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    ibnb.reset()


def bars(app: IBApp) -> Any:
    return app.getData("AAPL", app.dataSettings("1 D", "5 mins"))["Close"].tolist()


def positions(app: IBApp) -> Any:
    return app.getPositions()["position"].to_dict()


def quotes(app: IBApp) -> Any:
    seen = []
    with app.streamQuotes(["AAPL", "NVDA"]) as stream:
        for _ in range(5):
            app.sleep("4 s")
            seen.append(stream.df[["bid", "ask", "last"]].to_numpy().tolist())
    return seen


def refused(app: IBApp) -> Any:
    with pytest.raises(ibnb.ContractNotFoundError) as caught:
        app.getData("NOTHINGLIKEIT", app.dataSettings("1 D", "1 hour"))
    return str(caught.value)


def stands(app: IBApp, orderId: int) -> Any:
    return app.getBlotter().loc[orderId, ["symbol", "status", "filled", "avgFillPrice"]].fillna(0).tolist()


def filled(app: IBApp) -> Any:
    return stands(app, app.placeOrderNow("NVDA", app.createOrder("BUY", 3), wait="Filled"))


def cancelled(app: IBApp) -> Any:
    orderId = app.placeOrderNow("AAPL", app.createOrder("BUY", 2, "LMT", 1.25), wait="Submitted")
    app.cancelOrderById(orderId, wait=True)
    return stands(app, orderId)


def open_orders(app: IBApp) -> Any:
    return len(app.getOpenOrders())


def details(app: IBApp) -> Any:
    return app.getContractDetails("F")["longName"].tolist()


PARTS = [bars, positions, quotes, refused, filled, cancelled, open_orders, details]


def recorded(path: Path, version: int, *parts: Any) -> dict[Any, Any]:
    app = ibnb.connect(serverVersion=version)
    app.record(path)
    said = {part: part(app) for part in parts}
    app.disconnect()
    return said


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("order", [PARTS[::-1], PARTS[4:] + PARTS[:4], PARTS[1::2]], ids=["back", "turned", "some"])
def test_each_question_gets_its_own_answer_in_any_order(tmp_path: Path, version: int, order: list[Any]) -> None:
    said = recorded(tmp_path / "s", version, *PARTS)
    app = ibnb.connect(replay=tmp_path / "s", matchOn="request")
    assert {part: part(app) for part in order} == {part: said[part] for part in order}


@pytest.mark.parametrize("version", BOTH)
def test_an_order_under_another_number_is_the_same_order(tmp_path: Path, version: int) -> None:
    recorded(tmp_path / "s", version, filled, cancelled)
    app = ibnb.connect(replay=tmp_path / "s", matchOn="request")
    cancelled(app)
    assert filled(app)[:3] == ["NVDA", "Filled", 3]
    blotter = app.getBlotter()
    assert blotter["status"].tolist() == ["Cancelled", "Filled"]
    fills = app.getFills()
    assert fills["orderId"].tolist() == [blotter.index[1]] * len(fills)
    assert fills["commission"].notna().all()


def test_a_bracket_under_other_numbers(tmp_path: Path) -> None:
    def bracket(app: IBApp) -> Any:
        ids = app.placeBracket("NVDA", app.createBracket("BUY", 10, 90, 110, 80))
        app.sleep("2 s")
        return [stands(app, each)[1] for each in ids]

    said = recorded(tmp_path / "s", 222, filled, bracket)
    app = ibnb.connect(replay=tmp_path / "s", matchOn="request")
    assert bracket(app) == said[bracket]
    assert app.getBlotter()["parentId"].tolist()[1:] == [app.getBlotter().index[0]] * 2
    assert filled(app) == said[filled]


def test_a_question_that_is_asked_again_gets_the_next_answer_and_then_the_last_one(tmp_path: Path) -> None:
    app = ibnb.connect()
    app.record(tmp_path / "s")
    held = [positions(app)]
    filled(app)
    held.append(positions(app))
    app.disconnect()
    app = ibnb.connect(replay=tmp_path / "s", matchOn="request")
    assert held[0] != held[1]
    assert [positions(app) for _ in range(4)] == [*held, held[1], held[1]]


def test_an_order_is_filled_no_more_often_than_it_was(tmp_path: Path) -> None:
    recorded(tmp_path / "s", 176, filled)
    app = ibnb.connect(replay=tmp_path / "s", matchOn="request")
    filled(app)
    with pytest.raises(ReplayError, match=r"once more what was recorded 1 time\(s\): PlaceOrder"):
        filled(app)


@pytest.mark.parametrize("version", BOTH)
def test_what_was_never_recorded_is_named_with_the_nearest_and_the_program_goes_on(
    tmp_path: Path, version: int
) -> None:
    said = recorded(tmp_path / "s", version, bars, positions, details)
    app = ibnb.connect(replay=tmp_path / "s", matchOn="request")
    with pytest.raises(ReplayError, match=r"never recorded.\nrecorded: ReqHist.*AAPL.*\nnow: .*AAPL.*'10 mins'"):
        app.getData("AAPL", app.dataSettings("1 D", "10 mins"))
    with pytest.raises(ReplayError, match=r"never recorded.\n(recorded: .*\n)+now: +ReqAccountSummary"):
        app.getAccountSummary()
    assert positions(app) == said[positions]


def test_a_stream_that_was_ended_says_no_more(tmp_path: Path) -> None:
    recorded(tmp_path / "s", 176, quotes)
    app = ibnb.connect(replay=tmp_path / "s", matchOn="request")
    with app.streamQuotes(["AAPL", "NVDA"]):
        recorder = app.record(tmp_path / "again")
        app.sleep("8 s")
        assert recorder.count > 0
    heard = recorder.count
    app.sleep("8 s")
    assert recorder.count == heard


@pytest.mark.parametrize("words", [{"matchOn": "time"}, {"matchOn": 1}])
def test_what_is_no_way_to_match_is_refused(tmp_path: Path, words: Any) -> None:
    recorded(tmp_path / "s", 176, positions)
    with pytest.raises(ValueError, match="matchOn is one of 'sequence', 'request'"):
        ibnb.connect(replay=tmp_path / "s", **words)
    with pytest.raises(ValueError, match="matchOn goes with a recording"):
        ibnb.connect(matchOn="request")


def test_a_foreign_client_in_its_own_order_hears_what_was_never_recorded_under_its_id(tmp_path: Path) -> None:
    """Plain ibapi asks backwards, and something else in between."""
    app = ibnb.connect(serverVersion=api.MAX_CLIENT_VER)
    app.record(tmp_path / "s")
    positions(app)
    details(app)
    app.disconnect()
    told: list[tuple[Any, ...]] = []

    class Client(api.EWrapper, api.EClient):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            api.EClient.__init__(self, self)

        def nextValidId(self, orderId: int) -> None:
            self.reqHeadTimeStamp(9007, ibnb.createContract("F"), "TRADES", 1, 1)
            self.reqContractDetails(9008, ibnb.createContract("F"))

        def contractDetails(self, reqId: int, contractDetails: Any) -> None:
            told.append((reqId, contractDetails.contract.symbol))

        def contractDetailsEnd(self, reqId: int) -> None:
            self.reqPositions()

        def positionEnd(self) -> None:
            told.append(("end",))
            self.disconnect()

        def error(self, *args: Any) -> None:
            if args[0] != -1:
                told.append(tuple(args))

    with Player(tmp_path / "s", foreign=True, matchOn="request") as player:
        client = Client()
        client.connect(player.host, player.port, 1)
        client.run()
    assert (told[0][0], told[1:]) == (9007, [(9008, "F"), ("end",)])
    assert "never recorded" in str(told[0])
