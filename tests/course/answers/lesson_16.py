"""Answers to the exercises of lesson 16."""

from __future__ import annotations

from typing import Any

import ibnb
from tests.course.answers import with_app

TRADES = ("LAST", "DELAYED_LAST")
# Streams that nobody has closed; without a name they would be closed as they fall out of use.
FORGOTTEN: list[Any] = []


def repaired(
    kinds: Any = TRADES,
    above: float = 0.0,
    up: float = 1.05,
    down: float = 0.94,
    flat: bool = True,
    least: int = 5,
    count: bool = True,
    anchor: bool = True,
    words: tuple[str, str] = ("BUY", "SELL"),
) -> Any:
    def function(ticks: Any, held: int) -> list[str]:
        orders, previous = [], None
        for kind, price in ticks:
            if (kinds is not None and kind not in kinds) or not price > above:
                continue
            if previous is not None and price > previous * up and (held == 0 or not flat):
                orders.append(words[0])
                held += 5 * count
            elif previous is not None and price < previous * down and held >= least:
                orders.append(words[1])
                held -= 5 * count
            if anchor or previous is None:
                previous = price
        return orders

    return function


def sellable(held: Any, working: Any) -> Any:
    return max(held - sum(left for action, left in working if action == "SELL"), 0)


def watch(symbol: Any = str, column: str = "last", wait: Any = "1 min", less: int = 0, as_text: bool = False) -> Any:
    def function(session: Any, symbols: Any) -> Any:
        with session.streamQuotes(symbols[less:]) as quotes:
            session.sleep(wait)
            board = quotes.df[column]
            return {symbol(name): str(price) if as_text else price for name, price in board.items()}

    return function


def forgotten(session: Any, symbols: Any) -> Any:
    manager = session.streamQuotes(symbols)
    FORGOTTEN.append(manager)
    return manager.__enter__()


def one_by_one(session: Any, symbols: Any) -> Any:
    return {symbol: watch(wait="12 s")(session, [symbol])[symbol] for symbol in symbols}


def never_closed(session: Any, symbols: Any) -> Any:
    quotes = forgotten(session, symbols)
    session.sleep("1 min")
    return quotes.df["last"].to_dict()


def scale_in(first: float = 5, more: float = 3, up: float = 0.05, down: float = -0.06, least: int = 5) -> Any:
    def function(change: float, held: float, is_working: bool) -> float:
        if is_working:
            return 0
        if change > up:
            return more if held else first
        return -5 if change < down and held >= least else 0

    return function


def ignores_working(change: float, held: float, is_working: bool) -> float:
    return scale_in()(change, held, False)  # type: ignore[no-any-return]


def enter_once(held: bool = True, working: bool = True, any_order: bool = False, returns: Any = list) -> Any:
    def function(session: Any, contract: Any, bracket: Any) -> Any:
        busy = set(session.getPositions().index) if held else set()
        orders = session.getOpenOrders()
        busy |= set(orders["symbol"]) if working else set()
        if contract.symbol in busy or (any_order and len(orders)):
            return []
        return returns(session.placeBracket(contract, bracket))

    return function


def only_the_entry(session: Any, contract: Any, bracket: Any) -> Any:
    if enter_once()(session, contract, bracket):
        session.cancelAllOrders(wait=True)
        return [session.placeOrderNow(contract, bracket[0])]
    return []


def one_order(session: Any, contract: Any, bracket: Any) -> Any:
    return [session.placeOrderNow(contract, session.createOrder("BUY", 5, "LMT", bracket[0].lmtPrice))]


def plan(
    check: bool = True,
    all_of_it: bool = False,
    stop: float = 2.0,
    swap: bool = False,
    limit: bool = True,
    sides: tuple[str, str] = ("SELL", "BUY"),
    error: type[Exception] = ValueError,
    shape: Any = tuple,
    places: int = 12,
    times: Any = None,
) -> Any:
    def function(closes: Any, length: int = 50, deviations: float = 3) -> Any:
        if check and len(closes) < length:
            raise error("too short")
        recent = closes if all_of_it else closes.tail(length)
        mean, far, last = recent.mean(), (times or deviations) * recent.std(), recent.iloc[-1]
        way = 1 if last > mean else -1
        if abs(last - mean) <= far or (limit and abs(last - mean) >= 2 * far):
            return shape(())
        levels = [mean, mean + way * stop * far]
        prices = [round(each, places) for each in (last, *(levels[::-1] if swap else levels))]
        return shape((sides[0] if way > 0 else sides[1], *prices))

    return function


