"""Lesson 01: who talks to whom, ports, codes, farms, the server's clock, a connection that fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from ibnb.course.exercises import answered, called, choice, exercise, has_journal, journal, received
from ibnb.course.kinds import kind
from ibnb.errors import NotConnectedError

choice(
    "01.1",
    right="b",
    correct="TWS is in the middle of everything",
    wrong={
        "a": "prices come through TWS as well: your program has no line to the broker",
        "c": "it was TWS that logged in, and its log-in has ended with it",
    },
)

_PORTS = {
    7497: "that is paper, but of TWS; Gateway has a door of its own",
    7496: "that is TWS, and live",
    4001: "that is Gateway, but live: real money",
}
# So often the gateway's thread has its turn before a connection counts as open.
_TURNS = 100
SEVERITIES = {
    "notice": (2104, 2106, 2158, 1102),
    "warning": (10167, 399),
    "request": (200, 162),
    "connection": (326, 502),
}


@exercise("01.2", wants=int, correct="4002 is IB Gateway with a paper account")
def paper_gateway(port: int) -> str | None:
    return None if port == 4002 else _PORTS.get(port, "none of the four usual ports has this number")


@exercise("01.3", wants=dict, correct="the code decides, not the word 'error'")
def severities(answer: Mapping[int, str]) -> str | None:
    truth = {code: name for name, codes in SEVERITIES.items() for code in codes}
    if texts := [code for code in answer if isinstance(code, str)]:
        return f"the keys should be numbers, and {texts[0]!r} is a text"
    if missing := [code for code in truth if code not in answer]:
        return f"{len(missing)} of the {len(truth)} codes {_are(missing)} missing, {missing[0]} first"
    if unknown := [code for code in truth if answer[code] not in list(SEVERITIES)]:
        return f"{answer[unknown[0]]!r} for {unknown[0]} isn't one of the four words {', '.join(SEVERITIES)}"
    if wrong := [code for code, name in truth.items() if answer[code] != name]:
        return f"{len(wrong)} {_are(wrong)} in the wrong class; read explain({wrong[0]}) once more"
    return None


def _are(several: list[int]) -> str:
    return "is" if len(several) == 1 else "are"


@exercise("01.4", wants=list, correct="five computers with prices, all of them connected")
def names_of_farms(farms: list[str], app: Any) -> str | None:
    if has_journal(app):
        told = [message.message for message in answered(app, "ErrorMessage") if message.code in (2104, 2106, 2158)]
    else:
        told = [text for text in app.notices["text"] if " OK:" in text]
    truth = [text.rpartition(":")[2] for text in told]
    if farms == truth:
        return None
    if not all(isinstance(farm, str) for farm in farms):
        return "a farm's name is a text, such as 'usfarm'"
    if any(":" in farm for farm in farms):
        return "only the name behind the colon is wanted"
    if sorted(farm.strip() for farm in farms) == sorted(truth):
        return "the names are right, but not as they were reported: mind the order, and spaces"
    if missing := [farm for farm in truth if farm not in farms]:
        return f"{missing[0]} is missing"
    surplus = [farm for farm in farms if farm not in truth]
    return f"{surplus[0]!r} wasn't reported" if surplus else "a farm appears twice"


@exercise("01.5", wants=timedelta, correct="the server's clock is the one that counts for trading")
def until_the_bell(answer: timedelta, app: Any) -> str | None:
    # Connecting to a gateway in this process asks once.
    if has_journal(app) and len(received(app, "ReqCurrentTime")) < 1 + (app.gateway is not None):
        return "the server was never asked for its time"
    now = app.getCurrentTime().tz_convert("America/New_York")
    truth = now.replace(hour=16, minute=0, second=0, microsecond=0) - now
    if abs(answer - truth) < timedelta(seconds=5) or (
        app.gateway is None and abs(answer - truth) < timedelta(minutes=2)
    ):
        return None
    if abs(answer + truth) < timedelta(minutes=2):
        return "it is negative: the later time less the earlier one"
    if abs(answer - truth) < timedelta(minutes=2):
        return "it is a little off: the server's time now, to the second, and 16:00:00"
    elsewhere = abs(answer - truth) % timedelta(hours=1) < timedelta(minutes=2)
    return "it is off by whole hours: 16:00 in which zone?" if elsewhere else f"the session doesn't last {answer} more"


@exercise("01.6", correct="a failed connection is an exception that you can catch and read")
def caught_exception(error: Any) -> str | None:
    if error is None:
        return "nothing was caught: did the connection succeed, or is the name gone after the block?"
    if isinstance(error, str):
        return "this is the exception's text; the exception itself is wanted"
    if isinstance(error, type) and issubclass(error, BaseException):
        return "this is the kind of exception, and not the one that was caught: as error gives it a name"
    if not isinstance(error, BaseException):
        return f"this is {kind(error)}, an exception is wanted"
    if not isinstance(error, NotConnectedError):
        return f"this is another exception, a {type(error).__name__}; connect raises NotConnectedError"
    return None if "7999" in str(error) else "this one wasn't about port 7999"


@exercise("01.7", wants=callable, correct="it knocks, listens, and leaves the door as it was")
def is_anybody_there(answers: Callable[[int], bool], app: Any) -> str | None:
    before = None if app.gateway is None else len(app.gateway.connections)
    heard = _of_others(app)
    try:
        if called(answers, 7999, wants=bool):
            return "nobody listens at port 7999, and it says True"
    except NotConnectedError:
        return "nobody listens at port 7999, and your function stops with NotConnectedError instead of saying False"
    if not called(answers, app.port, wants=bool):
        return f"our own TWS listens at port {app.port}, and it says False"
    if not app.isConnected():
        return "it has ended the session app: use another client id; run the first cell again before you go on"
    if not has_journal(app):
        return None
    if _of_others(app) == heard:  # what an earlier attempt has left there doesn't count
        return "the gateway has seen no second client: knock by connecting"
    if before is None:
        return None
    for _ in range(_TURNS):  # the gateway hears of an end a moment after it
        if len(app.gateway.connections) <= before:
            return None
        app.gateway.inspect(lambda world: None)
    return "the session that it made is still open"


def _of_others(app: Any) -> int:
    """How many messages the gateway has exchanged with other clients than `app`."""
    return sum(entry.clientId != app.clientId for entry in journal(app)) if has_journal(app) else 0
