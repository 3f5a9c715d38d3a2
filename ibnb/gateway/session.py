"""One client's conversation, sans-IO: bytes in, bytes out, HELLO → START → READY → CLOSED.

Rules, each forced by real clients (behaviour specification 2.1–2.6):

* the version spoken is min(the client's highest, the scenario's); a client that can't go as low as that is dropped;
* the answer to the hello is one burst of its own, and nothing is said before START_API;
* a malformed frame costs this client its session and nobody else anything; a field that can't be read is error 320,
  an unknown message is an error too, and the session goes on;
* a long answer goes out in steps, if whoever feeds the session asks for that: another client's turn comes between two
  of them, this one's next request after the last;
* memory is bounded: a frame from a client is at most 1 MiB long, and no request is read while a megabyte of answers
  waits to be written or while the client is above its message rate. Whoever feeds the session asks ``reading`` first.

Differs from TWS: ReqCurrentTime isn't counted among a second's messages, because clients of ours use it to learn that
all answers have come. On a manual clock messages are counted and never wait.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from enum import Enum, auto
from typing import Any

from . import messages as m
from .clock import Timer
from .codec import OLDEST, Codec, codec_for
from .codec.wire import (
    API_PREFIX,
    BadField,
    FrameBuffer,
    ProtocolError,
    UnknownMessage,
    frame,
    hello_answer,
    parse_hello,
)
from .engine import Engine
from .handlers.registry import Refusal
from .pacing import MessageRate
from .scenario import NEW_YORK
from .world import Client, Later
from .world.client import Make
from .zones import APART, LOGIN_ZONE

_log = logging.getLogger(__name__)

_LONGEST_HELLO = 4096
_LONGEST_REQUEST = 1 << 20
_MUCH_TO_SAY = 1 << 20
_PACE_API = "+PACEAPI"  # the client asks to be slowed rather than refused


class State(Enum):
    HELLO = auto()
    START = auto()
    READY = auto()
    CLOSED = auto()


class Session:
    """What the gateway and one socket have to say to each other."""

    def __init__(self, engine: Engine, in_steps: bool = False, later: Later | None = None) -> None:
        self.state = State.HELLO
        self.clientId: int | None = None
        self._engine = engine
        self._clock = engine.world.clock
        self._frames = FrameBuffer(expect=API_PREFIX, limit=_LONGEST_HELLO)
        self._codec: Codec | None = None
        self._version = 0
        self._client: Client | None = None
        self._bursts: list[bytes | Make] = []
        self._said = bytearray()
        self._unsaid = 0  # bytes in bursts that nobody has fetched
        limits = engine.world.scenario.limits
        self._rate = MessageRate(limits.messages_per_second)
        self._mode: str = limits.message_rate
        self._strikes = limits.message_rate_strikes
        self._struck = 0
        self._turn: Timer | None = None  # when the next message may be read
        self._waiting: bytes | None = None  # that message
        self._in_steps = in_steps
        self._later = later
        self._answers: Iterator[None] | None = None  # to a request, as far as they haven't been said
        self._stuffed = False
        self._silent = False
        self._truncating = False
        engine.listener.connections.append(self)

    @property
    def closed(self) -> bool:
        return self.state is State.CLOSED

    @property
    def hears(self) -> bool:
        """Whether anybody takes in what the client says."""
        return not (self.closed or self._silent) and self._engine.listener.answering

    @property
    def reading(self) -> bool:
        """Whether the session takes requests now; bytes that come all the same wait inside."""
        much = self._unsaid + len(self._said) > _MUCH_TO_SAY
        return not (self.closed or self._stuffed or self._turn or much or self._answers)

    @property
    def busy(self) -> bool:
        """Whether a long answer waits to be gone on with (``proceed``), once others have had their turn."""
        return self._answers is not None and not self._stuffed

    def receive(self, data: bytes) -> None:
        """Take in what the socket brought; answers wait in ``outgoing``."""
        if not self.hears:
            return
        self._frames.feed(data)
        self.proceed()

    def proceed(self) -> None:
        """Read the requests that have come, as long as nothing speaks against it; first a step of a long answer."""
        try:
            if self.busy:
                self._step()
            while self.reading:
                payload, self._waiting = self._waiting or next(self._frames.feed(b""), None), None
                if payload is None:
                    return
                if self._may_read(payload):
                    self._take(payload)
        except ProtocolError as error:
            _log.info("session of client %s ends: %s", self.clientId, error)
            self.close()

    def outgoing(self) -> list[bytes | Make]:
        """What has to be written, burst by burst; each burst wants a write of its own. Of what is owed (`owe`), what
        will make it."""
        self._end_burst()
        bursts, self._bursts, self._unsaid = self._bursts, [], 0
        return bursts

    def owe(self, make: Make) -> bool:
        """Say later what this makes, in its place; False if that can't be."""
        if self.closed or self._silent or self._truncating:
            return False
        self._end_burst()
        self._bursts.append(make)
        return True

    def made(self, make: Make) -> bytes:
        """What was owed."""
        return b"".join(map(self._framed, make()))

    def _framed(self, message: Any) -> bytes:
        assert self._codec is not None
        if isinstance(message, m.TickSecond):
            minute, second = message
            if not minute.frames:
                self._codec.write_minute(minute)
            return minute.frames[second]
        payload = self._codec.encode(message)
        return frame(payload) if payload else b""

    def stuff(self, stuffed: bool) -> None:
        """The client reads more slowly than it is written to (or no longer so): no more requests until it has read."""
        self._stuffed = stuffed

    def lost(self) -> None:
        """The socket has gone. A session that has fallen silent hasn't heard of it."""
        if not self._silent:
            self.close()

    def close(self) -> None:
        """The socket is to go; the client id is free."""
        self.state, self._answers = State.CLOSED, None
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        if self in self._engine.listener.connections:
            self._engine.listener.connections.remove(self)
        if self._client is not None:
            client, self._client = self._client, None
            self._engine.close(client)

    def fall_silent(self) -> None:
        """Hear nothing and say nothing any more; the client id stays taken until ``close``."""
        self._silent = True
        self._said.clear()
        self._bursts.clear()

    def inject(self, data: bytes) -> None:
        """Say these bytes, whatever they mean."""
        if not self._silent:
            self._said += data

    def truncate_next(self) -> None:
        """Say half of the next message and hang up."""
        self._truncating = True

    def _may_read(self, payload: bytes) -> bool:
        """Count a message. One too many waits for its turn or is refused, as the scenario has it."""
        if self._mode == "off" or self.state is not State.READY or (self._codec and self._codec.asks_time(payload)):
            return True
        now = self._clock.now()
        slow = self._mode == "slow"
        if slow and self._clock.rate and (wait := self._rate.wait(now)):
            self._waiting = payload
            self._turn = self._clock.call_at(now + wait, self._next_turn)
            return False
        counted = self._rate.count(now)
        most = self._engine.world.scenario.limits.messages_per_second
        if slow or counted <= most:
            return True
        self._struck += 1
        text = f"Max rate of messages per second has been exceeded:max={most} rec={counted} ({self._struck})"
        self._error(-1, 100, text)
        if self._struck >= self._strikes:
            self.close()
        return False

    def _next_turn(self) -> None:
        self._turn = None
        self.proceed()

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
        version = hello.agree(OLDEST, self._engine.world.scenario.version)
        if version is None or self._engine.full or not self._engine.listener.listening:
            self.close()
            return
        self._frames.limit = _LONGEST_REQUEST
        if _PACE_API in hello.options and self._mode == "reject":
            self._mode = "slow"
        self._codec, self._version = codec_for(version, LOGIN_ZONE), version
        clock = self._engine.world.clock
        now = datetime.fromtimestamp(clock.now(), NEW_YORK)
        self._said += frame(hello_answer(version, f"{now:%Y%m%d %H:%M:%S} {APART if clock.apart else now.tzname()}"))
        self._end_burst()
        self.state = State.START

    def _ask(self, request: Any) -> None:
        if self._client is not None:
            self._answers = self._engine.handle(self._client, request)
            self._step()
        elif isinstance(request, m.StartApi):
            self._start(request.clientId)
        # Else: asked before START_API, which TWS drops without a word.

    def _step(self) -> None:
        """Say some of the answers, or all of them."""
        for _ in self._answers or ():
            if self._in_steps:
                return
        self._answers = None

    def _start(self, clientId: int) -> None:
        self.clientId = clientId
        if self._engine.full:  # others have come in since the hello
            self.close()
            return
        try:
            self._sit_down(self._engine.seat(clientId))
            if not self._engine.listener.listening:
                self.close()
            elif self._engine.listener.answering:
                self._client = self._engine.open(clientId, self._version, self._say, self._later)
        except Refusal as refusal:
            self._error(-1, refusal.code, refusal.text)
            self.close()
        else:
            if self._client is not None:
                self.state = State.READY

    def _sit_down(self, engine: Engine) -> None:
        """From now on this is a session of that world, whose faults it has."""
        self._engine.listener.connections.remove(self)
        self._engine = engine
        engine.listener.connections.append(self)

    def _error(self, id: int, code: int, text: str) -> None:
        if self._client is not None:
            self._client.error(id, code, text)
        else:
            now = int(self._engine.world.clock.now() * 1000)
            self._say(m.ErrorMessage(id=id, code=code, message=text, errorTime=now))

    def _say(self, message: Any) -> None:
        assert self._codec is not None
        if self.closed or self._silent:
            return
        payload = self._codec.encode(message)
        if not payload:  # this client's version hasn't got such a message
            return
        if self._truncating:
            self._said += frame(payload)[: len(payload) // 2]
            self.close()
        else:
            self._said += frame(payload)

    def _end_burst(self) -> None:
        if self._said:
            self._bursts.append(bytes(self._said))
            self._unsaid += len(self._said)
            self._said.clear()
