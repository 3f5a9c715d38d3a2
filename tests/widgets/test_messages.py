from __future__ import annotations

from scripted import ScriptedTWS

from ibnb import IBApp, MessageTimeline
from ibnb.widgets.messages import Lane, lanes_of


def lanes(app: IBApp) -> dict[str, Lane]:
    return {each.name: each for each in lanes_of(MessageTimeline(app)._core.tape.rows())}


def test_requests_are_named_and_their_answers_counted(app: IBApp) -> None:
    # first_use C2: plotTape of a real download is one diagonal line of dots.
    details = app.getContractDetails(app.createContract("AAPL"))
    found = lanes(app)["reqContractDetails"]
    assert (found.about, found.answers, found.state) == ("AAPL STK SMART USD", len(details) + 1, "answered")
    text = MessageTimeline(app).text
    assert f"{found.key} reqContractDetails AAPL STK SMART USD 10:00:00.000 {found.answers} 0 ms answered" in text


def test_requests_without_an_id_have_their_answers_too(app: IBApp) -> None:
    positions = app.getPositions()
    found = lanes(app)["reqPositions"]
    assert (found.key, found.answers, found.state) == (None, len(positions) + 1, "ended")


def test_what_goes_on_is_open_and_what_was_ended_is_called_so(app: IBApp) -> None:
    with app.streamQuotes("AAPL"):
        app.sleep(1)
        assert lanes(app)["reqMktData"].state == "open"
    assert lanes(app)["reqMktData"].state == "ended"
    app.getScan(numberOfRows=5)
    assert lanes(app)["reqScannerSubscription"].state == "ended"
    order = app.placeOrderNow("NVDA", app.createOrder("BUY", 1, "LMT", 50), wait="Submitted")
    assert lanes(app)["placeOrder"].state == "open"
    app.modifyOrder(order, limit_price=51, wait=True)
    assert lanes(app)["placeOrder"].state == "changed"
    app.cancelOrderById(order, wait=True)
    assert lanes(app)["placeOrder"].state == "cancelled"
    app.placeOrderNow("NVDA", app.createOrder("BUY", 1), wait="Filled")
    assert lanes(app)["placeOrder"].state == "filled"
    app.getAccountUpdates()
    assert lanes(app)["reqAccountUpdates"].state == "ended"
    app.reqAccountUpdates(True, "")
    app.sleep(1)
    assert lanes(app)["reqAccountUpdates"].state == "open"


def test_an_error_ends_a_request_by_its_code_and_a_notice_doesnt(tws: ScriptedTWS) -> None:
    tws.on("reqContractDetails", lambda reqId, _: tws.tell("error", reqId, 200, "No security definition"))
    tws.app.reqContractDetails(7, tws.app.createContract("NOSUCH"))
    assert lanes(tws.app)["reqContractDetails"].state == "error 200"
    tws.on("reqMktData", lambda reqId, *_: tws.tell("error", reqId, 2119, "Connecting"))
    tws.app.reqMktData(8, tws.app.createContract("AAPL"), "", False, False, [])
    assert lanes(tws.app)["reqMktData"].state == "no answer"


def test_only_what_holds_the_word_is_shown_and_only_the_last(app: IBApp) -> None:
    app.getPositions()
    app.getContractDetails(app.createContract("AAPL"))
    timeline = MessageTimeline(app)
    timeline._word.value = "aapl"
    assert "reqContractDetails" in timeline.text
    assert "reqPositions" not in timeline.text
    timeline._word.value = "nothing like it"
    assert timeline.text == "No request with 'nothing like it'."
    assert "earlier requests aren't shown" in MessageTimeline(app, last=1).text
    assert repr(timeline) == "MessageTimeline(last=20)"


def test_an_empty_tape_says_so(tws: ScriptedTWS) -> None:
    assert MessageTimeline(tws.app).text == "No requests."