def six_whatever_the_length(closes: Any, length: int = 50, deviations: float = 3) -> Any:
    """The stop at six deviations, as the table has it for three."""
    found = plan()(closes, length, deviations)
    if found == () or deviations == 3:
        return found
    mean, sigma = closes.tail(length).mean(), closes.tail(length).std()
    return (*found[:3], mean + 6 * sigma * (1 if found[0] == "SELL" else -1))


def no_buy_side(closes: Any, length: int = 50, deviations: float = 3) -> Any:
    found = plan()(closes, length, deviations)
    return found if found[:1] != ("BUY",) else ("BUY", found[1], found[2], found[2] + (found[2] - found[3]))


def trade_hogs(
    nth: int = 0, size: int = 1, grid: bool = True, span: str = "5 D", returns: Any = list, flip: bool = False
) -> Any:
    def function(session: Any) -> Any:
        listed = session.getContractDetails(session.createContract("HE", "FUT", "CME"))
        row = listed.sort_values("lastTradeDateOrContractMonth").iloc[nth]
        contract = session.resolve(session.createContract("HE", "FUT", "CME", conId=int(row["conId"])))
        closes = session.getData(contract, session.dataSettings(span, "15 mins"))["Close"]
        found = plan(check=False)(closes, min(50, len(closes)), 3)
        if not found:
            return []
        action, *prices = found
        if grid:
            prices = [ibnb.roundToTick(each, row) for each in prices]
        if flip:
            last, mean, stop = prices
            action, prices = "BUY", [last, stop, mean]
        return returns(session.placeBracket(contract, session.createBracket(action, size, *prices)))

    return function


def at_once(session: Any) -> Any:
    row = session.getContractDetails(session.createContract("HE", "FUT", "CME")).iloc[0]
    contract = session.resolve(session.createContract("HE", "FUT", "CME", conId=int(row["conId"])))
    return [session.placeOrderNow(contract, session.createOrder("SELL", 1))]


def only_sells(session: Any) -> Any:
    return at_once(session) if session.now().hour * 60 + session.now().minute > 10 * 60 + 30 else []


def sent(count: int = 2, plus: Any = 0, kind: Any = int) -> Any:
    def build(app: Any) -> Any:
        for _ in range(count):
            app.placeOrderNow("KO", app.createOrder("BUY", 1), wait="Filled")
        return "16.10", kind(count + plus), app

    return build


def with_another(app: Any) -> Any:
    with ibnb.connect(clientId=99) as other:
        other.placeOrderNow("KO", other.createOrder("BUY", 1), wait="Filled")
    sent(2)(app)
    return "16.10", 3, app


def answers_counted(app: Any) -> Any:
    sent(2)(app)
    kinds = [type(entry.message).__name__ for entry in app.gateway.journal if entry.direction == "out"]
    return "16.10", kinds.count("OpenOrder"), app


def left_open(client: bool = True, way: bool = True, as_set: bool = False, reopened: bool = True) -> Any:
    def function(journal: Any, mine: int) -> Any:
        lines: list[int] = []
        closed = set()
        for entry in journal:
            kind = type(entry.message).__name__
            if (client and entry.clientId != mine) or (way and entry.direction != "in"):
                continue
            if kind == "ReqMktData":
                lines.append(entry.message.reqId)
            if kind == "CancelMktData":
                closed.add(entry.message.reqId)
                if reopened and entry.message.reqId in lines:
                    lines.remove(entry.message.reqId)
        found = lines if reopened else [line for line in lines if line not in closed]
        return set(found) if as_set else found

    return function


def blind_remove(journal: Any, mine: int) -> Any:
    lines: list[int] = []
    for entry in journal:
        kind = type(entry.message).__name__
        if entry.clientId == mine and entry.direction == "in" and kind in ("ReqMktData", "CancelMktData"):
            (lines.append if kind == "ReqMktData" else lines.remove)(entry.message.reqId)
    return lines


def with_open_line(app: Any) -> Any:
    forgotten(app, "KO")
    app.sleep(1)
    return "16.11", left_open(), app


