"""Every verb, whatever happens to its request: a result or the right exception in finite time, and the next call works.

The peer plays the simulated gateway and does its harm when a frame passes; time is virtual. Nothing waits.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from chaos_peer import ChaosPeer
from inside import core
from test_app import VERBS

from ibnb import IBApp
from ibnb.core.clock import GatewayTime
from ibnb.errors import ConnectionLostError, IBError, NotConnectedError, RequestError, RequestTimeoutError
from ibnb.gateway import Gateway
from ibnb.ib.api import EWrapper

TIMEOUT = 30.0
#: Some verbs send several requests, each with a timeout of its own.
LIMIT = 200.0

Call = Callable[[Any, Any], object]


def stream(verb: str, *args: Any) -> Call:
    """Enter a stream, take one piece of news, leave."""

    def call(app: Any, stock: Any) -> object:
        first = [stock] if verb == "streamQuotes" else stock
        with getattr(app, verb)(first, *args, timeout=TIMEOUT) as news:
            return news.next()

    return call


def order(app: Any, action: str = "BUY", price: float = 100) -> Any:
    return app.createOrder(action, 1, "LMT", price)


def option(app: Any) -> Any:
    return app.createContract(
        "AAPL", "OPT", lastTradeDateOrContractMonth="20250620", strike=200.0, right="C", multiplier="100"
    )


def written(app: Any) -> object:
    with TemporaryDirectory() as folder:
        return app.writeJournal(f"{folder}/journal.csv")


CALLS: dict[str, Call] = {
    "calculateIV": lambda app, _: app.calculateIV(option(app), 5.0, 200.0),
    "calculatePrice": lambda app, _: app.calculatePrice(option(app), 0.3, 200.0),
    "cancelAllOrders": lambda app, _: app.cancelAllOrders(),
    "cancelOrderById": lambda app, _: app.cancelOrderById(1),
    "checkOrder": lambda app, stock: app.checkOrder(stock, order(app)),
    "exerciseOption": lambda app, _: app.exerciseOption(option(app)),
    "getAccountSummary": lambda app, _: app.getAccountSummary(),
    "getAccountUpdates": lambda app, _: app.getAccountUpdates(),
    "getAccountValues": lambda app, _: app.getAccountValues(),
    "getCompletedOrders": lambda app, _: app.getCompletedOrders(),
    "getConfig": lambda app, _: app.getConfig(),
    "getContractDetails": lambda app, stock: app.getContractDetails(stock),
    "getCurrentTime": lambda app, _: app.getCurrentTime(),
    "getData": lambda app, stock: app.getData(stock, app.dataSettings("2 D", "1 hour")),
    "getDataMany": lambda app, stock: app.getDataMany([stock], app.dataSettings("2 D", "1 day")),
    "getDepthExchanges": lambda app, _: app.getDepthExchanges(),
    "getExecutions": lambda app, _: app.getExecutions(),
    "getHeadTimestamp": lambda app, stock: app.getHeadTimestamp(stock),
    "getHistogram": lambda app, stock: app.getHistogram(stock),
    "getHistory": lambda app, stock: app.getHistory([stock], "20250602", "20250606"),
    "getMarketRule": lambda app, _: app.getMarketRule(26),
    "getNews": lambda app, stock: app.getNews(stock),
    "getNewsArticle": lambda app, _: app.getNewsArticle("BRFG", "BRFG$1"),
    "getNewsBulletins": lambda app, _: app.getNewsBulletins(),
    "getNewsProviders": lambda app, _: app.getNewsProviders(),
    "getOpenOrders": lambda app, _: app.getOpenOrders(),
    "getOptionChain": lambda app, stock: app.getOptionChain(stock, expiries=1, strikes=2),
    "getOptionParameters": lambda app, stock: app.getOptionParameters(stock),
    "getPnL": lambda app, _: app.getPnL(),
    "getPnLSingle": lambda app, stock: app.getPnLSingle(stock),
    "getPositions": lambda app, _: app.getPositions(),
    "getQuote": lambda app, stock: app.getQuote(stock),
    "getQuotes": lambda app, stock: app.getQuotes([stock, app.createContract("NVDA")]),
    "getScan": lambda app, _: app.getScan(),
    "getScannerParameters": lambda app, _: app.getScannerParameters(),
    "getSchedule": lambda app, stock: app.getSchedule(stock),
    "getSmartComponents": lambda app, _: app.getSmartComponents("a60001"),
    "getTicks": lambda app, stock: app.getTicks(stock, numberOfTicks=10),
    "listOrders": lambda app, _: app.listOrders(),
    "modifyOrder": lambda app, stock: app.modifyOrder(app.placeOrderNow(stock, order(app)), quantity=2, wait=True),
    "placeBracket": lambda app, stock: app.placeBracket(stock, app.createBracket("BUY", 1, 100, 300, 90)),
    "placeOrders": lambda app, stock: app.placeOrders([(stock, app.createOrder("BUY", 1, "LMT", 100))] * 2),
    "placeOrderNow": lambda app, stock: app.placeOrderNow(stock, order(app), wait="Submitted"),
    "previewOrder": lambda app, stock: app.previewOrder(stock, order(app)),
    "resolve": lambda app, _: app.resolve("AAPL"),
    "searchSymbols": lambda app, _: app.searchSymbols("AAPL"),
    "streamBars": lambda app, stock: stream("streamBars", app.dataSettings("1 D", "1 min"))(app, stock),
    "streamDepth": stream("streamDepth"),
    "streamGreeks": lambda app, _: stream("streamGreeks")(app, option(app)),
    "streamQuotes": stream("streamQuotes"),
    "streamRealTimeBars": stream("streamRealTimeBars"),
    "streamTicks": stream("streamTicks", "BidAsk"),
    "updateConfig": lambda app, _: app.updateConfig(readOnlyApi=False),
    "waitOrder": lambda app, stock: app.waitOrder(app.placeOrderNow(stock, order(app)), "Submitted"),
    "writeJournal": lambda app, _: written(app),
}
#: Verbs that ask TWS nothing.
PURE = {
    "createBracket",
    "createCondition",
    "createContract",
    "createOCA",
    "createOrder",
    "dataSettings",
    "displayData",
    "getBlotter",
    "getFills",
    "getOrderLog",
    "plotData",
    "record",
    "roundToTick",
}
HARMS: dict[str, tuple[type[BaseException], ...]] = {
    "": (RequestError,),
    "early": (RequestError,),
    "slow": (RequestError,),
    "nonsense": (RequestError,),
    # Nothing to choose from is a ValueError where a verb chooses by itself.
    "empty": (RequestError, RequestTimeoutError, ValueError),
    # An order that was refused can't be changed: a wrong argument.
    "error": (RequestError, RequestTimeoutError, ValueError),
    "drop": (ConnectionLostError, NotConnectedError),
    "restart": (ConnectionLostError, NotConnectedError),
    "broken": (ConnectionLostError, NotConnectedError),
}


class Stage:
    """One app, one gateway, and what stands between them; used for many verbs, one accident after the other."""

    def __init__(self, app_class: type[IBApp] = IBApp, wall_clock: bool = False) -> None:
        self.gateway = Gateway("lesson")
        self.gateway.start()
        self.peer = ChaosPeer(self.gateway)
        self.app: Any = app_class()
        self.app.autoReconnect = True
        self.app.pacing.on = False
        self.app.timeout = TIMEOUT
        core(self.app).reconnect.backoff.chance = lambda: 0.5
        self.app.connect("127.0.0.1", self.peer.port, 1)
        if wall_clock:
            core(self.app).reconnect.backoff.first = 0.01
        else:
            core(self.app).clock.use(
                GatewayTime(self.gateway, core(self.app).fence.wait, core(self.app).reconnect.is_watchful)
            )

    def close(self) -> None:
        self.app.disconnect()
        self.peer.close()
        self.gateway.stop()

    def call(self, verb: str, harm: str) -> BaseException | None:
        """Call a verb; what it has raised, if that is of the right kind."""
        self.app.open_orders.clear()
        self.peer.arm(harm)
        caught: BaseException | None = None
        try:
            CALLS[verb](self.app, self.app.createContract("AAPL"))
        except (IBError, ValueError) as error:
            caught = error
        self.peer.arm("")
        too_old = type(caught) is IBError and "newer" in str(caught)  # 9.81 can't ask this
        # Nonsense is a message of bars whose id can't be read: whoever waits for bars must hear of it.
        unread = harm == "nonsense" and "isn't whole: TWS's message HISTORICAL_DATA" in str(caught)
        assert caught is None or too_old or unread or isinstance(caught, HARMS[harm]), repr(caught)
        return caught


@pytest.fixture(scope="module")
def stages() -> Iterator[list[Stage]]:
    made: list[Stage] = [Stage()]
    yield made
    for each in made:
        each.close()


@pytest.fixture
def stage(stages: list[Stage], request: pytest.FixtureRequest) -> Iterator[Stage]:
    yield stages[-1]
    if core(stages[-1].app).pending or not stages[-1].app.isConnected():
        stages.append(Stage())  # a failure mustn't fail the tests after it


def test_every_verb_is_here() -> None:
    assert set(VERBS) == PURE | CALLS.keys()


@pytest.mark.parametrize(("verb", "harm"), list(itertools.product(CALLS, HARMS)), ids=lambda each: each or "normal")
def test_a_verb_ends_and_the_next_one_works(
    stage: Stage, verb: str, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = stage.app
    began = app.now()
    problems = len(core(app).status.problems)
    if harm == "early":
        send = app.conn.sendMsg

        def send_and_hear(message: bytes) -> int:
            sent: int = send(message)
            core(app).fence.wait()
            return sent

        monkeypatch.setattr(app.conn, "sendMsg", send_and_hear)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stage.call(verb, harm)
        monkeypatch.undo()
        assert app.getCurrentTime(timeout=120).year == 2025
    assert (app.now() - began).total_seconds() < LIMIT
    assert len(core(app).pending) == 0
    assert len(app.streams) == 0
    new = list(core(app).status.problems)[problems:]
    assert [] == [each for each in new if each.callback != "decode"]


#: Verbs that need time to pass: nobody moves the gateway's clock while they wait on the wall clock.
TIMED = {"getNewsBulletins", "placeOrderNow", "streamBars", "streamRealTimeBars", "streamTicks", "waitOrder"}


@pytest.mark.filterwarnings("ignore::ibnb.errors.CallbackWarning")
@pytest.mark.parametrize("harm", ["", "error", "drop", "broken"])
def test_so_it_does_on_the_wall_clock_where_the_waiting_thread_reads(harm: str) -> None:
    stage = Stage(wall_clock=True)
    app = stage.app
    for verb in CALLS.keys() - TIMED:
        stage.call(verb, harm)
        try:
            now = app.getCurrentTime()
        except ConnectionLostError:  # the drop is seen only now
            now = app.getCurrentTime()
        assert now.year == 2025
        # After a drop the session looks after its orders by itself.
        assert core(app).clock.wait(lambda: len(core(app).pending) == 0, TIMEOUT), verb
    assert 0 == len(app.streams)
    stage.close()


def three(app: Any, reqId: int, errorCode: int, errorString: str) -> None:
    app.seen.append(errorCode)


def four(app: Any, reqId: int, errorCode: int, errorString: str, advancedOrderRejectJson: str) -> None:
    app.seen.append(errorCode)


def five(app: Any, reqId: int, errorTime: int, errorCode: int, errorString: str, advancedOrderRejectJson: str) -> None:
    app.seen.append(errorCode)


def raising(app: Any, *args: Any) -> None:
    app.seen.append(args[2])
    raise RuntimeError("a mistake in the override")


def every(names: tuple[str, ...], override: Callable[..., None]) -> type[IBApp]:
    """A student's class that overrides these callbacks, and never calls super()."""
    return type("Student", (IBApp,), dict.fromkeys(names, override) | {"seen": []})


