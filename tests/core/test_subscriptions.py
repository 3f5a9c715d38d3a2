from __future__ import annotations

from typing import Any

from ibnb.core.pending import Slot
from ibnb.core.subscriptions import Subscriptions
from ibnb.ib import api


class Clock:
    def __init__(self) -> None:
        self.time = 1749650400.0

    def __call__(self) -> float:
        return self.time


def quote(reqId: int, snapshot: bool = False) -> dict[str, Any]:
    contract = api.Contract()
    contract.symbol = "AAPL"
    return {"reqId": reqId, "contract": contract, "snapshot": snapshot, "regulatorySnapshot": False}


def stream(key: int) -> Slot:
    slot = Slot(key, "streamQuotes", kind="market_data")
    slot.lasting = True
    return slot


def test_what_goes_on_is_remembered_until_it_is_cancelled() -> None:
    book = Subscriptions(Clock())
    book.asked("reqMktData", quote(1), None)
    book.asked("reqMktData", quote(2, snapshot=True), None)
    book.asked("reqHistoricalData", {"reqId": 3, "keepUpToDate": False}, None)
    book.asked("reqHistoricalData", {"reqId": 4, "keepUpToDate": True}, None)
    book.asked("reqAccountUpdates", {"subscribe": True, "acctCode": ""}, None)
    assert [1, 4, "accountUpdates"] == [each.key for each in book.all()]
    book.asked("reqAccountUpdates", {"subscribe": False, "acctCode": ""}, None)
    book.ended(1)
    assert [4] == [each.key for each in book.all()]


def test_settings_come_first_and_are_no_streams() -> None:
    book = Subscriptions(Clock())
    book.asked("reqMktData", quote(1), None)
    book.asked("reqMarketDataType", {"marketDataType": 3}, None)
    book.lost("socket")
    assert ["marketDataType", 1] == [each.key for each in book.all()]
    assert 1 == len(book) == len(book.gaps_frame()) == len(book.frame())


def test_the_contract_is_kept_as_it_was() -> None:
    book, given = Subscriptions(Clock()), quote(1)
    book.asked("reqMktData", given, None)
    given["contract"].symbol = "NVDA"
    assert "AAPL" == book.all()[0].symbol


def test_what_a_verb_asked_for_ends_with_it_but_a_feed_of_yours_goes_on() -> None:
    book = Subscriptions(Clock())
    slot = stream(1)
    book.asked("reqMktData", quote(1), slot)
    book.asked("reqPositions", {}, None)
    positions = Slot("positions", "getPositions")
    book.asked("reqPositions", {}, positions)
    book.left(slot)
    book.left(positions)
    assert ["positions"] == [each.key for each in book.all()]


def test_a_gap_lasts_from_the_loss_to_the_first_data_after_it() -> None:
    clock = Clock()
    book, slot = Subscriptions(clock), stream(1)
    book.asked("reqMktData", quote(1), slot)
    slot.hear(clock.time)
    clock.time += 10
    book.lost("1100")
    book.lost("socket")  # the same gap
    clock.time += 10
    slot.hear(clock.time)  # a late message of before doesn't end it
    assert ["lost"] == list(book.frame()["state"])
    assert book.gaps_frame()["until"].isna().all()
    book.resumed(book.all()[0])
    assert ["lost"] == list(book.frame()["state"])
    clock.time += 10
    slot.hear(clock.time)
    assert [20.0] == list(book.gaps_frame()["seconds"])
    assert ["1100"] == list(book.gaps_frame()["reason"])
    assert ["live"] == list(book.frame()["state"])
    book.lost("again")
    assert 2 == len(book.gaps_frame())


def test_a_request_by_hand_counts_as_back_when_it_is_asked_again() -> None:
    clock = Clock()
    book = Subscriptions(clock)
    book.asked("reqMktData", quote(1), None)
    book.lost("socket")
    clock.time += 5
    book.resumed(book.all()[0])
    assert [5.0] == list(book.gaps_frame()["seconds"])


def test_the_newest_ten_thousand_gaps_are_kept() -> None:
    clock = Clock()
    book = Subscriptions(clock)
    book.asked("reqMktData", quote(1), None)
    for each in range(10_001):
        book.lost(str(each))
        book.resumed(book.all()[0])
    assert [str(each) for each in range(1, 10_001)] == book.gaps_frame()["reason"].tolist()


def test_frames_have_the_same_columns_when_empty() -> None:
    clock = Clock()
    book, slot = Subscriptions(clock), stream(1)
    empty = (book.frame().dtypes.to_dict(), book.gaps_frame().dtypes.to_dict())
    book.asked("reqMktData", quote(1), slot)
    book.asked("reqPositions", {}, None)
    assert ["AAPL", ""] == list(book.frame()["symbol"])
    book.lost("socket")
    assert empty == (book.frame().dtypes.to_dict(), book.gaps_frame().dtypes.to_dict())
    slot.hear(clock.time)
    clock.time += 7
    assert [7.0] == list(book.frame()["age"].dropna())
    assert empty[0] == book.frame().dtypes.to_dict()


def test_only_what_a_block_keeps_open_is_watched_for_silence() -> None:
    """(Mutant of subscriptions.py.)"""
    book = Subscriptions(Clock())
    once = Slot(7, "getQuotes", kind="market_data")
    for key, slot in ((1, stream(1)), (7, once), (8, None)):
        book.asked("reqMktData", quote(key), slot)
    assert [1] == [each.key for each in book.streams()]


def test_a_setting_of_the_session_is_asked_for_again_before_all_streams() -> None:
    """(Mutants of the table.)"""
    book = Subscriptions(Clock())
    book.asked("reqMktData", quote(1), None)
    book.asked("reqAutoOpenOrders", {"bAutoBind": True}, None)
    assert ["autoOpenOrders", 1] == [each.key for each in book.all()]
    book.asked("reqMarketDataType", {"marketDataType": 3}, None)
    assert {"autoOpenOrders", "marketDataType", 1} == {each.key for each in book.all()}
