"""A running gateway and the libraries that connect to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from ibnb.gateway import Gateway

RATE = 20.0  # virtual seconds per second: what takes time needn't take ours


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway("lesson", manual=False, rate=RATE) as gateway:
        yield gateway


@pytest.fixture(scope="module", params=["ib_async", "ib_insync"])
def library(request: pytest.FixtureRequest) -> ModuleType:
    module: ModuleType = pytest.importorskip(request.param)
    return module


@pytest.fixture
def ib(library: ModuleType, gateway: Gateway) -> Iterator[Any]:
    ib = library.IB()
    ib.RequestTimeout = 20
    ib.RaiseRequestErrors = True
    ib.connect("127.0.0.1", gateway.port, clientId=17, timeout=20)
    yield ib
    ib.disconnect()


@pytest.fixture
def aapl(library: ModuleType, ib: Any) -> Any:
    [contract] = ib.qualifyContracts(library.Stock("AAPL", "SMART", "USD"))
    return contract


@pytest.fixture
def waited(ib: Any) -> Callable[..., bool]:
    """Let the library's loop run until something holds; False if it doesn't within so many seconds."""

    def wait(holds: Callable[[], Any], seconds: float = 20.0) -> bool:
        left = seconds / 0.05
        while not holds() and left > 0:
            ib.waitOnUpdate(timeout=0.05)
            left -= 1
        return bool(holds())

    return wait