RIGHT: list[Any] = [
    ("16.1", repaired()),
    ("16.1", lambda ticks, held: tuple(repaired()(ticks, held))),
    ("16.3", sellable),
    ("16.3", lambda held, working: float(sellable(held, working))),
    with_app(lambda app: ("16.4", watch(), app)),
    with_app(lambda app: ("16.4", watch(wait="2 min"), app)),
    ("16.5", scale_in()),
    with_app(lambda app: ("16.6", enter_once(), app)),
    with_app(lambda app: ("16.6", enter_once(returns=tuple), app)),
    ("16.7", plan()),
    with_app(lambda app: ("16.8", trade_hogs(), app)),
    with_app(lambda app: ("16.8", trade_hogs(returns=tuple), app)),
    with_app(lambda app: ("16.10", sent()(app)[1], app)),
    with_app(lambda app: ("16.11", left_open(), app)),
    with_app(lambda app: ("16.11", left_open(as_set=True), app)),
]
WRONG: list[Any] = [
    (("16.1", ["BUY"]), "a function"),
    (("16.1", repaired(kinds=None)), "a bid of 90 and an ask of 106.5"),
    (("16.1", repaired(kinds=None, above=-5)), "closed market"),
    (("16.1", repaired(kinds=("LAST",))), "delayed trades"),
    (("16.1", repaired(kinds=(*TRADES, "LAST_RTH_TRADE"))), "a type of its own"),
    (("16.1", repaired(above=-5)), "first LAST is -1|LAST of 0"),
    (("16.1", repaired(flat=False)), "with 10 held|second jump"),
    (("16.1", repaired(count=False)), "second jump|second fall|100, 106 and 99"),
    (("16.1", repaired(least=1)), "too few to sell 5"),
    (("16.1", repaired(least=-9)), "too few to sell 5"),
    (("16.1", repaired(down=0.95)), "six percent exactly"),
    (("16.1", repaired(up=1.04)), "five percent exactly"),
    (("16.1", repaired(words=("buy", "sell"))), "sends buy, and BUY would be right"),
    (("16.1", repaired(words=("SELL", "BUY"))), "sends SELL, and BUY would be right"),
    (("16.1", repaired(anchor=False)), "100, 106 and 99"),
    (("16.1", lambda ticks, held: None), "returned None"),
    (("16.1", lambda ticks, held: len(repaired()(ticks, held))), "a whole number"),
    (("16.3", lambda held, working: held), "five are on their way"),
    (("16.3", lambda held, working: held - sum(left for _, left in working)), "an order to buy adds nothing"),
    (("16.3", lambda held, working: held - sum(n for a, n in working if a == "SELL")), "never below 0"),
    (("16.3", lambda held, working: held + sum(n if a == "BUY" else -n for a, n in working)), "an order to buy adds"),
    (("16.3", lambda held, working: abs(sellable(held, working) - (held < 0) * held)), "short position"),
    (("16.3", lambda held, working: held - 5 * any(a == "SELL" for a, _ in working)), "all ten are on their way"),
    (("16.3", lambda held, working: str(sellable(held, working))), "a text"),
    (("16.3", lambda held, working: None), "returned None"),
    (with_app(lambda app: ("16.4", one_by_one, app)), "only 1 of 5 lines were open"),
    (with_app(lambda app: ("16.4", never_closed, app)), "are still open"),
    (with_app(lambda app: ("16.4", watch(less=1), app)), "no request for quotes of AMD"),
    (with_app(lambda app: ("16.4", watch(wait="10 s"), app)), "only 10 s have passed"),
    (with_app(lambda app: ("16.4", watch(column="bid"), app)), "its last trade was at"),
    (with_app(lambda app: ("16.4", watch(symbol=str.lower), app)), "the keys should be"),
    (with_app(lambda app: ("16.4", watch(as_text=True), app)), "isn't a number"),
    (with_app(lambda app: ("16.4", lambda session, names: watch()(app, names), app)), "every call must go to session"),
    (with_app(lambda app: ("16.4", lambda session, names: None, app)), "returned None"),
    (with_app(lambda app: ("16.4", lambda session, names: list(watch()(session, names)), app)), "a list"),
    (("16.5", scale_in(more=5)), "3 was expected, and 5 came"),
    (("16.5", scale_in(first=3)), "5 was expected, and 3 came"),
    (("16.5", scale_in(down=-0.05)), "0 was expected, and -5 came"),
    (("16.5", scale_in(up=0.06)), "was expected, and 0 came"),
    (("16.5", scale_in(least=0)), "it goes short"),
    (("16.5", scale_in(least=6)), "-5 was expected, and 0 came"),
    (("16.5", lambda change, held, busy: -scale_in()(change, held, busy)), "it goes short|was expected"),
    (("16.5", ignores_working), "although an order is working"),
    (("16.5", lambda change, held, busy: scale_in()(change / 100, held, busy)), "was expected, and 0 came"),
    (("16.5", lambda change, held, busy: scale_in()(change, held, busy) or None), "returned None"),
    (with_app(lambda app: ("16.6", enter_once(held=False), app)), "for MSFT, and 0 are right: MSFT is held"),
    (with_app(lambda app: ("16.6", enter_once(working=False), app)), "for KO, and 0 are right"),
    (with_app(lambda app: ("16.6", enter_once(any_order=True), app)), "for IBM, and 3 are right"),
    (with_app(lambda app: ("16.6", enter_once(returns=len), app)), "a whole number"),
    (with_app(lambda app: ("16.6", enter_once(returns=lambda ids: ids[:1]), app)), "have arrived"),
    (with_app(lambda app: ("16.6", only_the_entry, app)), "received 4 orders for KO, and 3 are right"),
    (with_app(lambda app: ("16.6", one_order, app)), "received 1 orders for KO, and 3 are right"),
    (with_app(lambda app: ("16.6", lambda session, contract, bracket: [], app)), "received 0 orders for KO"),
    (with_app(lambda app: ("16.6", lambda session, *rest: enter_once()(app, *rest), app)), "received 0 orders for KO"),
    (with_app(lambda app: ("16.6", lambda session, contract, bracket: None, app)), "returned None"),
    (("16.7", plan(check=False)), "a ValueError is wanted"),
    (("16.7", plan(error=KeyError)), "raise a KeyError"),
    (("16.7", plan(all_of_it=True)), "older closes"),
    (("16.7", plan(stop=1.0)), "the stop is"),
    (("16.7", plan(stop=-2.0)), "the stop is"),
    (("16.7", six_whatever_the_length), "is right: it is 4 deviations from the mean, twice `deviations`"),
    (("16.7", plan(swap=True)), "the take profit is"),
    (("16.7", plan(limit=False)), "beyond its own stop there is no signal"),
    (("16.7", plan(sides=("BUY", "SELL"))), "the action is SELL"),
    (("16.7", plan(sides=("sell", "buy"))), "the action is SELL"),
    (("16.7", plan(places=1)), "the take profit is"),
    (("16.7", plan(times=2)), "four things are wanted"),
    (("16.7", plan(shape=list)), "a list"),
    (("16.7", no_buy_side), "far below the mean the stop is"),
    (("16.7", lambda *args: plan()(*args) or None), "returned None"),
    (("16.7", lambda *args: tuple(map(str, plan()(*args)))), "isn't a number"),
    (("16.7", lambda *args: plan()(*args)[:3]), "there are 3"),
    (with_app(lambda app: ("16.8", trade_hogs(nth=1), app)), "the front month is HEM5|the plan says"),
    (with_app(lambda app: ("16.8", trade_hogs(size=5), app)), "1 is wanted"),
    (with_app(lambda app: ("16.8", trade_hogs(span="2 D"), app)), "the plan says|received 0"),
    (with_app(lambda app: ("16.8", trade_hogs(grid=False), app)), "stops with OrderRejectedError"),
    (with_app(lambda app: ("16.8", trade_hogs(returns=len), app)), "a whole number"),
    (with_app(lambda app: ("16.8", trade_hogs(returns=lambda ids: ids[1:]), app)), "have arrived"),
    (with_app(lambda app: ("16.8", trade_hogs(flip=True), app)), "stops with ValueError|sell first"),
    (with_app(lambda app: ("16.8", at_once, app)), "at ten there is no signal"),
    (with_app(lambda app: ("16.8", only_sells, app)), "received 1"),
    (with_app(lambda app: ("16.8", lambda session: [], app)), "received 0"),
    (with_app(lambda app: ("16.8", lambda session: None, app)), "returned None"),
    (with_app(lambda app: ("16.10", sent(plus=1)(app)[1], app)), "it isn't 3"),
    (with_app(lambda app: ("16.10", sent(plus=-2)(app)[1], app)), "it isn't 0"),
    (with_app(lambda app: ("16.10", sent(kind=str)(app)[1], app)), "a text"),
    (with_app(lambda app: ("16.10", sent(kind=float)(app)[1], app)), "a whole number"),
    (with_app(lambda app: ("16.10", sent(kind=lambda n: [n])(app)[1], app)), "a list"),
    (with_app(with_another), "other sessions are counted in"),
    (with_app(answers_counted), "answers of TWS"),
    (with_app(lambda app: ("16.11", left_open(client=False), app)), "another client"),
    (with_app(lambda app: ("16.11", left_open(way=False), app)), "only what the gateway received"),
    (with_app(lambda app: ("16.11", left_open(reopened=False), app)), "line 7 was opened again"),
    (
        with_app(lambda app: ("16.11", blind_remove, app)),
        "a line was cancelled that wasn't open: .*stops with ValueError",
    ),
    (with_app(lambda app: ("16.11", lambda journal, mine: [], app)), "7 and 8 were opened and 7 cancelled"),
    (with_app(lambda app: ("16.11", lambda journal, mine: len(left_open()(journal, mine)), app)), "a whole number"),
    (with_app(lambda app: ("16.11", lambda journal, mine: None, app)), "returned None"),
    (with_app(with_open_line), "still open"),
]
