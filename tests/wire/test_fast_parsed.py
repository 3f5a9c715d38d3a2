"""ibapi's own Decoder is the oracle for single messages of the protobuf lane, in IB's classes and in spoilt bytes."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import core, speak
from wires import protobuf

from ibnb import IBApp
from ibnb.ib import api
from ibnb.wire import fast
from tests.wire.test_fast_protobuf import VERSION, bars, figures, numbers, prices, some, spoils, texts, told

pytestmark = pytest.mark.skipif(api.MAX_CLIENT_VER < VERSION, reason="this ibapi has no such protobuf")

times = st.integers(0, 2**40)
words = st.sampled_from(["", "ARCA", "@ I", "Börse", "a\0"])
midpoints = some(time=times, price=figures, size=texts)
quotes = some(
    time=times,
    priceBid=figures,
    priceAsk=figures,
    sizeBid=texts,
    sizeAsk=texts,
    tickAttribBidAsk=some(bidPastLow=st.booleans(), askPastHigh=st.booleans()),
)
trades = some(
    time=times,
    price=figures,
    size=texts,
    exchange=words,
    specialConditions=words,
    tickAttribLast=some(pastLimit=st.booleans(), unreported=st.booleans()),
)


def past(name: str, ticks: Any) -> Any:
    return some(reqId=numbers, isDone=st.booleans(), **{name: st.lists(ticks, max_size=3)})


def one_by_one(kinds: list[int], name: str, ticks: Any) -> Any:
    # The kind and what comes may disagree.
    return some(reqId=numbers, tickType=st.sampled_from([*kinds * 4, 0, 1, 3, 4, 5]), **{name: ticks})


#: kind → (message id, its fields)
MESSAGES = {
    "TickPrice": (1, prices),
    "TickSize": (2, some(reqId=numbers, tickType=numbers, size=texts)),
    "TickGeneric": (45, some(reqId=numbers, tickType=numbers, value=figures)),
    "TickString": (46, some(reqId=numbers, tickType=numbers, value=texts)),
    "CurrentTime": (49, some(currentTime=times)),
    "RealTimeBarTick": (
        50,
        some(
            reqId=numbers, time=times, open=figures, high=figures, low=figures, close=figures, volume=texts, WAP=texts,
            count=numbers,
        ),
    ),
    "HistoricalDataUpdate": (90, some(reqId=numbers, historicalDataBar=bars)),
    "HistoricalTicks": (96, past("historicalTicks", midpoints)),
    "HistoricalTicksBidAsk": (97, past("historicalTicksBidAsk", quotes)),
    "HistoricalTicksLast": (98, past("historicalTicksLast", trades)),
    "TickByTickData": (
        99,
        st.one_of(
            one_by_one([1, 2], "historicalTickLast", trades),
            one_by_one([3], "historicalTickBidAsk", quotes),
            one_by_one([4], "historicalTickMidPoint", midpoints),
        ),
    ),
    "HistoricalDataEnd": (108, some(reqId=numbers, startDateStr=words, endDateStr=words)),
}  # fmt: skip


def plain(value: Any) -> Any:
    """A value of ibapi's or of ibnb's in one form: numbers as floats, records by their fields."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return [plain(each) for each in value]
    if hasattr(value, "DESCRIPTOR"):
        names = [each.name for each in value.DESCRIPTOR.fields]
    elif hasattr(value, "_fields"):
        names = list(value._fields)
    elif hasattr(value, "__dict__"):
        names = list(vars(value))
    else:
        return repr(api.to_float(value))
    found = {name: plain(getattr(value, name)) for name in names}
    for name in found.keys() & {"size", "sizeBid", "sizeAsk"}:
        found[name] = repr(math.nan) if found[name] == "" else repr(float(found[name]))
    return found


def agree(number: int, body: bytes) -> bool:
    """Assert that the fast way says what ibapi's Decoder says; tell whether it has said anything."""
    decode, _ = fast.find_decoder(200 + number, VERSION)
    assert decode is not None
    expected = told(number, body)
    try:
        found = decode(body, VERSION)
    except Exception:
        # The same message is an error to ibapi as well.
        assert expected is None
        return False
    if found is None:
        return False
    assert expected is not None
    assert found.callbacks in (0, len(expected))
    if number == 17:
        ((_, (reqId, columns)),) = found.calls
        for (_, (wanted, bar)), row in zip(expected, columns, strict=True):
            assert wanted == reqId
            assert [plain(each) for each in vars(bar).values()] == [plain(each) for each in row]
    else:
        assert [(name, plain(args)) for name, args in expected] == [(name, plain(args)) for name, args in found.calls]
    return True


@settings(deadline=None, max_examples=600)
@given(st.sampled_from(sorted(MESSAGES)).flatmap(lambda kind: st.tuples(st.just(kind), MESSAGES[kind][1])), spoils)
def test_single_messages_are_those_of_the_decoder(message: tuple[str, dict[str, Any]], spoil: Any) -> None:
    kind, fields = message
    number = MESSAGES[kind][0]
    agree(number, spoil(protobuf(number, kind, **fields)))