ALL = tuple(sorted({name for name in vars(EWrapper) if not name.startswith("_") and name != "logAnswer"}))


@pytest.fixture(scope="module")
def ordinary() -> dict[str, str]:
    """What each verb ends with where nothing is overridden."""
    stage = Stage()
    found = {verb: repr(stage.call(verb, "")) for verb in CALLS}
    stage.close()
    return found


@pytest.mark.filterwarnings("ignore::ibnb.errors.CallbackWarning")
@pytest.mark.parametrize(
    ("names", "override"),
    [
        (("error",), three),
        (("error",), four),
        (("error",), five),
        (("error",), raising),
        (ALL, lambda app, *args: app.seen.append(args)),
        (ALL, lambda app, *args: app.seen.append(1 // 0)),
    ],
    ids=["three", "four", "five", "raising", "all without super", "all raising"],
)
def test_every_verb_works_whatever_a_class_overrides(
    names: tuple[str, ...], override: Callable[..., None], ordinary: dict[str, str]
) -> None:
    stage = Stage(every(names, override))
    assert ordinary == {verb: repr(stage.call(verb, "")) for verb in CALLS}
    for verb in CALLS:
        stage.call(verb, "error")
    assert len(stage.app.seen) > 40 or len(stage.app.problems) > 1000
    assert {"your override"} >= {each.where for each in core(stage.app).status.problems}
    stage.close()
