"""One attacker and one bystander in the same world, sans-IO and repeatable: the same seed sends the same frames.

Rule: after every frame the bystander must have heard nothing, and what it asks now and then must be answered with the
same bytes as before. An exception that leaves the gateway, or one that a handler or a timer hides, is a failure.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random

from ibnb.gateway import messages as m
from ibnb.gateway.codec import NEWEST
from ibnb.gateway.codec.wire import frame
from ibnb.gateway.scenario import LESSON, Limits
from tests.gateway.talking import Talk, engine_of

from .corpus import STOCK, order_of, seeds
from .mutations import DEADLY, MUTATIONS, ON_ORDERS

VERSIONS = (100, 157, 176, 200, 201, 208, 226)
_PROBE_EVERY = 200
_TIME_EVERY = 50
_DEADLY_SHARE = 0.003
_ORDERS_FROM = 0.8
_WORLD_LASTS = 20_000  # frames, then a new world begins: a day of orders and positions is enough


class _Mistakes(logging.Handler):
    """Keeps the traceback of whatever the gateway logs as a mistake of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        self.found[logging.Formatter().format(record)] += 1


@dataclass
class Figures:
    """What an attack did. `mistakes`: tracebacks, with how often each came up."""

    frames: int = 0
    bytes: int = 0
    answers: int = 0
    sessions: int = 0
    probes: int = 0
    mistakes: Counter[str] = field(default_factory=Counter)


class Attack:
    """A world under attack. Raises AssertionError as soon as the bystander notices anything."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.figures = Figures()
        self._seeds = {version: seeds(version) for version in VERSIONS}
        self._begin()

    def _begin(self) -> None:
        self.orderId = 0
        scenario = replace(LESSON, version=NEWEST, limits=replace(Limits(), messages_per_second=1_000_000))
        self.engine = engine_of(scenario)
        self.bystander = Talk(self.engine, 900)
        self.before = self._probe()
        self._enter()

    def run(self, frames: int) -> Figures:
        """Send so many frames and return the figures."""
        log = logging.getLogger("ibnb.gateway")
        mistakes, propagated = _Mistakes(), log.propagate
        log.addHandler(mistakes)
        log.propagate = False
        try:
            for number in range(1, frames + 1):
                self._strike(number)
        finally:
            log.removeHandler(mistakes)
            log.propagate = propagated
            self.figures.mistakes += mistakes.found
        return self.figures

    def _strike(self, number: int) -> None:
        data = self._frame()
        self.figures.frames += 1
        self.figures.bytes += len(data)
        self.figures.answers += len(self.attacker.say(data))
        if number % _TIME_EVERY == 0:
            self.engine.run_until(self.engine.world.clock.now() + self.chance.random())
            self.figures.answers += len(self.attacker.fetch())
        heard = self.bystander.fetch()
        assert heard == b"", f"the bystander heard {heard[:200]!r} after {data[:200]!r}"
        assert not self.bystander.session.closed
        if number % _PROBE_EVERY == 0:
            self.figures.probes += 1
            assert self._probe() == self.before, f"the bystander is answered otherwise after {data[:200]!r}"
            assert self.engine.world.clients.keys() <= {900, self.attacker.session.clientId}
        if number % _WORLD_LASTS == 0:
            self._begin()
        elif self.attacker.session.closed:
            self._enter()

    def _frame(self) -> bytes:
        version, drawn = self.attacker.codec.version, self.chance.random()
        if drawn < _DEADLY_SHARE:
            return self.chance.choice(DEADLY)(self._seeds[version], self.chance)
        if drawn > _ORDERS_FROM:
            self.orderId += 1
            return self.chance.choice(ON_ORDERS)([order_of(version, self.orderId, self.chance)], self.chance)
        return self.chance.choice(MUTATIONS)(self._seeds[version], self.chance)

    def _enter(self) -> None:
        self.attacker = Talk(self.engine, self.chance.randrange(1, 800), version=self.chance.choice(VERSIONS))
        self.figures.sessions += 1

    def _probe(self) -> bytes:
        asked = (
            m.ReqManagedAccts(),
            m.ReqMarketRule(marketRuleId=26),
            m.ReqOpenOrders(),
            m.ReqIds(),
            m.ReqMatchingSymbols(reqId=4, pattern="AAP"),
            m.ReqContractDetails(reqId=3, contract=replace(STOCK, symbol="MSFT")),
        )
        return self.bystander.say(b"".join(frame(self.bystander.codec.encode_request(each)) for each in asked))