BAR = {"date": "20250611 09:30:00 US/Eastern", "open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5}
BAR |= {"volume": "1200", "WAP": "-1", "barCount": 88}
TRADE = {"time": 1749650400, "price": 205.04, "size": "0.5", "exchange": "ARCA", "specialConditions": " I"}
TRADE |= {"tickAttribLast": {"pastLimit": True, "unreported": False}}
QUOTE = {"time": 1749650400, "priceBid": 1.0, "priceAsk": 1.1, "sizeBid": "100", "sizeAsk": "0"}
QUOTE |= {"tickAttribBidAsk": {"askPastHigh": True}}
MIDPOINT = {"time": 1749650400, "price": 1.05}
#: (message id, class, fields) of one usual message of each kind.
USUAL: list[tuple[int, str, dict[str, Any]]] = [
    (1, "TickPrice", {"reqId": 7, "tickType": 4, "price": 205.04, "size": "100", "attrMask": 1}),
    (2, "TickSize", {"reqId": 7, "tickType": 8, "size": "12345"}),
    (17, "HistoricalData", {"reqId": 7, "historicalDataBars": [BAR] * 3}),
    (45, "TickGeneric", {"reqId": 7, "tickType": 49, "value": 0.0}),
    (46, "TickString", {"reqId": 7, "tickType": 45, "value": "1749650400"}),
    (49, "CurrentTime", {"currentTime": 1749650400}),
    (50, "RealTimeBarTick", {"reqId": 7, "time": 1749650400, **dict(list(BAR.items())[1:7]), "count": 3}),
    (90, "HistoricalDataUpdate", {"reqId": 7, "historicalDataBar": BAR}),
    (96, "HistoricalTicks", {"reqId": 7, "isDone": True, "historicalTicks": [MIDPOINT, MIDPOINT | {"size": "0"}]}),
    (97, "HistoricalTicksBidAsk", {"reqId": 7, "isDone": True, "historicalTicksBidAsk": [QUOTE] * 3}),
    (98, "HistoricalTicksLast", {"reqId": 7, "isDone": False, "historicalTicksLast": [TRADE] * 3}),
    (99, "TickByTickData", {"reqId": 7, "tickType": 1, "historicalTickLast": TRADE}),
    (99, "TickByTickData", {"reqId": 7, "tickType": 3, "historicalTickBidAsk": QUOTE}),
    (99, "TickByTickData", {"reqId": 7, "tickType": 4, "historicalTickMidPoint": MIDPOINT}),
    (108, "HistoricalDataEnd", {"reqId": 7, "startDateStr": "20250610", "endDateStr": "20250611"}),
]


@pytest.mark.parametrize(("number", "kind", "fields"), USUAL)
def test_usual_messages_are_taken(number: int, kind: str, fields: dict[str, Any]) -> None:
    assert agree(number, protobuf(number, kind, **fields))


def test_twenty_thousand_spoilt_messages_are_those_of_the_decoder() -> None:
    chance = Random(13)
    whole = [(number, protobuf(number, kind, **fields)) for number, kind, fields in USUAL]
    taken = 0
    for at in range(20_000):
        number, body = whole[at % len(whole)]
        taken += agree(number, body[:4] + spoilt(body[4:], chance))
    # Most of what is spoilt is left to the decoder, but not all of it.
    assert 500 < taken < 19_000


def spoilt(body: bytes, chance: Random) -> bytes:
    """The same with some bytes changed, put in, left out, moved, or said twice."""
    made = bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at, until = sorted(chance.randrange(len(made) + 1) for _ in range(2))
        way = chance.randrange(6)
        if way == 0 and made:
            made[at % len(made)] = chance.randrange(256)
        elif way == 1 and made:
            made[at % len(made)] ^= 1 << chance.randrange(8)
        elif way == 2:
            made[at:at] = chance.randbytes(chance.randrange(4))
        elif way == 3:
            del made[at : at + chance.randrange(4)]
        elif way == 4:
            made[at:at] = made[at:until]
        else:
            made[at:] = made[until:] + made[at:until]
    return bytes(made)


class Heard:
    """A wrapper that only notes what the Decoder calls."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args: self.names.append(name)


@pytest.mark.parametrize(("number", "kind", "fields"), [each for each in USUAL if each[0] != 49])
def test_each_callback_and_twin_that_ibapi_calls_gets_the_next_message(
    number: int, kind: str, fields: dict[str, Any]
) -> None:
    heard = Heard()
    body = protobuf(number, kind, **fields)
    api.make_interpreter(heard, VERSION)(200 + number, body)
    twin, *callbacks = dict.fromkeys(heard.names)
    assert twin.endswith("ProtoBuf")
    assert {twin.removesuffix("ProtoBuf"), *callbacks} <= set(fast.find_decoder(200 + number, VERSION)[1])
    for name in (twin, *callbacks):
        app, got = IBApp(), []
        speak(app, VERSION)
        core(app).incoming.take_one(body)
        assert core(app).dispatcher.fast(200 + number, VERSION) is not None
        setattr(app, name, lambda *args, got=got: got.append(args))
        core(app).incoming.take_one(body)
        assert heard.names.count(name) == len(got)
        delattr(app, name)
        core(app).incoming.take_one(body)
        assert heard.names.count(name) == len(got)


def test_what_a_request_hears_is_the_same_either_way() -> None:
    """Rows of past ticks, from the fast way and from callbacks that a user has overridden."""
    for number, kind, fields in USUAL:
        if number not in (96, 97, 98):
            continue
        body = protobuf(number, kind, **fields | {"isDone": True})
        rows = []
        for override in (False, True):
            app = IBApp()
            speak(app, VERSION)
            if override:
                setattr(app, kind[0].lower() + kind[1:], lambda *args: None)
            slot = core(app).pending.open(7, "getTicks", contract=app.createContract("AAPL"))
            core(app).incoming.take_one(body)
            assert slot.done
            core(app).pending.close(slot)
            rows.append(repr(slot.rows))
        assert rows[0] == rows[1]
