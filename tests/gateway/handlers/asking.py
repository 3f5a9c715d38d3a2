"""A world with a market and no orders, and one client that asks it.

Requests arrive as a client of that version would send them, and every answer must have a form on the wire.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ibnb.gateway import messages as m
from ibnb.gateway.clock import Clock
from ibnb.gateway.codec import codec_for
from ibnb.gateway.handlers.registry import HANDLERS, Refusal, request_id
from ibnb.gateway.instruments import Instruments
from ibnb.gateway.market import Market
from ibnb.gateway.scenario import LESSON, NEW_YORK, Scenario
from ibnb.gateway.world import Client, World
from ibnb.gateway.zones import LOGIN_ZONE

AAPL = m.Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
EURUSD = m.Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")
SPX = m.Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD")


def new_york(day: int, hour: int, minute: int = 0, second: int = 0) -> float:
    """Epoch seconds of a time in June 2025."""
    return datetime(2025, 6, day, hour, minute, second, tzinfo=NEW_YORK).timestamp()


class Asker:
    """One client of a world of its own, or of another asker's. `said` is all that was sent to it."""

    def __init__(
        self,
        version: int = 200,
        start: float | None = None,
        scenario: Scenario = LESSON,
        clientId: int = 1,
        world: World | None = None,
    ) -> None:
        self.said: list[Any] = []
        self.world = world or _world(replace(scenario, start=start or scenario.start))
        self.codec: Any = codec_for(version, LOGIN_ZONE)
        self.client = Client(clientId, version, self._hear, self.world.passes, self.world.clock.now)
        self.world.clients[clientId] = self.client

    def ask(self, request: Any) -> list[Any]:
        """Send a request; return what came at once."""
        before = len(self.said)
        request = self.codec.decode(self.codec.encode_request(request))
        try:
            for answer in HANDLERS[type(request)](self.world, self.client, request) or ():
                if answer is not None:
                    self.client.send(answer)
        except Refusal as refusal:
            id = request_id(request) if refusal.id is None else refusal.id
            self.client.error(id, refusal.code, refusal.text)
        return self.said[before:]

    def _hear(self, answer: Any) -> None:
        assert self.codec.encode(answer), answer
        self.said.append(answer)

    def wait(self, seconds: float) -> list[Any]:
        """Let time pass; return what came meanwhile."""
        before = len(self.said)
        clock = self.world.clock
        clock.run_until(clock.now() + seconds)
        return self.said[before:]


def error(answers: list[Any]) -> tuple[int, str]:
    """Code and text of the one error among these answers, which is the last of them."""
    errors = [answer for answer in answers if isinstance(answer, m.ErrorMessage)]
    assert len(errors) == 1, answers
    assert answers[-1] is errors[0], answers
    return errors[0].code, errors[0].message


def _world(scenario: Scenario) -> World:
    instruments = Instruments(scenario.today)
    market = Market(scenario.seed, instruments, scenario.moves, scenario.always_open_from, halts=scenario.halts)
    nothing: Any = None
    return World(scenario, Clock(scenario.start), instruments, market, nothing, nothing)
