"""The same seed and the same calls give the same bytes, in two processes that hash differently."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.clock import Clock
from ibnb.gateway.codec import codec_for
from ibnb.gateway.codec.wire import frame
from ibnb.gateway.engine import Engine, build_world
from ibnb.gateway.scenario import LESSON
from ibnb.gateway.session import Session
from ibnb.gateway.zones import LOGIN_ZONE

ROOT = Path(__file__).parents[2]


def a_morning(version: int) -> bytes:
    """All that a client hears who asks for a bit of everything and lets a quarter of an hour go by."""
    codec = codec_for(version, LOGIN_ZONE)
    clock = Clock(LESSON.start)
    session = Session(Engine(build_world(replace(LESSON, version=version), clock)))
    said = bytearray()

    def tell(data: bytes) -> None:
        session.receive(data)
        clock.run_until(clock.now())
        said.extend(b"".join(session.outgoing()))

    def ask(*requests: object) -> None:
        for request in requests:
            tell(frame(codec.encode_request(request)))

    def wait(seconds: int) -> None:
        for _ in range(seconds // 20):
            clock.run_until(clock.now() + 20)
            said.extend(b"".join(session.outgoing()))

    stock = m.Contract(symbol="NVDA", secType="STK", exchange="SMART", currency="USD")
    euro = m.Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD")
    scan = m.ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode="MOST_ACTIVE")
    tell(b"API\0" + frame(f"v100..{version}".encode()))
    ask(m.StartApi(clientId=1), m.ReqAccountUpdates(subscribe=True, acctCode=""), m.ReqPositions())
    ask(m.ReqMktData(reqId=1, contract=stock, genericTickList="233,236"), m.ReqMktData(reqId=2, contract=euro))
    ask(m.ReqScannerSubscription(reqId=3, subscription=scan), m.ReqPnL(reqId=4, account="DU1234567", modelCode=""))
    order = m.Order(action="BUY", orderType="MKT", tif="DAY", totalQuantity=Decimal(100))
    trail = replace(order, action="SELL", orderType="TRAIL", auxPrice=0.5)
    ask(m.PlaceOrder(orderId=1, contract=stock, order=order))
    ask(m.PlaceOrder(orderId=2, contract=stock, order=trail))
    wait(900)
    ask(m.ReqExecutions(reqId=5), m.ReqAllOpenOrders(), m.ReqCompletedOrders(apiOnly=False))
    day = m.ReqHistoricalData(
        reqId=6, contract=stock, durationStr="1 D", barSizeSetting="1 min", whatToShow="TRADES", useRTH=0
    )
    ask(day, m.ReqContractDetails(reqId=7, contract=stock), m.ReqNewsProviders())
    return bytes(said)


def digest(version: int, hash_seed: str) -> str:
    """The morning's bytes as another process hears them."""
    program = "from gateway import test_determinism as t; print(t.main())"
    ran = subprocess.run(
        [sys.executable, "-c", program, str(version)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


def main() -> str:
    said = a_morning(int(sys.argv[-1]))
    return f"{len(said)} {hashlib.sha256(said).hexdigest()}"


@pytest.mark.parametrize("version", [200, 226])
def test_two_processes_hear_the_same_bytes(version: int) -> None:
    first, second = digest(version, "1"), digest(version, "2")
    assert int(first.split()[0]) > 100_000
    assert first == second


def test_an_older_client_hears_the_same_twice() -> None:
    assert a_morning(157) == a_morning(157)
