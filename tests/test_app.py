from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from inside import core
from scripted import ScriptedTWS

import ibnb
from ibnb import IBApp
from ibnb.core.session import Session
from ibnb.ib.api import MAX_CLIENT_VER, BarData, EClient, EWrapper
from ibnb.ib.versions import UPDATE_CONFIG
from ibnb.verbs.reference import SCHEDULE_VERSION
from ibnb.wire.fast import COLUMNS

VERBS = [
    name
    for name in dir(IBApp)
    if not name.startswith("_")
    and callable(getattr(IBApp, name))
    and name not in dir(Session)
    and not hasattr(EClient, name)
    and not hasattr(EWrapper, name)
]


def test_the_verbs_are_these() -> None:
    assert VERBS == [
        "calculateIV",
        "calculatePrice",
        "cancelAllOrders",
        "cancelOrderById",
        "checkOrder",
        "createBracket",
        "createCondition",
        "createContract",
        "createOCA",
        "createOrder",
        "dataSettings",
        "displayData",
        "exerciseOption",
        "getAccountSummary",
        "getAccountUpdates",
        "getAccountValues",
        "getBlotter",
        "getCompletedOrders",
        "getConfig",
        "getContractDetails",
        "getCurrentTime",
        "getData",
        "getDataMany",
        "getDepthExchanges",
        "getExecutions",
        "getFills",
        "getHeadTimestamp",
        "getHistogram",
        "getHistory",
        "getMarketRule",
        "getNews",
        "getNewsArticle",
        "getNewsBulletins",
        "getNewsProviders",
        "getOpenOrders",
        "getOptionChain",
        "getOptionParameters",
        "getOrderLog",
        "getPnL",
        "getPnLSingle",
        "getPositions",
        "getQuote",
        "getQuotes",
        "getScan",
        "getScannerParameters",
        "getSchedule",
        "getSmartComponents",
        "getTicks",
        "listOrders",
        "modifyOrder",
        "placeBracket",
        "placeOrderNow",
        "placeOrders",
        "plotData",
        "previewOrder",
        "record",
        "resolve",
        "roundToTick",
        "searchSymbols",
        "streamBars",
        "streamDepth",
        "streamGreeks",
        "streamQuotes",
        "streamRealTimeBars",
        "streamTicks",
        "updateConfig",
        "waitOrder",
        "writeJournal",
    ]


# Same name, same meaning: these only remember that an order, or a cancel, has left.
KEPT = {"placeOrder", "cancelOrder", "reqGlobalCancel"}


def test_no_verb_takes_a_name_of_ibapi_s() -> None:
    families = [cls for cls in IBApp.__mro__ if cls.__module__.startswith(("ibnb.verbs", "ibnb.app"))]
    mine = {name for cls in families for name in vars(cls) if not name.startswith("_")}
    assert mine & {name for cls in (EClient, EWrapper) for name in dir(cls)} == KEPT


def test_no_family_hides_a_part_of_another() -> None:
    seen: dict[str, str] = {}
    allowed = {"__module__", "__doc__", "__firstlineno__", "__static_attributes__", "__annotations__"}
    allowed |= {"__annotate_func__", "__annotate__", "__annotations_cache__", "__classcell__"}
    for cls in IBApp.__mro__:
        if not cls.__module__.startswith("ibnb") or cls in Session.__mro__ or cls is IBApp:
            continue
        for name in set(vars(cls)) - allowed:
            assert name not in seen, f"{name} is in {seen.get(name)} and {cls.__name__}"
            assert name in KEPT or not hasattr(Session, name), f"{cls.__name__}.{name} hides the session's"
            seen[name] = cls.__name__


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_says_what_it_returns_and_is_typed(name: str) -> None:
    verb = getattr(IBApp, name)
    assert verb.__doc__
    signature = inspect.signature(verb)
    assert signature.return_annotation is not inspect.Signature.empty


def test_the_seeds_signatures_are_kept() -> None:
    def head(name: str, count: int) -> list[tuple[str, Any]]:
        parameters = list(inspect.signature(getattr(IBApp, name)).parameters.values())
        return [(each.name, each.default) for each in parameters if each.name != "self"][:count]

    none = inspect.Parameter.empty
    assert head("createContract", 4) == [
        ("symbol", none),
        ("sec_type", "STK"),
        ("exchange", "SMART"),
        ("currency", "USD"),
    ]
    assert head("createOrder", 4) == [
        ("action", "BUY"),
        ("quantity", 100),
        ("order_type", "MKT"),
        ("limit_price", None),
    ]
    assert head("getData", 3) == [("contract", none), ("settings", none), ("req_id", None)]
    assert head("displayData", 2) == [("df", none), ("rows", 5)]
    assert head("plotData", 2) == [("df", none), ("title", "Price Chart")]
    assert head("placeOrderNow", 2) == [("contract", none), ("order", none)]
    assert head("modifyOrder", 3) == [("order_id", none), ("contract", None), ("new_order", None)]
    assert head("cancelOrderById", 1) == [("order_id", none)]


