"""One client's conversation, sans-IO: bytes in, bytes out, HELLO → START → READY → CLOSED.

Rules, each forced by real clients (behaviour specification 2.1–2.6):

* the version spoken is min(the client's highest, 200); a client that can't go as low as 200 is dropped;
* the answer to the hello is one burst of its own, and nothing is said before START_API;
* a malformed frame costs this client its session and nobody else anything; a field that can't be read is error 320,
  an unknown message is an error too, and the session goes on.
"""

from __future__ import annotations

import logging
from datetime import datetime
from enum import Enum, auto
from typing import Any
from zoneinfo import ZoneInfo

from . import messages as m
from .codec import NEWEST, OLDEST, Codec, codec_for
from .engine import Engine
from .handlers.registry import Refusal
from .wire import API_PREFIX, BadField, FrameBuffer, ProtocolError, UnknownMessage, frame, hello_answer, parse_hello
from .world import Client

_log = logging.getLogger(__name__)

_NEW_YORK = ZoneInfo("America/New_York")


class State(Enum):
    HELLO = auto()
    START = auto()
    READY = auto()
    CLOSED = auto()


class Session:
    """What the gateway and one socket have to say to each other."""

    def __init__(self, engine: Engine) -> None:
        self.state = State.HELLO
        self.clientId: int | None = None
        self._engine = engine
        self._frames = FrameBuffer(expect=API_PREFIX)
        self._codec: Codec | None = None
        self._version = 0
        self._client: Client | None = None
        self._bursts: list[bytes] = []
        self._said = bytearray()

    @property
    def closed(self) -> bool:
        return self.state is State.CLOSED

    def receive(self, data: bytes) -> None:
        """Take in what the socket brought; answers wait in ``outgoing``."""
        if self.closed:
            return
        try:
            for payload in self._frames.feed(data):
                self._take(payload)
                if self.closed:
                    return
        except ProtocolError as error:
            _log.info("session of client %s ends: %s", self.clientId, error)
            self.close()

    def outgoing(self) -> list[bytes]:
        """What has to be written, burst by burst; each burst wants a write of its own."""
        self._end_burst()
        bursts, self._bursts = self._bursts, []
        return bursts

    def close(self) -> None:
        """The socket is gone, or is to go."""
        self.state = State.CLOSED
        if self._client is not None:
            client, self._client = self._client, None
            self._engine.close(client)

    def _take(self, payload: bytes) -> None:
        if self.state is State.HELLO:
            self._hello(payload)
            return
        assert self._codec is not None
        try:
            request = self._codec.decode(payload)
        except BadField as error:
            self._error(error.id, error.code, error.message)
        except UnknownMessage as error:
            text = f"Error reading request. {error}; it is not simulated by ibnb.gateway"
            self._error(-1, 320, text)
        else:
            self._ask(request)

    def _hello(self, payload: bytes) -> None:
        hello = parse_hello(payload)
        version = hello.agree(OLDEST, NEWEST)
        if version is None or self._engine.full:
            self.close()
            return
        self._codec, self._version = codec_for(version), version
        now = datetime.fromtimestamp(self._engine.world.clock.now(), _NEW_YORK)
        self._said += frame(hello_answer(version, f"{now:%Y%m%d %H:%M:%S %Z}"))
        self._end_burst()
        self.state = State.START

    def _ask(self, request: Any) -> None:
        if self._client is not None:
            self._engine.handle(self._client, request)
        elif isinstance(request, m.StartApi):
            self._start(request.clientId)
        # Else: asked before START_API, which TWS drops without a word.

    def _start(self, clientId: int) -> None:
        self.clientId = clientId
        try:
            self._client = self._engine.open(clientId, self._version, self._say)
        except Refusal as refusal:
            self._error(-1, refusal.code, refusal.text)
            self.close()
        else:
            self.state = State.READY

    def _error(self, id: int, code: int, text: str) -> None:
        if self._client is not None:
            self._client.error(id, code, text)
        else:
            now = int(self._engine.world.clock.now() * 1000)
            self._say(m.ErrorMessage(id=id, code=code, message=text, errorTime=now))

    def _say(self, message: Any) -> None:
        assert self._codec is not None
        payload = self._codec.encode(message)
        if payload:  # else this client's version hasn't got such a message
            self._said += frame(payload)

    def _end_burst(self) -> None:
        if self._said:
            self._bursts.append(bytes(self._said))
            self._said.clear()
