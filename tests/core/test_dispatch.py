from __future__ import annotations

import logging
from typing import Any

import pytest
from fake_tws import payload
from inside import core, speak

from ibnb.core import dispatch
from ibnb.core.core import Core
from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.core.session import Session
from ibnb.ib import api
from ibnb.wire import fast

OLD = api.IBAPI_VERSION.startswith("9.")


class Seen(Listener):
    """What a family of ibnb's hears."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.rows: list[tuple[Any, ...]] = []

    @on("tickPrice")
    def got_price(self, *args: Any) -> None:
        self.rows.append(args)

    @on("commissionReport")
    def got_commission(self, report: Any) -> None:
        self.rows.append((report.execId, report.commission))

    @on("historicalData")
    def broken(self, reqId: int, bar: Any) -> None:
        raise KeyError("internal")


class Verbs(Session, listener=Seen):
    """An internal family, as ibnb.verbs has them."""

    @property
    def seen(self) -> list[tuple[Any, ...]]:
        return core(self).listener(Seen).rows


Verbs.__module__ = "ibnb.verbs.test"


def feed(app: Session, *fields: Any, version: int = 157) -> None:
    """One message through the real Decoder."""
    speak(app, version)
    core(app).incoming.take_one(payload(*fields))


def test_an_override_without_super_doesnt_take_the_message_away() -> None:
    class Mine(Verbs):
        def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
            self.mine = price

    app = Mine()
    feed(app, 1, 6, 7, 4, 205.04, 100, 0)
    assert 205.04 == app.mine
    assert (7, 4, 205.04) == app.seen[0][:3]


ERROR_FORMS = [
    ("def error(self, reqId, errorCode, errorString): self.got = (reqId, errorCode, errorString)", (7, 200, "no")),
    ("def error(self, reqId, errorCode, errorString, contract=None): "
     "self.got = (reqId, errorCode, errorString, contract)", (7, 200, "no", "")),
    ("def error(self, reqId, errorCode, errorString, advancedOrderRejectJson): "
     "self.got = (reqId, errorCode, errorString, advancedOrderRejectJson)", (7, 200, "no", "")),
    ("def error(self, reqId, errorTime, errorCode, errorString): self.got = (reqId, errorCode, errorString)",
     (7, 200, "no")),
    ("def error(self, reqId, errorTime, errorCode, errorString, advancedOrderReject=''): "
     "self.got = (reqId, errorCode, errorString, advancedOrderReject)", (7, 200, "no", "")),
    ("def error(self, *args): self.got = args", (7, 0, 200, "no", "")),
    ("def error(self, reqId, *args): self.got = (reqId, *args)", (7, 0, 200, "no", "")),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), ERROR_FORMS)
def test_error_may_have_any_of_its_historical_forms(source: str, expected: tuple[Any, ...]) -> None:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(source, space)
    app = type("Mine", (Session,), {"error": space["error"], "__module__": "__main__"})()
    feed(app, 4, 2, 7, 200, "no")
    assert expected == app.got
    assert [] == list(core(app).status.problems)


def test_an_override_with_fewer_arguments_gets_those() -> None:
    class Mine(Session):
        def orderStatus(self, orderId: int, status: str, filled: Any) -> None:
            self.got = (orderId, status)

    app = Mine()
    app.wrapper.orderStatus(3, "Filled", 1, 0, 5.0, 1, 0, 5.0, 1, "", 0.0)
    assert (3, "Filled") == app.got


def test_an_exception_in_an_override_is_recorded_and_the_next_message_comes() -> None:
    class Mine(Verbs):
        calls = 0

        def tickPrice(self, *args: Any) -> None:
            self.calls += 1
            raise ZeroDivisionError("mine")

    app = Mine()
    feed(app, 1, 6, 7, 4, 1.0, 100, 0)
    feed(app, 1, 6, 7, 4, 2.0, 100, 0)
    assert 2 == app.calls
    assert ["ZeroDivisionError: mine"] * 2 == list(app.problems["error"])
    assert ["your override"] * 2 == list(app.problems["where"])
    assert "raise ZeroDivisionError" in app.problems["traceback"][0]


def test_an_exception_inside_ibnb_fails_the_request_it_belongs_to() -> None:
    app = Verbs()
    slot = core(app).pending.open(5, "getData")
    app.wrapper.historicalData(5, api.BarData())
    assert slot.done
    assert "couldn't use the callback historicalData" in str(slot.error)
    assert ["ibnb"] == list(app.problems["where"])


def test_a_function_put_on_the_object_is_an_override() -> None:
    app = Verbs()
    app.wrapper.tickPrice(7, 4, 1.0, None)
    got: list[Any] = []
    app.tickPrice = lambda reqId, tickType, price: got.append(price)
    app.wrapper.tickPrice(7, 4, 2.0, None)
    assert [2.0] == got


@pytest.mark.parametrize("name", ["commissionReport", "commissionAndFeesReport"])
def test_both_names_of_the_commission_report_are_honoured(name: str) -> None:
    got: list[Any] = []
    app = type("Mine", (Verbs,), {name: lambda self, report: got.append(report), "__module__": "__main__"})()
    feed(app, 59, 1, "exec1", 1.25, "USD", 0.0, 0.0, 0)
    assert [("exec1", 1.25)] == app.seen
    attribute = "commission" if name == "commissionReport" else "commissionAndFees"
    assert 1.25 == getattr(got[0], attribute)


def test_ibapis_own_methods_are_no_overrides() -> None:
    app = Session()
    assert dispatch.find_override(app, "tickPrice") is None
    assert dispatch.find_override(app, "error") is None


def test_a_mixin_of_the_students_counts_as_an_override() -> None:
    class Printer:
        def tickPrice(self, *args: Any) -> None:
            self.got = args

    class Mine(Printer, Session):
        pass

    app = Mine()
    app.wrapper.tickPrice(7, 4, 1.0, None)
    assert (7, 4, 1.0, None) == app.got


def test_ibapis_info_log_shows_answers_and_nothing_goes_to_stderr(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    app = Session()
    app.wrapper.error(-1, 2104, "Market data farm connection is OK:usfarm")
    assert ("", "") == tuple(capfd.readouterr())
    with caplog.at_level(logging.INFO):
        app.wrapper.managedAccounts("DU1")
        app.wrapper.error(-1, 2104, "Market data farm connection is OK:usfarm")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("ibapi")]
    assert ["ANSWER managedAccounts {'accountsList': 'DU1'}", "ANSWER error"] == [lines[0], lines[1][:12]]
    assert [] == [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_seed_code_may_call_super_error_without_any_print(capfd: pytest.CaptureFixture[str]) -> None:
    class Mine(Session):
        def error(self, reqId: int, errorCode: int, errorString: str) -> None:
            super().error(reqId, errorCode, errorString)

    app = Mine()
    app.wrapper.error(-1, 2104, "Market data farm connection is OK:usfarm")
    assert ("", "") == tuple(capfd.readouterr())
    assert [] == list(core(app).status.problems)


def test_a_message_that_cant_be_decoded_is_a_problem_not_an_end() -> None:
    app = Verbs()
    feed(app, 1, 6, 7, "four")
    feed(app, 1, 6, 7, 4, 1.0, 100, 0)
    assert ["decode"] == list(app.problems["callback"])
    assert 1 == len(app.seen)


def test_a_fast_decoder_is_used_only_while_nobody_wants_the_single_callbacks(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[bytes] = []

    def decode(body: bytes, version: int) -> fast.Decoded:
        taken.append(body)
        return fast.Decoded(1, (("tickPrice", (7, 4, 1.0, None)),))

    monkeypatch.setitem(fast.TEXT, 1, (decode, ("tickPrice", "tickSize")))

    class Mine(Verbs):
        def tickSize(self, *args: Any) -> None:
            pass

    plain, curious = Verbs(), Mine()
    for app in (plain, curious):
        feed(app, 1, 6, 7, 4, 2.0, 100, 0)
    assert (1, [1.0], [2.0]) == (len(taken), [row[2] for row in plain.seen], [row[2] for row in curious.seen])
    plain.tickPrice = lambda *args: None
    feed(plain, 1, 6, 7, 4, 2.0, 100, 0)
    assert (1, 2.0) == (len(taken), plain.seen[-1][2])
    del plain.tickPrice
    feed(plain, 1, 6, 7, 4, 2.0, 100, 0)
    assert (2, 1.0) == (len(taken), plain.seen[-1][2])


def test_unknown_names_of_python_itself_are_not_callbacks() -> None:
    with pytest.raises(AttributeError):
        Session().wrapper.__wrapped__


@pytest.mark.skipif(api.MAX_CLIENT_VER < 213, reason="this ibapi has no protobuf")
def test_protobuf_answers_go_the_same_way_and_fences_stay_unseen() -> None:
    import threading

    from ibapi.protobuf.CurrentTime_pb2 import CurrentTime
    from ibapi.protobuf.ErrorMessage_pb2 import ErrorMessage

    class Mine(Session):
        def currentTimeProtoBuf(self, message: Any) -> None:
            self.twin = message.currentTime

        def currentTime(self, time: int) -> None:
            self.plain = time

    app = Mine()
    speak(app, 213)
    fence = threading.Event()
    core(app).fence._asked.extend([fence, None])
    for moment in (100, 200):
        core(app).incoming.take_one((249).to_bytes(4, "big") + CurrentTime(currentTime=moment).SerializeToString())
    failed = ErrorMessage(id=-1, errorCode=2104, errorMsg="Market data farm connection is OK:usfarm")
    core(app).incoming.take_one((204).to_bytes(4, "big") + failed.SerializeToString())
    assert (200, 200, True) == (app.twin, app.plain, fence.is_set())
    assert ["currentTime", "error"] == list(app.tape["name"])
    assert [2104] == list(app.notices["code"])
