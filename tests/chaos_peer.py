"""A peer that answers as the simulated gateway does, until it is told to do harm to the next request.

It stands between a client and a gateway, frame by frame. Whatever it does, it does when a frame passes: nothing waits.
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
from typing import Any

from fake_tws import payload

from ibnb.gateway import Gateway
from ibnb.gateway import messages as m
from ibnb.gateway.codec import NEWEST, codec_for
from ibnb.gateway.handlers.registry import request_id
from ibnb.ib.api import MAX_CLIENT_VER, PROTOBUF_OFFSET, RAW_ID_VERSION, message_id
from ibnb.wire.transport import Frames

# What this ibapi and the gateway agree on.
VERSION = min(NEWEST, MAX_CLIENT_VER)
RAW = VERSION >= RAW_ID_VERSION
START, FENCE = 71, 49
#: What there is many of in one answer; an empty answer has none of it.
ROWS = {
    "AccountSummary",
    "AccountUpdateMulti",
    "CommissionReport",
    "CompletedOrder",
    "ContractData",
    "ExecDetails",
    "HistoricalNews",
    "OpenOrder",
    "OrderStatus",
    "Position",
    "PositionMulti",
    "SecurityDefinitionOptionParameter",
    "TickByTick",
    "TickPrice",
    "TickSize",
    "UpdateAccountValue",
    "UpdatePortfolio",
}


def number_of(body: bytes) -> int:
    """Which message this is, on either wire."""
    number = message_id(body, VERSION)
    return number - PROTOBUF_OFFSET if RAW and number > PROTOBUF_OFFSET else number


def nonsense() -> list[bytes]:
    """Bars whose request can't be read, a message that there isn't, and one that is none at all."""
    if RAW:
        bars = (17 + PROTOBUF_OFFSET).to_bytes(4, "big") + b"\xff"
        return [bars, (9999).to_bytes(4, "big") + payload(1), b"?"]
    return [payload(17, "x", "", "y"), payload(9999, 1), payload("what", "?")]


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


class ChaosPeer:
    """`arm(harm)`: "empty", "error", "slow", "drop", "restart", "nonsense" or "broken", done to the next request."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._codec: Any = codec_for(VERSION, "US/Eastern")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._harm = ""
        self._refusing = 0
        self._emptying = False
        self._held: list[bytes] = []
        self._fences = 0
        self.hit = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, harm: str) -> None:
        self._harm, self._emptying, self.hit = harm, False, 0

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._hang_up()

    def _hang_up(self) -> None:
        gone = self._sockets[:]  # and not what comes meanwhile
        del self._sockets[: len(gone)]
        for each in reversed(gone):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._refusing:
                    self._refusing -= 1
                    client.close()
                    continue
                server = socket.create_connection((self._gateway.host, self._gateway.port))
                self._held, self._fences = [], 0
                self._sockets.extend((client, server))
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        hello = b""
        with contextlib.suppress(OSError):
            while len(hello) < 8 or len(hello) < 8 + int.from_bytes(hello[4:8], "big"):
                data = client.recv(4096)
                hello += data
                if not data or not b"API\0".startswith(hello[:4]):
                    raise OSError("no client of a TWS's")
            server.sendall(hello)
            frames = Frames()
            while data := client.recv(65536):
                for body in frames.feed(data):
                    self._pass_up(body, client, server)
        for each in (client, server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        client.close()

    def _pass_up(self, body: bytes, client: socket.socket, server: socket.socket) -> None:
        kind, frame = number_of(body), framed(body)
        if kind == FENCE and self._held:
            self._fences += 1
            server.sendall(frame)
            if self._fences >= 3:
                held, self._held = self._held, []
                server.sendall(b"".join(held))
            return
        harm = "" if kind in (START, FENCE) else self._harm
        if harm:
            self._harm = ""
            self.hit += 1
        if harm == "error":
            error = m.ErrorMessage(id=request_id(self._codec.decode(body)), code=321, message="chaos", errorTime=0)
            client.sendall(framed(self._codec.encode(error)))
        elif harm == "slow" or (self._held and kind not in (START, FENCE)):
            self._fences = 0 if harm else self._fences
            self._held.append(frame)
        elif harm in ("drop", "restart"):
            self._refusing = 3 if harm == "restart" else 0
            self._hang_up()
        elif harm == "broken":
            client.sendall(b"\xff\xff\xff\xffGET / HTTP/1.1")
            self._hang_up()  # for TWS mustn't hear of it later than of the attempts to come back: there the id is taken
        else:
            if harm == "nonsense":
                client.sendall(b"".join(map(framed, nonsense())))
            self._emptying = self._emptying or harm == "empty"
            server.sendall(frame)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        frames, first = Frames(), True
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                for body in frames.feed(data):
                    passed = body if first or not self._emptying else self._emptied(body)
                    first = False
                    if passed:
                        client.sendall(framed(passed))
        for each in (client, server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        server.close()

    def _emptied(self, body: bytes) -> bytes:
        try:
            message = self._codec.decode_answer(body)
        except Exception:
            return body
        if type(message).__name__ in ROWS:
            return b""
        many = {
            each.name: ()
            for each in dataclasses.fields(message)
            if isinstance(getattr(message, each.name), tuple) and getattr(message, each.name)
        }
        emptied: bytes = self._codec.encode(dataclasses.replace(message, **many)) if many else body
        return emptied
