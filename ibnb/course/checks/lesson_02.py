"""Lesson 02: which thread, sleeping and waiting, `error` in three shapes, the ends of a request, ids."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ibnb.course.exercises import CannotCheck, NotYet, another, called, choice, exercise, has_journal, journal

# Longer than anything here takes, and short enough for a learner whose function waits for ever.
_PATIENCE = 5.0
# A limit that nobody reaches whose flag goes up after a tenth of a second, however busy the machine.
_LIMIT = 2.5
# A number of its own for each time: TWS takes a moment to notice that the program before has left.
_CLIENTS = itertools.cycle(range(70, 90))


@exercise("02.1", wants=callable, correct="a function is executed by whichever thread calls it")
def which_thread(who: Callable[[], str]) -> str | None:
    for name in ("the loop", "another one", "reader"):
        seen = _in_a_thread(lambda: called(who, wants=str), name)
        if seen != name:
            return f"in a thread named {name!r} it should say {name!r}, and says {seen!r}"
    return None


choice(
    "02.2",
    right="b",
    correct="there is one loop for all callbacks, so a slow callback makes the program deaf",
    wrong={
        "a": "the main thread isn't the one that executes callbacks: its cells go on",
        "c": "TWS knows nothing of your callbacks: it goes on sending, and the reader goes on reading",
        "d": "all callbacks are executed by the one thread that runs the loop",
    },
)

choice(
    "02.3",
    right="c",
    correct="only a message that has come proves that it has come",
    wrong={
        "a": "that is usually so, until TWS is busy or on another continent: likely isn't always",
        "b": "a longer sleep is only slower; there is a day on which five seconds are too short",
        "d": "the main thread waits, and the messages are read by others",
    },
)


@exercise("02.4", wants=callable, correct="it returns when the flag goes up, and never waits longer than it may")
def waits_for_the_flag(wait_connected: Callable[[Any, float], bool]) -> str | None:
    up, later, never = (SimpleNamespace(connection_ready=threading.Event()) for _ in range(3))
    up.connection_ready.set()
    if _waited(wait_connected, up, 1.5, "with the flag up already") is not True:
        return "with the flag up already it should return True"
    started = time.monotonic()
    bell = threading.Timer(0.1, later.connection_ready.set)
    bell.start()
    try:
        if _waited(wait_connected, later, _LIMIT, "when the flag goes up while it waits,") is not True:
            return "when the flag goes up while it waits, it should return True"
    finally:
        bell.cancel()
    if time.monotonic() - started >= _LIMIT:
        return "the flag went up after a tenth of a second, and it waited for its whole time"
    if _waited(wait_connected, never, 0.3, "when nobody sets the flag,") is not False:
        return "when nobody sets the flag, it should return False"
    return None


def _waited(wait_connected: Callable[[Any, float], bool], program: Any, timeout: float, case: str) -> Any:
    """What it returns; an answer of another kind is said with the case, and not with the check's own things."""
    try:
        return _in_a_thread(lambda: called(lambda: wait_connected(program, timeout), wants=bool))
    except NotYet as reason:
        raise NotYet(f"{case} {reason}") from None


@exercise("02.5", wants=callable, correct="three releases of ibapi, one answer")
def one_for_all(tidy: Callable[..., tuple[int, int, str]]) -> str | None:
    text = "No security definition has been found for the request"
    notice = "Market data farm connection is OK:usfarm"
    for args, wanted in (
        ((7, 200, text), (7, 200, text)),
        ((7, 200, text, ""), (7, 200, text)),
        ((7, 201, "Order rejected", '{"8229":"x"}'), (7, 201, "Order rejected")),
        ((7, 1749650400000, 200, text, ""), (7, 200, text)),
        ((-1, 2104, notice), (-1, 2104, notice)),
        ((-1, 1749650400000, 2104, notice, ""), (-1, 2104, notice)),
    ):
        found = called(tidy, *args, wants=tuple)
        if len(found) != 3:
            return f"with {len(args)} arguments it should return three things, and returned {len(found)}"
        for what, is_one, should_be in zip(("number", "code", "text"), found, wanted, strict=True):
            if is_one != should_be:
                return f"with {len(args)} arguments the {what} should be {should_be!r}, and is {is_one!r}"
    return None