def test_every_callback_that_is_handled_exists_in_ibapi() -> None:
    renamed = {"commissionReport", "commissionAndFeesReport"}
    # Older releases speak no version that has these; their verbs say so.
    later = {"historicalSchedule"} if MAX_CLIENT_VER < SCHEDULE_VERSION else set()
    later |= {"configResponseProtoBuf", "updateConfigResponseProtoBuf"} if MAX_CLIENT_VER < UPDATE_CONFIG else set()
    for name in core(IBApp()).dispatcher.names():
        assert name in renamed | later or name in COLUMNS.values() or hasattr(EWrapper, name), name


def test_a_student_s_overrides_without_super_leave_the_verbs_working() -> None:
    heard: list[Any] = []

    class Mine(IBApp):
        def historicalData(self, reqId: int, bar: Any) -> None:
            heard.append(bar.close)
            raise RuntimeError("a student's mistake")

        def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
            heard.append("end")

        def error(self, reqId: int, errorCode: int, errorString: str) -> None:
            heard.append(errorCode)

    tws = ScriptedTWS(Mine)
    bar = BarData()
    bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume = "20250611", 1.0, 1.0, 1.0, 1.0, 1
    tws.on(
        "reqHistoricalData",
        ("error", "$id", 2176, "Warning"),
        ("historicalData", "$id", bar),
        ("historicalDataEnd", "$id", "", ""),
    )
    df = tws.app.getData(tws.app.createContract("AAPL"), tws.app.dataSettings("1 D", "1 day"))
    assert df["Close"].tolist() == [1.0]
    assert heard == [2176, 1.0, "end"]
    assert tws.app.problems["error"].tolist() == ["RuntimeError: a student's mistake"]


def test_a_seed_program_that_initialises_by_hand_has_its_state() -> None:
    class Seed(IBApp):
        def __init__(self) -> None:
            EWrapper.__init__(self)
            EClient.__init__(self, wrapper=self)
            self.data: list[Any] = []

    app = Seed()
    assert app.open_orders == {}
    assert len(app.getBlotter()) == 0


# --- names of the user's own

# Ordinary names for a helper, of which ibnb itself once used each (code_review, finding 1).
ORDINARY = (
    "_key",
    "_ready",
    "_status",
    "_pending",
    "_lines",
    "_take",
    "_now",
    "_request",
    "_report",
    "_finish",
    "_watch",
)


def test_the_apps_private_attributes_are_one() -> None:
    theirs = {name for cls in (EClient, EWrapper, object) for name in dir(cls)} | set(vars(EClient(EWrapper())))
    ours = {name for name in {*dir(IBApp), *vars(IBApp())} - theirs if re.fullmatch("_[^_].*", name)}
    assert ours - {"_repr_html_"} == {"_ibnb"}


@pytest.mark.parametrize("value", ["method", None, False, [], {}, "idle"], ids=repr)
def test_a_subclass_may_use_any_private_name_but_one(value: Any) -> None:
    own = dict.fromkeys(ORDINARY, (lambda self, *args: "mine") if value == "method" else value)
    app = ibnb.connect(app_class=type("Trader", (IBApp,), own))
    try:
        for name in () if value == "method" else ORDINARY:
            setattr(app, name, value)
        contract = app.createContract("AAPL")
        before = app.getPositions().loc["AAPL", "position"]
        orderId = app.placeOrderNow(contract, app.createOrder("BUY", 10), wait="Filled")
        assert app.waitOrder(orderId).filled == 10
        assert app.getPositions().loc["AAPL", "position"] == before + 10
        with app.streamQuotes([contract]) as quotes:
            quotes.next()
        assert len(app.getData(contract, app.dataSettings("1 D", "1 hour"))) > 0
    finally:
        app.disconnect()


def test_a_class_that_covers_the_one_name_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="class Trader defines '_ibnb'"):
        type("Trader", (IBApp,), {"_ibnb": None})


def test_an_object_whose_parts_were_replaced_is_refused() -> None:
    app = IBApp()
    app._ibnb = "mine"  # type: ignore[assignment]
    with pytest.raises(ibnb.IBError, match="'_ibnb' is the one attribute"):
        app.connect("127.0.0.1", 7497, 1)
