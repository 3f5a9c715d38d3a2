"""A recorded session, played: a TWS that gives the recorded answers to the recorded questions, on the recorded clock.

Rule: the program asks what was asked, in the same order. Its time is the recording's: it moves while somebody waits,
and a question is never asked earlier than it was. What was asked otherwise is named, with both messages.
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
from pathlib import Path
from typing import Any

from ibnb.errors import IBError
from ibnb.gateway import messages as m
from ibnb.gateway.codec import BadField, UnknownMessage, codec_for
from ibnb.gateway.codec.wire import FrameBuffer
from ibnb.wire.recording import RECEIVED, SENT, read

_API = b"API\0"
_LONGEST = 400
# IB's code for a request that can't be validated.
_REFUSED = 321
# Seconds between two looks at the wall clock.
_TURN = 0.05
# That of answers' times, of which this makes none of its own.
_ZONE = "US/Eastern"


class ReplayError(IBError):
    """The program asks or waits for something else than the recorded one did."""


class Player:
    """Plays a recording on a port of this machine (`host`, `port`), to one program after the other.

    `now`, `advance` and `step` are those of a gateway whose clock is moved by hand. Raises ValueError for what is no
    recording, OSError; `advance` and `step` raise ReplayError. A `foreign` program, which calls neither, is told of a
    difference by an error message.
    """

    def __init__(self, path: str | Path, port: int = 0, host: str = "127.0.0.1", foreign: bool = False) -> None:
        self.path = Path(path)
        self.head, self._messages = read(self.path)
        self.host, self.port, self._foreign = host, port, foreign
        #: What was asked otherwise than in the recording; "" while nothing was.
        self.difference = ""
        self._codec = codec_for(self.head["version"], _ZONE)
        self._lock = threading.RLock()
        self._listener: socket.socket | None = None
        self._client: socket.socket | None = None
        self._rewind()

    def _rewind(self) -> None:
        self._at, self._now, self.difference = 0, 0.0, ""

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
        """Let time pass by the wall clock, until interrupted."""
        with contextlib.suppress(KeyboardInterrupt):
            turn = threading.Event()
            while not turn.wait(_TURN):
                with contextlib.suppress(ReplayError):  # which the client has been told
                    self.advance(_TURN * rate)
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
            following = self._messages[self._at] if self._at < len(self._messages) else None
            if following is not None and following.way == SENT and following.t <= until:
                raise ReplayError(
                    f"{self.path.name}: this program waits, and the recorded one asked at {following.t:.3f} s: "
                    f"{self._said(following.payload)}"
                )
            if following is None or following.t > until:
                self._now = max(self._now, until)
                return False
            self._now = max(self._now, following.t)
            self._deliver(self._now)
            return True

    def _check(self) -> None:
        if self.difference:
            raise ReplayError(self.difference)

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
            if self._codec.asks_time(payload):
                self._send(self._codec.encode(m.CurrentTime(time=int(self.now()))))
                return
            if isinstance(self._decoded(payload), m.StartApi):
                self._send(self._codec.encode(m.ManagedAccounts(accountsList=",".join(self.head["accounts"]))))
                self._send(self._codec.encode(m.NextValidId(orderId=self.head["nextOrderId"])))
                self._deliver(0.0)
                return
            if not self.difference:
                self._compare(payload)
                if self.difference and self._foreign:
                    self._send(self._codec.encode(m.ErrorMessage(id=-1, code=_REFUSED, message=self.difference)))

    def _compare(self, payload: bytes) -> None:
        place = next((n for n in range(self._at, len(self._messages)) if self._messages[n].way == SENT), None)
        if place is None:
            self.difference = (
                f"{self.path.name}: this program asks something that the recorded one, which ended here, didn't ask: "
                f"{self._said(payload)}"
            )
            return
        wanted = self._messages[place]
        if payload != wanted.payload:
            self.difference = (
                f"{self.path.name}, request {self._number(place)}: this program asks otherwise than the recorded one.\n"
                f"recorded: {self._said(wanted.payload)}\n"
                f"now:      {self._said(payload)}"
            )
            return
        self._now = max(self._now, wanted.t)
        self._deliver(self._now, place)
        self._at = place + 1
        self._deliver(self._now)

    def _deliver(self, until: float, place: int | None = None) -> None:
        """Send what was received by then, and before the next question (or up to `place`)."""
        end = len(self._messages) if place is None else place
        while self._at < end and (found := self._messages[self._at]).way == RECEIVED and found.t <= until:
            self._send(found.payload)
            self._at += 1

    def _send(self, payload: bytes) -> None:
        client = self._client
        if client is not None and payload:
            with contextlib.suppress(OSError):
                client.sendall(len(payload).to_bytes(4, "big") + payload)

    # --- what is said of messages --------------------------------------------------------------------

    def _number(self, place: int) -> int:
        return sum(each.way == SENT for each in self._messages[: place + 1])

    def _decoded(self, payload: bytes) -> Any:
        try:
            return self._codec.decode(payload)
        except (BadField, UnknownMessage):
            return None

    def _said(self, payload: bytes) -> str:
        request = self._decoded(payload)
        text = repr(payload) if request is None else f"{type(request).__name__}({_set_fields(request)})"
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _set_fields(thing: Any) -> str:
    """The fields that say something."""
    found = []
    for field in dataclasses.fields(thing):
        value = getattr(thing, field.name)
        if dataclasses.is_dataclass(value):
            value = f"{type(value).__name__}({_set_fields(value)})"
        elif value in (None, "", 0, False, ()):
            continue
        else:
            value = repr(value)
        found.append(f"{field.name}={value}")
    return ", ".join(found)
