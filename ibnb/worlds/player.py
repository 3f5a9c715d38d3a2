"""A recorded session, played: a TWS that gives the recorded answers to the recorded questions, on the recorded clock.

Rule: its time is the recording's: it moves while somebody waits. Which answers a
question gets is said by `in_order` and `by_request`.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path
from typing import Literal

from ibnb.gateway import messages as m
from ibnb.gateway.codec.wire import FrameBuffer
from ibnb.worlds.by_request import ByRequest, id_of
from ibnb.worlds.in_order import InOrder
from ibnb.worlds.recorded import Recorded, ReplayError

MatchOn = Literal["sequence", "request"]
_MATCH_ON: dict[str, type[InOrder | ByRequest]] = {"sequence": InOrder, "request": ByRequest}
_API = b"API\0"
# IB's code for a request that can't be validated.
_REFUSED = 321
# Seconds between two looks at the wall clock.
_TURN = 0.05


class Player:
    """Plays a recording on a port of this machine (`host`, `port`), to one program after the other.

    `now`, `advance` and `step` are those of a gateway whose clock is moved by hand. Raises ValueError for what is no
    recording, OSError; `advance` and `step` raise ReplayError. A `foreign` program, which calls neither, is told of a
    difference by an error message, and goes by its own clock: to ask what time it is here (`ibnb.gateway.timekeeper`)
    it would need a second line, and there is one at a time; besides, time goes on at a bound when a question comes
    earlier than it was recorded.

    matchOn: "sequence", the same questions in the same order, each never earlier than it was asked; or "request",
    each question gets the answers of the same one, whenever it is asked.
    """

    def __init__(
        self,
        path: str | Path,
        port: int = 0,
        host: str = "127.0.0.1",
        foreign: bool = False,
        matchOn: MatchOn = "sequence",
    ) -> None:
        if matchOn not in _MATCH_ON:
            raise ValueError(f"matchOn is one of {', '.join(map(repr, _MATCH_ON))}, not {matchOn!r}")
        self._recorded = Recorded(path)
        self.path, self.head = self._recorded.path, self._recorded.head
        self.host, self.port, self._foreign, self._match = host, port, foreign, _MATCH_ON[matchOn]
        #: What was asked otherwise than in the recording; "" while nothing was.
        self.difference = ""
        self._lock = threading.RLock()
        self._listener: socket.socket | None = None
        self._client: socket.socket | None = None
        self._rewind()

    def _rewind(self) -> None:
        self._answers, self._now, self.difference = self._match(self._recorded), 0.0, ""

    # --- begin and end -------------------------------------------------------------------------------

    def start(self) -> Player:
        """Listen."""
        self._listener = socket.create_server((self.host, self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="ibnb player", daemon=True).start()
        return self

    def stop(self) -> None:
        """Hang up, and listen no more."""
        for each in (self._client, self._listener):
            if each is not None:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def __enter__(self) -> Player:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def serve_forever(self, rate: float = 1.0) -> None:
        """Let time pass by the wall clock, at this pace, until interrupted."""
        with contextlib.suppress(KeyboardInterrupt):
            turn, before = threading.Event(), time.monotonic()
            while not turn.wait(_TURN):
                now = time.monotonic()
                with contextlib.suppress(ReplayError):  # which the client has been told
                    self.advance((now - before) * rate)
                before = now
        self.stop()

    # --- the clock -----------------------------------------------------------------------------------

    def now(self) -> float:
        """The recording's time, in epoch seconds."""
        return float(self.head["begun"] + self._now)

    def advance(self, seconds: float) -> None:
        """Let time pass; what was received meanwhile comes."""
        with self._lock:
            self._check()
            self._deliver(self._now + seconds)
            self._now += seconds

    def step(self, limit: float) -> bool:
        """Go on to the next message, but not beyond `limit` (epoch seconds). True if there was one."""
        with self._lock:
            self._check()
            until = limit - self.head["begun"]
            due = self._answers.next_due(until)
            self._now = max(self._now, until if due is None else due)
            if due is not None:
                self._deliver(self._now)
            return due is not None

    def _check(self) -> None:
        difference = self.difference
        if difference:
            if self._answers.goes_on:
                self.difference = ""
            raise ReplayError(difference)

    # --- the wire ------------------------------------------------------------------------------------

    def _accept(self) -> None:
        listener = self._listener
        assert listener is not None
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._rewind()
                self._client = client
            try:
                self._serve(client)
            except OSError:
                pass
            finally:
                client.close()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        frames = FrameBuffer(_API)
        greeted = False
        while data := client.recv(65536):
            for payload in frames.feed(data):
                if not greeted:
                    self._greet(payload)
                    greeted = True
                else:
                    self._take(payload)

    def _greet(self, offer: bytes) -> None:
        least, _, most = offer.split(b" ")[0].lstrip(b"v").partition(b"..")
        version = self.head["version"]
        if not int(least) <= version <= int(most or least):
            raise OSError("no common version")  # which the client tells by the end of the connection
        self._send(f"{version}\0{self.head['connectionTime']}\0".encode())

    def _take(self, payload: bytes) -> None:
        with self._lock:
            recorded, codec = self._recorded, self._recorded.codec
            if codec.asks_time(payload):
                self._send(codec.encode(m.CurrentTime(time=int(self.now()))))
                return
            request = recorded.request(payload)
            if isinstance(request, m.StartApi):
                self._send(codec.encode(m.ManagedAccounts(accountsList=",".join(self.head["accounts"]))))
                self._send(codec.encode(m.NextValidId(orderId=self.head["nextOrderId"])))
            elif self.difference and not self._answers.goes_on:
                return
            else:
                try:
                    self._now, before = self._answers.ask(payload, self._now)
                except ReplayError as error:
                    self._tell(str(error), id_of(request) if self._answers.goes_on else None)
                    return
                for each in before:
                    self._send(each)
            self._deliver(self._now)

    def _tell(self, difference: str, id: int | None) -> None:
        """A foreign program hears what it asked otherwise at once, others when they wait."""
        if not (self._foreign and self._answers.goes_on):
            self.difference = difference
        if self._foreign:
            error = m.ErrorMessage(id=-1 if id is None else id, code=_REFUSED, message=difference)
            self._send(self._recorded.codec.encode(error))

    def _deliver(self, until: float) -> None:
        for payload in self._answers.due(until):
            self._send(payload)

    def _send(self, payload: bytes) -> None:
        client = self._client
        if client is not None and payload:
            with contextlib.suppress(OSError):
                client.sendall(len(payload).to_bytes(4, "big") + payload)
