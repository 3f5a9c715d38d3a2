"""How an order is refused: an exception that carries what the client is to be told."""

from __future__ import annotations

INVALID = 321
OFF_TICK = "The price does not conform to the minimum price variation for this contract."


class OrderRefused(Exception):
    """The order isn't taken. 321 is a text to be wrapped as TWS wraps it; `simulated` is False for our own limits."""

    def __init__(self, code: int, text: str, simulated: bool = True) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.simulated = simulated


def not_simulated(what: str) -> OrderRefused:
    return OrderRefused(INVALID, what, simulated=False)
