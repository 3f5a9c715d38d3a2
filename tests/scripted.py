"""An IBApp whose TWS is a script: real ibapi encoding on the way out, callbacks by name on the way back, no socket.

`tws.on("reqPositions", ("position", "DU1", contract, 5, 1.0), ("positionEnd",))` answers every such request with these
callbacks; "$id" stands for the request's id. A function instead of callbacks is called with the request's arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from inside import core

from ibnb import IBApp
from ibnb.ib.api import MAX_CLIENT_VER, ContractDetails

SERVER_VERSION = min(176, MAX_CLIENT_VER)


class _Wire:
    """Stands where the connection is: takes bytes, answers fences."""

    host, port, pace = "script", 0, None

    def __init__(self, app: IBApp) -> None:
        self.app = app
        self.up = True

    def isConnected(self) -> bool:
        return self.up

    def catch_up(self) -> None:
        """Nothing waits."""

    def sendMsg(self, message: bytes) -> int:
        return len(message)

    def send_marked(self, message: bytes, mark: Callable[[], None]) -> None:
        mark()
        self.app.wrapper.currentTime(0)

    def go_on(self) -> None:
        pass

    def join(self) -> None:
        pass

    def held(self) -> Any:
        return nullcontext()

    def in_reader(self) -> bool:
        return False

    def disconnect(self) -> None:
        self.up = False


class ScriptedTWS:
    """The other side of `app`: what was asked is in `asked`, as (name, arguments)."""

    def __init__(self, app_class: type[IBApp] = IBApp) -> None:
        self.app = app_class()
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.reconnect()
        self.app.timeout = 0.05
        self.app.pacing.on = False

    def reconnect(self) -> None:
        """Another connection."""
        core(self.app).lifecycle.use(_Wire(self.app), SERVER_VERSION, "20250611 10:00:00 US/Eastern", 1)  # type: ignore[arg-type]
        self.tell("nextValidId", 27)
        self.tell("managedAccounts", "DU1234567")

    def tell(self, callback: str, *args: Any) -> None:
        """A message from TWS."""
        getattr(self.app.wrapper, callback)(*args)

    def on(self, request: str, *answers: Any) -> None:
        """Answer a request from now on; without answers it is only recorded."""
        real = getattr(type(self.app), request)

        def called(*args: Any, **kwargs: Any) -> None:
            self.asked.append((request, (*args, *kwargs.values())))
            real(self.app, *args, **kwargs)
            for answer in answers:
                if callable(answer):
                    answer(*args)
                else:
                    first = args[0] if args else None
                    self.tell(answer[0], *(first if part == "$id" else part for part in answer[1:]))

        setattr(self.app, request, called)

    def refuse(self, request: str, code: int, text: str) -> None:
        """Answer a request with an error that carries its id."""
        self.on(request, lambda *args: self.tell("error", args[0], code, text))

    def knows(self, symbol: str, **fields: Any) -> None:
        """The session has asked already what this stock is."""
        details = ContractDetails()
        details.contract = self.app.createContract(symbol)
        vars(details).update(fields)
        core(self.app).definitions.keep(details.contract, [details])

    def record(self, *requests: str) -> None:
        for request in requests:
            self.on(request)

    def names(self) -> list[str]:
        return [name for name, _ in self.asked]
