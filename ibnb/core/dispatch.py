"""Every incoming callback passes here: tape, internal handlers, then the user's own override, guarded.

The Decoder's wrapper is `Dispatcher.callbacks`, not the app. So an override can't take a message away from
a verb, can't have the wrong number of arguments, and can't end the connection by raising.
"""

from __future__ import annotations

import inspect
import logging
import time
import traceback
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from ibnb.core import unread
from ibnb.core.clock import Changes
from ibnb.core.pending import Pending
from ibnb.core.status import Status
from ibnb.core.tape import Tape
from ibnb.ib import api
from ibnb.wire.fast import COLUMNS, IN_COLUMNS, Decode, find_decoder

logger = logging.getLogger("ibnb")

Handler = Callable[..., Any]
F = TypeVar("F", bound=Handler)

_MARK = "_ibnb_on"
CALLBACKS = frozenset(name for name in vars(api.EWrapper) if not name.startswith("_"))
_LIBRARY = ("ibapi", "ibnb")
# Callbacks that ibapi renamed: both names are honoured, the first is the one handlers use.
_TWINS = {"commissionReport": "commissionAndFeesReport", "commissionAndFeesReport": "commissionReport"}

# Answers that have no other form than protobuf.
_WITHOUT_TWIN = frozenset({"configResponseProtoBuf", "updateConfigResponseProtoBuf"})


def on(name: str) -> Callable[[F], F]:
    """Mark a method as the internal handler of a callback: `@on("historicalData")`; several may share one."""

    def mark(method: F) -> F:
        setattr(method, _MARK, (*getattr(method, _MARK, ()), name))
        return method

    return mark


def handlers_of(listener: object) -> dict[str, list[Handler]]:
    """The marked methods of an object's class, bound, by callback; a subclass's method replaces its parent's."""
    found: dict[str, list[Handler]] = {}
    seen: set[str] = set()
    for cls in type(listener).__mro__:
        for attribute, value in vars(cls).items():
            if attribute in seen:
                continue
            seen.add(attribute)
            for name in getattr(value, _MARK, ()):
                found.setdefault(name, []).append(getattr(listener, attribute))
    return found


def find_override(app: object, name: str) -> Handler | None:
    """The user's own method of this name, or None: one that neither ibapi nor ibnb has defined."""
    return vars(app)[name] if name in vars(app) else inherited_override(app, name)


def inherited_override(app: object, name: str) -> Handler | None:
    """The override of this name that comes from a class of the user's, or None."""
    for cls in type(app).__mro__:
        if name in vars(cls):
            function = vars(cls)[name]
            home = getattr(function, "__module__", None) or cls.__module__
            if home.split(".")[0] in _LIBRARY and cls.__module__.split(".")[0] in _LIBRARY:
                return None
            method: Handler = getattr(app, name)
            return method
    return None


