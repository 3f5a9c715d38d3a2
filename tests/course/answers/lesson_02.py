"""Answers to the exercises of lesson 02."""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any

from ibapi.client import EClient
from ibapi.wrapper import EWrapper

from ibnb.course import check
from tests.course.answers import with_app


class Waiting(EWrapper, EClient):  # type: ignore[misc]
    """The lesson's class: only the end marker rings the bell."""

    def __init__(self) -> None:
        EClient.__init__(self, self)
        self.connection_ready = threading.Event()
        self.data_ready = threading.Event()
        self.details: list[Any] = []
        self.problem: str | None = None

    def error(self, *args: Any) -> None:
        pass

    def nextValidId(self, orderId: int) -> None:
        self.connection_ready.set()

    def contractDetails(self, reqId: int, contractDetails: Any) -> None:
        self.details.append(contractDetails)

    def contractDetailsEnd(self, reqId: int) -> None:
        self.data_ready.set()


def tidy(*args: Any) -> tuple[Any, ...]:
    place = next(place for place, value in enumerate(args) if isinstance(value, str))
    return args[0], args[place - 1], args[place]


class Patient(Waiting):
    def error(self, *args: Any) -> None:
        reqId, code, text = tidy(*args)
        if reqId >= 0 and code < 2000:
            self.problem = text
            self.data_ready.set()

    def connectionClosed(self) -> None:
        self.problem = "connection lost"
        self.data_ready.set()


class Hasty(Patient):
    """Takes every error for an end."""

    def error(self, *args: Any) -> None:
        self.problem = tidy(*args)[2]
        self.data_ready.set()


class Strict(Patient):
    """Takes every error with its number for an end."""

    def error(self, *args: Any) -> None:
        if args[0] >= 0:
            self.problem = tidy(*args)[2]
            self.data_ready.set()


class FromOne(Patient):
    """Leaves number 0 out."""

    def error(self, *args: Any) -> None:
        if args[0] > 0:
            super().error(*args)


class Silent(Patient):
    """Keeps no text."""

    def error(self, *args: Any) -> None:
        reqId, code, _ = tidy(*args)
        if reqId >= 0 and code < 2000:
            self.data_ready.set()


class Deaf(Patient):
    """Doesn't hear that the connection is lost."""

    def connectionClosed(self) -> None:
        pass


class Wordless(Patient):
    """Says nothing of the lost connection."""

    def connectionClosed(self) -> None:
        self.data_ready.set()


class Three(Patient):
    """An `error` whose arguments fit no release: the loop dies of it."""

    def error(self, code: int, text: str) -> None:  # type: ignore[override]
        pass


def after_another(app: Any) -> Any:
    """A second attempt at once, while the gateway hasn't noticed yet that the program of the first has left."""
    assert check("02.6", Patient, app)
    return Patient


class Ids:
    def __init__(self, first: int) -> None:
        self.number, self.lock = first, threading.Lock()

    def next(self) -> int:
        with self.lock:
            number = self.number
            self.number = number + 1
        return number


class Counting:
    """itertools.count needs no lock in CPython."""

    def __init__(self, first: int) -> None:
        self.numbers = itertools.count(first)

    def next(self) -> int:
        return next(self.numbers)


class Careless(Ids):
    def next(self) -> int:
        number = self.number
        self.number = self.number + 1
        return number


class AddsFirst(Ids):
    def next(self) -> int:
        with self.lock:
            self.number = self.number + 1
            return self.number


class HalfLocked(Ids):
    """Reads outside the lock."""

    def next(self) -> int:
        number = self.number
        with self.lock:
            self.number = number + 1
        return number


class OwnLocks(Ids):
    """A new lock each time keeps nobody out."""

    def next(self) -> int:
        with threading.Lock():
            number = self.number
            self.number = number + 1
        return number


class NeverReleased(Ids):
    def next(self) -> int:
        if threading.current_thread() is not threading.main_thread():
            self.lock.acquire()
        number = self.number
        self.number = number + 1
        return number


class ByTwo(Ids):
    def next(self) -> int:
        with self.lock:
            number = self.number
            self.number = number + (1 if number < 8 else 2)
        return number


class Texts(Ids):
    def next(self) -> str:  # type: ignore[override]
        return str(super().next())


class Nothing(Ids):
    def next(self) -> None:  # type: ignore[override]
        super().next()


class Unnamed:
    def __init__(self, first: int) -> None:
        self.first = first


def polls(app: Any, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while not app.connection_ready.is_set():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.01)
    return True


def sleeps(app: Any, timeout: float) -> bool:
    threading.Event().wait(timeout)
    return bool(app.connection_ready.is_set())