@exercise(
    "02.6", wants=type, correct="rows, an error, a lost connection: each of them rings the bell, and a notice doesn't"
)
def every_end(Patient: type[Any], app: Any) -> str | None:
    program = called(Patient)
    missing = [name for name in ("connection_ready", "data_ready", "details", "problem") if not hasattr(program, name)]
    if missing:
        return f"a Patient has no {missing[0]}: build it on Waiting, as class Patient(Waiting)"
    client = another(app, next(_CLIENTS))
    program.connect(app.host, app.port, client)
    loop = threading.Thread(target=_quietly, args=(program.run,), daemon=True)
    loop.start()
    try:
        return _ends(program, app, client)
    finally:
        program.disconnect()
        loop.join(_PATIENCE)


def _ends(program: Any, app: Any, client: int) -> str | None:
    if not program.connection_ready.wait(_PATIENCE):
        return "connection_ready was never set: its nextValidId should still be that of Waiting, and nothing may raise"
    if not has_journal(app):
        raise CannotCheck
    for number, symbol in ((11, "AAPL"), (12, "NOSUCHTHING")):
        program.data_ready.clear()
        program.reqContractDetails(number, app.createContract(symbol))
        if not program.data_ready.wait(_PATIENCE):
            return f"the question about {symbol} got its answer, and data_ready wasn't set"
        if symbol == "AAPL" and (program.problem is not None or len(program.details) != 1):
            return "the question about AAPL succeeds: one contract, and no problem"
    if "security definition" not in str(program.problem):
        return f"problem should hold the text of the error, and holds {program.problem!r}"
    asked = [entry for entry in journal(app) if entry.direction == "in" and entry.clientId == client]
    if not {11, 12} <= {getattr(entry.message, "reqId", None) for entry in asked}:
        return "the questions haven't arrived at the gateway"
    for args, what in (
        ((-1, 2104, "farm is OK"), "a notice with the number -1"),
        ((-1, 1749650400000, 1102, "Connectivity has been restored", ""), "a notice with the number -1"),
        ((11, 2176, "fractions are ignored"), "the warning 2176, after which the rows still come"),
    ):
        program.data_ready.clear()
        program.error(*args)
        if program.data_ready.is_set():
            return f"{what} set data_ready, and nothing had ended"
    program.error(0, 200, "no such thing")
    if not program.data_ready.is_set():
        return "0 is a request's number as well: only negative numbers belong to no request"
    program.data_ready.clear()
    program.disconnect()
    if not program.data_ready.wait(_PATIENCE):
        return "the connection is lost, and data_ready isn't set: whoever waits now waits for ever"
    return None if program.problem == "connection lost" else "after a lost connection problem should say so"


@exercise("02.7", wants=type, correct="a thousand numbers, four threads, none given twice")
def every_number_once(Ids: type[Any]) -> str | None:
    ids = called(Ids, _Slow(5))
    if not callable(getattr(ids, "next", None)):
        return "an object of the class needs a method next"
    first = [called(ids.next, wants=int) for _ in range(3)]
    if first != [5, 6, 7]:
        return f"Ids(5) should give 5, 6, 7, and gives {', '.join(map(str, first))}"
    ids = called(Ids, _Slow(1))
    given: list[int] = []
    threads = [threading.Thread(target=_take, args=(ids, given, 250), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE)
        if thread.is_alive():
            return "a thread that asked for a number waits for ever: is the lock ever released?"
    if len(given) != 1000:
        return f"four threads asked 1000 times and got {len(given)} numbers: next() raised in a thread"
    twice = len(given) - len(set(given))
    if twice:
        return f"{twice} of 1000 numbers were given twice: one thread came in between reading and storing"
    return None if sorted(given) == list(range(1, 1001)) else "numbers were left out between the first and the last"


class _Slow(int):
    """A whole number that lets other threads in while it is being added to."""

    def __add__(self, other: int) -> _Slow:
        threading.Event().wait(0.0002)
        return _Slow(int(self) + other)

    __radd__ = __add__


def _take(ids: Any, given: list[int], many: int) -> None:
    _quietly(lambda: given.extend(int(ids.next()) for _ in range(many)))


def _quietly(action: Callable[[], object]) -> None:
    """A thread's exception is judged by what is missing, and not shown."""
    try:
        action()
    except Exception:
        return


def _in_a_thread(action: Callable[[], Any], name: str = "a thread") -> Any:
    """What `action` returns or raises, in a thread of its own, so that one that waits for ever can be left behind."""
    outcome: list[Any] = []

    def act() -> None:
        try:
            outcome.append((action(), None))
        except Exception as error:
            outcome.append((None, error))

    thread = threading.Thread(target=act, name=name, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if not outcome:
        raise NotYet("your function doesn't come back: it waits without a limit")
    value, error = outcome[0]
    if error is not None:
        raise error
    return value