def _positional(method: Handler) -> list[inspect.Parameter] | None:
    """What a method takes by position; None where it takes any number, or doesn't say."""
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def fit(method: Handler, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """As many of the arguments as the method accepts by position."""
    named = _positional(method)
    return args if named is None else args[: len(named)]


def fit_error(method: Handler, event: api.ErrorEvent) -> tuple[Any, ...]:
    """The arguments of `error` in the form that an override expects.

    Three required: (reqId, errorCode, errorString). Four: plus advancedOrderRejectJson, or with the
    time in second place if the second parameter is called so. Five, or *args: today's full form.
    """
    short = (event.reqId, event.errorCode, event.errorString)
    named = _positional(method)
    if named is None or len(named) >= 5:
        return tuple(event)
    if len(named) == 4:
        timed = "time" in named[1].name.lower()
        return tuple(event)[:4] if timed else (*short, event.advancedOrderRejectJson)
    return short[: len(named)]


class Callbacks:
    """What the Decoder calls: one function per callback name, made when it is needed first, and kept."""

    def __init__(self, build: Callable[[str], Handler]) -> None:
        self._build = build

    def __getattr__(self, name: str) -> Handler:
        if name.startswith("__"):
            raise AttributeError(name)
        call = self._build(name)
        # Found next time without __getattr__.
        self.__dict__[name] = call
        return call


class Fence(Protocol):
    """Who asked what the time is; see ibnb.core.fence."""

    def is_next(self) -> bool: ...
    def takes_answer(self) -> bool: ...


class Dispatcher:
    """Knows who listens to which callback: the marked methods of ibnb's listeners, and the user's overrides in `app`.

    Listeners hear of a callback in the order in which they were added, all before the override.
    """

    def __init__(
        self,
        app: object,
        tape: Tape,
        changes: Changes,
        status: Status,
        pending: Pending,
        fence: Fence,
        started: Callable[[], object],
    ) -> None:
        # Whose overrides these are.
        self._app = app
        self._tape = tape
        self._changes = changes
        self._status = status
        self._pending = pending
        self._fence = fence
        # Called after nextValidId and managedAccounts.
        self._started = started
        self.callbacks = Callbacks(self._build_for)
        self._handlers: dict[str, tuple[Handler, ...]] = {}
        # The override that is running, and since when (one may be called within another).
        self._running: tuple[str, float] | None = None
        # Where overrides are put on the object. What `is_private` has found, and how many attributes there were then.
        self._mine = vars(app)
        self._private, self._looked_at = False, 0
        self._fast: dict[tuple[int, int], tuple[Decode | None, tuple[str, ...]]] = {}

    def add(self, listener: object) -> None:
        """Let an object's marked methods (`on`) hear of their callbacks from now on."""
        for name, found in handlers_of(listener).items():
            for handler in found:
                self.listen(name, handler)

    def names(self) -> list[str]:
        """The callbacks to which anybody listens."""
        return [name for name, handlers in self._handlers.items() if handlers]

    def listen(self, name: str, handler: Handler) -> None:
        """Add a handler for a while (a stream's, a guard's); any thread."""
        self._handlers[name] = (*self._handlers.get(name, ()), handler)
        self._fast.clear()

    def ignore(self, name: str, handler: Handler) -> None:
        """Take a handler of `listen` away again."""
        self._handlers[name] = tuple(each for each in self._handlers.get(name, ()) if each != handler)
        self._fast.clear()

    def busy(self) -> tuple[str, float] | None:
        """The override that is running now, and for how many real seconds; None when none is."""
        running = self._running
        return None if running is None else (running[0], time.monotonic() - running[1])

    def is_private(self) -> bool:
        """Does only ibnb hear what comes: is there no override, which might keep its thread waiting?"""
        many = len(self._mine)
        if many != self._looked_at:
            self._private = not any(find_override(self._app, each) for each in {*CALLBACKS, "msgLoopRec"})
            self._looked_at = many
        return self._private

    def fast(self, msg_id: int, server_version: int) -> Decode | None:
        """The fast decoder for a message, unless an override or the log wants each callback."""
        found = self._fast.get((msg_id, server_version))
        if found is None:
            found = self._fast[msg_id, server_version] = self._find_fast(msg_id, server_version)
        decode, names = found
        if decode is None or (names and not self._mine.keys().isdisjoint(names)) or api.answers_are_logged():
            return None
        return decode

    def _find_fast(self, msg_id: int, server_version: int) -> tuple[Decode | None, tuple[str, ...]]:
        """The decoder, and the names under which an override of its callbacks may still be put on the object."""
        decode, callbacks = find_decoder(msg_id, server_version)
        names = (*callbacks, *(f"{each}{api.TWIN}" for each in callbacks))
        if any(inherited_override(self._app, each) for each in names):
            decode = None
        if decode in IN_COLUMNS and not self.in_columns("historicalData"):
            decode = None
        return decode, names

    def in_columns(self, *names: str) -> bool:
        """Can whoever inside ibnb listens to these callbacks take many of them at once?"""
        return all(len(self._handlers.get(each, ())) == len(self._handlers.get(COLUMNS[each], ())) for each in names)

    def deliver(self, name: str, *args: Any) -> None:
        """Tell the handlers only: what a fast decoder does in place of a callback."""
        for handler in self._handlers.get(name, ()):
            try:
                handler(*args)
            except Exception as error:
                self._internal_problem(name, args, error)

    def _build_for(self, name: str) -> Handler:
        twin = name.endswith(api.TWIN) and name not in _WITHOUT_TWIN
        build = {
            "currentTime": self._build_current_time,
            "nextValidId": self._build_start,
            "managedAccounts": self._build_start,
            "commissionReport": self._build_commission,
            "commissionAndFeesReport": self._build_commission,
        }.get(name, self._build_protobuf if twin else self._build)
        return build(name)

    def _build(self, name: str) -> Handler:
        app, tape, changes = self._app, self._tape, self._changes
        mine = self._mine
        inherited = find_override(app, name)
        is_error = name == "error"
        fitted: tuple[Handler | None, int | None] = (None, None)

        def call(*args: Any) -> None:
            nonlocal fitted
            if is_error:
                args = api.error_event(args)
            if tape.on:
                tape.answer(name, args)
            self.deliver(name, *args)
            override = mine.get(name, inherited)
            if override is not None:
                if is_error:
                    args = fit_error(override, api.ErrorEvent(*args))
                elif fitted[0] is not override:
                    fitted = (override, len(fit(override, args)))
                self.guarded(name, override, args[: fitted[1]])
            elif api.answers_are_logged():
                api.log_answer(app, name, args)
            changes.announce()

        return call

    def _build_protobuf(self, name: str) -> Handler:
        """The twin that 10.x calls before the plain callback: for overrides and the log only."""
        app, fence = self._app, self._fence

        def call(message: Any) -> None:
            if name == "currentTimeProtoBuf" and fence.is_next():
                return
            override = find_override(app, name)
            if override is not None:
                self.guarded(name, override, fit(override, (message,)))
            elif api.answers_are_logged():
                api.log_answer(app, name, (message,))

        return call

    def _build_start(self, name: str) -> Handler:
        show = self._build(name)

        def call(*args: Any) -> None:
            show(*args)
            # After the override: when connect() returns, what it prints has been printed.
            self._started()

        return call

    def _build_current_time(self, name: str) -> Handler:
        show = self._build(name)

        def call(*args: Any) -> None:
            # Fences and the user's own questions are answered in the order in which they were asked.
            if not self._fence.takes_answer():
                show(*args)

        return call

    def _build_commission(self, name: str) -> Handler:
        app, tape, changes = self._app, self._tape, self._changes

        def call(report: Any) -> None:
            record = api.commission_report(report)
            if tape.on:
                tape.answer(name, (record,))
            self.deliver("commissionReport", record)
            native, other = find_override(app, name), find_override(app, _TWINS[name])
            if native is not None:
                self.guarded(name, native, (report,))
            elif other is not None:
                self.guarded(_TWINS[name], other, (record,))
            elif api.answers_are_logged():
                api.log_answer(app, name, (report,))
            changes.announce()

        return call

    def guarded(self, name: str, override: Handler, args: tuple[Any, ...]) -> None:
        """Call an override of the user's: what it raises is a problem of its own."""
        before, self._running = self._running, (name, time.monotonic())
        try:
            override(*args)
        except (Exception, SystemExit) as error:
            self._status.problem(name, "your override", error, traceback.format_exc())
        finally:
            self._running = before

    def _internal_problem(self, name: str, args: tuple[Any, ...], error: Exception) -> None:
        self._status.problem(name, "ibnb", error, traceback.format_exc())
        # Its caller must hear of this, not wait for an end, nor take the rest for the whole.
        slots = unread.waiting_for_callback(self._pending, name, args)
        unread.fail(slots, f"ibnb couldn't use the callback {name}", error)