def for_ever(app: Any, timeout: float) -> bool:
    app.connection_ready.wait(timeout + 60)
    return True


RIGHT: list[Any] = [
    ("02.1", lambda: threading.current_thread().name),
    ("02.4", lambda app, timeout: app.connection_ready.wait(timeout)),
    ("02.4", polls),
    ("02.5", tidy),
    with_app(lambda app: ("02.6", Patient, app)),
    with_app(lambda app: ("02.6", after_another(app), app)),
    ("02.7", Ids),
    ("02.7", Counting),
]
WRONG: list[Any] = [
    (("02.1", lambda: "MainThread"), "should say 'the loop', and says 'MainThread'"),
    (("02.1", lambda: threading.main_thread().name), "says 'MainThread'"),
    (("02.1", lambda: threading.enumerate()[0].name), "says 'MainThread'"),
    (("02.1", lambda: threading.current_thread()), "what your function returned is a Thread, a text is wanted"),
    (("02.1", lambda: threading.get_ident()), "a whole number, a text is wanted"),
    (("02.1", lambda: print(end="")), "your function returned None"),
    (("02.1", "the loop"), "this is a text, a function is wanted"),
    (("02.1", lambda: str(threading.current_thread())), "should say 'the loop', and says '<Thread"),
    (("02.4", lambda app, timeout: app.connection_ready.is_set()), "goes up while it waits"),
    (("02.4", lambda app, timeout: True), "nobody sets the flag"),
    (
        ("02.4", lambda app, timeout: None if app.connection_ready.wait(timeout) else False),
        "flag up already your function returned None",
    ),
    (
        ("02.4", lambda app, timeout: app.connection_ready.wait(timeout) or None),
        "^when nobody sets the flag, your .* None",
    ),
    (("02.4", lambda app, timeout: not app.connection_ready.wait(timeout)), "with the flag up already"),
    (("02.4", sleeps), "waited for its whole time"),
    (("02.4", for_ever), "waits without a limit"),
    (("02.4", lambda app: True), "stops with TypeError"),
    (("02.4", lambda app, timeout: "yes"), "True or False is wanted"),
    (("02.5", lambda *args: (args[0], args[1], args[2])), "with 5 arguments the code should be 200"),
    (("02.5", lambda *args: args[:3]), "with 5 arguments the code should be 200"),
    (("02.5", lambda *args: args[-3:]), "with 4 arguments the number should be 7"),
    (("02.5", lambda *args: (args[0], args[-3], args[-2])), "with 3 arguments the code should be 200"),
    (("02.5", lambda *args: list(tidy(*args))), "a list, a tuple is wanted"),
    (("02.5", lambda *args: tidy(*args)[1:]), "three things, and returned 2"),
    (("02.5", lambda *args: tidy(*args)[::-1]), "the number should be 7"),
    (("02.5", lambda *args: (args[0], str(tidy(*args)[1]), tidy(*args)[2])), "the code should be 200, and is '200'"),
    (("02.5", lambda reqId, code, text: (reqId, code, text)), "stops with TypeError"),
    (with_app(lambda app: ("02.6", Waiting, app)), "about NOSUCHTHING got its answer, and data_ready wasn't set"),
    (with_app(lambda app: ("02.6", Hasty, app)), "AAPL succeeds|a notice with the number -1"),
    (with_app(lambda app: ("02.6", Strict, app)), "the warning 2176"),
    (with_app(lambda app: ("02.6", FromOne, app)), "0 is a request's number"),
    (with_app(lambda app: ("02.6", Silent, app)), "problem should hold the text of the error, and holds None"),
    (with_app(lambda app: ("02.6", Deaf, app)), "the connection is lost"),
    (with_app(lambda app: ("02.6", Wordless, app)), "after a lost connection problem should say so"),
    (with_app(lambda app: ("02.6", Patient(), app)), "this is a Patient, a class is wanted"),
    (with_app(lambda app: ("02.6", dict, app)), "a Patient has no connection_ready"),
    (("02.7", Careless), "were given twice"),
    (("02.7", HalfLocked), "were given twice"),
    (("02.7", OwnLocks), "were given twice"),
    (("02.7", AddsFirst), "gives 6, 7, 8"),
    (("02.7", NeverReleased), "waits for ever"),
    (("02.7", ByTwo), "were left out"),
    (("02.7", Texts), "a text, a whole number is wanted"),
    (("02.7", Nothing), "your function returned None"),
    (("02.7", Unnamed), "needs a method next"),
    (("02.7", Ids(5)), "a class is wanted"),
]
