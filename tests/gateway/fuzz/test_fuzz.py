"""A short attack in every run of the suite; the long one is ``python -m tests.gateway.fuzz``."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec import codec_for, requests
from ibnb.gateway.codec.wire import FrameBuffer
from ibnb.gateway.handlers import HANDLERS
from ibnb.gateway.zones import LOGIN_ZONE
from tests.gateway.fuzz.attack import VERSIONS, Attack
from tests.gateway.fuzz.corpus import STOCK, seeds
from tests.gateway.fuzz.mutations import MUTATIONS
from tests.gateway.talking import Talk, codes, engine_of


def order(**values: Any) -> m.PlaceOrder:
    made = m.Order(**{"action": "BUY", "totalQuantity": Decimal(1), "tif": "DAY"} | values)
    return m.PlaceOrder(orderId=1, contract=STOCK, order=made)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_frame_harms_anybody_else(seed: int) -> None:
    figures = Attack(seed).run(1500)
    assert 1500 == figures.frames
    assert figures.answers > 100_000
    assert figures.sessions > 1
    assert {} == dict(figures.mistakes)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (m.ReqContractDetails(reqId=1, contract=m.Contract(symbol="AAPL", secType="OPT", right="X")), 200),
        (order(orderType="LMT", lmtPrice=float("inf")), 321),
        (order(orderType="LMT", lmtPrice=1e308), 110),
        (order(orderType="MKT", totalQuantity=Decimal("1e300")), 321),
    ],
)
def test_what_once_was_a_mistake_is_refused(request_: object, code: int) -> None:
    assert [code] == codes(Talk(engine_of(), 1, version=200).ask(request_))


def test_the_same_seed_makes_the_same_attack() -> None:
    assert Attack(5).run(200) == Attack(5).run(200)


def test_the_attack_sees_a_mistake_that_the_gateway_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(*_: object) -> Iterator[object]:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setitem(HANDLERS, m.ReqUserInfo, mistaken)
    attack = Attack(1)
    asked = {version: codec_for(version, LOGIN_ZONE) for version in VERSIONS}
    attack._seeds = {version: [codec.encode_request(m.ReqUserInfo(reqId=1))] for version, codec in asked.items()}
    figures = attack.run(100)
    assert sum(figures.mistakes.values()) > 1
    assert all("on purpose" in traceback for traceback in figures.mistakes)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_seeds_are_many_and_whole(version: int) -> None:
    found = seeds(version)
    assert len(set(found)) > 100
    if version <= 200:
        assert all(payload.split(b"\0")[0].isdigit() for payload in found)
    else:
        assert {int.from_bytes(payload[:4], "big") % 200 for payload in found} <= set(requests())


@pytest.mark.parametrize("version", [200, 226])
@pytest.mark.parametrize("mutation", set(MUTATIONS))
def test_a_mutation_gives_one_frame(mutation: object, version: int) -> None:
    chance, found = Random(1), seeds(version)
    for _ in range(50):
        assert callable(mutation)
        assert 1 == len(list(FrameBuffer().feed(mutation(found, chance))))
