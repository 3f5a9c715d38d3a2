"""A clock for tests: a session on it never really waits, whoever it talks to."""

from __future__ import annotations

from typing import Any

from inside import core

from ibnb.core.clock import GatewayTime
from ibnb.gateway import Gateway


class VirtualClock:
    """Stands where the embedded gateway's clock is; `now` is in seconds, and nothing is due on the other side."""

    def __init__(self, time: float = 1749650400.0) -> None:
        self.start = self.time = time

    @property
    def passed(self) -> float:
        return round(self.time - self.start, 6)

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds

    def step(self, limit: float) -> bool:
        self.time = max(self.time, limit)
        return False


def on_virtual_time(app: Any) -> VirtualClock:
    """Put a session on a virtual clock; its pauses between attempts are then always the same."""
    clock = VirtualClock()
    core(app).clock.use(GatewayTime(clock, core(app).fence.wait, core(app).reconnect.is_watchful))
    core(app).reconnect.backoff.chance = lambda: 0.5
    return clock


def on_gateway_time(app: Any, gateway: Gateway) -> Any:
    """Put a session that goes through the port of a manual gateway on that gateway's clock: whoever waits moves it."""
    core(app).clock.use(GatewayTime(gateway, core(app).fence.wait, core(app).reconnect.is_watchful))
    return app
