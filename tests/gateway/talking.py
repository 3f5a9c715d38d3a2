"""A client's end of a session, in bytes: what it sends is encoded, what it hears decoded, as on a wire."""

from __future__ import annotations

from ibnb.gateway import messages as m
from ibnb.gateway.clock import Clock
from ibnb.gateway.codec import codec_for
from ibnb.gateway.codec.wire import FrameBuffer, frame
from ibnb.gateway.engine import Engine, build_world
from ibnb.gateway.scenario import LESSON, Scenario
from ibnb.gateway.session import Session
from ibnb.gateway.zones import LOGIN_ZONE


def engine_of(scenario: Scenario = LESSON, rate: float = 0.0) -> Engine:
    """A world of its own. With a rate the clock is a live one, whose wall stands still until a test moves the clock."""
    clock = Clock(scenario.start, rate, lambda: 0.0)
    return Engine(build_world(scenario, clock))


class Talk:
    """One client, started as `clientId` unless that is None. `burst` and `frames` see the bytes as they came.

    `in_steps`: long answers go out in steps, the next one with `session.proceed()`.
    """

    def __init__(
        self,
        engine: Engine,
        clientId: int | None = None,
        version: int = 176,
        options: str = "",
        in_steps: bool = False,
    ) -> None:
        self.engine = engine
        self.session = Session(engine, in_steps)
        self.codec = codec_for(version, LOGIN_ZONE)
        self.frames = FrameBuffer()
        self.raw = b""
        self.greeting: list[object] = []
        if clientId is not None:
            self.say(b"API\0" + frame(f"v100..{version}{options}".encode()))
            self.raw = b""
            self.greeting = self.ask(m.StartApi(clientId=clientId))

    def say(self, data: bytes) -> bytes:
        """Send bytes; return what came back."""
        self.session.receive(data)
        return self.fetch()

    def fetch(self) -> bytes:
        said = b"".join(self.session.outgoing())
        self.raw += said
        return said

    def ask(self, *requests: object) -> list[object]:
        """Send requests; return what came back, decoded."""
        return self._read(self.say(b"".join(frame(self.codec.encode_request(request)) for request in requests)))

    def heard(self) -> list[object]:
        """What has come by itself."""
        return self._read(self.fetch())

    def wait(self, seconds: float) -> list[object]:
        """Let virtual time pass; return what came meanwhile."""
        clock = self.engine.world.clock
        self.engine.run_until(clock.now() + seconds)
        return self.heard()

    def _read(self, data: bytes) -> list[object]:
        return [self.codec.decode_answer(payload) for payload in self.frames.feed(data)]


def codes(answers: list[object]) -> list[int]:
    """The codes of the errors among answers, in order."""
    return [answer.code for answer in answers if isinstance(answer, m.ErrorMessage)]
